import type { SourceClock } from './clock.ts';

/** Timers by name: setting one again replaces it. */
export class Timers {
  readonly #clock: SourceClock;
  readonly #running = new Map<string, NodeJS.Timeout | number>();
  #closed = false;

  constructor(clock: SourceClock) {
    this.#clock = clock;
  }

  has(name: string): boolean {
    return this.#running.has(name);
  }

  set(name: string, delayMs: number, callback: () => void): void {
    this.cancel(name);
    if (this.#closed) return;
    const run = (): void => {
      this.#running.delete(name);
      callback();
    };
    this.#running.set(name, this.#clock.setTimeout(run, Math.max(0, delayMs)));
  }

  /** Calls back again and again, the first time after one interval. */
  every(name: string, intervalMs: number, callback: () => void): void {
    this.set(name, intervalMs, () => {
      this.every(name, intervalMs, callback);
      callback();
    });
  }

  cancel(name: string): void {
    const timer = this.#running.get(name);
    if (timer !== undefined) this.#clock.clearTimeout(timer);
    this.#running.delete(name);
  }

  /** No timer runs any more, none can be set. */
  close(): void {
    this.#closed = true;
    for (const name of [...this.#running.keys()]) this.cancel(name);
  }
}
