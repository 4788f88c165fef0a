import type { TailClock } from './clock.ts';

/** Timers by name: a second one of a name replaces the first. */
export class Timers {
  readonly #clock: TailClock;
  readonly #timers = new Map<string, unknown>();
  #closed = false;

  constructor(clock: TailClock) {
    this.#clock = clock;
  }

  /** Calls back once after `delayMs`. */
  once(name: string, delayMs: number, callback: () => void): void {
    if (this.#closed) return;
    this.#clock.clearTimeout(this.#timers.get(name));
    const run = (): void => {
      this.#timers.delete(name);
      callback();
    };
    this.#timers.set(name, this.#clock.setTimeout(run, delayMs));
  }

  /** Calls back again and again; the interval is asked for each time. */
  every(name: string, intervalMs: () => number, callback: () => void): void {
    this.once(name, intervalMs(), () => {
      this.every(name, intervalMs, callback);
      callback();
    });
  }

  /** Idempotent; afterwards nothing is started. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) this.#clock.clearTimeout(timer);
    this.#timers.clear();
  }
}
