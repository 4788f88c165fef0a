import { memberOf, objectOf, textOf } from '@live-status/transcript-parser';
import { type CertificateTrust, type ExpectedCertificate, type SpokenTls, shownCertificate } from './certificate.ts';

/** A connection could not be made, or a request on it was not answered. The message names the fix. */
export class GatewayConnectError extends Error {
  override readonly name = 'GatewayConnectError';
  /** The gateway's code (`PAIRING_REQUIRED`, `AUTH_TOKEN_MISMATCH`, …), the system's, or `CLOSED`. */
  readonly code: string;
  /** What the gateway asked to wait, milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Whether a person has to do something: waiting does not help. */
  readonly needsFix: boolean;

  constructor(
    message: string,
    {
      code,
      retryAfterMs,
      needsFix = false,
      cause,
    }: {
      readonly code: string;
      readonly retryAfterMs?: number;
      readonly needsFix?: boolean;
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause });
    this.code = code;
    this.retryAfterMs = retryAfterMs;
    this.needsFix = needsFix;
  }
}

const TOKEN_FIX = 'set OPENCLAW_GATEWAY_TOKEN to the token of the gateway (gateway.auth.token in its openclaw.json)';

const PASSWORD_FIX =
  'set OPENCLAW_GATEWAY_PASSWORD to the password of the gateway (gateway.auth.password in its openclaw.json)';

const FIXES: Readonly<Record<string, string>> = {
  AUTH_PASSWORD_MISMATCH: `the gateway does not accept the password: ${PASSWORD_FIX}`,
  AUTH_PASSWORD_MISSING: `the gateway wants a password: ${PASSWORD_FIX}`,
  AUTH_PASSWORD_NOT_CONFIGURED:
    'the gateway has no password to compare with: set gateway.auth.password in its openclaw.json',
  AUTH_TOKEN_NOT_CONFIGURED: 'the gateway has no token to compare with: set gateway.auth.token in its openclaw.json',
  AUTH_IDENTITY_HEADER_REQUIRED:
    'the gateway lets in who its proxy names (gateway.auth.mode is trusted-proxy): on its own host, set gateway.auth.password there, which is used for programs',
  AUTH_RATE_LIMITED: 'the gateway had too many failed attempts from this address: it is tried again by itself',
  AUTH_TOKEN_MISMATCH: `the gateway does not accept the token: ${TOKEN_FIX}`,
  AUTH_TOKEN_MISSING: `the gateway wants a token: ${TOKEN_FIX}`,
  AUTH_DEVICE_TOKEN_MISMATCH: `the gateway no longer accepts this device's token: ${TOKEN_FIX}`,
  AUTH_SCOPE_MISMATCH: 'the device has no operator.read: remove it with `openclaw devices remove` and pair it again',
  DEVICE_IDENTITY_REQUIRED: `the gateway does not know this device: ${TOKEN_FIX}`,
  PROTOCOL_MISMATCH: 'the gateway does not speak protocol 4: update Live Status, or OpenClaw to 2026.8 or later',
};

/** Puts an error of the client into words that name the gateway and the fix. `method`: of the request it answers. */
export function explain(where: string, error: unknown, method?: string): GatewayConnectError {
  const details = objectOf(error instanceof Error && 'details' in error ? error.details : undefined);
  const field = (name: string): unknown =>
    error instanceof Error && name in error ? Reflect.get(error, name) : undefined;
  const code = textOf(details?.code) ?? textOf(field('gatewayCode')) ?? textOf(field('code')) ?? 'CLOSED';
  const wait = field('retryAfterMs');
  const said = error instanceof Error ? error.message : String(error);
  const fix = fixOf(code, { requestId: textOf(details?.requestId), said });
  const unreachable = method === undefined && typeof wait !== 'number';
  const words = method === undefined ? said : `${method}: ${said}`;
  const advice = unreachable ? `${words}: check that it runs and that OPENCLAW_GATEWAY_URL is right` : words;
  const message = `OpenClaw gateway ${where}: ${fix ?? advice}`;
  return new GatewayConnectError(message, {
    code,
    ...(typeof wait === 'number' && Number.isFinite(wait) ? { retryAfterMs: wait } : {}),
    needsFix: fix !== undefined,
    cause: error,
  });
}

