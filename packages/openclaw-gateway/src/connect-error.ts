import { objectOf, textOf } from '@live-status/transcript-parser';

/** A connection could not be made, or a request on it was not answered. The message names the fix. */
export class GatewayConnectError extends Error {
  override readonly name = 'GatewayConnectError';
  /** The gateway's code (`PAIRING_REQUIRED`, `AUTH_TOKEN_MISMATCH`, …), the system's, or `CLOSED`. */
  readonly code: string;
  /** What the gateway asked to wait, milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    { code, retryAfterMs, cause }: { code: string; retryAfterMs?: number; cause?: unknown },
  ) {
    super(message, { cause });
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

const TOKEN_FIX = 'set OPENCLAW_GATEWAY_TOKEN to the token of the gateway (gateway.auth.token in its openclaw.json)';

const FIXES: Readonly<Record<string, string>> = {
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
  const fix = code === 'PAIRING_REQUIRED' ? pairingFix(textOf(details?.requestId)) : FIXES[code];
  const unreachable = method === undefined && typeof wait !== 'number';
  const words = method === undefined ? said : `${method}: ${said}`;
  const advice = unreachable ? `${words}; check that it runs and that OPENCLAW_GATEWAY_URL is right` : words;
  const message = `OpenClaw gateway ${where}: ${fix ?? advice}`;
  return new GatewayConnectError(message, {
    code,
    ...(typeof wait === 'number' ? { retryAfterMs: wait } : {}),
    cause: error,
  });
}

function pairingFix(requestId: string | undefined): string {
  const command = /^[\w-]+$/.test(requestId ?? '')
    ? `openclaw devices approve ${requestId}`
    : 'openclaw devices approve';
  return `this device waits to be paired: run \`${command}\` on the gateway's host`;
}
