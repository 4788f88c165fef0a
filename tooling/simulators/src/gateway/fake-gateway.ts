import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import type { GatewayCertificate } from './certificates.ts';
import type { RecordedFrame } from './recorded-frames.ts';

/** How the next connections are received. */
export type Reception = 'open' | 'starting' | 'pairing' | 'wrong-token' | 'other-protocol';

/** What it issues to every device. */
const DEVICE_TOKEN = 'issued-device-token';

type JsonObject = Readonly<Record<string, unknown>>;

/** What a gateway asks for before it lets a device in; a token that it issued is as good. */
export interface GatewayAuth {
  readonly mode: 'token' | 'password';
  readonly secret: string;
}

/** How a gateway listens. */
export interface ListenOptions {
  /** Default: any free one. */
  readonly port?: number;
  /** With it the gateway speaks TLS. */
  readonly certificate?: GatewayCertificate | undefined;
}

/** A request that reached the gateway. */
export interface Asked {
  readonly method: string;
  readonly params: JsonObject;
}

/** An event as it is sent. */
interface SentEvent {
  readonly event: string;
  readonly payload: unknown;
}

/**
 * The part of a gateway that Live Status talks to: protocol 4 over a real WebSocket on loopback. It keeps no state of
 * its own; rows, histories and events are what the test says.
 */
export class FakeGateway implements AsyncDisposable {
  reception: Reception = 'open';
  /** Default: everybody is let in. */
  auth: GatewayAuth | undefined;
  bootId: string = randomUUID();
  version = '2026.9.6';
  tickIntervalMs = 30_000;
  /** Sends no ticks, like a process that hangs. */
  silent = false;
  /** Methods that are never answered. */
  readonly unanswered = new Set<string>();
  /** Methods that are answered with an error. */
  readonly refused = new Set<string>();
  rows: readonly JsonObject[] = [];
  readonly histories = new Map<string, JsonObject>();
  /** What `tasks.list` lists. */
  tasks: readonly JsonObject[] = [];
  /** Progress cards by session key. */
  readonly cards = new Map<string, JsonObject>();
  /** Where the Control UI is said to be. */
  controlUiUrl: string | undefined;
  readonly asked: Asked[] = [];
  /** Parameters of all `connect` requests. */
  readonly connects: JsonObject[] = [];
  /** Codes with which connections were closed, and whether that was before they were let in: a gateway logs those. */
  readonly closes: { readonly code: number; readonly beforeConnect: boolean }[] = [];
  /** The most bytes that ever waited for one reader. */
  peakBufferedBytes = 0;
  readonly #listener: Server;
  readonly #server: WebSocketServer;
  readonly #isSecure: boolean;
  readonly #sockets = new Set<WebSocket>();
  readonly #letIn = new WeakSet<WebSocket>();
  readonly #ticks = new Set<NodeJS.Timeout>();
  #waiting: (() => void)[] = [];
  #seq = 0;

  private constructor(listener: Server, isSecure: boolean) {
    this.#listener = listener;
    this.#isSecure = isSecure;
    this.#server = new WebSocketServer({ server: listener });
    this.#server.on('connection', (socket) => this.#receive(socket));
  }

  /** Starts one on loopback. */
  static async listen({ port = 0, certificate }: ListenOptions = {}): Promise<FakeGateway> {
    const listener = certificate === undefined ? createPlainServer() : createTlsServer(certificate);
    listener.listen(port, '127.0.0.1');
    await once(listener, 'listening');
    return new FakeGateway(listener, certificate !== undefined);
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#isSecure ? 'wss' : 'ws'}://127.0.0.1:${this.port}`;
  }

  /** Open connections. */
  get connected(): number {
    return this.#sockets.size;
  }

  /** Resolves as soon as `isTrue`, which is checked after every request and every close. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  subscribedTo(key: string): boolean {
    return this.asked.some(({ method, params }) => method === 'sessions.messages.subscribe' && params.key === key);
  }

  /** The device that waits for its pairing is let in. */
  approve(): void {
    this.reception = 'open';
  }

