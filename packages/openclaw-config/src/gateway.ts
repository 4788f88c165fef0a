import { compact, type JsonObject, objectOf } from '@live-status/basics';
import { nonEmptyText } from './values.ts';

/** Where a gateway listens unless configured otherwise. */
const DEFAULT_PORT = 18_789;
/** URL of a gateway on this machine that nobody configured. */
export const DEFAULT_GATEWAY_URL: string = `ws://127.0.0.1:${DEFAULT_PORT}`;
/** A gateway writes its real port there (OpenClaw 2026.3.28 to 2026.9.6). */
const PORT_VARIABLE = 'OPENCLAW_GATEWAY_PORT';
const URL_VARIABLE = 'OPENCLAW_GATEWAY_URL';
/** Port of `openclaw --dev` and `--profile dev`. */
const DEV_PORT = 19_001;

/** A secret of the gateway that openclaw.json or the environment may hold. */
export type CredentialKind = 'token' | 'password';

/** Where a credential may come from, best first. */
export type CredentialPlace =
  /** A path in openclaw.json. If there is something, nothing behind it is tried, even if it cannot be resolved. */
  | { readonly path: string; readonly value: unknown }
  /** A variable of OpenClaw's layered environment. */
  | { readonly variable: string };

/** The gateway that OpenClaw's own client would connect to, and how. */
export interface GatewayTarget {
  readonly url: string;
  /** Where that URL comes from: the path of openclaw.json, a variable, or `default`. */
  readonly urlOrigin: string;
  /** Whether OpenClaw itself uses a gateway elsewhere: there is none on this machine. */
  readonly isRemote: boolean;
  /** `none`, `token`, `password` or `trusted-proxy`; only of a gateway that this configuration starts. */
  readonly authMode?: string;
  readonly credentials: Readonly<Record<CredentialKind, readonly CredentialPlace[]>>;
  /** `gateway.remote.tlsFingerprint`, as written. */
  readonly tlsFingerprint?: string;
  /** `gateway.tls.certPath` as written, or `default`: this gateway has a certificate of its own. */
  readonly certificate?: string;
}

/** What {@link findGateway} needs beside `gateway` of openclaw.json. */
export interface GatewayContext {
  readonly configPath: string;
  /** OpenClaw's layered environment. */
  readonly lookup: (name: string) => string | undefined;
}

/**
 * Finds the gateway as OpenClaw's own client does (docs/gateway/remote.md of OpenClaw 2026.9.6; read in
 * `resolveGatewayClientBootstrap` and `resolveGatewayCredentialsFromConfig`): `OPENCLAW_GATEWAY_URL`, else
 * `gateway.remote.url` if the mode is `remote`, else this machine. Whatever `gateway.bind` says, a gateway of this machine
 * also listens on loopback.
 */
export function findGateway(value: unknown, { configPath, lookup }: GatewayContext): GatewayTarget {
  const gateway = objectOf(value) ?? {};
  const local = localTarget(gateway, { configPath, lookup });
  const remote = gateway.mode === 'remote' ? objectOf(gateway.remote) : undefined;
  const isRemote = trimmed(remote?.url) !== undefined;
  const pin = compact({ tlsFingerprint: trimmed(remote?.tlsFingerprint) });
  const named = lookup(URL_VARIABLE)?.trim();
  if (named && !isSameGateway(named, local.url)) {
    // OpenClaw shows a gateway that only the environment names no secret of its configuration.
    return { url: named, urlOrigin: URL_VARIABLE, isRemote, ...pin, credentials: fromEnvironment() };
  }
  const remoteUrl = trimmed(remote?.url);
  if (named === undefined && remoteUrl !== undefined) {
    return { url: webSocketUrl(remoteUrl), urlOrigin: configPath, isRemote, ...pin, credentials: ofRemote(gateway) };
  }
  return named ? { ...local, url: named, urlOrigin: URL_VARIABLE } : local;
}

/** A URL of the gateway as its WebSocket is addressed: `https:` and `http:` mean `wss:` and `ws:`, as for OpenClaw. */
export function webSocketUrl(url: string): string {
  return url.replace(/^http(?=s?:)/i, 'ws');
}

