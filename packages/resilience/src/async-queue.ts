/** Options of {@link AsyncQueue}. */
export interface AsyncQueueOptions<T> {
  /** Called with each item once the consumer has taken it, that is, asked for the next one. Default: nothing. */
  readonly onTaken?: (item: T) => void;
}

interface Waiter {
  readonly count: number;
  readonly resolve: () => void;
}

/**
 * A queue from any number of producers to one consumer, in order. Asking for the next item takes
 * (acknowledges) the one before; a producer that awaits `drained()` after a push goes no faster than the consumer.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #onTaken: ((item: T) => void) | undefined;
  #items: T[] = [];
  #head = 0;
  #pushed = 0;
  #taken = 0;
  /** The item the consumer works on, while it does. */
  #lent: T | undefined;
  #isLent = false;
  #closed = false;
  #failure: { readonly error: unknown } | undefined;
  #asking: PromiseWithResolvers<IteratorResult<T>> | undefined;
  #waiters: Waiter[] = [];

  constructor({ onTaken }: AsyncQueueOptions<T> = {}) {
    this.#onTaken = onTaken;
  }

  /** How many items wait to be handed out. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Adds an item; dropped after `close`, `abandon` or `fail`. */
  push(item: T): void {
    if (this.#closed) return;
    this.#pushed += 1;
    this.#items.push(item);
    this.#handOut();
  }

  /**
   * The next item, or the end after `close` and the last item. One call at a time.
   *
   * @throws Error (as a rejection) while an earlier call has not settled, and the error given to `fail`.
   */
  next(): Promise<IteratorResult<T>> {
    if (this.#asking !== undefined) {
      return Promise.reject(new Error('next() was called before the last call settled; ask for one item at a time'));
    }
    if (this.#isLent) this.#takeLent();
    if (this.size > 0) return Promise.resolve({ done: false, value: this.#lend() });
    this.#asking = Promise.withResolvers();
    const { promise } = this.#asking;
    this.#handOut();
    return promise;
  }

  /** Resolves when everything pushed so far was taken, or nobody will take it any more. */
  drained(): Promise<void> {
    if (this.#closed || this.#taken === this.#pushed) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ count: this.#pushed, resolve }));
  }

  /** Takes no more items; those inside are still handed out. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const { resolve } of this.#waiters.splice(0)) resolve();
    this.#handOut();
  }

  /** The consumer left: closes and drops what is waiting. */
  abandon(): void {
    this.#items = [];
    this.#head = 0;
    this.close();
  }

  /** A producer failed: closes, and after the last item the consumer's `next` rejects with `error`. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.close();
  }

  /** Iterates until the end; leaving the loop early abandons the queue. */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    return {
      next: () => this.next(),
      return: () => {
        this.abandon();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #handOut(): void {
    const asking = this.#asking;
    if (asking === undefined || (this.size === 0 && !this.#closed)) return;
    this.#asking = undefined;
    if (this.size > 0) asking.resolve({ done: false, value: this.#lend() });
    else if (this.#failure === undefined) asking.resolve({ done: true, value: undefined });
    else asking.reject(this.#failure.error);
  }

  #lend(): T {
    const item = this.#items[this.#head++] as T;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    }
    this.#lent = item;
    this.#isLent = true;
    return item;
  }

  #takeLent(): void {
    const item = this.#lent as T;
    this.#lent = undefined;
    this.#isLent = false;
    this.#taken += 1;
    this.#onTaken?.(item);
    while (this.#waiters[0] !== undefined && this.#waiters[0].count <= this.#taken) this.#waiters.shift()?.resolve();
  }
}
