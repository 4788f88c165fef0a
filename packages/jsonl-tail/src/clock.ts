/** What the followers need of a clock. Structural, so that any scheduler with these methods fits. */
export interface TailClock {
  /** Monotonic time in milliseconds; only differences are used. */
  now(): number;
  /** Calls back once after `delayMs` milliseconds and returns a handle for `clearTimeout`. */
  setTimeout(callback: () => void, delayMs: number): unknown;
  /** Takes back what `setTimeout` returned. */
  clearTimeout(timer: unknown): void;
}

/** The process's monotonic clock and its timers. */
export const systemClock: TailClock = Object.freeze({
  now: () => performance.now(),
  setTimeout: (callback: () => void, delayMs: number): unknown => setTimeout(callback, delayMs),
  clearTimeout: (timer: unknown): void => clearTimeout(timer as NodeJS.Timeout),
});
