import { LineEnds } from './line-ends.ts';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SMALLEST_CARRY_BYTES = 1024;
const EMPTY = Buffer.alloc(0);

/** A finished line, without its line end and byte order mark, or the ends of one that was too long to keep. Offsets in bytes. */
export type SplitPiece =
  | { readonly kind: 'line'; readonly startOffset: number; readonly endOffset: number; readonly bytes: Buffer }
  | { readonly kind: 'too-long'; readonly startOffset: number; readonly endOffset: number; readonly ends: Buffer };

/** Where and how splitting begins. */
export interface LineSplitterOptions {
  /** Offset of the first byte that will be pushed. Default 0. */
  readonly offset?: number;
  /** Longest line kept, in bytes without its newline. */
  readonly maxLineBytes: number;
  /** True: the first byte may lie inside a line; everything up to the first newline is dropped without a report. Default false. */
  readonly align?: boolean;
}

/**
 * Cuts bytes into lines at any chunking. A partial line is kept for the next chunk; one that grows beyond
 * `maxLineBytes` is dropped up to its newline, so memory stays below twice that limit. Empty lines are passed over.
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

  /** Takes the next bytes; returns the lines they finish. The pieces may share memory with `chunk`. */
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
