import { crc32 } from 'node:zlib';
import type { OpenFile } from './file-system.ts';

const NEWEST_KEPT = 8;
const SPACING_BYTES = 64 * 1024;

/** The CRC-32 of everything read up to a line end. */
export interface PrefixMark {
  readonly offset: number;
  readonly crc32: number;
}

/**
 * A running CRC-32 of the bytes read from a file, with marks at line ends: the newest few, and older ones at least
 * 64 KiB apart. Reading the file again shows that nothing changed, or up to which mark nothing did. CRC-32 because its
 * state is a number: it can be kept in a mark and continued from a checkpoint without reading the file a second time.
 */
export class PrefixHash {
  readonly fromOffset: number;
  #position: number;
  #crc32: number;
  #marks: PrefixMark[] = [];

  /** Begins at `fromOffset`; with `at`, everything between the two counts as read before. */
  constructor(fromOffset: number, at?: PrefixMark) {
    this.fromOffset = fromOffset;
    this.#position = at?.offset ?? fromOffset;
    this.#crc32 = at?.crc32 ?? 0;
    if (at !== undefined) this.#marks.push(at);
  }

  /** Offset after the last byte read. */
  get position(): number {
    return this.#position;
  }

  /** Adds the next bytes; `lineEnd` is the offset after the last newline in them, or any smaller offset if there is none. */
  advance(bytes: Uint8Array, lineEnd: number): void {
    const complete = Math.max(0, Math.min(lineEnd - this.#position, bytes.length));
    if (complete > 0) {
      this.#crc32 = crc32(bytes.subarray(0, complete), this.#crc32);
      this.#mark({ offset: this.#position + complete, crc32: this.#crc32 });
    }
    if (complete < bytes.length) this.#crc32 = crc32(bytes.subarray(complete), this.#crc32);
    this.#position += bytes.length;
  }

  /** The newest mark at or before an offset. */
  markBefore(offset: number): PrefixMark | undefined {
    return this.#marks.findLast((mark) => mark.offset <= offset);
  }

  /** The hash as it was at one of its marks. */
  cutAt(mark: PrefixMark): PrefixHash {
    const cut = new PrefixHash(this.fromOffset, mark);
    cut.#marks = this.#marks.filter((kept) => kept.offset <= mark.offset);
    return cut;
  }

  /** A comparison with what the file holds now; feed it the bytes from `fromOffset` on. */
  check(): PrefixCheck {
    return new PrefixCheck(this.fromOffset, this.#marks, { offset: this.#position, crc32: this.#crc32 });
  }

  #mark(mark: PrefixMark): void {
    this.#marks.push(mark);
    const aging = this.#marks.length - NEWEST_KEPT - 1;
    const older = this.#marks[aging - 1];
    const aged = this.#marks[aging];
    if (older !== undefined && aged !== undefined && aged.offset - older.offset < SPACING_BYTES) {
      this.#marks.splice(aging, 1);
    }
  }
}

/** Compares bytes with the marks of a {@link PrefixHash}. */
export class PrefixCheck {
  readonly #expected: readonly PrefixMark[];
  readonly #end: PrefixMark;
  #next = 0;
  #position: number;
  #crc32 = 0;
  #differs = false;
  #lastMatch: PrefixMark | undefined;

  constructor(fromOffset: number, marks: readonly PrefixMark[], end: PrefixMark) {
    this.#position = fromOffset;
    this.#expected = [...marks];
    this.#end = end;
  }

  /** The newest mark up to which nothing changed; undefined when the very first one differs. */
  get lastMatch(): PrefixMark | undefined {
    return this.#lastMatch;
  }

  /** True when every byte was fed and none has changed. */
  get same(): boolean {
    return !this.#differs && this.#position === this.#end.offset && this.#crc32 === this.#end.crc32;
  }

  /** Takes the next bytes of the file; those beyond what was read before are ignored. */
  feed(bytes: Uint8Array): void {
    if (this.#differs) return;
    let rest = bytes.subarray(0, Math.max(0, this.#end.offset - this.#position));
    for (let mark = this.#expected[this.#next]; mark !== undefined; mark = this.#expected[++this.#next]) {
      const upTo = mark.offset - this.#position;
      if (upTo > rest.length) break;
      this.#take(rest.subarray(0, upTo));
      rest = rest.subarray(upTo);
      this.#differs = this.#crc32 !== mark.crc32;
      if (this.#differs) return;
      this.#lastMatch = mark;
    }
    this.#take(rest);
  }

  #take(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#crc32 = crc32(bytes, this.#crc32);
    this.#position += bytes.length;
  }
}

/** Bytes before the position that are read again with every further read. */
const TAIL_BYTES = 4096;

/** New bytes; or the file ended before them; or the bytes before them are no longer those that were read. */
export type ReadResult = Buffer | 'short' | 'changed';

/** Everything that was read is unchanged; or the file ended before it; or the last mark up to which nothing changed. */
export type CompareResult = 'same' | 'short' | { readonly lastMatch: PrefixMark | undefined };

/** The part of a file that was read so far. Each further read proves that the end of it is still there. */
export class FilePrefix {
  #hash: PrefixHash;
  #tail = { bytes: 0, crc32: 0 };

  /** Begins at `fromOffset`; with `at`, everything between the two counts as read before. */
  constructor(fromOffset: number, at?: PrefixMark) {
    this.#hash = new PrefixHash(fromOffset, at);
  }

  get fromOffset(): number {
    return this.#hash.fromOffset;
  }

  /** Offset after the last byte read. */
  get position(): number {
    return this.#hash.position;
  }

  /** The newest mark at or before an offset. */
  markBefore(offset: number): PrefixMark | undefined {
    return this.#hash.markBefore(offset);
  }

  /** The next bytes, at most `wantedBytes`, if those before them are still the same. They count as read once passed to `advance`. */
  async readOn(file: OpenFile, wantedBytes: number): Promise<ReadResult> {
    const bytes = await file.read(this.position - this.#tail.bytes, this.#tail.bytes + wantedBytes);
    if (bytes.length <= this.#tail.bytes) return 'short';
    if (crc32(bytes.subarray(0, this.#tail.bytes)) !== this.#tail.crc32) return 'changed';
    const chunk = bytes.subarray(this.#tail.bytes);
    this.#rememberTail(bytes);
    return chunk;
  }

  /** Counts a chunk as read; `lineEnd` as in {@link PrefixHash.advance}. */
  advance(chunk: Buffer, lineEnd: number): void {
    this.#hash.advance(chunk, lineEnd);
  }

  /** True when the last bytes read are still the same. */
  async isTailSame(file: OpenFile): Promise<boolean> {
    const bytes = await file.read(this.position - this.#tail.bytes, this.#tail.bytes);
    return crc32(bytes) === this.#tail.crc32;
  }

  /** Reads again what was read before, as far as a file of `sizeBytes` goes, `readBytes` at a time. */
  async compare(file: OpenFile, sizeBytes: number, readBytes: number): Promise<CompareResult> {
    const check = this.#hash.check();
    const endOffset = Math.min(sizeBytes, this.position);
    for (let offset = this.fromOffset; offset < endOffset; ) {
      const bytes = await file.read(offset, Math.min(readBytes, endOffset - offset));
      if (bytes.length === 0) return 'short';
      check.feed(bytes);
      offset += bytes.length;
    }
    return check.same ? 'same' : { lastMatch: check.lastMatch };
  }

  /** Forgets everything after a mark; without one, everything, and begins at 0. */
  rewindTo(mark: PrefixMark | undefined): void {
    this.#hash = mark === undefined ? new PrefixHash(0) : this.#hash.cutAt(mark);
  }

  /** Reads the last bytes again after a comparison, so that further reads compare with them. */
  async renewTail(file: OpenFile): Promise<void> {
    const tailBytes = Math.min(TAIL_BYTES, this.position - this.fromOffset);
    this.#rememberTail(await file.read(this.position - tailBytes, tailBytes));
  }

  #rememberTail(lastBytes: Buffer): void {
    const tail = lastBytes.subarray(Math.max(0, lastBytes.length - TAIL_BYTES));
    this.#tail = { bytes: tail.length, crc32: crc32(tail) };
  }
}