  /** Sends an event to every connection. */
  send(event: string, payload: unknown): void {
    this.#seq += 1;
    const text = frame({ type: 'event', event, payload, seq: this.#seq });
    for (const socket of this.#sockets) {
      socket.send(text);
      this.peakBufferedBytes = Math.max(this.peakBufferedBytes, socket.bufferedAmount);
    }
  }

  /** Sends recorded events, at once. */
  play(frames: readonly RecordedFrame[]): void {
    for (const { event, payload } of frames.filter(isEvent)) this.send(event, payload);
  }

  /** Resolves when nothing that was sent waits for its reader any more. */
  async drained(): Promise<void> {
    while ([...this.#sockets].some(({ bufferedAmount }) => bufferedAmount > 0)) await setImmediate();
  }

  /** Ends every connection: with a code, or, without one, as a process that dies. */
  drop(code?: number, reason?: string): void {
    for (const socket of this.#sockets) {
      if (code === undefined) socket.terminate();
      else socket.close(code, reason);
    }
    this.#sockets.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Ends every connection and stops listening. Idempotent. */
  async close(): Promise<void> {
    this.drop();
    for (const tick of this.#ticks) clearInterval(tick);
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    if (!this.#listener.listening) return;
    this.#listener.closeAllConnections();
    await new Promise<void>((resolve) => this.#listener.close(() => resolve()));
  }

  #receive(socket: WebSocket): void {
    socket.send(frame({ type: 'event', event: 'connect.challenge', payload: { nonce: randomUUID(), ts: Date.now() } }));
    socket.on('message', (data) => {
      const { id, method, params = {} } = JSON.parse(String(data)) as { id: string } & Partial<Asked>;
      if (method === 'connect') this.#connect(socket, id, params);
      else this.#answer(socket, id, { method: method ?? '', params });
      this.#check();
    });
    socket.on('close', (code) => {
      this.closes.push({ code, beforeConnect: !this.#letIn.has(socket) });
      this.#sockets.delete(socket);
      this.#check();
    });
  }

  #check(): void {
    for (const check of this.#waiting.splice(0)) check();
  }

  #connect(socket: WebSocket, id: string, params: JsonObject): void {
    this.connects.push(params);
    const refusal = REFUSALS[this.reception] ?? this.#authRefusal(objectOf(params.auth));
    if (refusal !== undefined) {
      socket.send(frame({ type: 'res', id, ok: false, error: refusal.error }));
      socket.close(refusal.close, refusal.error.message);
      return;
    }
    this.#sockets.add(socket);
    this.#letIn.add(socket);
    socket.send(frame({ type: 'res', id, ok: true, payload: this.#hello() }));
    this.#tick(socket);
  }

  #authRefusal(shown: JsonObject): Refusal | undefined {
    if (this.auth === undefined || shown.deviceToken === DEVICE_TOKEN) return undefined;
    const { mode, secret } = this.auth;
    if (shown[mode] === secret) return undefined;
    const problem = shown.token === undefined && shown.password === undefined ? 'missing' : 'mismatch';
    const hint = `use this gateway's gateway.auth.${mode}`;
    const details = { code: `AUTH_${mode}_${problem}`.toUpperCase(), authReason: `${mode}_${problem}` };
    const message = `unauthorized: gateway ${mode} ${problem} (${hint})`;
    return { close: 1008, error: { code: 'INVALID_REQUEST', message, details } };
  }

  #hello(): JsonObject {
    return {
      type: 'hello-ok',
      protocol: 4,
      server: { version: this.version, bootId: this.bootId, connId: randomUUID() },
      ...(this.controlUiUrl === undefined ? {} : { controlUiUrl: this.controlUiUrl }),
      features: { methods: [], events: [] },
      snapshot: { presence: [], health: {}, stateVersion: { presence: 0, health: 0 }, uptimeMs: 1 },
      auth: { role: 'operator', scopes: ['operator.read'], deviceToken: DEVICE_TOKEN },
      policy: { maxPayload: 26_214_400, maxBufferedBytes: 52_428_800, tickIntervalMs: this.tickIntervalMs },
    };
  }

  #tick(socket: WebSocket): void {
    const tick = setInterval(() => {
      if (!this.silent) socket.send(frame({ type: 'event', event: 'tick', payload: { ts: Date.now() } }));
    }, this.tickIntervalMs);
    this.#ticks.add(tick);
    socket.once('close', () => {
      clearInterval(tick);
      this.#ticks.delete(tick);
    });
  }

  #answer(socket: WebSocket, id: string, { method, params }: Asked): void {
    this.asked.push({ method, params });
    if (this.unanswered.has(method)) return;
    const answers: Readonly<Record<string, () => unknown>> = {
      'sessions.subscribe': () => ({ subscribed: true }),
      'sessions.list': () => ({ sessions: this.rows, count: this.rows.length }),
      'sessions.messages.subscribe': () => ({ subscribed: true, key: params.key }),
      'tasks.list': () => ({ tasks: this.tasks }),
      'progressCard.get': () => ({ card: this.cards.get(String(params.sessionKey)) ?? null }),
      'chat.history': () => this.histories.get(String(params.sessionKey)) ?? { messages: [] },
    };
    const answer = this.refused.has(method) ? undefined : answers[method];
    if (answer !== undefined) socket.send(frame({ type: 'res', id, ok: true, payload: answer() }));
    else {
      const error = { code: 'INVALID_REQUEST', message: `missing scope for ${method}` };
      socket.send(frame({ type: 'res', id, ok: false, error }));
    }
  }
}

function objectOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}

function isEvent(frame: RecordedFrame): frame is RecordedFrame & SentEvent {
  return frame.type === 'event' && frame.event !== undefined;
}

function frame(content: object): string {
  return JSON.stringify(content);
}

/** The error of the `connect` request, and the code with which the connection is closed. */
interface Refusal {
  readonly close: number;
  readonly error: { readonly code: string; readonly message: string } & Readonly<Record<string, unknown>>;
}

/** As recorded from OpenClaw 2026.9.6 (pairing: as its protocol package reads it). */
const REFUSALS: Readonly<Partial<Record<Reception, Refusal>>> = {
  starting: {
    close: 1013,
    error: {
      code: 'UNAVAILABLE',
      message: 'gateway starting; retry shortly',
      retryable: true,
      retryAfterMs: 500,
      details: { reason: 'startup-sidecars' },
    },
  },
  pairing: {
    close: 1008,
    error: {
      code: 'NOT_PAIRED',
      message: 'pairing required',
      details: { code: 'PAIRING_REQUIRED', requestId: 'req-42', reason: 'not-paired' },
    },
  },
  'wrong-token': {
    close: 1008,
    error: {
      code: 'INVALID_REQUEST',
      message: 'unauthorized: gateway token mismatch (provide gateway auth token)',
      details: { code: 'AUTH_TOKEN_MISMATCH', authReason: 'token_mismatch' },
    },
  },
  'other-protocol': {
    close: 1002,
    error: {
      code: 'INVALID_REQUEST',
      message: 'protocol mismatch',
      details: { code: 'PROTOCOL_MISMATCH', expectedProtocol: 5 },
    },
  },
};
