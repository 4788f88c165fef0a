import type { Agent, IncomingMessage, request } from 'node:http';
import { BlockList, isIPv4 } from 'node:net';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { MattermostConfigError } from './errors.ts';
import type { Headers } from './wire.ts';

/** One request over HTTP. */
export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
}

/** The head of an answer, whatever its status, and how to read the rest. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Rejects when the rest is cut off, or is longer than this, bytes. */
  body(maxBytes: number): Promise<string>;
}

/** Sends requests to one server, over a few sockets that are kept alive. */
export interface Exchange {
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Waits for requests in flight and closes the sockets. */
  close(): Promise<void>;
}

/** What {@link createExchange} needs beside the address. */
export interface ExchangeOptions {
  /** Longest time to connect, milliseconds. */
  readonly timeoutMs: number;
  readonly maxSockets: number;
  /** Where the proxy variables are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How long a socket waits for another request. */
const KEEP_ALIVE_MS = 30_000;

/**
 * Sockets to a server, directly or through the proxy that the environment names. The variables are those of curl:
 * `http_proxy` for http, `https_proxy` for https, `all_proxy` for both, except what `no_proxy` lists; in capitals as well.
 *
 * @throws MattermostConfigError for a proxy that is not an address.
 */
export function createExchange(base: URL, options: ExchangeOptions): Exchange {
  const proxy = proxyFor(base, options.env);
  return proxy === undefined ? new DirectExchange(base, options) : new ProxyExchange(proxy, options);
}

/**
 * Node's own client: the one for proxies takes ten times as long to load, which commands feel that make one request. An `import` of
 * node:http would load Node's copy of it, too.
 */
class DirectExchange implements Exchange {
  readonly #agent: Agent;
  readonly #request: typeof request;
  readonly #inFlight = new Set<Promise<unknown>>();

  constructor({ protocol }: URL, { maxSockets }: ExchangeOptions) {
    const client = process.getBuiltinModule(protocol === 'https:' ? 'node:https' : 'node:http');
    this.#agent = new client.Agent({ keepAlive: true, maxSockets, timeout: KEEP_ALIVE_MS });
    this.#request = client.request;
  }

  async send({ url, method, headers, body, signal }: HttpRequest): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = this.#request(url, { method, headers, agent: this.#agent }, resolve);
    // Its option `signal` does the same, and watches the stream as well.
    const abort = (): void => void request.destroy(signal.reason);
    signal.addEventListener('abort', abort);
    const closed = new Promise((close) => request.once('close', close));
    this.#inFlight.add(closed);
    void closed.then(() => {
      signal.removeEventListener('abort', abort);
      this.#inFlight.delete(closed);
    });
    // It stays for the whole life of the request: a socket can fail after the answer.
    request.on('error', reject);
    request.end(body);
    const response = await promise;
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: (maxBytes) => readText(response, maxBytes),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#inFlight);
    this.#agent.destroy();
  }
}

