import { abortable, CircuitOpenError, type Clock, delay, type Log } from '@live-status/resilience';
import { MattermostError } from './errors.ts';
import type { PosterStats } from './health.ts';
import type { PostApi } from './post-api.ts';
import type { Server } from './server.ts';

/**
 * Creates and final edits go first, then edits that a person waits for, then intermediate ones, and all of them before
 * questions about the server.
 */
export const PRIORITY = { background: -1, intermediate: 0, awaited: 1, urgent: 2 } as const;

/** How a request wants to pass the gate. */
export interface PassOptions {
  readonly signal: AbortSignal;
  /** Called while the request waits: a box may finish meanwhile. */
  readonly priority: () => number;
  /** How much of the request rate must be left for others. Default: nothing. */
  readonly reserve?: (() => number) | undefined;
}

/** What a {@link Gate} needs. */
export interface GateOptions {
  readonly api: PostApi;
  readonly server: Server;
  readonly clock: Clock;
  readonly log: Log;
  /** Filled in as requests are made. */
  readonly stats: PosterStats;
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
/** How often the token is read again meanwhile: another one is tried at once. */
const TOKEN_READ_MS = 5000;

/**
 * Every request of an account passes here: it waits for a token that is not refused, for a server that answers, and for
 * its share of the request rate. What an answer means for all boxes of the account, or of the server, is decided here
 * and in {@link Server}; what it means for one box is the box's business.
 */
export class Gate {
  readonly #options: GateOptions;
  #refusal: (TokenRefusal & { readonly over: Promise<void> }) | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** The token, while the server does not accept it. */
  get tokenRefusal(): TokenRefusal | undefined {
    return this.#refusal;
  }

  /**
   * Waits for its turn, then calls `request`, and again after a 429 or 401. `request` should decide what to send when
   * it is called, not before. Rejects with `ServerAwayError` when the server was not well, with the error of the request
   * when it was, or with the reason of the signal.
   */
  async pass<T>(request: () => Promise<T>, { signal, priority, reserve }: PassOptions): Promise<T> {
    const { api, clock, server, stats } = this.#options;
    for (;;) {
      if (this.#refusal !== undefined) await abortable(this.#refusal.over, signal);
      await server.ready(signal);
      if (server.isAway) {
        await server.probe(api, signal);
        continue;
      }
      await server.takeTurn({ priority, reserve, signal });
      // The token may have been refused, or the server have gone away, while this one waited for its turn.
      if (this.#refusal !== undefined || server.isAway) continue;
      try {
        const value = await server.execute(request, api, signal);
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
    const { clock, server, stats } = this.#options;
    server.note(error);
    if (error.kind === 'auth') this.#tokenRefused(error);
    if (error.kind === 'rate-limited') {
      stats.rateLimited += 1;
      const until = clock.now() + (error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS);
      stats.rateLimitedUntil = Math.max(stats.rateLimitedUntil ?? 0, until);
      server.limitUntil(until);
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
}
