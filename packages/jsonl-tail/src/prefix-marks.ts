import { crc32 } from 'node:zlib';

const NEWEST_KEPT = 8;
const SPACING_BYTES = 64 * 1024;

/** The CRC-32 of everything read up to a line end. */
export interface PrefixMark {
  readonly offset: number;
  readonly crc32: number;
}

/**
 * What is remembered of the bytes read from a file: a running CRC-32 and marks of it at line ends (the newest few, and
 * older ones at least 64 KiB apart). Read again, the bytes prove that nothing changed, or up to which line nothing did.
 * CRC-32 because its state is a number: it can be marked, and carried on from a checkpoint, without a second reading.
 */
export class PrefixMarks {
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

  /** Takes the next bytes; `lineEnd` is the offset after the last newline among them, or any smaller offset if there is none. */
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

  /** What was remembered at one of its marks: everything read later is forgotten. */
  cutAt(mark: PrefixMark): PrefixMarks {
    const cut = new PrefixMarks(this.fromOffset, mark);
    cut.#marks = this.#marks.filter((kept) => kept.offset <= mark.offset);
    return cut;
  }

  /** A comparison to be fed with what the file holds now, from `fromOffset` on. */
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

/** Compares bytes with remembered marks. */
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

  /** True when every byte was fed and is as it was. */
  get same(): boolean {
    return !this.#differs && this.#position === this.#end.offset && this.#crc32 === this.#end.crc32;
  }

  /** Takes the next bytes of the file; bytes beyond what was read before are not looked at. */
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
