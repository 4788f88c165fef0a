/** Bytes kept of each end. */
const END_BYTES = 2048;
const EMPTY = Buffer.alloc(0);

/** The beginning and the end of a line that is too long to keep. Copies, so that no chunk is kept alive. */
export class LineEnds {
  #first: Buffer = EMPTY;
  #last: Buffer = EMPTY;

  push(bytes: Buffer): void {
    const missingBytes = END_BYTES - this.#first.length;
    if (missingBytes > 0) this.#first = Buffer.concat([this.#first, bytes.subarray(0, missingBytes)]);
    const rest = bytes.subarray(Math.max(0, missingBytes));
    if (rest.length > 0) this.#last = Buffer.concat([this.#last, rest.subarray(-END_BYTES)]).subarray(-END_BYTES);
  }

  /** Both, without what was between them. */
  join(): Buffer {
    return Buffer.concat([this.#first, this.#last]);
  }
}
