/** Rewrites of recorded text that keep its length, so that a replay looks like new work. */

/** How recorded times become times of the replay. */
export interface TimeShift {
  /** Epoch milliseconds of the recording's `tMs` 0. */
  readonly recordedStartAt: number;
  /** Epoch milliseconds at which a moment of the recording (its `tMs`) is played. */
  readonly playedAt: (tMs: number) => number;
}

const DAY_MS = 86_400_000;
const ISO_TIME = /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"/g;
const EPOCH_MS = /(?<![\w.])1\d{12}(?![\w.])/g;

/** Moves quoted ISO times and epoch milliseconds near the recording to the replay's time; all else stays. */
export function shiftTimes(text: string, shift: TimeShift): string {
  const move = (at: number): number => Math.round(shift.playedAt(at - shift.recordedStartAt));
  const isNear = (at: number): boolean => Math.abs(at - shift.recordedStartAt) < DAY_MS;
  return text
    .replace(ISO_TIME, (whole, iso: string) =>
      isNear(Date.parse(iso)) ? `"${new Date(move(Date.parse(iso))).toISOString()}"` : whole,
    )
    .replace(EPOCH_MS, (digits) => (isNear(Number(digits)) ? String(move(Number(digits))) : digits));
}

const APPEND_TIME = /^\{"type":"message".*?"timestamp":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"/gm;

/**
 * Epoch milliseconds of `tMs` 0. An entry's own timestamp is at most the moment of its write, and late writes only
 * lower the difference: the greatest one is the best estimate.
 */
export function estimateStart(writes: Iterable<{ readonly tMs: number; readonly text: string }>): number {
  let startAt = Number.NEGATIVE_INFINITY;
  for (const { tMs, text } of writes) {
    for (const [, iso = ''] of text.matchAll(APPEND_TIME)) startAt = Math.max(startAt, Date.parse(iso) - tMs);
  }
  return Number.isFinite(startAt) ? startAt : 0;
}
