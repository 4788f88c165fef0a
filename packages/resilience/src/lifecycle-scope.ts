import { type Clock, systemClock } from './clock.ts';
import { delay } from './delay.ts';
import { ClosedError } from './errors.ts';

/** How a scope closed. */
export interface ScopeClosed {
  /** False when the deadline passed before every task and closer ended. */
  readonly completed: boolean;
  /** Errors of tasks and closers, in order. */
  readonly errors: readonly unknown[];
}

/** Options of {@link LifecycleScope}. */
export interface LifecycleScopeOptions {
  /** Deadline of `await using`, milliseconds. Default 10 000. */
  readonly deadlineMs?: number | undefined;
  /** Default: `systemClock`. */
  readonly clock?: Clock | undefined;
}

/**
 * Owns background tasks and cleanup functions. Replaces `AsyncDisposableStack`, which Node 22 lacks, and adds a signal
 * and a deadline.
 */
export class LifecycleScope implements AsyncDisposable {
  readonly #tasks = new Set<Promise<unknown>>();
  readonly #closers: (() => unknown)[] = [];
  readonly #errors: unknown[] = [];
  readonly #aborter = new AbortController();
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  #closed: Promise<ScopeClosed> | undefined;

  constructor({ deadlineMs = 10_000, clock = systemClock }: LifecycleScopeOptions = {}) {
    this.#deadlineMs = deadlineMs;
    this.#clock = clock;
  }

  /** Aborted when closing begins, to tell the tasks to end. */
  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  /**
   * Tracks a task until it ends. A rejection is reported by `close`, unless it is the scope's own abort. A task may track
   * further tasks, even while the scope closes.
   *
   * @throws ClosedError once closed.
   */
  track(task: Promise<unknown>): void {
    if (this.#closed !== undefined && this.#tasks.size === 0) throw new ClosedError('The scope');
    const settled = task
      .catch((error: unknown) => {
        if (error !== this.signal.reason) this.#errors.push(error);
      })
      .finally(() => this.#tasks.delete(settled));
    this.#tasks.add(settled);
  }

  /**
   * Calls `closer` when the scope closes: the one deferred last first, one after another.
   *
   * @throws ClosedError once closing.
   */
  defer(closer: () => unknown): void {
    if (this.#closed !== undefined) throw new ClosedError('The scope');
    this.#closers.push(closer);
  }

  /** Aborts the signal, runs the closers, waits for the tasks; gives up after `deadlineMs`. Never rejects. Idempotent. */
  close({ deadlineMs }: { readonly deadlineMs: number }): Promise<ScopeClosed> {
    this.#closed ??= this.#close(deadlineMs);
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close({ deadlineMs: this.#deadlineMs });
  }

  async #close(deadlineMs: number): Promise<ScopeClosed> {
    this.#aborter.abort(new ClosedError('The scope'));
    const ended = new AbortController();
    const late = delay(deadlineMs, { signal: ended.signal, clock: this.#clock }).then(
      () => false,
      () => true,
    );
    const completed = await Promise.race([this.#finish().then(() => true), late]);
    ended.abort();
    return { completed, errors: this.#errors };
  }

  async #finish(): Promise<void> {
    for (const closer of this.#closers.reverse()) {
      try {
        await closer();
      } catch (error) {
        this.#errors.push(error);
      }
    }
    while (this.#tasks.size > 0) await Promise.allSettled([...this.#tasks]);
  }
}
