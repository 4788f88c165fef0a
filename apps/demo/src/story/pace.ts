import { type Clock, delay, systemClock } from '@live-status/resilience';

/** How fast a story is told. */
export interface PaceOptions {
  /** Times real speed. Default 1. */
  readonly speed?: number;
  readonly clock?: Clock;
  /** Ends every wait. */
  readonly signal: AbortSignal;
}

/** The time in which a story is told. */
export class Pace {
  readonly #speed: number;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;

  constructor({ speed = 1, clock = systemClock, signal }: PaceOptions) {
    this.#speed = speed;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Waits, in seconds of the story. Rejects with the reason of the signal when that aborts. */
  wait(seconds: number): Promise<void> {
    return delay(this.milliseconds(seconds), { clock: this.#clock, signal: this.#signal });
  }

  /** How long some seconds of the story take, milliseconds. */
  milliseconds(seconds: number): number {
    return (seconds * 1000) / this.#speed;
  }
}
