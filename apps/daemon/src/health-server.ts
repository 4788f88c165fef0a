import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { hostname } from 'node:os';
import type { ListeningAddress } from '@live-status/daemon-control';
import type { Secret } from '@live-status/openclaw-config';
import type { Registry } from 'prom-client';
import type { HealthReport } from './health.ts';
import type { LiveFeed } from './live-feed.ts';
import { PAGE_FILES, PAGE_POLICY, readPageFile, renderPage } from './live-page.ts';
import type { Measures } from './metrics.ts';

/** What the server reports. */
export interface HealthServerOptions {
  readonly port: number;
  /** Address or name to listen on. */
  readonly host: string;
  /** Required by `/health` and `/`; without one they answer on loopback only. */
  readonly token?: Secret;
  readonly report: () => HealthReport;
  /** Default: nothing is measured. */
  readonly measures?: Measures;
  /** Whether all sources are attached. */
  readonly ready: () => boolean;
  readonly feed: Pick<LiveFeed, 'boxes' | 'toHtml' | 'connect' | 'close'>;
  /** How long a client may take to send a request, milliseconds. Default 10 000. */
  readonly requestTimeoutMs?: number;
}

/** A running health server. */
export interface HealthServer {
  /** Where it listens. */
  readonly url: string;
  /** The same as an IP address and a port. */
  readonly address: ListeningAddress;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const REQUEST_TIMEOUT_MS = 10_000;
/** Connections at once; otherwise anybody who reaches the port could take all file descriptors that posting needs. */
const MAX_CONNECTIONS = 100;
/** Paths with nothing private in them, for probes. */
const OPEN_PATHS = ['/livez', '/readyz', '/metrics'];

/**
 * Listens for probes and people.
 *
 * @throws the listen error, `EADDRINUSE` when another process has the port
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const metrics = lazyMetrics(options);
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const limits = { requestTimeout: requestTimeoutMs, connectionsCheckingInterval: requestTimeoutMs / 5 };
  const server = createServer(limits, (request, response) => {
    void respond(request, response, options, metrics);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { address: host, port } = server.address() as AddressInfo;
  return { url: urlOf(server), address: { host, port }, close: () => close(server, options.feed) };
}

/** Loaded on the first request, to save the memory in a daemon that nobody scrapes. */
function lazyMetrics({ measures, report }: HealthServerOptions): () => Promise<string> {
  let loading: Promise<Registry> | undefined;
  return async () => {
    loading ??= import('./metrics.ts').then(({ createMetrics }) => createMetrics(report, measures));
    return (await loading).metrics();
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: HealthServerOptions,
  metrics: () => Promise<string>,
): Promise<void> {
  const url = URL.parse(request.url ?? '', 'http://host');
  const path = url?.pathname ?? '';
  let result: Answer;
  try {
    const refusal = refuse(request, path, options);
    if (refusal === undefined && path === '/events' && request.method === 'GET') {
      options.feed.connect(response, url?.searchParams.get('form') === 'html' ? 'html' : 'json');
      return;
    }
    result = refusal ?? (await answer(path, options, metrics));
  } catch {
    result = plain(500, 'internal error');
  }
  send(response, result, request.method === 'HEAD');
}

async function answer(
  path: string,
  { report, ready, feed }: HealthServerOptions,
  metrics: () => Promise<string>,
): Promise<Answer> {
  switch (path) {
    case '/livez':
      return plain(200, 'alive');
    case '/readyz':
      return ready() ? plain(200, 'ready') : plain(503, 'not ready: a source is not attached yet');
    case '/metrics':
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await metrics() };
    case '/health': {
      const health = report();
      const body = `${JSON.stringify(health, undefined, 2)}\n`;
      return { status: health.status === 'ok' ? 200 : 503, type: 'application/json', body };
    }
    case '/': {
      const headers = { 'content-security-policy': PAGE_POLICY };
      const body = renderPage(
        report(),
        feed.boxes().map((box) => feed.toHtml(box)),
      );
      return { status: 200, type: 'text/html; charset=utf-8', body, headers };
    }
    case '/events':
      return { status: 200, type: 'text/event-stream', body: '' };
    case '/page.css':
    case '/page.js':
      return { status: 200, type: PAGE_FILES[path], body: readPageFile(path) };
    default:
      return plain(404, 'not found: try /, /events, /health, /livez, /readyz or /metrics');
  }
}

/** The refusal of a request, `undefined` if it is allowed. */
function refuse(request: IncomingMessage, path: string, { host, token }: HealthServerOptions): Answer | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'only GET and HEAD are allowed');
  // Another page can make its own name point here (DNS rebinding), but it cannot change the Host that the browser sends.
  if (!isOwnHost(request.headers.host, host)) {
    return plain(421, 'unknown Host header: use an IP address, localhost or the name in HEALTH_HOST');
  }
  if (OPEN_PATHS.includes(path)) return undefined;
  if (token === undefined) {
    return isLoopback(request) ? undefined : plain(403, 'set HEALTH_TOKEN to read this from another machine');
  }
  if (hasToken(request.headers.authorization, token.reveal())) return undefined;
  return { ...plain(401, 'HEALTH_TOKEN is required'), headers: { 'www-authenticate': 'Basic realm="Live Status"' } };
}

function isOwnHost(header: string | undefined, configured: string): boolean {
  const name = URL.parse(`http://${header ?? ''}`)?.hostname;
  if (name === undefined || header === undefined) return false;
  const bare = name.replace(/^\[|\]$/g, '');
  return isIP(bare) !== 0 || [configured, 'localhost', hostname()].some((own) => own.toLowerCase() === bare);
}

function isLoopback({ socket }: IncomingMessage): boolean {
  return /^(?:::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '');
}

/** `Bearer <token>`, or `Basic` with the token as password and any name, which browsers can prompt for. */
function hasToken(header: string | undefined, token: string): boolean {
  const [, scheme, value] = /^(\w+) +(\S+)$/.exec(header ?? '') ?? [];
  if (value === undefined) return false;
  if (scheme?.toLowerCase() === 'bearer') return sameText(value, token);
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  return scheme?.toLowerCase() === 'basic' && sameText(decoded.slice(decoded.indexOf(':') + 1), token);
}

/** Takes the same time wherever the texts differ. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function plain(status: number, text: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n` };
}

function send(response: ServerResponse, { status, type, body, headers }: Answer, headOnly: boolean): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(headOnly ? undefined : body);
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function close(server: Server, feed: Pick<LiveFeed, 'close'>): Promise<void> {
  feed.close();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
