import type { SessionEvent } from '@live-status/session-state';

/** Events of one batch at most, so that a consumer that fell behind stays responsive. */
const BATCH_EVENTS = 1_000;

/** Events on their way to the one consumer. Frames are never held up by it: what waits becomes one batch. */
export class EventQueue {
  #waiting: SessionEvent[] = [];
  #consumer: ((result: IteratorResult<readonly SessionEvent[]>) => void) | undefined;
  #closed = false;

  push(events: readonly SessionEvent[]): void {
    if (this.#closed) return;
    for (const event of events) this.#waiting.push(event);
    this.#hand();
  }

  next(): Promise<IteratorResult<readonly SessionEvent[]>> {
    const { promise, resolve } = Promise.withResolvers<IteratorResult<readonly SessionEvent[]>>();
    this.#consumer = resolve;
    this.#hand();
    return promise;
  }

  /** Nothing comes any more; what waits is still handed out. */
  close(): void {
    this.#closed = true;
    this.#hand();
  }

  #hand(): void {
    const consumer = this.#consumer;
    if (consumer === undefined || (this.#waiting.length === 0 && !this.#closed)) return;
    this.#consumer = undefined;
    const value = this.#waiting.splice(0, BATCH_EVENTS);
    consumer(value.length === 0 ? { done: true, value: undefined } : { done: false, value });
  }
}
