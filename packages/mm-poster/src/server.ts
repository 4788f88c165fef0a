import {
  abortable,
  type Breaker,
  type BreakerSnapshot,
  CircuitOpenError,
  type Clock,
  createBreaker,
  createTokenBucket,
  type Log,
  type TokenBucket,
} from '@live-status/resilience';
import { isRetryable, MattermostError, ServerAwayError } from './errors.ts';
import { isUnreachable } from './exchange.ts';
import { FeedbackLoopGuard } from './feedback-loop-guard.ts';
import type { PassOptions } from './gate.ts';
import type { PosterStats } from './health.ts';
import type { Answer, PostApi } from './post-api.ts';

/** What decides when a request may be sent. A token bucket of this process, or one that several processes share. */
export type WriteBudget = Pick<TokenBucket, 'take' | 'limitUntil' | 'observe'>;

/** Makes the budget for a server; its address is undefined where there is only one. */
export type CreateBudget = (options: {
  readonly server: string | undefined;
  /** Requests a second. */
  readonly ratePerS: number;
}) => WriteBudget;

/** What a {@link Server} needs. */
export interface ServerOptions {
  /** Its address, for people; undefined where there is only one. */
  readonly address?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Filled in as requests are made. */
  readonly stats: PosterStats;
  readonly maxUpdatesPerS: number;
  /** Default: a token bucket. */
  readonly createBudget?: CreateBudget | undefined;
  readonly breakerThreshold: number;
  readonly breakerCooldownMs: number;
  readonly signal: AbortSignal;
}

/** Longest time a server may take to say how it is. */
const CHECK_TIMEOUT_MS = 3000;

/**
 * One Mattermost server, whichever accounts use it: its limiter counts their requests together, and when it is away, it
 * is away for all of them. A failed request is followed by the question how the server is: with its database away it
 * refuses what it would accept otherwise, and a firewall may refuse one text on its way.
 */
export class Server {
  readonly address: string | undefined;
  readonly guard: FeedbackLoopGuard;
  readonly #options: ServerOptions;
  readonly #breaker: Breaker;
  readonly #budget: WriteBudget;
  /** The check that runs, and the one that begins when it is over. */
  #check: Promise<void> | undefined;
  #nextCheck: Promise<void> | undefined;
  #failedUnjudged = 0;
  /** When the requests began that were not answered yet, oldest first. */
  readonly #unanswered = new Set<{ readonly since: number }>();
  /** Whether the server ever answered a check: some proxies do not let them pass. */
  #hasAnsweredCheck = false;
  #lastError = '';

  constructor(options: ServerOptions) {
    const { address, breakerThreshold: threshold, breakerCooldownMs: cooldownMs, clock, log, maxUpdatesPerS } = options;
    this.#options = options;
    this.address = address;
    this.guard = new FeedbackLoopGuard(log);
    const isTransient = (error: unknown): boolean => error instanceof ServerAwayError;
    this.#breaker = createBreaker({ threshold, cooldownMs, isTransient, clock });
    const { createBudget = ({ ratePerS }) => createTokenBucket({ ratePerS, clock }) } = options;
    this.#budget = createBudget({ server: address, ratePerS: maxUpdatesPerS });
    this.#logOutages();
  }

  /** Whether a request failed, rather than being refused, and it is not known yet whether the server is well. */
  get isChecking(): boolean {
    return this.#failedUnjudged > 0;
  }

  /** Since when a request waits for its answer, milliseconds since the epoch; undefined when none does. */
  get unansweredSince(): number | undefined {
    return this.#unanswered.values().next().value?.since;
  }

  /** Whether the server is held to be away: only probes are sent. */
  get isAway(): boolean {
    return this.#breaker.state !== 'closed';
  }

  get breaker(): BreakerSnapshot {
    return this.#breaker.toJSON();
  }

  /** What it answered last that was not as it should be. */
  get lastError(): string {
    return this.#lastError;
  }

