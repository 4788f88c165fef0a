import { AsyncQueue, type Clock } from '@live-status/resilience';
import type { SourceEvent, SourceStatus } from '@live-status/session-state';

/** Events of one batch at most, so that a consumer that fell behind stays responsive. */
const BATCH_EVENTS = 1_000;

/**
 * Events on their way from a source to its one consumer. The source adds what it observed and flushes it; the consumer
 * iterates over batches. While the consumer works on one, everything flushed meanwhile becomes the next: a source that
 * must not wait never has to, and one that can awaits `drained()`.
 */
export class EventBuffer {
  readonly #clock: Clock;
  readonly #batches: AsyncQueue<readonly SourceEvent[]>;
  /** Added, not flushed yet. */
  #added: SourceEvent[] = [];
  /** Flushed, and waiting for the consumer. */
  #flushed: SourceEvent[] = [];
  /** A batch was handed out and is not taken yet. */
  #isBusy = false;
  /** It has more in it than that the source has caught up: that nobody waits for. */
  #isAwaited = false;
  #isClosed = false;
  #runsSeen = 0;
  #lastEventAt: number | undefined;

  /** @param clock for the time of the last event */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#batches = new AsyncQueue({
      onTaken: () => {
        this.#isBusy = false;
        this.#isAwaited = false;
        this.#handOut();
      },
    });
  }

  /** Events that were added since the last flush. */
  get size(): number {
    return this.#added.length;
  }

  /** What `SessionSource.status()` has to say of the events flushed so far. */
  get counts(): Pick<SourceStatus, 'runsSeen' | 'lastEventAt'> {
    return {
      runsSeen: this.#runsSeen,
      ...(this.#lastEventAt === undefined ? {} : { lastEventAt: this.#lastEventAt }),
    };
  }

  /** Collects events; the consumer gets none of them before `flush`. */
  add(events: readonly SourceEvent[]): void {
    // Spread as arguments, a long start-up would exceed the stack.
    for (const event of events) this.#added.push(event);
  }

  /** Adds that everything which was there at the start has been reported. To be called once. */
  addCaughtUp(): void {
    this.#added.push({ type: 'caught-up', at: this.#clock.now() });
  }

  /** Hands on what was added, as one batch when the consumer is ready for it. Without effect after `close`. */
  flush(): void {
    if (this.#added.length === 0 || this.#isClosed) return;
    for (const event of this.#added) if (event.type === 'run-started') this.#runsSeen += 1;
    this.#lastEventAt = this.#clock.now();
    this.#flushed = this.#flushed.length === 0 ? this.#added : this.#flushed.concat(this.#added);
    this.#added = [];
    this.#handOut();
  }

  /** Resolves when all session events that were flushed were taken, or nobody will take them any more. */
  async drained(): Promise<void> {
    while ((this.#isAwaited || this.#flushed.length > 0) && !this.#isClosed) await this.#batches.drained();
  }

  /** Takes no more events; what was flushed is still handed out. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    while (this.#flushed.length > 0) this.#batches.push(this.#flushed.splice(0, BATCH_EVENTS));
    this.#batches.close();
  }

  /** The batches, for the one consumer. `onLeave` is awaited when it leaves its loop early; what waits is dropped then. */
  batches(onLeave: () => Promise<void>): AsyncIterator<readonly SourceEvent[]> {
    return {
      next: () => this.#batches.next(),
      return: async () => {
        this.#isClosed = true;
        this.#flushed = [];
        this.#batches.abandon();
        await onLeave();
        return { done: true, value: undefined };
      },
    };
  }

  #handOut(): void {
    if (this.#isBusy || this.#flushed.length === 0) return;
    const batch = this.#flushed.splice(0, BATCH_EVENTS);
    this.#isBusy = true;
    this.#isAwaited = batch.some(({ type }) => type !== 'caught-up');
    this.#batches.push(batch);
  }
}
