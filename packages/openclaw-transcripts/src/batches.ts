import type { SessionEvent } from '@live-status/session-state';

type Batch = readonly SessionEvent[];

/** Batches on their way to the one consumer. A batch is taken when the consumer asks for the next. */
export class Batches {
  readonly #waiting: Batch[] = [];
  #consumer: ((result: IteratorResult<Batch>) => void) | undefined;
  /** True while the consumer works on a batch. */
  #busy = false;
  #closed = false;
  #onDrained: (() => void)[] = [];

  push(batch: Batch): void {
    if (batch.length === 0 || this.#closed) return;
    this.#waiting.push(batch);
    this.#hand();
  }

  next(): Promise<IteratorResult<Batch>> {
    this.#busy = false;
    const { promise, resolve } = Promise.withResolvers<IteratorResult<Batch>>();
    this.#consumer = resolve;
    this.#hand();
    return promise;
  }

  /** Resolves when everything was taken, or nobody will take anything more. */
  drained(): Promise<void> {
    if (this.#isDrained()) return Promise.resolve();
    return new Promise((resolve) => this.#onDrained.push(resolve));
  }

  /** No batch comes any more; what waits is still handed out. */
  close(): void {
    this.#closed = true;
    this.#hand();
  }

  /** The consumer left: what waits is dropped. */
  abandon(): void {
    this.#waiting.length = 0;
    this.#busy = false;
    this.close();
  }

  #isDrained(): boolean {
    return this.#closed || (this.#waiting.length === 0 && !this.#busy);
  }

  #hand(): void {
    const consumer = this.#consumer;
    const batch = consumer === undefined ? undefined : this.#waiting.shift();
    if (consumer !== undefined && (batch !== undefined || this.#closed)) {
      this.#consumer = undefined;
      this.#busy = batch !== undefined;
      consumer(batch === undefined ? { done: true, value: undefined } : { done: false, value: batch });
    }
    if (!this.#isDrained()) return;
    for (const resolve of this.#onDrained.splice(0)) resolve();
  }
}
