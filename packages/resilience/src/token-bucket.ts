import { type Clock, systemClock, type TimerHandle } from './clock.ts';

/** A server's own limit, as in `X-RateLimit-*` headers. */
export interface ExternalLimit {
  /** Size of the server's bucket. */
  readonly limit: number;
  /** Tokens left in it. */
  readonly remaining: number;
  /** Time until it is full, milliseconds. */
  readonly resetMs: number;
}

/** Options of {@link createTokenBucket}. */
export interface TokenBucketOptions {
  /** Tokens per second. */
  readonly ratePerS: number;
  /** Size of the bucket: tokens available at once after a pause. Default: `ratePerS`, at least 1. */
  readonly burst?: number | undefined;
  /** Default: `systemClock`. */
  readonly clock?: Clock | undefined;
}

/** Options of {@link TokenBucket.take}. */
export interface TakeOptions {
  /** Higher goes first, equal ones in order. Evaluated for each token, so that a waiter can become urgent. Default 0. */
  readonly priority?: (() => number) | undefined;
  /**
   * How many tokens must be left for others, at most the burst without one. Evaluated like the priority. Default 0.
   */
  readonly reserve?: (() => number) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** See {@link createTokenBucket}. */
export interface TokenBucket {
  /**
   * Waits for a token and takes it.
   *
   * @throws the signal's reason when aborted; no token is taken then.
   */
  take(options?: TakeOptions): Promise<void>;
  /** Hands out nothing before `at`, milliseconds since the epoch (as from `Retry-After`). The latest one counts. */
  limitUntil(at: number): void;
  /** Takes over what the server has left; when that is nothing, waits for the server's next slot. */
  observe(external: ExternalLimit): void;
  /** How many callers wait. */
  readonly waiting: number;
}

interface Waiter {
  readonly priority: () => number;
  readonly reserve: () => number;
  readonly resolve: () => void;
}

const zero = (): number => 0;

/** Creates a token bucket with priorities that also respects the limit a server reports. */
export function createTokenBucket(options: TokenBucketOptions): TokenBucket {
  const { ratePerS, burst = Math.max(1, options.ratePerS), clock = systemClock } = options;
  const waiters = new Set<Waiter>();
  let tokens = burst;
  let refilledAt = clock.now();
  let blockedUntil = Number.NEGATIVE_INFINITY;
  let timer: TimerHandle | undefined;

  const refill = (): void => {
    const now = clock.now();
    if (now <= refilledAt) return;
    tokens = Math.min(burst, tokens + ((now - refilledAt) / 1000) * ratePerS);
    refilledAt = now;
  };
  /** Nothing before `at`, and then one token: more would be refused again before the server can say so. */
  const blockUntil = (at: number): void => {
    if (at <= blockedUntil) return;
    refill();
    blockedUntil = at;
    tokens = 1;
    refilledAt = Math.max(refilledAt, at);
  };
  /** Milliseconds until a waiter may have a token; 0 when it may now. Rounding errors are forgiven. */
  const waitMs = ({ reserve }: Waiter): number => {
    refill();
    const needed = Math.min(burst, 1 + reserve());
    const missing = tokens >= needed - 1e-9 ? 0 : ((needed - tokens) / ratePerS) * 1000;
    return Math.max(missing, blockedUntil - clock.now(), 0);
  };
  const mostUrgent = (): Waiter | undefined => {
    let best: { waiter: Waiter; priority: number } | undefined;
    for (const waiter of waiters) {
      const priority = waiter.priority();
      if (best === undefined || priority > best.priority) best = { waiter, priority };
    }
    return best?.waiter;
  };
  const handOut = (): void => {
    if (timer !== undefined) clock.clearTimeout(timer);
    timer = undefined;
    for (let waiter = mostUrgent(); waiter !== undefined; waiter = mostUrgent()) {
      const ms = waitMs(waiter);
      if (ms > 0) {
        timer = clock.setTimeout(handOut, Math.ceil(ms));
        return;
      }
      waiters.delete(waiter);
      tokens -= 1;
      waiter.resolve();
    }
  };

  return {
    take({ priority = zero, reserve = zero, signal } = {}) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const onAbort = (): void => {
          waiters.delete(waiter);
          reject(signal?.reason);
          handOut();
        };
        const waiter: Waiter = {
          priority,
          reserve,
          resolve: () => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        waiters.add(waiter);
        handOut();
      });
    },
    limitUntil(at) {
      blockUntil(at);
    },
    observe({ limit, remaining, resetMs }) {
      refill();
      tokens = Math.min(tokens, remaining);
      if (remaining <= 0 && limit > 0) blockUntil(clock.now() + resetMs / limit);
    },
    get waiting() {
      return waiters.size;
    },
  };
}
