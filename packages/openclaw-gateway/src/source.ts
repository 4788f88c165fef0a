import {
  type Clock,
  type Coalescer,
  createCoalescer,
  DeadlineTimer,
  delay,
  type Log,
  silentLog,
  systemClock,
} from '@live-status/resilience';
import type { ResumeToken, SessionSource, SourceEvent, SourceStatus } from '@live-status/session-state';
import type { JsonObject } from '@live-status/transcript-parser';
import type { CertificateTrust } from './certificate.ts';
import { GatewayConnectError } from './connect-error.ts';
import { connectWithRetry, FIRST_RETRY_MS } from './connect-with-retry.ts';
import { type Connection, connect, type GatewayServer, nameOfGateway } from './connection.ts';
import { Device } from './device.ts';
import { EventFeed } from './event-feed.ts';
import type { GatewayRequest } from './observation.ts';
import { Subscriptions } from './subscriptions.ts';

export interface GatewaySourceOptions extends CertificateTrust {
  /** `ws://` or `wss://` URL of the gateway. */
  readonly url: string;
  /** The gateway's shared token. Needed until the gateway issued a token to this device. */
  readonly token?: string | undefined;
  /** Its password, for a gateway that asks for one instead of a token. Needed as long. */
  readonly password?: string | undefined;
  /** Directory for the device's key and token; made with mode 0700. */
  readonly stateDir: string;
  /**
   * How long the gateway may be unreachable, milliseconds: before its runs are given up, and after the start before its
   * `status()` is no longer `starting`. Default 120 000.
   */
  readonly graceMs?: number;
  /** Tokens of runs that a previous process left open. Default: none. */
  readonly resumeTokens?: readonly ResumeToken[];
  /** Called with who answers whenever a connection stands, before anything of it is reported; with `undefined` when it is gone. */
  readonly onServer?: (server: GatewayServer | undefined) => void;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: no log. */
  readonly log?: Log;
  /** Aborting closes the source. */
  readonly signal?: AbortSignal;
}

/** Versions of OpenClaw whose frames were recorded or read. */
const KNOWN_VERSIONS = /^2026\.[89]\./;
/** A gateway that restarts is back sooner than this, also on a slow machine: it needs nobody. Milliseconds. */
const AWAY_MS = 30_000;
/** A connection that lived shorter than this was none: the next attempt waits. */
const SHORT_LIFE_MS = 5_000;
/** The same is asked for again no sooner: what a session writes many times is asked for once. */
const ASK_AGAIN_MS = 250;
/** Sessions of which it is remembered what was asked for. */
const REMEMBERED_QUESTIONS = 256;

/**
 * Follows the sessions of an OpenClaw gateway (2026.8 or later), which may not be there yet, and may come and go. Problems
 * are in `status()`.
 *
 * @throws the error of the file system when `stateDir` cannot be written.
 */
export function createGatewaySource(options: GatewaySourceOptions): SessionSource {
  return new Gateway(options);
}

class Gateway implements SessionSource {
  readonly name = 'gateway';
  readonly #options: GatewaySourceOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #graceMs: number;
  readonly #device: Device;
  readonly #feed: EventFeed;
  /** A gateway that does not answer in time is not waited for any longer. */
  readonly #patience: DeadlineTimer;
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;
  /** What is asked for, by method and session. */
  readonly #questions = new Map<string, Coalescer<GatewayRequest>>();
  #connection: Connection | undefined;
  #subscriptions: Subscriptions | undefined;
  #problem: string | undefined;
  /** Whether a person has to do something about the problem. */
  #needsFix = false;
  /** Since when there has been no connection. */
  #awaySince: number;
  /** True once everything was seen that was there, or nobody answered in time: a lost connection does not undo it. */
  #isCaughtUp = false;

