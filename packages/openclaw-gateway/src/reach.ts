import { type Clock, delay, retry } from '@live-status/resilience';
import { GatewayConnectError } from './trouble.ts';

/** Time between the end of a short connection and the next attempt, and after the first failure, milliseconds. */
export const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

export interface ReachOptions {
  /** Told of every failure, and when the next attempt is made. */
  readonly onTrouble: (error: unknown, retryInMs: number) => void;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Tries until it succeeds, with backoff and jitter. Rejects only when aborted. */
export function reach<T>(attempt: () => Promise<T>, { onTrouble, signal, clock }: ReachOptions): Promise<T> {
  return retry(() => attemptAsAsked(attempt, { onTrouble, signal, clock }), {
    isTransient: () => true,
    initialDelayMs: FIRST_RETRY_MS,
    maxDelayMs: LAST_RETRY_MS,
    onRetry: ({ error, delayMs }) => onTrouble(error, Math.round(delayMs)),
    signal,
    clock,
  });
}

/** A gateway that is starting says when to come again: no reason to wait longer. */
async function attemptAsAsked<T>(attempt: () => Promise<T>, { onTrouble, signal, clock }: ReachOptions): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof GatewayConnectError) || error.retryAfterMs === undefined) throw error;
      const delayMs = Math.min(error.retryAfterMs, LAST_RETRY_MS);
      onTrouble(error, delayMs);
      await delay(delayMs, { signal, clock });
    }
  }
}
