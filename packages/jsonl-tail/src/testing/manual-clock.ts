import type { TailClock } from '../clock.ts';

/** A clock that stands still until a test moves it. Timers run in order of their time. */
export class ManualClock implements TailClock {
  #nowMs = 0;
  #nextId = 1;
  readonly #timers = new Map<number, { readonly atMs: number; readonly callback: () => void }>();

  now(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): number {
    const id = this.#nextId++;
    this.#timers.set(id, { atMs: this.#nowMs + delayMs, callback });
    return id;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as number);
  }

  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      const [id, timer] = next;
      this.#timers.delete(id);
      this.#nowMs = timer.atMs;
      timer.callback();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): [number, { readonly atMs: number; readonly callback: () => void }] | undefined {
    const due = [...this.#timers].filter(([, timer]) => timer.atMs <= untilMs);
    return due.sort(([, a], [, b]) => a.atMs - b.atMs)[0];
  }
}
