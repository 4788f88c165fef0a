/** One piece of work for the scanner. `isTimed`: a timer asked for it, not an event or a caller. */
export type ScanJob = { readonly isTimed?: boolean } /** All directories and all names; what `scan()` asks for. */ & (
  | { readonly type: 'everything' }
  /** Every directory that is followed. */
  | { readonly type: 'directories' }
  /** Followed and noticed names that changed lately. */
  | { readonly type: 'active-names' }
  /** Every name whose stat is no longer what it was. */
  | { readonly type: 'changed-names' }
  /** One absolute path: a file, a directory, or a name that is not known yet. */
  | { readonly type: 'path'; readonly path: string }
);

/** What a job led to: nothing more, the same job again after the others, or other jobs. */
export type ScanOutcome = 'done' | 'again' | readonly ScanJob[];

/** The job that scans one path. */
export function pathJob(path: string): ScanJob {
  return { type: 'path', path };
}

/** A caller that waits until everything its request led to is done. */
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

interface Pending {
  job: ScanJob;
  readonly waiters: Set<Waiter>;
}

/**
 * Runs jobs one after another. A job requested while it waits runs once; one requested while it runs, once more. Jobs
 * take turns, so that a large file does not hold up the others.
 */
export class ScanQueue {
  readonly #run: (job: ScanJob) => Promise<ScanOutcome>;
  /** By path, or by type: absolute paths never equal one. */
  readonly #pending = new Map<string, Pending>();
  #running: Promise<void> | undefined;
  #closed = false;

  /** `run` must not reject. */
  constructor(run: (job: ScanJob) => Promise<ScanOutcome>) {
    this.#run = run;
  }

  /** Adds a job without waiting for it. */
  add(job: ScanJob): void {
    this.#enqueue(job, []);
  }

  /** Adds a job; resolves when it and everything it led to is done, or the queue is closed. */
  request(job: ScanJob): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const waiter = new Waiter();
    this.#enqueue(job, [waiter]);
    return waiter.done;
  }

  /** Starts no more jobs; resolves when the running one is done. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    for (const { waiters } of this.#pending.values()) for (const waiter of waiters) waiter.finish();
    this.#pending.clear();
  }

  #enqueue(job: ScanJob, waiters: Iterable<Waiter>): void {
    if (this.#closed) return;
    const key = keyOf(job);
    const pending = this.#pending.get(key) ?? { job, waiters: new Set() };
    this.#pending.set(key, pending);
    // What an event or a caller asks for is not only a timer's any more.
    if (job.isTimed !== true) pending.job = job;
    for (const waiter of waiters) {
      if (pending.waiters.has(waiter)) continue;
      pending.waiters.add(waiter);
      waiter.add();
    }
    this.#running ??= this.#work();
  }

  async #work(): Promise<void> {
    for (let next = this.#next(); next !== undefined && !this.#closed; next = this.#next()) {
      const { job, waiters } = next;
      this.#pending.delete(keyOf(job));
      const outcome = await this.#run(job);
      const followUps = outcome === 'done' ? [] : outcome === 'again' ? [job] : outcome;
      for (const followUp of followUps) this.#enqueue(followUp, waiters);
      for (const waiter of waiters) waiter.finish();
    }
    this.#running = undefined;
  }

  #next(): Pending | undefined {
    for (const pending of this.#pending.values()) return pending;
    return undefined;
  }
}

function keyOf(job: ScanJob): string {
  return job.type === 'path' ? job.path : job.type;
}
