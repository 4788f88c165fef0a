import { type CheckResult, fail, ok, warn } from './check.ts';

/** What a look at OpenClaw's gateway gave. */
export interface GatewayLook {
  readonly url: string;
  /** What is wrong with the address, as the end of a sentence. */
  readonly problem?: string;
  /** Whether the gateway's shared token is known. */
  readonly hasToken: boolean;
  /** Whether the gateway issued a token to this installation before. */
  readonly paired: boolean;
}

/** Whether the gateway that is followed listens, and will let the daemon in. */
export function checkGateway({ url, problem, hasToken, paired }: GatewayLook): CheckResult {
  const name = 'gateway';
  if (problem !== undefined) {
    return fail(name, `${url} ${problem}`, 'start the gateway of OpenClaw, or correct OPENCLAW_GATEWAY_URL');
  }
  if (paired) return ok(name, `${url} answers, and let this installation in before`);
  const pairing = 'run "openclaw devices approve" on its host after the first start of the daemon';
  if (!hasToken) {
    const found = `${url} answers, but its token is not known`;
    return warn(name, found, `set OPENCLAW_GATEWAY_TOKEN, or ${pairing}`);
  }
  // Measured on OpenClaw 2026.9.6: with the shared token a device on the gateway's own host is paired by itself.
  if (isLoopback(url)) return ok(name, `${url} answers, and lets this installation in with its token`);
  return warn(name, `${url} answers; it is on another host and has not let this installation in yet`, pairing);
}

function isLoopback(url: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(URL.parse(url)?.hostname ?? '');
}