function localTarget(gateway: JsonObject, { configPath, lookup }: GatewayContext): GatewayTarget {
  const tls = objectOf(gateway.tls);
  const isSecure = tls?.enabled === true;
  const { port, urlOrigin } = localPort(gateway.port, { configPath, lookup });
  return {
    url: `${isSecure ? 'wss' : 'ws'}://127.0.0.1:${port}`,
    urlOrigin,
    isRemote: false,
    credentials: gateway.mode === 'remote' ? ofRemote(gateway) : ofLocal(gateway),
    ...compact({
      authMode: trimmed(objectOf(gateway.auth)?.mode),
      certificate: isSecure ? (trimmed(tls.certPath) ?? 'default') : undefined,
    }),
  };
}

function localPort(
  configured: unknown,
  { configPath, lookup }: GatewayContext,
): { readonly port: number; readonly urlOrigin: string } {
  const fromEnvironment = portOf(lookup(PORT_VARIABLE));
  if (fromEnvironment !== undefined) return { port: fromEnvironment, urlOrigin: PORT_VARIABLE };
  if (typeof configured === 'number' && configured > 0) return { port: configured, urlOrigin: configPath };
  const profile = lookup('OPENCLAW_PROFILE')?.trim();
  if (!profile || /^default$/i.test(profile)) return { port: DEFAULT_PORT, urlOrigin: 'default' };
  return { port: profile === 'dev' ? DEV_PORT : portOfProfile(profile), urlOrigin: 'OPENCLAW_PROFILE' };
}

/** The port that OpenClaw 2026.9.6 gives a named profile: FNV-1a of the name. */
function portOfProfile(profile: string): number {
  let hash = 2_166_136_261;
  for (const byte of Buffer.from(profile, 'utf8')) hash = Math.imul(hash ^ byte, 16_777_619) >>> 0;
  return 20_000 + (hash % 40_000);
}

/** The port in `OPENCLAW_GATEWAY_PORT`, as OpenClaw reads it: alone, or behind a host. */
function portOf(value: string | undefined): number | undefined {
  const [, digits] = /^(?:[^:]*:|\[[^\]]*\]:)?(\d{1,5})$/.exec(value?.trim() ?? '') ?? [];
  const port = Number(digits);
  return port > 0 && port <= 65_535 ? port : undefined;
}

/** Whether both URLs lead to the same port of this machine. */
function isSameGateway(url: string, localUrl: string): boolean {
  const [named, local] = [URL.parse(webSocketUrl(url)), URL.parse(localUrl)];
  if (named === null || local === null || !isLoopback(named.hostname)) return false;
  return named.protocol === local.protocol && named.port === local.port;
}

/** Whether a host name of a URL is this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

type Credentials = GatewayTarget['credentials'];

function fromEnvironment(): Credentials {
  return { token: [{ variable: TOKEN }], password: [{ variable: PASSWORD }] };
}

const TOKEN = 'OPENCLAW_GATEWAY_TOKEN';
const PASSWORD = 'OPENCLAW_GATEWAY_PASSWORD';

/** Of a gateway that this configuration starts: only what its mode asks for. */
function ofLocal(gateway: JsonObject): Credentials {
  const auth = objectOf(gateway.auth);
  const remote = objectOf(gateway.remote);
  const { mode } = auth ?? {};
  const token = [at('gateway.auth.token', auth?.token), { variable: TOKEN }, at('gateway.remote.token', remote?.token)];
  const password = [at('gateway.auth.password', auth?.password), { variable: PASSWORD }];
  if (mode === 'none') return { token: [], password: [] };
  if (mode === 'trusted-proxy') return { token: [], password };
  const passwordOrRemote = [...password, at('gateway.remote.password', remote?.password)];
  if (mode === 'password') return { token: [], password: passwordOrRemote };
  return mode === 'token' ? { token, password: [] } : { token, password: passwordOrRemote };
}

/** Of a gateway elsewhere, whose mode nobody knows here: both, as OpenClaw sends them. */
function ofRemote(gateway: JsonObject): Credentials {
  const auth = objectOf(gateway.auth);
  const remote = objectOf(gateway.remote);
  return {
    token: [at('gateway.remote.token', remote?.token), { variable: TOKEN }, at('gateway.auth.token', auth?.token)],
    password: [
      { variable: PASSWORD },
      at('gateway.remote.password', remote?.password),
      at('gateway.auth.password', auth?.password),
    ],
  };
}

function trimmed(value: unknown): string | undefined {
  return nonEmptyText(nonEmptyText(value)?.trim());
}

function at(path: string, value: unknown): CredentialPlace {
  return { path, value };
}
