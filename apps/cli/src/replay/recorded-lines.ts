import { createReadStream } from 'node:fs';

/** One line of a recorded file. */
export interface RecordedLine {
  /** Without its line end. */
  readonly text: string;
  /** Where it starts, bytes. */
  readonly startOffset: number;
}

/** The daemon does not read longer lines either. Bytes. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;
/** The end of the year 9999: no later time can be written as a date everywhere. Milliseconds since the epoch. */
const LATEST_TIME = 253_402_300_799_999;

/**
 * The lines of a file. Longer ones than {@link MAX_LINE_BYTES} are passed over without being kept: the author of a
 * file must not decide how much memory is needed.
 */
export async function* readRecordedLines(
  path: string,
  maxLineBytes: number = MAX_LINE_BYTES,
): AsyncGenerator<RecordedLine> {
  let kept: Buffer[] = [];
  let startOffset = 0;
  let position = 0;
  const take = (rest: Buffer): void => {
    if (position + rest.length - startOffset > maxLineBytes) kept = [];
    else kept.push(rest);
    position += rest.length;
  };
  const finish = (): RecordedLine | undefined => {
    const text = position === startOffset ? '' : Buffer.concat(kept).toString('utf8').replace(/\r$/, '');
    return text === '' ? undefined : { text, startOffset };
  };
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let newline = chunk.indexOf(NEWLINE); newline !== -1; newline = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, newline));
      const line = finish();
      if (line !== undefined) yield line;
      from = newline + 1;
      position += 1;
      startOffset = position;
      kept = [];
    }
    take(chunk.subarray(from));
  }
  const last = finish();
  if (last !== undefined) yield last;
}

/** A recorded time, milliseconds since the epoch; `undefined` for one that is no date. */
export function recordedTime(at: number | undefined): number | undefined {
  return at !== undefined && at >= 0 && at <= LATEST_TIME ? at : undefined;
}
