interface Waiter {
  readonly count: number;
  readonly resolve: () => void;
}

/**
 * A queue between one producer and one consumer. Asking for the next event takes (acknowledges) the one before, and
 * the producer can wait until everything it pushed was taken: that is the back-pressure.
 */
export class EventQueue<T> {
  readonly #onTaken: (event: T) => void;
  #events: T[] = [];
  #head = 0;
  #pushed = 0;
  #taken = 0;
  #lent: { readonly event: T } | undefined;
  #closed = false;
  #asking: ((result: IteratorResult<T>) => void) | undefined;
  #waiters: Waiter[] = [];

  constructor(onTaken: (event: T) => void) {
    this.#onTaken = onTaken;
  }

  /** Adds an event; dropped after `close`. */
  push(event: T): void {
    if (this.#closed) return;
    this.#pushed += 1;
    const ask = this.#asking;
    if (ask === undefined) {
      this.#events.push(event);
      return;
    }
    this.#asking = undefined;
    ask({ done: false, value: this.#lend(event) });
  }

  /** The next event, or the end after `close` and the last one. One call at a time. */
  next(): Promise<IteratorResult<T>> {
    if (this.#asking !== undefined)
      return Promise.reject(new Error('next() was called before the last call settled; ask for one event at a time.'));
    this.#takeLent();
    if (this.#head < this.#events.length) {
      const event = this.#events[this.#head++] as T;
      if (this.#head === this.#events.length) {
        this.#events = [];
        this.#head = 0;
      }
      return Promise.resolve({ done: false, value: this.#lend(event) });
    }
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#asking = resolve;
    });
  }

  /** Resolves when everything pushed so far was taken, or nobody will take it any more. */
  drained(): Promise<void> {
    if (this.#taken === this.#pushed || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ count: this.#pushed, resolve }));
  }

  /** Takes no more events; those inside are still handed out. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
    this.#asking?.({ done: true, value: undefined });
    this.#asking = undefined;
  }

  #lend(event: T): T {
    this.#lent = { event };
    return event;
  }

  #takeLent(): void {
    if (this.#lent === undefined) return;
    const { event } = this.#lent;
    this.#lent = undefined;
    this.#taken += 1;
    this.#onTaken(event);
    while (this.#waiters[0] !== undefined && this.#waiters[0].count <= this.#taken) this.#waiters.shift()?.resolve();
  }
}
