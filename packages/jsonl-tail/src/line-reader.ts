import type { FileHandle } from 'node:fs/promises';
import type { Checkpoint } from './checkpoint.ts';
import type { PrefixMark } from './prefix-marks.ts';
import { type CompareResult, ReadPrefix } from './read-prefix.ts';
import { LineSplitter, type SplitPiece } from './split-lines.ts';

/** Where a file is read from: an offset (inside a line when `align`) or a checkpoint. */
export type TailStart = { readonly offset: number; readonly align: boolean } | Checkpoint;

/** The lines that one read finished. */
export interface LinesRead {
  readonly pieces: readonly SplitPiece[];
  /** The bytes read, up to the last line end among them. */
  readonly complete: Buffer;
  /** Where `complete` begins. */
  readonly offset: number;
}

/** Reads a file's lines, a chunk at a time, and proves with each read that what was read before is still there. */
export class LineReader {
  readonly #maxLineBytes: number;
  readonly #prefix: ReadPrefix;
  #splitter: LineSplitter;

  constructor(start: TailStart, maxLineBytes: number) {
    const isCheckpoint = 'version' in start;
    const align = isCheckpoint ? false : start.align;
    this.#maxLineBytes = maxLineBytes;
    this.#prefix = isCheckpoint ? new ReadPrefix(start.fromOffset, start) : new ReadPrefix(start.offset);
    this.#splitter = new LineSplitter({ offset: start.offset, align, maxLineBytes });
  }

  /** Offset after the last byte read. */
  get position(): number {
    return this.#prefix.position;
  }

  /** Offset after the last complete line. */
  get lineStart(): number {
    return this.#splitter.lineStart;
  }

  /** What proves everything up to the last line end at or before an offset; undefined when there is none. */
  proofAt(offset: number): (PrefixMark & { readonly fromOffset: number }) | undefined {
    const mark = this.#prefix.markBefore(offset);
    return mark === undefined ? undefined : { fromOffset: this.#prefix.fromOffset, ...mark };
  }

  /** The lines in the next bytes, at most `wantedBytes`, if those before them are still the same. */
  async read(handle: FileHandle, wantedBytes: number): Promise<LinesRead | 'short' | 'changed'> {
    const offset = this.position;
    const chunk = await this.#prefix.readOn(handle, wantedBytes);
    if (typeof chunk === 'string') return chunk;
    const pieces = this.#splitter.push(chunk);
    this.#prefix.advance(chunk, this.lineStart);
    return { pieces, complete: chunk.subarray(0, Math.max(0, this.lineStart - offset)), offset };
  }

  /** True when the last bytes read are still the same. */
  isTailSame(handle: FileHandle): Promise<boolean> {
    return this.#prefix.isTailSame(handle);
  }

  /** Compares everything read before with what a file of `sizeBytes` holds now, `readBytes` at once. */
  compare(handle: FileHandle, sizeBytes: number, readBytes: number): Promise<CompareResult> {
    return this.#prefix.compare(handle, sizeBytes, readBytes);
  }

  /** Goes on from here after a comparison. */
  proceed(handle: FileHandle): Promise<void> {
    return this.#prefix.renewTail(handle);
  }

  /** Goes back to a mark, or to the beginning. Returns whether lines after it had been read. */
  rewindTo(mark: PrefixMark | undefined): boolean {
    const offset = mark?.offset ?? 0;
    const hadLines = offset < this.lineStart;
    this.#prefix.rewindTo(mark);
    this.#splitter = new LineSplitter({ offset, maxLineBytes: this.#maxLineBytes });
    return hadLines;
  }
}
