/** Returned by `Clock.setTimeout`, for `clearTimeout` of the same clock. */
export type TimerHandle = NodeJS.Timeout | number;

/** Time and timers, injected together so that a test can control both. */
export interface Clock {
  /** Milliseconds since the epoch. Never runs backwards while the process lives. */
  now(): number;
  /** Calls `fn` once after `ms` milliseconds; as soon as possible when that is 0 or less. */
  setTimeout(fn: () => void, ms: number): TimerHandle;
  /** Cancels a timer; does nothing once it has fired. */
  clearTimeout(handle: TimerHandle): void;
}

/** Longest delay of a Node timer; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The process's clock: the wall clock when the process started plus monotonic time since. A wall clock that is set
 * while the process runs has no effect.
 */
export const systemClock: Clock = Object.freeze({
  now: () => performance.timeOrigin + performance.now(),
  setTimeout: (fn: () => void, ms: number) => globalThis.setTimeout(fn, Math.min(Math.max(ms, 0), MAX_TIMER_MS)),
  clearTimeout: (handle: TimerHandle) => globalThis.clearTimeout(handle),
});