function fixOf(code: string, { requestId, said }: { requestId: string | undefined; said: string }): string | undefined {
  if (code === 'PAIRING_REQUIRED') return pairingFix(requestId);
  if (/plaintext ws:/.test(said)) {
    return 'ws:// is only used to this machine and private networks: use wss://, or a tunnel (ssh -N -L 18789:127.0.0.1:18789) to ws://127.0.0.1:18789';
  }
  return memberOf(FIXES, code);
}

function pairingFix(requestId: string | undefined): string {
  const command = /^[\w-]+$/.test(requestId ?? '')
    ? `openclaw devices approve ${requestId}`
    : 'openclaw devices approve';
  return `this device waits to be paired: run \`${command}\` on the gateway's host`;
}

/** What a URL and its certificate have to do with an error. */
interface Transport extends CertificateTrust {
  readonly url: string;
}

/** Codes of an error that can only mean that nobody speaks TLS there. */
const NOT_TLS = new Set(['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG']);
/** What a gateway with TLS does to a client without. */
const RESET = new Set(['ECONNRESET', 'CLOSED', 'HPE_INVALID_CONSTANT']);
const PIN = 'gateway.remote.tlsFingerprint';

/**
 * Says what is wrong with TLS, if that is why a connection could not be made: names the certificate that is shown, and the
 * fix. Any other error is returned as it is.
 */
export async function explainTransport(
  transport: Transport,
  expected: ExpectedCertificate,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof GatewayConnectError)) return error;
  const { url } = transport;
  const fix = url.startsWith('wss:')
    ? await certificateFix(transport, expected, error)
    : await plainFix(transport, error);
  if (fix === undefined) return error;
  const code = error.code === 'CLOSED' ? 'TLS' : error.code;
  return new GatewayConnectError(`OpenClaw gateway ${new URL(url).host}: ${fix}`, {
    code,
    needsFix: true,
    cause: error,
  });
}

async function plainFix(
  { url, tlsFingerprint }: Transport,
  { code }: GatewayConnectError,
): Promise<string | undefined> {
  if (tlsFingerprint !== undefined)
    return `${PIN} needs a gateway with TLS: use wss:// in its address, or remove ${PIN}`;
  if (!RESET.has(code) || (await shownCertificate(url)) === undefined) return undefined;
  return 'it speaks TLS (gateway.tls), and the address says ws://: use wss:// in gateway.remote.url or OPENCLAW_GATEWAY_URL';
}

async function certificateFix(
  { url, tlsFingerprint, certificatePath }: Transport,
  { fingerprint, problem }: ExpectedCertificate,
  { code, message }: GatewayConnectError,
): Promise<string | undefined> {
  if (NOT_TLS.has(code)) return 'it does not speak TLS: use ws:// in gateway.remote.url or OPENCLAW_GATEWAY_URL';
  if (tlsFingerprint !== undefined && problem !== undefined) return `${PIN} is ${problem}: correct it in openclaw.json`;
  const isPinned = fingerprint !== undefined && /fingerprint/.test(message);
  if (!isPinned && !/CERT|SIGNATURE|ISSUER|CHAIN/.test(code)) return undefined;
  const shown = await shownCertificate(url);
  if (shown === undefined) return undefined;
  const certificate = `its certificate (${shown.subject}, SHA-256 ${shown.fingerprint})`;
  if (isPinned) {
    return tlsFingerprint === undefined
      ? `${certificate} is not the one in ${certificatePath}: restart the gateway, and check who listens there`
      : `${certificate} is not the one that ${PIN} names: if the gateway got a new one, set ${PIN} to its fingerprint in openclaw.json`;
  }
  if (certificatePath !== undefined && problem !== undefined) {
    return `${certificate} cannot be compared with ${certificatePath} (${problem}): let the user of this process read that file`;
  }
  return `${certificate} ${problemOf(code, shown)}`;
}

function problemOf(code: string, { validTo }: SpokenTls): string {
  const pin = `set ${PIN} in openclaw.json to that fingerprint (gateway.mode must be "remote")`;
  const trust = `${pin}, or NODE_EXTRA_CA_CERTS to a file with the certificate of its authority`;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return `expired on ${validTo}: renew it on the gateway's host, and check the clock of this machine`;
    case 'CERT_NOT_YET_VALID':
      return 'is not valid yet: check the clock of this machine';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `is for another host: use a name that it has in the address, or ${pin}`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return `is signed by itself and not known here: ${trust}`;
    default:
      return `is signed by an authority that is not known here (${code}): ${trust}`;
  }
}
