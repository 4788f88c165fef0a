import { type Clock, delay, systemClock } from '@live-status/resilience';
import type { SessionEvent, SessionSource, SourceStatus } from '@live-status/session-state';
import type { JsonObject } from '@live-status/transcript-parser';
import { type Connection, connect, type GatewayServer, nameOfGateway } from './connection.ts';
import { Device } from './device.ts';
import { Feed } from './feed.ts';
import { FIRST_RETRY_MS, reach } from './reach.ts';
import type { ResumedRun } from './state.ts';
import { Subscriptions } from './subscriptions.ts';

export interface GatewaySourceOptions {
  /** `ws://` or `wss://` URL of the gateway. */
  readonly url: string;
  /** The gateway's shared token. Needed until the gateway issued a token to this device. */
  readonly token?: string;
  /** Directory for the device's key and token; made with mode 0700. */
  readonly stateDir: string;
  /**
   * How long the gateway may be unreachable, milliseconds: before its runs are given up, and after the start before its
   * `status()` is no longer `starting`. Default 120 000.
   */
  readonly graceMs?: number;
  /** Runs of an earlier life to find again. Default none. */
  readonly resumed?: readonly ResumedRun[];
  /** Told who answers whenever a connection stands, before anything of it is reported; `undefined` when it is gone. */
  readonly onServer?: (server: GatewayServer | undefined) => void;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: no log. */
  readonly log?: SourceLog;
  /** Aborting closes the source. */
  readonly signal?: AbortSignal;
}

/** What a source reports about itself. */
export interface SourceLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Versions of OpenClaw whose frames were recorded or read. */
const KNOWN_VERSIONS = /^2026\.[89]\./;
/** A connection that lived shorter than this was none: the next attempt waits. */
const SHORT_LIFE_MS = 5_000;

/**
 * Follows the sessions of an OpenClaw gateway (2026.8 or later), which may not be there yet, and may come and go. Trouble
 * is told by `status()`.
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
  readonly #log: SourceLog | undefined;
  readonly #graceMs: number;
  readonly #startedAt: number;
  readonly #device: Device;
  readonly #feed: Feed;
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;
  #connection: Connection | undefined;
  #subscriptions: Subscriptions | undefined;
  #trouble: string | undefined;
  /** True once everything was seen that was there: a lost connection does not undo it. */
  #attached = false;

  constructor(options: GatewaySourceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log;
    this.#graceMs = options.graceMs ?? 120_000;
    this.#startedAt = this.#clock.now();
    this.#device = Device.open(options.stateDir);
    this.#feed = new Feed(this.#clock, { graceMs: this.#graceMs, resumed: options.resumed ?? [] });
    options.signal?.addEventListener('abort', this.#abort, { once: true });
    if (options.signal?.aborted) this.#stop.abort();
    this.#following = this.#follow();
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly SessionEvent[]> {
    return {
      next: () => this.#feed.next(),
      return: async () => {
        await this.close();
        return { done: true, value: undefined };
      },
    };
  }

  status(): SourceStatus {
    const working = this.#trouble === undefined ? 'attached' : 'degraded';
    const started = this.#attached || this.#clock.now() >= this.#startedAt + this.#graceMs;
    return {
      state: this.#stop.signal.aborted ? 'closed' : started ? working : 'starting',
      reasons: this.#trouble === undefined ? [] : [this.#trouble],
      ...this.#feed.counts(),
    };
  }

  async close(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#stop.abort();
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
        const connection = await reach(() => this.#attach(signal), {
          onTrouble: (error, retryInMs) => this.#complain(error, retryInMs),
          signal,
          clock: this.#clock,
        });
        const since = this.#clock.now();
        const why = await connection.closed;
        this.#lose(why);
        if (this.#clock.now() - since < SHORT_LIFE_MS) await delay(FIRST_RETRY_MS, { signal, clock: this.#clock });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  }

  /** A connection stands when all it has to tell was read. */
  async #attach(signal: AbortSignal): Promise<Connection> {
    const { url, token } = this.#options;
    const onServer = (server: GatewayServer): void => this.#options.onServer?.(server);
    this.#feed.holdFrames();
    const connection = await connect({ url, token, device: this.#device, onEvent: this.#onEvent, onServer, signal });
    this.#connection = connection;
    this.#feed.meet(connection.server.bootId);
    try {
      await this.#catchUp(connection);
    } catch (error) {
      this.#loseSight();
      await connection.close();
      throw error;
    }
    return connection;
  }

  async #catchUp(connection: Connection): Promise<void> {
    const complain = (error: unknown): void => this.#log?.warn({ err: error }, 'gateway request');
    const subscriptions = new Subscriptions(connection, complain, this.#clock);
    this.#subscriptions = subscriptions;
    const before = await subscriptions.begin(this.#feed.openSessions());
    const { bootId, version: serverVersion } = connection.server;
    this.#feed.catchUp({ ...before, at: this.#clock.now(), ...(bootId === undefined ? {} : { bootId }) });
    this.#attached = true;
    this.#trouble = undefined;
    this.#log?.info(
      { gateway: nameOfGateway(this.#options.url), serverVersion, sessions: before.rows.length },
      'gateway attached',
    );
    if (!KNOWN_VERSIONS.test(serverVersion ?? '')) {
      this.#log?.warn(
        { serverVersion },
        'this version of OpenClaw is not known to Live Status: some work may not be shown',
      );
    }
  }

  readonly #onEvent = (event: string, payload: JsonObject): void => {
    this.#subscriptions?.follow(payload);
    this.#feed.observe({ type: 'frame', event, payload, at: this.#clock.now() });
  };

  /** Runs may have been heard of since the first subscription: how they go on is not known now. */
  #loseSight(): void {
    this.#connection = undefined;
    this.#subscriptions = undefined;
    this.#options.onServer?.(undefined);
    if (!this.#stop.signal.aborted) this.#feed.observe({ type: 'lost', at: this.#clock.now() });
  }

  #lose(why: string): void {
    this.#loseSight();
    if (this.#stop.signal.aborted) return;
    this.#trouble = `OpenClaw gateway ${nameOfGateway(this.#options.url)}: connection closed (${why}), connecting again`;
    this.#log?.warn({ why }, 'gateway connection closed');
  }

  #complain(error: unknown, retryInMs: number): void {
    const trouble = error instanceof Error ? error.message : String(error);
    if (trouble !== this.#trouble) this.#log?.warn({ retryInMs }, trouble);
    this.#trouble = trouble;
  }
}