  /** Obeys the limiter of the server, as the head of an answer reports it. */
  observe({ rateLimit }: Answer): void {
    if (rateLimit !== undefined) this.#budget.observe(rateLimit);
  }

  /** Nothing is sent before this time. */
  limitUntil(at: number): void {
    this.#budget.limitUntil(at);
  }

  /** Waits until the server is worth asking; a probe may be due. */
  async ready(signal: AbortSignal): Promise<void> {
    await this.#breaker.ready({ signal });
  }

  /** Waits for a share of the request rate. */
  async takeTurn(options: PassOptions): Promise<void> {
    await this.#budget.take(options);
  }

  /** One probe finds out whether a server that was away is back; the others wait for its verdict. */
  async probe(api: PostApi, signal: AbortSignal): Promise<void> {
    try {
      await this.#breaker.execute(() => this.#checkServer(api, signal));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ServerAwayError || error instanceof CircuitOpenError)) throw error;
    }
  }

  /**
   * Calls `request`. Rejects with `ServerAwayError` when it failed while the server was not well, which says nothing
   * about the request; with `CircuitOpenError` when the server went away meanwhile.
   */
  execute<T>(request: () => Promise<T>, api: PostApi, signal: AbortSignal): Promise<T> {
    return this.#breaker.execute(() => this.#judged(request, api, signal));
  }

  /** Remembers an answer that was not as it should be. */
  note({ message }: MattermostError): void {
    const { clock, stats } = this.#options;
    this.#lastError = message;
    stats.lastError = { at: clock.now(), message };
  }

  async #judged<T>(request: () => Promise<T>, api: PostApi, signal: AbortSignal): Promise<T> {
    const unanswered = { since: this.#options.clock.now() };
    this.#unanswered.add(unanswered);
    try {
      return await request().finally(() => this.#unanswered.delete(unanswered));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof MattermostError) || error.kind === 'rate-limited') throw error;
      this.note(error);
      if (error.status === undefined && isUnreachable(error.detail)) throw new ServerAwayError(error, error);
      const isFailure = isRetryable(error);
      if (isFailure) this.#failedUnjudged += 1;
      try {
        await this.#checkServer(api, signal, error);
      } finally {
        if (isFailure) this.#failedUnjudged -= 1;
      }
      throw error;
    }
  }

  /** Rejects with `ServerAwayError` when the server is not well now. */
  async #checkServer(api: PostApi, signal: AbortSignal, answer?: MattermostError): Promise<void> {
    try {
      await abortable(this.#checkFromNowOn(api), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof MattermostError)) throw error;
      this.note(error);
      throw new ServerAwayError(error, answer);
    }
  }

  /** One check for all who ask at once. One that began before is too old to say how the server is now. */
  #checkFromNowOn(api: PostApi): Promise<void> {
    if (this.#check !== undefined) {
      this.#nextCheck ??= this.#check.catch(() => undefined).then(() => this.#beginCheck(api));
      return this.#nextCheck;
    }
    return this.#beginCheck(api);
  }

  #beginCheck(api: PostApi): Promise<void> {
    this.#nextCheck = undefined;
    this.#check = this.#ask(api).finally(() => {
      this.#check = undefined;
    });
    return this.#check;
  }

  async #ask(api: PostApi): Promise<void> {
    const { signal } = this.#options;
    try {
      await this.#checkInTime(api);
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

  async #checkInTime(api: PostApi): Promise<void> {
    const { clock, signal } = this.#options;
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

  /** One line when the server goes away and one when it is back, however many probes fail in between. */
  #logOutages(): void {
    const { address, log } = this.#options;
    const server = address === undefined ? {} : { server: address };
    let isDown = false;
    this.#breaker.onStateChange((state) => {
      if (state === 'open' && !isDown) {
        const fields = { ...server, lastError: this.#lastError };
        log.warn(fields, 'Mattermost does not answer: posts wait, retrying automatically');
      }
      if (state === 'closed') log.info(server, 'Mattermost answers again');
      isDown = state !== 'closed';
    });
  }
}
