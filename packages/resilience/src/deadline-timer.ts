import type { Clock, TimerHandle } from './clock.ts';

/**
 * A timer for one moment that may be moved: setting it again replaces it. It never fires before that moment, although timers
 * may: Node's by a fraction of a millisecond, and those of more than 24 days by much.
 */
export class DeadlineTimer {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #handle: TimerHandle | undefined;
  #isClosed = false;

  /** @param onDue called once each time the moment comes */
  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Whether a moment is waited for. */
  get isSet(): boolean {
    return this.#handle !== undefined;
  }

  /** Waits for this moment (milliseconds since the epoch; at once when it is past) instead of any other; `undefined`: for none. */
  set(at: number | undefined): void {
    if (this.#handle !== undefined) this.#clock.clearTimeout(this.#handle);
    this.#handle = undefined;
    if (at === undefined || this.#isClosed) return;
    this.#handle = this.#clock.setTimeout(
      () => {
        if (this.#clock.now() < at) this.set(at);
        else {
          this.#handle = undefined;
          this.#onDue();
        }
      },
      Math.max(0, at - this.#clock.now()),
    );
  }

  /** Waits no more, for good. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.set(undefined);
  }
}
