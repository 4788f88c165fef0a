import { type Clock, systemClock } from './clock.ts';
import { DeadlineTimer } from './deadline-timer.ts';
import { type TakeOptions, TurnQueue } from './turn-queue.ts';

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

/** The level of a token bucket, for whoever decides themselves who gets a token. Starts full. */
export class TokenLevel {
  readonly #clock: Clock;
  #ratePerS: number;
  #burst: number;
  #tokens: number;
  #refilledAt: number;
  #blockedUntil = Number.NEGATIVE_INFINITY;

  constructor({ ratePerS, burst = Math.max(1, ratePerS), clock = systemClock }: TokenBucketOptions) {
    this.#clock = clock;
    this.#ratePerS = ratePerS;
    this.#burst = burst;
    this.#tokens = burst;
    this.#refilledAt = clock.now();
  }

  get ratePerS(): number {
    return this.#ratePerS;
  }

  /** Another rate from now on, with a burst of one second's worth, at least 1. What is more in the bucket is lost. */
  setRate(ratePerS: number): void {
    this.#refill();
    this.#ratePerS = ratePerS;
    this.#burst = Math.max(1, ratePerS);
    this.#tokens = Math.min(this.#tokens, this.#burst);
  }

  /** Milliseconds until a token can be spent with `reserve` left over; 0 when it can now. Rounding errors are forgiven. */
  waitMs(reserve: number): number {
    this.#refill();
    const needed = Math.min(this.#burst, 1 + reserve);
    const missing = this.#tokens >= needed - 1e-9 ? 0 : ((needed - this.#tokens) / this.#ratePerS) * 1000;
    return Math.max(missing, this.#blockedUntil - this.#clock.now(), 0);
  }

  /** Takes one token, also one that is not there: never less than none are left. */
  spend(): void {
    this.#refill();
    this.#tokens = Math.max(0, this.#tokens - 1);
  }

  /** See {@link TokenBucket.limitUntil}. */
  limitUntil(at: number): void {
    if (at <= this.#blockedUntil) return;
    this.#refill();
    this.#blockedUntil = at;
    // One token then, not more: they would be refused again before the server can say so.
    this.#tokens = 1;
    this.#refilledAt = Math.max(this.#refilledAt, at);
  }

  /** See {@link TokenBucket.observe}. */
  observe({ limit, remaining, resetMs }: ExternalLimit): void {
    this.#refill();
    this.#tokens = Math.min(this.#tokens, remaining);
    if (remaining <= 0 && limit > 0) this.limitUntil(this.#clock.now() + resetMs / limit);
  }

  #refill(): void {
    const now = this.#clock.now();
    if (now <= this.#refilledAt) return;
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#refilledAt) / 1000) * this.#ratePerS);
    this.#refilledAt = now;
  }
}

/**
 * Serves those who wait, the most urgent first, as long as there are tokens.
 *
 * @returns milliseconds, whole, until the next one can be served; `undefined` when nobody waits any more
 */
export function serveTurns(queue: TurnQueue, level: TokenLevel): number | undefined {
  for (let turn = queue.next(); turn !== undefined; turn = queue.next()) {
    const ms = level.waitMs(turn.reserve);
    if (ms > 0) return Math.ceil(ms);
    level.spend();
    turn.serve();
  }
  return undefined;
}

/** Creates a token bucket with priorities that also respects the limit a server reports. */
export function createTokenBucket(options: TokenBucketOptions): TokenBucket {
  const { clock = systemClock } = options;
  const level = new TokenLevel({ ...options, clock });
  const handOut = (): void => {
    const ms = serveTurns(queue, level);
    timer.set(ms === undefined ? undefined : clock.now() + ms);
  };
  const queue = new TurnQueue(handOut);
  const timer = new DeadlineTimer(clock, handOut);
  return {
    take: (waiting) => queue.wait(waiting),
    limitUntil: (at) => level.limitUntil(at),
    observe: (external) => level.observe(external),
    get waiting() {
      return queue.size;
    },
  };
}
