import { isUtf8 } from 'node:buffer';
import type { BadLineEvent, LineEvent } from './event.ts';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SMALLEST_CARRY_BYTES = 1024;
/** Bytes kept of each end of a line that is too long. */
const END_BYTES = 2048;
const EMPTY = Buffer.alloc(0);

/** A complete line without its line end and byte order mark, or the ends of one that is too long. Offsets in bytes. */
export type SplitPiece =
  | { readonly kind: 'line'; readonly startOffset: number; readonly endOffset: number; readonly bytes: Buffer }
  | { readonly kind: 'too-long'; readonly startOffset: number; readonly endOffset: number; readonly ends: Buffer };

/** Where and how splitting begins. */
export interface LineSplitterOptions {
  /** Offset of the first byte that will be pushed. Default 0. */
  readonly offset?: number;
  /** Longest line kept, in bytes without its newline. */
  readonly maxLineBytes: number;
  /** True when the first byte may be inside a line: everything up to the first newline is then dropped. Default false. */
  readonly align?: boolean;
}

/**
 * Splits chunks of bytes into lines. A partial line is kept for the next chunk; one that grows beyond `maxLineBytes` is
 * dropped up to its newline, so memory stays below twice that limit. Empty lines are skipped.
 */
export class LineSplitter {
  readonly #maxLineBytes: number;
  #mode: 'keeping' | 'too-long' | 'aligning';
  #lineStart: number;
  #position: number;
  #carry: Buffer = EMPTY;
  #carryBytes = 0;
  /** Of the line that is being dropped. */
  #ends: LineEnds | undefined;

  constructor(options: LineSplitterOptions) {
    this.#maxLineBytes = options.maxLineBytes;
    this.#mode = options.align === true ? 'aligning' : 'keeping';
    this.#position = options.offset ?? 0;
    this.#lineStart = this.#position;
  }

  /** Offset after the last newline seen: where the next line starts. */
  get lineStart(): number {
    return this.#lineStart;
  }

  /** Takes the next bytes and returns the lines they complete. The pieces may share memory with `chunk`. */
  push(chunk: Buffer): SplitPiece[] {
    const pieces: SplitPiece[] = [];
    let at = 0;
    for (let newline = chunk.indexOf(NEWLINE); newline !== -1; newline = chunk.indexOf(NEWLINE, at)) {
      const piece = this.#finish(chunk.subarray(at, newline));
      if (piece !== undefined) pieces.push(piece);
      at = newline + 1;
    }
    this.#hold(chunk.subarray(at));
    return pieces;
  }

  #finish(rest: Buffer): SplitPiece | undefined {
    const startOffset = this.#lineStart;
    const endOffset = this.#position + rest.length + 1;
    if (this.#carryBytes + rest.length > this.#maxLineBytes && this.#mode === 'keeping') this.#giveUp();
    const mode = this.#mode;
    const whole = mode === 'keeping' ? this.#join(rest) : EMPTY;
    this.#ends?.push(rest);
    const ends = this.#ends?.join() ?? EMPTY;
    this.#ends = undefined;
    this.#carry = EMPTY;
    this.#carryBytes = 0;
    this.#mode = 'keeping';
    this.#position = endOffset;
    this.#lineStart = endOffset;
    if (mode === 'too-long') return { kind: 'too-long', startOffset, endOffset, ends };
    const bytes = withoutMarks(whole, startOffset);
    return bytes.length === 0 ? undefined : { kind: 'line', startOffset, endOffset, bytes };
  }

  #join(rest: Buffer): Buffer {
    if (this.#carryBytes === 0) return rest;
    this.#append(rest);
    return this.#carry.subarray(0, this.#carryBytes);
  }

  #hold(rest: Buffer): void {
    this.#position += rest.length;
    if (this.#mode === 'keeping' && this.#carryBytes + rest.length > this.#maxLineBytes) this.#giveUp();
    if (this.#mode === 'keeping' && rest.length > 0) this.#append(rest);
    this.#ends?.push(rest);
  }

  /** The line is too long: only its ends are kept from now on. */
  #giveUp(): void {
    this.#mode = 'too-long';
    this.#ends = new LineEnds();
    this.#ends.push(this.#carry.subarray(0, this.#carryBytes));
    this.#carry = EMPTY;
    this.#carryBytes = 0;
  }

  /** Copies, so that a short partial line does not keep the whole chunk alive. */
  #append(rest: Buffer): void {
    const neededBytes = this.#carryBytes + rest.length;
    if (neededBytes > this.#carry.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(neededBytes, this.#carry.length * 2, SMALLEST_CARRY_BYTES));
      this.#carry.copy(grown, 0, 0, this.#carryBytes);
      this.#carry = grown;
    }
    rest.copy(this.#carry, this.#carryBytes);
    this.#carryBytes = neededBytes;
  }
}

function withoutMarks(line: Buffer, startOffset: number): Buffer {
  const start = startOffset === 0 && line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? 3 : 0;
  const end = line[line.length - 1] === CARRIAGE_RETURN ? line.length - 1 : line.length;
  return start === 0 && end === line.length ? line : line.subarray(start, Math.max(start, end));
}

/** The beginning and the end of a line that is too long to keep. Copies, so that no chunk is kept alive. */
class LineEnds {
  #first: Buffer = EMPTY;
  #last: Buffer = EMPTY;

  push(bytes: Buffer): void {
    const missingBytes = END_BYTES - this.#first.length;
    if (missingBytes > 0) this.#first = Buffer.concat([this.#first, bytes.subarray(0, missingBytes)]);
    const rest = bytes.subarray(Math.max(0, missingBytes));
    if (rest.length > 0) this.#last = Buffer.concat([this.#last, rest.subarray(-END_BYTES)]).subarray(-END_BYTES);
  }

  /** Both ends, without what was between them. */
  join(): Buffer {
    return Buffer.concat([this.#first, this.#last]);
  }
}

/**
 * The events of the lines a chunk finished. `complete` is the chunk up to its last newline and starts at `chunkOffset`.
 * Its encoding is checked as a whole, which is much faster than line by line; only the lines of an invalid chunk, and
 * the line that began before it, are checked one by one.
 */
export function* toLineEvents(
  pieces: readonly SplitPiece[],
  complete: Buffer,
  chunkOffset: number,
  from: { readonly path: string; readonly fingerprint: string },
): Generator<LineEvent | BadLineEvent> {
  const isChunkUtf8 = isUtf8(complete);
  for (const piece of pieces) {
    const { startOffset, endOffset } = piece;
    const range = { path: from.path, fingerprint: from.fingerprint, startOffset, endOffset };
    if (piece.kind === 'too-long') {
      yield { type: 'bad-line', ...range, reason: 'too-long', ends: piece.ends };
    } else if ((isChunkUtf8 && startOffset >= chunkOffset) || isUtf8(piece.bytes)) {
      const { bytes } = piece;
      yield { type: 'line', ...range, bytes, text: () => bytes.toString('utf8') };
    } else {
      yield { type: 'bad-line', ...range, reason: 'invalid-utf8' };
    }
  }
}
