/** Time and timers of a source. Structural, so that any scheduler with these methods fits. */
export interface SourceClock {
  /** Milliseconds since the epoch; never runs backwards. */
  now(): number;
  setTimeout(callback: () => void, delayMs: number): NodeJS.Timeout | number;
  clearTimeout(timer: NodeJS.Timeout | number): void;
}

/** The wall clock when the process started plus monotonic time since. */
export const processClock: SourceClock = Object.freeze({
  now: () => performance.timeOrigin + performance.now(),
  setTimeout: (callback: () => void, delayMs: number) => setTimeout(callback, delayMs),
  clearTimeout: (timer: NodeJS.Timeout | number) => clearTimeout(timer),
});

/** What a source reports about itself. */
export interface SourceLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silentLog: SourceLog = Object.freeze({ debug() {}, info() {}, warn() {}, error() {} });
