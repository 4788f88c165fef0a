import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type JsonObject, objectOf, textOf } from '@live-status/transcript-parser';
import { type WebSocket, WebSocketServer } from 'ws';

/** A request that reached the gateway. */
export interface Asked {
  readonly method: string;
  readonly params: JsonObject;
}

/** How the next connections are received. */
export type Reception = 'open' | 'starting' | 'pairing' | 'wrong-token' | 'other-protocol';

/**
 * A gateway as far as Live Status speaks with one: protocol 4 over a real WebSocket on loopback. It keeps no state of
 * its own; rows, histories and events are what the test says.
 */
export class FakeGateway implements AsyncDisposable {
  reception: Reception = 'open';
  bootId: string = randomUUID();
  version = '2026.9.6';
  tickIntervalMs = 30_000;
  rows: JsonObject[] = [];
  readonly histories = new Map<string, JsonObject>();
  readonly asked: Asked[] = [];
  /** Parameters of all `connect` requests. */
  readonly connects: JsonObject[] = [];
  readonly #server: WebSocketServer;
  readonly #sockets = new Set<WebSocket>();
  #waiting: (() => void)[] = [];
  #seq = 0;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => this.#receive(socket));
  }

  static async listen(port = 0): Promise<FakeGateway> {
    const server = new WebSocketServer({ host: '127.0.0.1', port });
    await once(server, 'listening');
    return new FakeGateway(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** Resolves as soon as `isTrue`, which is looked at after every request. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  subscribedTo(key: string): boolean {
    return this.asked.some(({ method, params }) => method === 'sessions.messages.subscribe' && params.key === key);
  }

  /** Sends an event to every connection. */
  send(event: string, payload: unknown): void {
    this.#seq += 1;
    for (const socket of this.#sockets) socket.send(JSON.stringify({ type: 'event', event, payload, seq: this.#seq }));
  }

  /** Ends every connection: with a code, or, without one, as a process that dies. */
  drop(code?: number, reason?: string): void {
    for (const socket of this.#sockets) {
      if (code === undefined) socket.terminate();
      else socket.close(code, reason);
    }
    this.#sockets.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #receive(socket: WebSocket): void {
    socket.send(frame({ type: 'event', event: 'connect.challenge', payload: { nonce: randomUUID(), ts: Date.now() } }));
    socket.on('message', (data) => {
      const request = objectOf(JSON.parse(String(data))) ?? {};
      const params = objectOf(request.params) ?? {};
      if (request.method === 'connect') this.#connect(socket, textOf(request.id), params);
      else this.#answer(socket, textOf(request.id), textOf(request.method) ?? '', params);
      for (const look of this.#waiting.splice(0)) look();
    });
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #connect(socket: WebSocket, id: string | undefined, params: JsonObject): void {
    this.connects.push(params);
    const refusal = REFUSALS[this.reception];
    if (refusal !== undefined) {
      socket.send(frame({ type: 'res', id, ok: false, error: refusal.error }));
      socket.close(refusal.close, refusal.error.message);
      return;
    }
    this.#sockets.add(socket);
    const payload = {
      type: 'hello-ok',
      protocol: 4,
      server: { version: this.version, bootId: this.bootId, connId: randomUUID() },
      features: { methods: [], events: [] },
      snapshot: { presence: [], health: {}, stateVersion: { presence: 0, health: 0 }, uptimeMs: 1 },
      auth: { role: 'operator', scopes: ['operator.read'], deviceToken: 'issued-device-token' },
      policy: { maxPayload: 26_214_400, maxBufferedBytes: 52_428_800, tickIntervalMs: this.tickIntervalMs },
    };
    socket.send(frame({ type: 'res', id, ok: true, payload }));
  }

  #answer(socket: WebSocket, id: string | undefined, method: string, params: JsonObject): void {
    this.asked.push({ method, params });
    const answers: Readonly<Record<string, () => unknown>> = {
      'sessions.subscribe': () => ({ subscribed: true }),
      'sessions.list': () => ({ sessions: this.rows, count: this.rows.length }),
      'sessions.messages.subscribe': () => ({ subscribed: true, key: params.key }),
      'chat.history': () => this.histories.get(String(params.sessionKey)) ?? { messages: [] },
    };
    const answer = answers[method];
    if (answer !== undefined) socket.send(frame({ type: 'res', id, ok: true, payload: answer() }));
    else {
      const error = { code: 'INVALID_REQUEST', message: `missing scope for ${method}` };
      socket.send(frame({ type: 'res', id, ok: false, error }));
    }
  }
}

/** As recorded from OpenClaw 2026.9.6 (pairing: as its protocol package reads it). */
const REFUSALS: Partial<Record<Reception, { close: number; error: { code: string; message: string } & JsonObject }>> = {
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

function frame(content: object): string {
  return JSON.stringify(content);
}
