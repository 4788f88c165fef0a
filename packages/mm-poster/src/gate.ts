import { type Breaker, CircuitOpenError, type Clock, type TokenBucket } from '@live-status/resilience';
import type { Authorization } from './authorization.ts';
import { MattermostError } from './errors.ts';
import type { PosterStats } from './stats.ts';

/** Creates and final edits go before intermediate ones. */
export const PRIORITY = { intermediate: 0, urgent: 1 } as const;

/** How a request wants to pass the gate. */
export interface PassOptions {
  readonly signal: AbortSignal;
  /** Asked while waiting: a box may finish meanwhile. */
  readonly priority: () => number;
}

/** Every request of the poster passes here. */
export interface Gate {
  /**
   * Waits for a good token, a circuit that lets through and a turn, then calls `request`; again after a 429 or 401.
   * `request` should decide what to send when it is called, not before.
   */
  pass<T>(request: () => Promise<T>, options: PassOptions): Promise<T>;
}

/** What a {@link Gate} is made of. */
export interface GateOptions {
  readonly authorization: Authorization;
  readonly breaker: Breaker;
  readonly bucket: TokenBucket;
  readonly clock: Clock;
  readonly stats: PosterStats;
}

/** Wait after a 429 that does not say how long. */
const DEFAULT_RETRY_AFTER_MS = 1000;

export function createGate({ authorization, breaker, bucket, clock, stats }: GateOptions): Gate {
  /** Whether the error means "not now" for everybody, and has been acted on. */
  const isWait = (error: unknown): boolean => {
    if (error instanceof CircuitOpenError) return true;
    if (!(error instanceof MattermostError)) return false;
    stats.lastError = { at: clock.now(), message: error.message };
    if (error.kind === 'auth') authorization.refused();
    if (error.kind === 'rate-limited') {
      stats.rateLimited += 1;
      const until = clock.now() + (error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS);
      stats.rateLimitedUntil = Math.max(stats.rateLimitedUntil ?? 0, until);
      bucket.limitUntil(until);
    }
    return error.kind === 'auth' || error.kind === 'rate-limited';
  };

  return {
    async pass(request, { signal, priority }) {
      for (;;) {
        await authorization.ready(signal);
        await breaker.ready({ signal });
        await bucket.take({ priority, signal });
        // The token may have been refused while this one waited for its turn.
        if (authorization.refusedSince !== undefined) continue;
        try {
          const value = await breaker.execute(request);
          stats.lastSuccessAt = clock.now();
          return value;
        } catch (error) {
          signal.throwIfAborted();
          if (!isWait(error)) throw error;
        }
      }
    },
  };
}
