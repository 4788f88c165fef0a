import { type Clock, systemClock, type TimerHandle } from './clock.ts';
import { ClosedError } from './errors.ts';

/** Options of {@link createCoalescer}. */
export interface CoalescerOptions<T> {
  /**
   * Does the work with `latest()`, the value pushed last. Call it as late as possible: this run covers what was pushed
   * before the call, and what is pushed after it causes the next run. Return `false` when nothing was sent, so that the
   * next run need not wait for the interval.
   */
  readonly run: (latest: () => T, options: { readonly signal: AbortSignal }) => Promise<boolean>;
  /** Shortest time between the end of one run and the start of the next, milliseconds. */
  readonly intervalMs: number;
  /** Gets an error of `run`, whose value is then dropped. Not called for an abort by `close`. */
  readonly onError: (error: unknown) => void;
  /** Default: `systemClock`. */
  readonly clock?: Clock | undefined;
}

/** See {@link createCoalescer}. */
export interface Coalescer<T> {
  /**
   * Replaces the value. If it is idle and the interval is over, it runs now (leading edge), synchronously up to the first
   * `await` of `run`; otherwise once, when the interval or the run in flight ends (trailing edge).
   *
   * @throws ClosedError after `drain` or `close` was called.
   */
  push(value: T): void;
  /** Runs what is pending without waiting for the interval; resolves when nothing is pending or in flight. */
  flush(): Promise<void>;
  /** Accepts no more values and flushes. */
  drain(): Promise<void>;
  /** Drains; after `deadlineMs` milliseconds, aborts the run in flight and drops what is pending. Idempotent. */
  close(options: { readonly deadlineMs: number }): Promise<void>;
}

/**
 * Turns many values into few runs: leading and trailing edge, latest value wins, one run in flight. The interval counts
 * from the end of a run, so that a server behind a slow connection sees it kept, too.
 */
export function createCoalescer<T>(options: CoalescerOptions<T>): Coalescer<T> {
  const { run, intervalMs, onError, clock = systemClock } = options;
  const aborter = new AbortController();
  const idleWaiters = new Set<() => void>();
  let slot: { readonly value: T } | undefined;
  let current: { readonly value: T } | undefined;
  let inFlight = false;
  let draining = false;
  let flushing = 0;
  let freeAt = Number.NEGATIVE_INFINITY;
  let timer: TimerHandle | undefined;
  let closed: Promise<void> | undefined;

  const takeLatest = (): T => {
    current = slot ?? current;
    slot = undefined;
    if (current === undefined) throw new TypeError('latest() called outside of a run');
    return current.value;
  };

  const start = async (): Promise<void> => {
    inFlight = true;
    current = slot;
    slot = undefined;
    let spent = true;
    try {
      spent = await run(takeLatest, { signal: aborter.signal });
    } catch (error) {
      if (!aborter.signal.aborted) onError(error);
    }
    inFlight = false;
    current = undefined;
    if (spent) freeAt = clock.now() + intervalMs;
    next();
  };

  /** Decides what happens now: nothing, a run, or a timer for the trailing edge. */
  const next = (): void => {
    if (inFlight) return;
    if (timer !== undefined) clock.clearTimeout(timer);
    timer = undefined;
    if (slot === undefined || aborter.signal.aborted) {
      for (const resolve of idleWaiters) resolve();
      idleWaiters.clear();
      return;
    }
    const waitMs = flushing > 0 ? 0 : freeAt - clock.now();
    if (waitMs > 0) timer = clock.setTimeout(next, waitMs);
    else void start();
  };

  const flush = async (): Promise<void> => {
    flushing += 1;
    const idle = new Promise<void>((resolve) => idleWaiters.add(resolve));
    next();
    await idle;
    flushing -= 1;
  };
  const drain = (): Promise<void> => {
    draining = true;
    return flush();
  };

  return {
    push(value) {
      if (draining) throw new ClosedError('The coalescer');
      slot = { value };
      next();
    },
    flush,
    drain,
    close({ deadlineMs }) {
      closed ??= (async () => {
        const deadline = clock.setTimeout(() => {
          aborter.abort(new ClosedError('The coalescer'));
          next();
        }, deadlineMs);
        await drain();
        clock.clearTimeout(deadline);
      })();
      return closed;
    },
  };
}
