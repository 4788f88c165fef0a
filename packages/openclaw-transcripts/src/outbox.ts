import type { SessionEvent } from '@live-status/session-state';
import { Batches } from './batches.ts';

/** Events on their way out: collected while they are observed, handed on together. */
export class Outbox {
  readonly #batches = new Batches();
  #events: SessionEvent[] = [];
  #runsSeen = 0;
  #lastEventAt: number | undefined;

  /** Events that wait to be handed on. */
  get size(): number {
    return this.#events.length;
  }

  /** Runs that began, of all events handed on. */
  get runsSeen(): number {
    return this.#runsSeen;
  }

  /** When events were handed on last. */
  get lastEventAt(): number | undefined {
    return this.#lastEventAt;
  }

  add(events: readonly SessionEvent[]): void {
    for (const event of events) this.#events.push(event);
  }

  /** Events of several tellers: what waits is put in the order of its time. */
  sort(): void {
    this.#events.sort((a, b) => a.at - b.at);
  }

  /** Hands on what waits as one batch. */
  send(now: number): void {
    if (this.#events.length === 0) return;
    for (const event of this.#events) if (event.type === 'run-started') this.#runsSeen += 1;
    this.#lastEventAt = now;
    this.#batches.push(this.#events);
    this.#events = [];
  }

  next(): Promise<IteratorResult<readonly SessionEvent[]>> {
    return this.#batches.next();
  }

  /** Resolves when everything handed on was taken, or nobody will take anything more. */
  drained(): Promise<void> {
    return this.#batches.drained();
  }

  /** Nothing is handed on any more; what was, can still be taken. */
  close(): void {
    this.#batches.close();
  }

  /** The consumer left: what was handed on is dropped. */
  abandon(): void {
    this.#batches.abandon();
  }
}
