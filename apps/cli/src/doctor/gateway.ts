import { errorCode } from '@live-status/basics';
import { DEFAULT_GATEWAY_URL, isLoopback, writesTranscripts } from '@live-status/openclaw-config';
import { GatewayConnectError, type TriedGateway } from '@live-status/openclaw-gateway';
import type { Settings } from '@live-status/settings';
import { attemptGateway } from './attempt-gateway.ts';
import type { Check } from './check.ts';
import { type About, type Finding, fail, next, ok, warn } from './finding.ts';

const GATEWAY: About = { id: 'gateway.connection', name: 'gateway' };

/** The gateway, where it is followed: connects, logs in and reads as the daemon does. */
export const GATEWAY_CHECKS: readonly Check[] = [
  {
    ...GATEWAY,
    run: async ({ followsGateway, gateway, reading: { sound } }) =>
      followsGateway ? [await checkGateway(sound, gateway())] : [],
  },
];

/** Whether the gateway lets the daemon in, by an attempt (default: a new one). Rejects never. */
export async function checkGateway(
  settings: Partial<Settings>,
  attempt: Promise<TriedGateway> = attemptGateway(settings),
): Promise<Finding> {
  const { gatewayUrl: url = DEFAULT_GATEWAY_URL } = settings;
  try {
    return describeTried(url, await attempt);
  } catch (error) {
    return describeRefusal(url, error);
  }
}

function describeTried(url: string, { version = 'version unknown', sessions, isPaired }: TriedGateway): Finding {
  const found = `${url} lets this installation in and was read: OpenClaw ${version}, ${sessions} sessions`;
  if (writesTranscripts(version)) {
    return warn(GATEWAY, `${found}; this version writes transcripts`, 'unset SOURCE: transcripts are read');
  }
  const brief = `${url}, logged in`;
  return ok(GATEWAY, isPaired ? found : `${found}; it is paired at the first start of the daemon`, brief);
}

function describeRefusal(url: string, error: unknown): Finding {
  const start = 'start the gateway of OpenClaw, or correct OPENCLAW_GATEWAY_URL';
  if (!(error instanceof GatewayConnectError)) {
    const why = error instanceof DOMException ? 'does not answer in time' : `cannot be tried (${errorCode(error)})`;
    return fail(GATEWAY, `${url} ${why}`, start);
  }
  const { code, retryAfterMs, needsFix, message } = error;
  if (retryAfterMs !== undefined && !needsFix) return warn(GATEWAY, `${url} is starting`, 'try again in a minute');
  if (NOT_PAIRED.has(code)) {
    const found = `${url} answers, and does not know this installation yet`;
    const there = isLoopback(URL.parse(url)?.hostname ?? '') ? 'here' : 'on its host';
    return next(GATEWAY, found, `start the daemon, then run "openclaw devices approve" ${there}`);
  }
  const at = message.lastIndexOf(': ');
  if (needsFix) return fail(GATEWAY, message.slice(0, at), message.slice(at + 2));
  return fail(GATEWAY, `${url} does not answer (${code === 'CLOSED' ? 'connection closed' : code})`, start);
}

const NOT_PAIRED = new Set(['PAIRING_REQUIRED', 'NOT_PAIRED', 'DEVICE_IDENTITY_REQUIRED']);
