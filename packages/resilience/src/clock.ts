/** What `Clock.setTimeout` gives back; only good for `clearTimeout` of the same clock. */
export type TimerHandle = NodeJS.Timeout | number;

/** Time and timers as one injected thing, so that a test can own both. */
export interface Clock {
  /** Milliseconds since the epoch. Never runs backwards while the process lives. */
  now(): number;
  /** Calls `fn` once after `ms` milliseconds; as soon as possible when that is 0 or less. */
  setTimeout(fn: () => void, ms: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
}

/** Longest delay a Node timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The process's clock: the wall clock when the process started plus monotonic time since. A wall clock that is set
 * while the process runs moves nothing.
 */
export const systemClock: Clock = Object.freeze({
  now: () => performance.timeOrigin + performance.now(),
  setTimeout: (fn: () => void, ms: number) => globalThis.setTimeout(fn, Math.min(Math.max(ms, 0), MAX_TIMER_MS)),
  clearTimeout: (handle: TimerHandle) => globalThis.clearTimeout(handle),
});
