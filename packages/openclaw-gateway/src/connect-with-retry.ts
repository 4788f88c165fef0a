import { type Clock, delay, retry } from '@live-status/resilience';
import { GatewayConnectError } from './connect-error.ts';

/** Time between the end of a short connection and the next attempt, and after the first failure, milliseconds. */
export const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

export interface ConnectWithRetryOptions {
  /** Called with every failure, and when the next attempt is made. */
  readonly onError: (error: unknown, retryInMs: number) => void;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Tries until it succeeds, with backoff and jitter. Rejects only when aborted. */
export function connectWithRetry<T>(
  attempt: () => Promise<T>,
  { onError, signal, clock }: ConnectWithRetryOptions,
): Promise<T> {
  return retry(() => attemptWhenAsked(attempt, { onError, signal, clock }), {
    isTransient: () => true,
    initialDelayMs: FIRST_RETRY_MS,
    maxDelayMs: LAST_RETRY_MS,
    onRetry: ({ error, delayMs }) => onError(error, Math.round(delayMs)),
    signal,
    clock,
  });
}

/** A gateway that is starting says when to try again: no reason to wait longer. */
async function attemptWhenAsked<T>(
  attempt: () => Promise<T>,
  { onError, signal, clock }: ConnectWithRetryOptions,
): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof GatewayConnectError) || error.retryAfterMs === undefined) throw error;
      const delayMs = Math.min(error.retryAfterMs, LAST_RETRY_MS);
      onError(error, delayMs);
      await delay(delayMs, { signal, clock });
    }
  }
}
