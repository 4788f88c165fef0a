import { type Clock, delay, retry } from '@live-status/resilience';
import { GatewayConnectError } from './connect-error.ts';

/** Time between the end of a short connection and the next attempt, and after the first failure, milliseconds. */
export const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;
/** A gateway locks an address out that fails to log in ten times a minute, and all that is behind that address. */
const REFUSED_RETRY_MS = 10_000;

/** Options of {@link connectWithRetry}. */
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

/** A gateway that is starting says when to try again, within limits: it decides neither to be pressed nor to be forgotten. One that refuses a secret is not pressed. */
async function attemptWhenAsked<T>(
  attempt: () => Promise<T>,
  { onError, signal, clock }: ConnectWithRetryOptions,
): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const delayMs = askedDelay(error);
      if (delayMs === undefined) throw error;
      onError(error, delayMs);
      await delay(delayMs, { signal, clock });
    }
  }
}

function askedDelay(error: unknown): number | undefined {
  if (!(error instanceof GatewayConnectError)) return undefined;
  if (error.retryAfterMs !== undefined) return Math.min(Math.max(error.retryAfterMs, FIRST_RETRY_MS), LAST_RETRY_MS);
  return error.code.startsWith('AUTH_') ? REFUSED_RETRY_MS : undefined;
}
