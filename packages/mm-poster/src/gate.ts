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
import { isUnreachable } from './dispatcher.ts';
import { isRetryable, MattermostError, ServerAwayError } from './errors.ts';
import type { PosterStats } from './health.ts';
import type { Answer, PostApi } from './post-api.ts';

/** Creates and final edits go before intermediate ones, and all of them before questions about the server. */
export const PRIORITY = { background: -1, intermediate: 0, urgent: 1 } as const;

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

/** A token that the server does not accept. */
export interface TokenRefusal {
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** What the server answered last. */
  readonly error: MattermostError;
}

/** Wait after a 429 that does not say how long. */
const DEFAULT_RETRY_AFTER_MS = 1000;
/** Gaps between two probes with a refused token; the last one repeats. */
const TOKEN_PROBES_MS = [2000, 5000, 15_000, 30_000, 60_000] as const;
/** Longest time a server may take to say how it is. */
const CHECK_TIMEOUT_MS = 3000;
/** How often the token is read again meanwhile: another one is tried at once. */
const TOKEN_READ_MS = 5000;

/**
 * Every request of the poster passes here: it waits for a token that is not refused, for a server that answers, and
 * for its share of the request rate. What the server's answers mean for all boxes is decided here, and nowhere else;
 * what they mean for one box is the box's business. So a failed request is followed by the question how the server is:
 * with its database away it refuses what it would accept otherwise, and a firewall may refuse one text on its way.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #breaker: Breaker;
  readonly #bucket: TokenBucket;
  #refusal: (TokenRefusal & { readonly over: Promise<void> }) | undefined;
  /** The check that runs, and the one that begins when it is over. */
  #check: Promise<void> | undefined;
  #nextCheck: Promise<void> | undefined;
  #failedUnjudged = 0;
  /** Whether the server ever answered a check: some proxies do not let them pass. */
  #hasAnsweredCheck = false;

  constructor(options: GateOptions) {
    const { breakerThreshold: threshold, breakerCooldownMs: cooldownMs, maxUpdatesPerS, clock } = options;
    this.#options = options;
    const isTransient = (error: unknown): boolean => error instanceof ServerAwayError;
    this.#breaker = createBreaker({ threshold, cooldownMs, isTransient, clock });
    this.#bucket = createTokenBucket({ ratePerS: maxUpdatesPerS, clock });
    this.#logOutages();
  }

  /** The token, while the server does not accept it. */
  get tokenRefusal(): TokenRefusal | undefined {
    return this.#refusal;
  }

  /** Whether a request failed, rather than being refused, and it is not known yet whether the server is well. */
  get isChecking(): boolean {
    return this.#failedUnjudged > 0;
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
   * it is called, not before. Rejects with `ServerAwayError` when the server was not well, with the error of the request
   * when it was, or with the reason of the signal.
   */
  async pass<T>(request: () => Promise<T>, { signal, priority }: PassOptions): Promise<T> {
    const { clock, stats } = this.#options;
    for (;;) {
      if (this.#refusal !== undefined) await abortable(this.#refusal.over, signal);
      await this.#breaker.ready({ signal });
      if (this.#breaker.state !== 'closed') {
        await this.#probeServer(signal);
        continue;
      }
      await this.#bucket.take({ priority, signal });
      // The token may have been refused, or the server have gone away, while this one waited for its turn.
      if (this.#refusal !== undefined || this.#breaker.state !== 'closed') continue;
      try {
        const value = await this.#breaker.execute(() => this.#judged(request, signal));
        stats.lastSuccessAt = clock.now();
        return value;
      } catch (error) {
        signal.throwIfAborted();
        if (!this.#isNotNow(error)) throw error;
      }
    }
  }

  /** Calls `request`; an error while the server is not well says nothing about the request. */
  async #judged<T>(request: () => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await request();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof MattermostError) || error.kind === 'rate-limited') throw error;
      this.#note(error);
      if (error.status === undefined && isUnreachable(error.detail)) throw new ServerAwayError(error, error);
      const isFailure = isRetryable(error);
      if (isFailure) this.#failedUnjudged += 1;
      try {
        await this.#checkServer(signal, error);
      } finally {
        if (isFailure) this.#failedUnjudged -= 1;
      }
      throw error;
    }
  }

  /** One probe finds out whether a server that was away is back; the others wait for its verdict. */
  async #probeServer(signal: AbortSignal): Promise<void> {
    try {
      await this.#breaker.execute(() => this.#checkServer(signal));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ServerAwayError || error instanceof CircuitOpenError)) throw error;
    }
  }

  /** Rejects with `ServerAwayError` when the server is not well now. */
  async #checkServer(signal: AbortSignal, answer?: MattermostError): Promise<void> {
    try {
      await abortable(this.#checkFromNowOn(), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof MattermostError)) throw error;
      this.#note(error);
      throw new ServerAwayError(error, answer);
    }
  }

  /** One check for all who ask at once. One that began before is too old to say how the server is now. */
  #checkFromNowOn(): Promise<void> {
    if (this.#check !== undefined) {
      this.#nextCheck ??= this.#check.catch(() => undefined).then(() => this.#beginCheck());
      return this.#nextCheck;
    }
    return this.#beginCheck();
  }

  #beginCheck(): Promise<void> {
    this.#nextCheck = undefined;
    this.#check = this.#askServer().finally(() => {
      this.#check = undefined;
    });
    return this.#check;
  }

  async #askServer(): Promise<void> {
    const { api, signal } = this.#options;
    try {
      await this.#checkInTime();
      this.#hasAnsweredCheck = true;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof MattermostError)) throw error;
      // It limits rates: it is there.
      if (error.kind === 'rate-limited') return;
      const isHidden = !this.#hasAnsweredCheck && error.status !== undefined && error.status < 500;
      if (!isHidden) throw error;
      // What does not let checks pass may let everything else pass.
      await api.getMe({ signal }).catch(() => Promise.reject(error));
    }
  }

  async #checkInTime(): Promise<void> {
    const { api, clock, signal } = this.#options;
    const late = new AbortController();
    const timer = clock.setTimeout(() => {
      const detail = `no answer within ${CHECK_TIMEOUT_MS / 1000} s`;
      late.abort(new MattermostError({ kind: 'transient', request: 'GET /api/v4/system/ping', detail }));
    }, CHECK_TIMEOUT_MS);
    try {
      await api.checkHealth({ signal: AbortSignal.any([signal, late.signal]) });
    } finally {
      clock.clearTimeout(timer);
    }
  }

  #note({ message }: MattermostError): void {
    const { clock, stats } = this.#options;
    stats.lastError = { at: clock.now(), message };
  }

  /** Whether the error means "not now" for everybody; if so, it has been acted on. */
  #isNotNow(error: unknown): boolean {
    if (error instanceof CircuitOpenError) return true;
    if (!(error instanceof MattermostError)) return false;
    const { clock, stats } = this.#options;
    this.#note(error);
    if (error.kind === 'auth') this.#tokenRefused(error);
    if (error.kind === 'rate-limited') {
      stats.rateLimited += 1;
      const until = clock.now() + (error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS);
      stats.rateLimitedUntil = Math.max(stats.rateLimitedUntil ?? 0, until);
      this.#bucket.limitUntil(until);
    }
    return error.kind === 'auth' || error.kind === 'rate-limited';
  }

  /** A server that is well refuses the token: everybody waits, and probes find out when it accepts one again. */
  #tokenRefused(error: MattermostError): void {
    if (this.#refusal !== undefined) return;
    const { clock, log } = this.#options;
    log.error({ err: error }, 'token rejected: nothing is posted until it is replaced');
    this.#refusal = { since: clock.now(), error, over: this.#probeToken() };
    this.#refusal.over.catch(() => undefined);
  }

  async #probeToken(): Promise<void> {
    const { log } = this.#options;
    let token = await this.#readToken();
    for (let probe = 0; ; probe += 1) {
      token = await this.#waitForToken(token, TOKEN_PROBES_MS[Math.min(probe, TOKEN_PROBES_MS.length - 1)] ?? 0);
      if (await this.#isTokenAccepted(token)) break;
    }
    this.#refusal = undefined;
    log.info({}, 'token accepted again');
  }

  /** Resolves with the token to try: another one as soon as it can be read, else the same one after `gapMs`. */
  async #waitForToken(known: string | undefined, gapMs: number): Promise<string | undefined> {
    const { clock, signal } = this.#options;
    const dueAt = clock.now() + gapMs;
    for (;;) {
      await delay(Math.min(TOKEN_READ_MS, dueAt - clock.now()), { signal, clock });
      const token = await this.#readToken();
      if (token !== known || clock.now() >= dueAt) return token ?? known;
    }
  }

  async #readToken(): Promise<string | undefined> {
    const { log, readToken, signal } = this.#options;
    try {
      return await readToken?.();
    } catch (error) {
      signal.throwIfAborted();
      log.debug({ err: error }, 'token not read again');
      return undefined;
    }
  }

  async #isTokenAccepted(token: string | undefined): Promise<boolean> {
    const { api, log, signal } = this.#options;
    try {
      if (token !== undefined) api.setToken(token);
      await api.getMe({ signal });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      log.debug({ err: error }, 'token still refused');
      if (error instanceof MattermostError && this.#refusal !== undefined) this.#refusal = { ...this.#refusal, error };
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
        log.warn({ lastError }, 'Mattermost does not answer: posts wait, retrying automatically');
      }
      if (state === 'closed') log.info({}, 'Mattermost answers again');
      isDown = state !== 'closed';
    });
  }
}
