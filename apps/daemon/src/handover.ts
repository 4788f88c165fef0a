/** Hands what several producers have to one consumer. A producer goes on when the consumer asks for more. */
export class Handover<T> {
  readonly #offers: { readonly value: T; readonly taken: () => void }[] = [];
  #taken: (() => void) | undefined;
  #consumer: PromiseWithResolvers<IteratorResult<T>> | undefined;
  #closed = false;

  /** Resolves when the value was taken and worked on, or nobody will. */
  offer(value: T): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#offers.push({ value, taken: resolve });
    this.#hand();
    return promise;
  }

  next(): Promise<IteratorResult<T>> {
    this.#taken?.();
    this.#taken = undefined;
    this.#consumer = Promise.withResolvers();
    const { promise } = this.#consumer;
    this.#hand();
    return promise;
  }

  /** Nothing comes any more; what was offered is still handed out. */
  close(): void {
    this.#closed = true;
    this.#hand();
  }

  /** A producer failed: so does the consumer's question. */
  fail(error: unknown): void {
    this.#closed = true;
    this.#consumer ??= Promise.withResolvers();
    this.#consumer.reject(error);
  }

  #hand(): void {
    const consumer = this.#consumer;
    const offer = consumer === undefined ? undefined : this.#offers.shift();
    if (consumer === undefined || (offer === undefined && !this.#closed)) return;
    this.#consumer = undefined;
    this.#taken = offer?.taken;
    consumer.resolve(offer === undefined ? { done: true, value: undefined } : { done: false, value: offer.value });
  }
}
