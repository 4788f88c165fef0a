/** When a moment of the recording is played, milliseconds after the start at speed 1. Never decreases. */
export type PlayedTime = (tMs: number) => number;

/**
 * Plays as recorded, but no pause between two events lasts longer than `longestGapMs`.
 * @param times the events' `tMs`, ascending
 */
export function createPlayedTime(times: readonly number[], longestGapMs: number): PlayedTime {
  const longPauses = times
    .map((endMs, index) => ({ startMs: times[index - 1] ?? 0, endMs }))
    .filter(({ startMs, endMs }) => endMs - startMs > longestGapMs);
  return (tMs) => {
    let cutMs = 0;
    for (const { startMs, endMs } of longPauses) cutMs += Math.max(0, Math.min(tMs, endMs) - startMs - longestGapMs);
    return tMs - cutMs;
  };
}
