import { BlockList, isIPv4 } from 'node:net';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { MattermostConfigError } from './errors.ts';

/** What a {@link createDispatcher} needs beside the address. */
export interface DispatcherOptions {
  /** Longest time to connect, milliseconds. */
  readonly timeoutMs: number;
  readonly maxSockets: number;
  /** Where the proxy variables are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Sockets to a server, directly or through the proxy that the environment names. The variables are those of curl:
 * `http_proxy` for http, `https_proxy` for https, `all_proxy` for both, except what `no_proxy` lists; in capitals as well.
 *
 * @throws MattermostConfigError for a proxy that is not an address.
 */
export function createDispatcher(base: URL, { timeoutMs, maxSockets, env }: DispatcherOptions): Dispatcher {
  const shared = { connections: maxSockets, keepAliveTimeout: 30_000, connect: { timeout: timeoutMs } };
  const proxy = proxyFor(base, env);
  if (proxy === undefined) return new Agent(shared);
  const noProxy = env.no_proxy ?? env.NO_PROXY ?? '';
  return new EnvHttpProxyAgent({ ...shared, connectTimeout: timeoutMs, httpProxy: proxy, httpsProxy: proxy, noProxy });
}

function proxyFor(base: URL, env: DispatcherOptions['env']): string | undefined {
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