/** Whatever answers, it does not decide how much memory that takes. */
async function readText(body: Readable, maxBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop early ends the connection.
  for await (const part of body as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) throw new Error(`The answer is longer than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

class ProxyExchange implements Exchange {
  readonly #proxy: string;
  readonly #options: ExchangeOptions;
  #client: Promise<ProxyClient> | undefined;

  constructor(proxy: string, options: ExchangeOptions) {
    this.#proxy = proxy;
    this.#options = options;
  }

  async send({ url, method, headers: sent, body: content, signal }: HttpRequest): Promise<HttpAnswer> {
    this.#client ??= loadProxyClient(this.#proxy, this.#options);
    const { dispatcher, request } = await this.#client;
    const asked = { dispatcher, method: method as 'GET', headers: sent, body: content ?? null, signal };
    const { statusCode: status, headers, body } = await request(url, asked);
    return { status, headers, body: (maxBytes) => readText(body, maxBytes) };
  }

  async close(): Promise<void> {
    await (await this.#client)?.dispatcher.close();
  }
}

interface ProxyClient {
  readonly dispatcher: Dispatcher;
  readonly request: typeof import('undici').request;
}

async function loadProxyClient(proxy: string, { maxSockets, timeoutMs, env }: ExchangeOptions): Promise<ProxyClient> {
  const { EnvHttpProxyAgent, request } = await import('undici');
  const dispatcher = new EnvHttpProxyAgent({
    connections: maxSockets,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: timeoutMs },
    connectTimeout: timeoutMs,
    httpProxy: proxy,
    httpsProxy: proxy,
    noProxy: env.no_proxy ?? env.NO_PROXY ?? '',
  });
  return { dispatcher, request };
}

function proxyFor(base: URL, env: ExchangeOptions['env']): string | undefined {
  const names = [base.protocol === 'https:' ? 'https_proxy' : 'http_proxy', 'all_proxy'];
  const name = names.flatMap((lower) => [lower, lower.toUpperCase()]).find((each) => (env[each] ?? '').trim() !== '');
  if (name === undefined || isInRange(base.hostname, env.no_proxy ?? env.NO_PROXY ?? '')) return undefined;
  const value = env[name]?.trim() ?? '';
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (URL.canParse(address) && /^(https?|socks5h?|socks):$/.test(new URL(address).protocol)) {
    return address.replace(/^socks5h:/i, 'socks5:');
  }
  throw new MattermostConfigError(
    `${name} is not the address of a proxy; set it to one like http://proxy.example.com:3128`,
  );
}

/** Whether an address is in one of the ranges (`10.0.0.0/8`) of a `no_proxy` list; names are left to undici. */
function isInRange(hostname: string, noProxy: string): boolean {
  if (!isIPv4(hostname)) return false;
  const ranges = new BlockList();
  for (const [, net = '', bits] of noProxy.matchAll(/(?<=^|[\s,])([\d.]+)\/(\d{1,2})(?=$|[\s,])/g)) {
    if (isIPv4(net) && Number(bits) <= 32) ranges.addSubnet(net, Number(bits));
  }
  return ranges.check(hostname);
}

const TRUST =
  'put the certificate of its authority into a file and set NODE_EXTRA_CA_CERTS to it (or NODE_USE_SYSTEM_CA=1)';
const NOT_TLS = 'the server does not speak TLS on this port; configure the address with http://, or the https port';
/** What to do about the errors of TLS, by code. */
const TLS_FIXES: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: `the certificate is self-signed: ${TRUST}`,
  SELF_SIGNED_CERT_IN_CHAIN: `an authority that is not known here signed the certificate: ${TRUST}`,
  UNABLE_TO_GET_ISSUER_CERT: `an authority that is not known here signed the certificate: ${TRUST}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `an authority that is not known here signed the certificate: ${TRUST}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `the server does not send the certificate of its authority: let it send the whole chain, or ${TRUST}`,
  CERT_HAS_EXPIRED: 'the certificate has expired: renew it on the server, and check the clock of this machine',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet: check the clock of this machine',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate is for another host: configure the address by a name the certificate has',
  EPROTO: NOT_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
};

/** Codes of a server, or a way to it, that cannot be reached whatever is sent. */
const UNREACHABLE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  ...Object.keys(TLS_FIXES),
]);

/**
 * The code of a network error (`ECONNREFUSED`), with the fix where there is a certain one. Its text may hold more than
 * should be shown.
 */
export function networkReason(cause: unknown): string | undefined {
  const code = codeIn(cause);
  const refusal = cause instanceof Error ? /^Proxy response \((\d{3})\)/.exec(cause.message)?.[1] : undefined;
  if (refusal !== undefined) {
    return `the proxy answered ${refusal} to a request for a tunnel; check its address and password, and what it allows`;
  }
  const fix = code === undefined ? undefined : TLS_FIXES[code];
  return fix === undefined ? code : `${code}: ${fix}`;
}

/** Whether a reason of {@link networkReason} says that no request can reach the server. */
export function isUnreachable(reason: string | undefined): boolean {
  return UNREACHABLE.has(reason?.split(':')[0] ?? '');
}

/** The code of an error, or of the error that caused it. */
function codeIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const inner = codeIn(error.cause);
  return inner !== undefined && (code === undefined || code.startsWith('UND_ERR_')) ? inner : code;
}