  constructor(options: GatewaySourceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLog;
    this.#graceMs = options.graceMs ?? 120_000;
    this.#device = Device.open(options.stateDir, this.#log);
    this.#feed = new EventFeed(this.#clock, {
      graceMs: this.#graceMs,
      resumeTokens: options.resumeTokens ?? [],
      onRequest: (request) => this.#ask(request),
    });
    this.#patience = new DeadlineTimer(this.#clock, () => this.#noteCaughtUp());
    this.#awaySince = this.#clock.now();
    this.#patience.set(this.#clock.now() + this.#graceMs);
    options.signal?.addEventListener('abort', this.#abort, { once: true });
    if (options.signal?.aborted) this.#stop.abort();
    this.#following = this.#follow();
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly SourceEvent[]> {
    return this.#feed.buffer.batches(() => this.close());
  }

  status(): SourceStatus {
    const working = this.#problem === undefined ? 'attached' : 'degraded';
    return {
      state: this.#stop.signal.aborted ? 'closed' : this.#isCaughtUp ? working : 'starting',
      reasons: this.#problem === undefined ? [] : [this.#problem],
      ...(this.#isBlind() ? { isBlind: true } : {}),
      ...this.#feed.buffer.counts,
    };
  }

  #isBlind(): boolean {
    if (this.#problem === undefined || this.#stop.signal.aborted) return false;
    return this.#needsFix || this.#clock.now() - this.#awaySince >= AWAY_MS;
  }

  async close(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#stop.abort();
    this.#patience.close();
    this.#feed.close();
    await this.#connection?.close();
    await this.#following;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #abort = (): void => {
    void this.close();
  };

  /** One connection after the other. */
  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const connection = await connectWithRetry(() => this.#attach(signal), {
          onError: (error, retryInMs) => this.#noteProblem(error, retryInMs),
          signal,
          clock: this.#clock,
        });
        const since = this.#clock.now();
        const why = await connection.closed;
        this.#noteClosed(why);
        if (this.#clock.now() - since < SHORT_LIFE_MS) await delay(FIRST_RETRY_MS, { signal, clock: this.#clock });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  }

  /** Connects. A connection stands when everything that was there before it was read. */
  async #attach(signal: AbortSignal): Promise<Connection> {
    const { url, token, password, tlsFingerprint, certificatePath } = this.#options;
    const onServer = (server: GatewayServer): void => this.#options.onServer?.(server);
    this.#feed.holdFrames();
    const access = { url, token, password, tlsFingerprint, certificatePath, device: this.#device };
    const connection = await connect({ ...access, onEvent: this.#onEvent, onServer, signal });
    this.#connection = connection;
    const { bootId, controlUiUrl } = connection.server;
    this.#feed.meet({
      ...(bootId === undefined ? {} : { bootId }),
      ...(controlUiUrl === undefined ? {} : { controlUiUrl }),
    });
    try {
      await this.#catchUp(connection);
    } catch (error) {
      this.#noteLost();
      await connection.close();
      throw error;
    }
    return connection;
  }

  async #catchUp(connection: Connection): Promise<void> {
    const onError = (error: unknown): void => this.#log.warn({ err: error }, 'gateway request failed');
    const subscriptions = new Subscriptions(connection, onError, this.#clock);
    this.#subscriptions = subscriptions;
    const before = await subscriptions.begin(this.#feed.openSessions());
    const { bootId, version: serverVersion } = connection.server;
    this.#feed.catchUp({ ...before, at: this.#clock.now(), ...(bootId === undefined ? {} : { bootId }) });
    this.#problem = undefined;
    this.#needsFix = false;
    this.#noteCaughtUp();
    this.#log.info(
      { gateway: nameOfGateway(this.#options.url), serverVersion, sessions: before.rows.length },
      'gateway attached',
    );
    if (!KNOWN_VERSIONS.test(serverVersion ?? '')) {
      this.#log.warn(
        { serverVersion },
        'this version of OpenClaw is not known to Live Status: some work may not be shown',
      );
    }
  }

  /** Asks for something that makes the picture more precise. Without an answer it stays as it is. */
  #ask(request: GatewayRequest): void {
    const { method, params } = request;
    const name = `${method} ${params.sessionKey}`;
    const known = this.#questions.get(name);
    const question =
      known ??
      createCoalescer<GatewayRequest>({
        run: (newest) => this.#askNow(newest()),
        intervalMs: ASK_AGAIN_MS,
        clock: this.#clock,
        onError: (error) => this.#log.debug({ err: error, method }, 'gateway request failed'),
      });
    if (known === undefined) this.#questions.set(name, question);
    const [oldest] = this.#questions.keys();
    if (this.#questions.size > REMEMBERED_QUESTIONS && oldest !== undefined) this.#questions.delete(oldest);
    question.push(request);
  }

  /** Returns whether the gateway was asked. */
  async #askNow(request: GatewayRequest): Promise<boolean> {
    const connection = this.#connection;
    const { afterMs = 0, method, params } = request;
    const { signal } = this.#stop;
    if (afterMs > 0) await delay(afterMs, { signal, clock: this.#clock }).catch(() => {});
    if (signal.aborted || connection === undefined || connection !== this.#connection) return false;
    const payload = await connection.request(method, params);
    if (connection === this.#connection) this.#feed.answer({ request, payload });
    return true;
  }

  #noteCaughtUp(): void {
    this.#patience.close();
    if (this.#isCaughtUp) return;
    this.#isCaughtUp = true;
    this.#feed.buffer.addCaughtUp();
    this.#feed.buffer.flush();
  }

  readonly #onEvent = (event: string, payload: JsonObject): void => {
    this.#subscriptions?.follow(payload);
    this.#feed.observe({ type: 'frame', event, payload, at: this.#clock.now() });
  };

  /** Runs may have been heard of since the first subscription: how they go on is unknown until the next connection. */
  #noteLost(): void {
    this.#connection = undefined;
    this.#subscriptions = undefined;
    this.#options.onServer?.(undefined);
    if (!this.#stop.signal.aborted) this.#feed.observe({ type: 'lost', at: this.#clock.now() });
  }

  #noteClosed(why: string): void {
    this.#noteLost();
    if (this.#stop.signal.aborted) return;
    this.#awaySince = this.#clock.now();
    this.#problem = `OpenClaw gateway ${nameOfGateway(this.#options.url)}: connection closed (${why}), connecting again`;
    this.#log.warn({ why }, 'gateway connection closed');
  }

  #noteProblem(error: unknown, retryInMs: number): void {
    const problem = error instanceof Error ? error.message : String(error);
    if (problem !== this.#problem) this.#log.warn({ retryInMs }, problem);
    this.#problem = problem;
    this.#needsFix = error instanceof GatewayConnectError && error.needsFix;
  }
}
