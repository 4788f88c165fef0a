import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { type PrefixMark, PrefixMarks } from './prefix-marks.ts';

/** Bytes before the position that are read again with every further read. */
const TAIL_BYTES = 4096;

/** New bytes; or the file ended before them; or it no longer goes on from what was read. */
export type ReadResult = Buffer | 'short' | 'changed';

/** What was read of a file stands there unchanged; or the file ended before it did; or up to which mark nothing changed. */
export type CompareResult = 'same' | 'short' | { readonly lastMatch: PrefixMark | undefined };

/** What was read of a file, and the reading that proves it is still there. */
export class ReadPrefix {
  #marks: PrefixMarks;
  #tail = { bytes: 0, crc32: 0 };

  /** Begins at `fromOffset`; with `at`, everything between the two counts as read before. */
  constructor(fromOffset: number, at?: PrefixMark) {
    this.#marks = new PrefixMarks(fromOffset, at);
  }

  get fromOffset(): number {
    return this.#marks.fromOffset;
  }

  /** Offset after the last byte read. */
  get position(): number {
    return this.#marks.position;
  }

  /** The newest line end, at or before an offset, of which the prefix can be proved. */
  markBefore(offset: number): PrefixMark | undefined {
    return this.#marks.markBefore(offset);
  }

  /** The next bytes, at most `wantedBytes`, if those before them are still the same. They count as read after `advance`. */
  async readOn(handle: FileHandle, wantedBytes: number): Promise<ReadResult> {
    const bytes = await readAt(handle, this.position - this.#tail.bytes, this.#tail.bytes + wantedBytes);
    if (bytes.length <= this.#tail.bytes) return 'short';
    if (crc32(bytes.subarray(0, this.#tail.bytes)) !== this.#tail.crc32) return 'changed';
    const chunk = bytes.subarray(this.#tail.bytes);
    this.#rememberTail(bytes);
    return chunk;
  }

  /** Counts a chunk as read; `lineEnd` is the offset after its last newline, or any smaller one if it has none. */
  advance(chunk: Buffer, lineEnd: number): void {
    this.#marks.advance(chunk, lineEnd);
  }

  /** True when the last bytes read are still the same. */
  async isTailSame(handle: FileHandle): Promise<boolean> {
    const bytes = await readAt(handle, this.position - this.#tail.bytes, this.#tail.bytes);
    return crc32(bytes) === this.#tail.crc32;
  }

  /** Reads everything again that was read before, as far as a file of `sizeBytes` goes, `readBytes` at once. */
  async compare(handle: FileHandle, sizeBytes: number, readBytes: number): Promise<CompareResult> {
    const check = this.#marks.check();
    const endOffset = Math.min(sizeBytes, this.position);
    for (let offset = this.fromOffset; offset < endOffset; ) {
      const bytes = await readAt(handle, offset, Math.min(readBytes, endOffset - offset));
      if (bytes.length === 0) return 'short';
      check.feed(bytes);
      offset += bytes.length;
    }
    return check.same ? 'same' : { lastMatch: check.lastMatch };
  }

  /** Forgets everything after a mark; without one, everything, and begins at 0. */
  rewindTo(mark: PrefixMark | undefined): void {
    this.#marks = mark === undefined ? new PrefixMarks(0) : this.#marks.cutAt(mark);
  }

  /** Reads the last bytes again, after a comparison, for the reads to come. */
  async renewTail(handle: FileHandle): Promise<void> {
    const tailBytes = Math.min(TAIL_BYTES, this.position - this.fromOffset);
    this.#rememberTail(await readAt(handle, this.position - tailBytes, tailBytes));
  }

  #rememberTail(lastBytes: Buffer): void {
    const tail = lastBytes.subarray(Math.max(0, lastBytes.length - TAIL_BYTES));
    this.#tail = { bytes: tail.length, crc32: crc32(tail) };
  }
}

/** Up to `lengthBytes` bytes at an offset; fewer at the end of the file. */
export async function readAt(handle: FileHandle, offset: number, lengthBytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(lengthBytes);
  let filled = 0;
  while (filled < lengthBytes) {
    const { bytesRead } = await handle.read(buffer, filled, lengthBytes - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
