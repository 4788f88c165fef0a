import type { SimulatorClock } from '../clock.ts';

/** A clock that moves only when told to. */
export class FakeClock implements SimulatorClock {
  #now: number;
  readonly #waiting = new Set<{ readonly at: number; readonly resolve: () => void }>();

  constructor(now = 1_800_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** How many delays are running. */
  get waiting(): number {
    return this.#waiting.size;
  }

  delay(ms: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.add({ at: this.#now + ms, resolve }));
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const timer of this.#waiting) {
      if (timer.at > this.#now) continue;
      this.#waiting.delete(timer);
      timer.resolve();
    }
  }
}
