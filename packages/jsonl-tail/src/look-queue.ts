/** A caller that waits until everything its request led to was done. */
class Waiter {
  readonly done: Promise<void>;
  #left = 0;
  #resolve: () => void = () => undefined;

  constructor() {
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  add(): void {
    this.#left += 1;
  }

  finish(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#resolve();
  }
}

/** What became of a job: done; or to be done again, behind the others; or replaced by other jobs. */
export type JobOutcome = 'done' | 'again' | readonly string[];

/**
 * Runs jobs, named by strings, one after another. A job asked for while it waits runs once; asked for while it runs,
 * once more. Jobs take turns, so a large file does not keep the others waiting.
 */
export class LookQueue {
  readonly #run: (job: string) => Promise<JobOutcome>;
  readonly #pending = new Map<string, Set<Waiter>>();
  #running: Promise<void> | undefined;
  #closed = false;

  /** `run` must not reject. */
  constructor(run: (job: string) => Promise<JobOutcome>) {
    this.#run = run;
  }

  /** Asks for a job without waiting. */
  add(job: string): void {
    this.#enqueue(job, []);
  }

  /** Asks for a job; resolves when it and everything it led to is done, or the queue is closed. */
  request(job: string): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const waiter = new Waiter();
    this.#enqueue(job, [waiter]);
    return waiter.done;
  }

  /** Starts no more jobs; resolves when the running one is done. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    for (const waiters of this.#pending.values()) for (const waiter of waiters) waiter.finish();
    this.#pending.clear();
  }

  #enqueue(job: string, waiters: Iterable<Waiter>): void {
    if (this.#closed) return;
    const present = this.#pending.get(job) ?? new Set();
    this.#pending.set(job, present);
    for (const waiter of waiters) {
      if (present.has(waiter)) continue;
      present.add(waiter);
      waiter.add();
    }
    this.#running ??= this.#work();
  }

  async #work(): Promise<void> {
    for (let next = this.#next(); next !== undefined && !this.#closed; next = this.#next()) {
      const [job, waiters] = next;
      this.#pending.delete(job);
      const outcome = await this.#run(job);
      const followUps = outcome === 'done' ? [] : outcome === 'again' ? [job] : outcome;
      for (const followUp of followUps) this.#enqueue(followUp, waiters);
      for (const waiter of waiters) waiter.finish();
    }
    this.#running = undefined;
  }

  #next(): [string, Set<Waiter>] | undefined {
    for (const entry of this.#pending) return entry;
    return undefined;
  }
}
