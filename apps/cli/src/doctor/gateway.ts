import { DEFAULT_GATEWAY_URL } from '@live-status/openclaw-config';
import type { Check } from './check.ts';
import { type About, type Finding, fail, ok, warn } from './finding.ts';
import { type GatewayProbe, probeGateway } from './probe-gateway.ts';

const GATEWAY: About = { id: 'gateway.connection', name: 'gateway' };

/** The gateway, where it is followed. */
export const GATEWAY_CHECKS: readonly Check[] = [
  {
    ...GATEWAY,
    run: async ({ followsGateway, reading: { sound } }) => {
      if (!followsGateway) return [];
      return [checkGateway(await probeGateway(sound.gatewayUrl ?? DEFAULT_GATEWAY_URL, sound))];
    },
  },
];

/** Whether the gateway in use listens and will accept the daemon. */
export function checkGateway({ url, problem, hasToken, paired }: GatewayProbe): Finding {
  if (problem !== undefined) {
    return fail(GATEWAY, `${url} ${problem}`, 'start the gateway of OpenClaw, or correct OPENCLAW_GATEWAY_URL');
  }
  if (paired) return ok(GATEWAY, `${url} answers and has accepted this installation before`, url);
  const pairing = 'run "openclaw devices approve" on its host after the first start of the daemon';
  if (!hasToken) {
    const found = `${url} answers, but its token is not known`;
    return warn(GATEWAY, found, `set OPENCLAW_GATEWAY_TOKEN, or ${pairing}`);
  }
  // Measured on OpenClaw 2026.9.6: with the shared token a device on the gateway's own host is paired automatically.
  if (isLoopback(url)) return ok(GATEWAY, `${url} answers and accepts this installation with its token`, url);
  return warn(GATEWAY, `${url} answers; it is on another host and has not accepted this installation yet`, pairing);
}

function isLoopback(url: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(URL.parse(url)?.hostname ?? '');
}
