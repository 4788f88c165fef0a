import { ExponentialBackoff, type IBackoff } from 'cockatiel';
import { type Clock, systemClock } from './clock.ts';
import { delay } from './delay.ts';

/** A retry that is about to be waited for. */
export interface RetryNotice {
  /** The attempt that failed; the first is 1. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: unknown;
}

/** Options of {@link retry}. */
export interface RetryOptions {
  /** Whether another attempt makes sense. Other errors are thrown as they are. */
  readonly isTransient: (error: unknown) => boolean;
  /** How long the server asked to wait, milliseconds. Used when longer than the backoff. */
  readonly retryAfterMs?: ((error: unknown) => number | undefined) | undefined;
  /** Attempts in all, including the first. Default: no limit but the signal. */
  readonly maxAttempts?: number | undefined;
  /** The first delay before jitter, milliseconds. Default 250. */
  readonly initialDelayMs?: number | undefined;
  /** Longest backoff, milliseconds. Default 30 000. */
  readonly maxDelayMs?: number | undefined;
  /** Called before each wait. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default: `systemClock`. */
  readonly clock?: Clock | undefined;
}

/**
 * Calls `fn(attempt)` until it succeeds, with cockatiel's exponential backoff and decorrelated jitter in between. Unlike
 * with cockatiel's own retry policy, an abort ends a delay at once, and `fn` is not called after it.
 *
 * @throws the signal's reason once aborted; otherwise the last error of `fn`.
 */
export async function retry<T>(fn: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { isTransient, retryAfterMs, maxAttempts = Number.POSITIVE_INFINITY, onRetry, signal } = options;
  const { initialDelayMs = 250, maxDelayMs = 30_000, clock = systemClock } = options;
  const backoffs = new ExponentialBackoff({ initialDelay: initialDelayMs, maxDelay: maxDelayMs });
  let backoff: IBackoff<unknown> | undefined;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await fn(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= maxAttempts || !isTransient(error)) throw error;
      backoff = backoff === undefined ? backoffs.next() : backoff.next(undefined);
      const delayMs = Math.max(backoff.duration, retryAfterMs?.(error) ?? 0);
      onRetry?.({ attempt, delayMs, error });
      await delay(delayMs, { signal, clock });
    }
  }
}
