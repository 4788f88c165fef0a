import type { IncomingMessage, ServerResponse } from 'node:http';
import findMyWay from 'find-my-way';
import type { Answer, Call, Route, World } from './call.ts';
import { AppError, sessionExpired } from './errors.ts';
import { cut, parseBody, readText, sendHalf, sendJson, sendPage, sendPlainError } from './http.ts';
import type { LimiterVerdict } from './limiter.ts';
import { newId, type RequestRecord, type User } from './model.ts';
import { channelRoutes } from './routes/channels.ts';
import { postRoutes } from './routes/posts.ts';
import { systemRoutes } from './routes/system.ts';
import { teamRoutes } from './routes/teams.ts';
import { userRoutes } from './routes/users.ts';
import type { Ending } from './trouble.ts';

const PREFIX = '/api/v4';
const BUILD_HASH = '0123456789abcdef0123456789abcdef';
const routes = { ...userRoutes, ...teamRoutes, ...channelRoutes, ...postRoutes, ...systemRoutes };
const UNKNOWN_ROUTE = 'unknown';
const OPEN_ROUTES: readonly string[] = [
  'POST /users',
  'POST /users/login',
  ...Object.keys(systemRoutes),
  UNKNOWN_ROUTE,
];

/** Every route by its name, as faults and the request log call it. */
export const routeNames: readonly string[] = Object.keys(routes);

/** What the API needs beside the world. */
export interface ApiOptions {
  readonly world: World;
  readonly log: RequestLog;
  /** When a request arrives, as finely as the clock has it. */
  readonly now: () => number;
  /** Judges a request by where it comes from; undefined while the limiter is off. */
  readonly limit: (from: {
    readonly remoteAddress: string;
    readonly token: string | undefined;
  }) => LimiterVerdict | undefined;
  /** Called when a request arrives, and when its answer is sent or its connection cut. */
  readonly onProgress: () => void;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly record: OpenRecord;
}

/** `/api/v4`: what a request goes through, in the order of a proxy, the limiter, the session and the route. */
export class Api {
  readonly #options: ApiOptions;
  readonly #router = findMyWay<findMyWay.HTTPVersion.V1>();

  constructor(options: ApiOptions) {
    this.#options = options;
    for (const [name, route] of Object.entries(routes)) {
      const [method, path] = name.split(' ') as [findMyWay.HTTPMethod, string];
      this.#router.on(method, path, () => {}, { name, route });
    }
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { world, log, now } = this.#options;
    const url = new URL(request.url ?? '/', 'http://simulator');
    const record = log.open({
      id: newId(),
      at: now(),
      method: request.method ?? 'GET',
      path: url.pathname.slice(PREFIX.length),
      query: Object.fromEntries(url.searchParams),
    });
    const exchange: Exchange = { request, response, url, record };
    response.once('finish', () => {
      record.status = response.statusCode;
    });
    response.once('close', this.#options.onProgress);
    this.#options.onProgress();
    const verdict = this.#options.limit({
      remoteAddress: request.socket.remoteAddress ?? '',
      token: tokenOf(request),
    });
    for (const [name, value] of Object.entries(verdict?.headers ?? {})) response.setHeader(name, value);
    if (verdict?.limited) return sendPlainError(response, 429, 'limit exceeded');
    response.setHeader('X-Request-Id', record.id);
    response.setHeader('X-Version-Id', `${world.settings.version}.${world.settings.version}.${BUILD_HASH}.false`);
    try {
      await this.#route(exchange);
    } catch (error) {
      this.#sendError(exchange, error);
    }
  }

  async #route({ request, response, url, record }: Exchange): Promise<void> {
    const { world } = this.#options;
    const match = this.#router.find(record.method as findMyWay.HTTPMethod, url.pathname.slice(PREFIX.length));
    const { name, route } = (match?.store ?? { name: UNKNOWN_ROUTE, route: missing }) as { name: string; route: Route };
    record.route = name;
    const hungUp = new AbortController();
    response.once('close', () => hungUp.abort());
    const read = (): Promise<string | undefined> => readText(request, world.settings.maxBodyBytes);
    const early = world.faults.readsText ? { text: await read() } : undefined;
    const struck = { route: name, signal: hungUp.signal, query: record.query, text: early?.text ?? '' };
    if (end(response, record, await world.faults.strike('request', struck))) return;
    const session = this.#session(request);
    if (session) record.userId = session.id;
    else if (!OPEN_ROUTES.includes(name)) throw sessionExpired();
    const body = parseBody(early === undefined ? await read() : early.text);
    record.body = withoutSecrets(body);
    const answer = await route({
      route: name,
      signal: hungUp.signal,
      world,
      requestId: record.id,
      path: record.path,
      params: match?.params ?? {},
      query: record.query,
      body,
      session,
    });
    const ending = await world.faults.strike('answer', struck);
    for (const [header, value] of Object.entries(answer.headers ?? {})) response.setHeader(header, value);
    if (!end(response, record, ending, answer)) sendJson(response, answer.status, answer.body);
  }

  #session(request: IncomingMessage): User | undefined {
    const token = tokenOf(request);
    return token === undefined ? undefined : this.#options.world.directory.userOfToken(token);
  }

  #sendError({ response, record }: Exchange, error: unknown): void {
    if (response.destroyed || response.headersSent) return;
    const { status, code, message } =
      error instanceof AppError
        ? error
        : new AppError(500, 'simulator.failed', `The simulator itself failed: ${error}`);
    record.errorId = code;
    sendJson(response, status, {
      id: code,
      message,
      detailed_error: '',
      request_id: record.id,
      status_code: status,
    });
  }
}

function missing(call: Call): never {
  throw new AppError(404, 'api.context.404.app_error', `Sorry, we could not find the page ${call.path}.`);
}

/** Ends a struck exchange; false where nothing struck it. */
function end(response: ServerResponse, record: OpenRecord, ending: Ending | undefined, answer?: Answer): boolean {
  if (!ending) return false;
  record.fault = ending.kind;
  if (ending.kind === 'fail') throw new AppError(ending.status, ending.errorId, 'A fault of the simulator.');
  if (ending.kind === 'page') sendPage(response, ending.status, ending);
  else if (ending.kind === 'half-body' && answer) sendHalf(response, answer.status, answer.body);
  else cut(response);
  return true;
}

/** The token that a request carries. */
function tokenOf({ headers }: IncomingMessage): string | undefined {
  return /^(?:bearer|token) +(.+)$/i.exec(headers.authorization ?? '')?.[1];
}

/** A record that is still being filled. */
type OpenRecord = { -readonly [K in keyof RequestRecord]: RequestRecord[K] };

/** Fields of a body that are never kept. */
const SECRET_FIELDS = new Set(['password', 'token']);

/** Every request the API saw, in order of arrival. */
export class RequestLog {
  #records: OpenRecord[] = [];

  /** Opens a record; the server fills it while it answers. */
  open(record: RequestRecord): OpenRecord {
    const open = { ...record };
    this.#records.push(open);
    return open;
  }

  all(): readonly RequestRecord[] {
    return this.#records;
  }

  /** Removes the requests that arrived before a moment. */
  forget(before: number): void {
    this.#records = this.#records.filter(({ at }) => at >= before);
  }
}

/** A body without its secrets. */
function withoutSecrets(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([key]) => !SECRET_FIELDS.has(key)));
}
