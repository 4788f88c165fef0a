import {
  abortable,
  type Breaker,
  type BreakerSnapshot,
  CircuitOpenError,
  type Clock,
  createBreaker,
  createTokenBucket,
  delay,
  type Log,
  type TokenBucket,
} from '@live-status/resilience';
import { isRetryable, MattermostError } from './errors.ts';
import type { PosterStats } from './health.ts';
import type { Answer, PostApi } from './post-api.ts';

/** Creates and final edits go before intermediate ones. */
export const PRIORITY = { intermediate: 0, urgent: 1 } as const;

/** How a request wants to pass the gate. */
export interface PassOptions {
  readonly signal: AbortSignal;
  /** Called while the request waits: a box may finish meanwhile. */
  readonly priority: () => number;
}

/** What a {@link Gate} needs. */
export interface GateOptions {
  readonly api: PostApi;
  readonly clock: Clock;
  readonly log: Log;
  /** Filled in as requests are made. */
  readonly stats: PosterStats;
  readonly maxUpdatesPerS: number;
  readonly breakerThreshold: number;
  readonly breakerCooldownMs: number;
  /** Reads the token again from where it is kept. */
  readonly readToken?: (() => Promise<string | undefined>) | undefined;
  /** Ends the probing with a refused token. */
  readonly signal: AbortSignal;
}

/** Wait after a 429 that does not say how long. */
const DEFAULT_RETRY_AFTER_MS = 1000;
const TOKEN_PROBE_MS = 60_000;

/**
 * Every request of the poster passes here: it waits for a token that is not refused, for a server that answers, and
 * for its share of the request rate. What the server's answers mean for all boxes is decided here, and nowhere else;
 * what they mean for one box is the box's business.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #breaker: Breaker;
  readonly #bucket: TokenBucket;
  #refusal: { readonly since: number; readonly over: Promise<void> } | undefined;

  constructor(options: GateOptions) {
    const { breakerThreshold: threshold, breakerCooldownMs: cooldownMs, maxUpdatesPerS, clock } = options;
    this.#options = options;
    this.#breaker = createBreaker({ threshold, cooldownMs, isTransient: isRetryable, clock });
    this.#bucket = createTokenBucket({ ratePerS: maxUpdatesPerS, clock });
    this.#logOutages();
  }

  /** Since when the server refuses the token, milliseconds since the epoch. */
  get tokenRefusedSince(): number | undefined {
    return this.#refusal?.since;
  }

  get breaker(): BreakerSnapshot {
    return this.#breaker.toJSON();
  }

  /** Obeys the limiter of the server, as the head of an answer reports it. */
  observe({ rateLimit }: Answer): void {
    if (rateLimit !== undefined) this.#bucket.observe(rateLimit);
  }

  /**
   * Waits for its turn, then calls `request`, and again after a 429 or 401. `request` should decide what to send when
   * it is called, not before. Rejects with the error of the request, or with the reason of the signal.
   */
  async pass<T>(request: () => Promise<T>, { signal, priority }: PassOptions): Promise<T> {
    const { clock, stats } = this.#options;
    for (;;) {
      if (this.#refusal !== undefined) await abortable(this.#refusal.over, signal);
      await this.#breaker.ready({ signal });
      await this.#bucket.take({ priority, signal });
      // The token may have been refused while this one waited for its turn.
      if (this.#refusal !== undefined) continue;
      try {
        const value = await this.#breaker.execute(request);
        stats.lastSuccessAt = clock.now();
        return value;
      } catch (error) {
        signal.throwIfAborted();
        if (!this.#isNotNow(error)) throw error;
      }
    }
  }

  /** Whether the error means "not now" for everybody; if so, it has been acted on. */
  #isNotNow(error: unknown): boolean {
    if (error instanceof CircuitOpenError) return true;
    if (!(error instanceof MattermostError)) return false;
    const { clock, stats } = this.#options;
    stats.lastError = { at: clock.now(), message: error.message };
    if (error.kind === 'auth') this.#tokenRefused();
    if (error.kind === 'rate-limited') {
      stats.rateLimited += 1;
      const until = clock.now() + (error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS);
      stats.rateLimitedUntil = Math.max(stats.rateLimitedUntil ?? 0, until);
      this.#bucket.limitUntil(until);
    }
    return error.kind === 'auth' || error.kind === 'rate-limited';
  }

  /** Only a person can replace a refused token: everybody waits, and one probe a minute finds out whether they did. */
  #tokenRefused(): void {
    if (this.#refusal !== undefined) return;
    const { clock, log } = this.#options;
    log.error({}, 'token refused: nothing is posted until it is replaced');
    this.#refusal = { since: clock.now(), over: this.#probeToken() };
    this.#refusal.over.catch(() => undefined);
  }

  async #probeToken(): Promise<void> {
    const { clock, log, signal } = this.#options;
    do await delay(TOKEN_PROBE_MS, { signal, clock });
    while (!(await this.#isTokenAccepted()));
    this.#refusal = undefined;
    log.info({}, 'token accepted again');
  }

  async #isTokenAccepted(): Promise<boolean> {
    const { api, log, readToken, signal } = this.#options;
    try {
      const token = await readToken?.();
      if (token !== undefined) api.setToken(token);
      await api.getMe({ signal });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      log.debug({ err: error }, 'token still refused');
      return false;
    }
  }

  /** One line when the server goes away and one when it is back, however many probes fail in between. */
  #logOutages(): void {
    const { log, stats } = this.#options;
    let isDown = false;
    this.#breaker.onStateChange((state) => {
      if (state === 'open' && !isDown) {
        const lastError = stats.lastError?.message;
        log.warn({ lastError }, 'Mattermost does not answer: posts wait, and it is tried again by itself');
      }
      if (state === 'closed') log.info({}, 'Mattermost answers again');
      isDown = state !== 'closed';
    });
  }
}
