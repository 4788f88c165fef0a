import { delay, systemClock } from '@live-status/resilience';
import { GatewayClient } from '@openclaw/gateway-client';

type JsonObject = Readonly<Record<string, unknown>>;

/** An event of the gateway. */
export interface SeenFrame {
  readonly event: string;
  readonly payload: JsonObject;
  /** When it was received, milliseconds since the epoch. */
  readonly at: number;
}

interface OperatorOptions {
  readonly url: string;
  readonly token: string;
  readonly signal: AbortSignal;
}

const CONNECT_TIMEOUT_MS = 60_000;
const POLL_MS = 100;

/**
 * Somebody with all rights at the gateway, who sees what Live Status sees: subscribed to every session that turns up.
 * Connects again after each end of the gateway.
 */
export class Operator implements AsyncDisposable {
  readonly frames: SeenFrame[] = [];
  readonly #client: GatewayClient;
  readonly #keys = new Set<string>();
  readonly #signal: AbortSignal;
  #isConnected = false;

  private constructor({ url, token, signal }: OperatorOptions) {
    this.#signal = signal;
    this.#client = new GatewayClient({
      url,
      token,
      deviceIdentity: null,
      role: 'operator',
      scopes: ['operator.admin', 'operator.read', 'operator.write'],
      caps: ['tool-events'],
      minProtocol: 4,
      maxProtocol: 4,
      onHelloOk: () => void this.#begin(),
      onClose: () => {
        this.#isConnected = false;
      },
      onEvent: ({ event, payload }) => this.#see(event, (payload ?? {}) as JsonObject),
    });
  }

  static async connect(options: OperatorOptions): Promise<Operator> {
    const operator = new Operator(options);
    operator.#client.start();
    await operator.connected();
    return operator;
  }

  /** Waits until it is connected and subscribed. */
  async connected(): Promise<void> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)]);
    while (!this.#isConnected) await delay(POLL_MS, { signal });
  }

  /** The runs that wrote into the session of a channel. Taken from its history, because frames may be missed after a restart. */
  async runsIn(channelId: string): Promise<ReadonlySet<string>> {
    const { messages } = await this.request('chat.history', { sessionKey: this.keyIn(channelId), limit: 200 });
    const written = (Array.isArray(messages) ? messages : []) as {
      readonly __openclaw?: { readonly runId?: string };
    }[];
    return new Set(written.flatMap(({ __openclaw }) => __openclaw?.runId ?? []));
  }

  /** The key of the session of a channel. */
  keyIn(channelId: string): string {
    const frame = this.frames.find(({ payload }) => isOf(channelId, payload.sessionKey));
    if (frame === undefined) throw new Error(`nothing was seen of a session in channel ${channelId}`);
    return String(frame.payload.sessionKey);
  }

  /** Asks the gateway for something; rejects with its error. */
  request(method: string, params: object): Promise<JsonObject> {
    return this.#client.request(method, params);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.stopAndWait().catch(() => {});
  }

  /** What a gateway does right after its start is only sent to those who subscribed to its key. */
  async #begin(): Promise<void> {
    try {
      await this.request('sessions.subscribe', {});
      await Promise.all([...this.#keys].map((key) => this.#subscribe(key)));
      this.#isConnected = true;
    } catch {
      // The connection ended again; the client makes the next one.
    }
  }

  #see(event: string, payload: JsonObject): void {
    this.frames.push({ event, payload, at: systemClock.now() });
    const { sessionKey } = payload;
    if (typeof sessionKey !== 'string' || this.#keys.has(sessionKey)) return;
    this.#keys.add(sessionKey);
    void this.#subscribe(sessionKey);
  }

  async #subscribe(key: string): Promise<void> {
    await this.request('sessions.messages.subscribe', { key }).catch(() => this.#keys.delete(key));
  }
}

function isOf(channelId: string, sessionKey: unknown): boolean {
  return typeof sessionKey === 'string' && sessionKey.includes(channelId);
}
