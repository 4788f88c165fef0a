import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compact, objectOf } from '@live-status/basics';
import type { Settings } from '@live-status/settings';
import { WebSocket } from 'ws';

/** What a probe of OpenClaw's gateway found. */
export interface GatewayProbe {
  readonly url: string;
  /** What is wrong at that address, as the end of a sentence. */
  readonly problem?: string;
  /** Whether the gateway's shared token is known. */
  readonly hasToken: boolean;
  /** Whether the gateway issued a token to this installation before. */
  readonly paired: boolean;
}

/** The device of the daemon and the tokens that gateways issued to it, by their address. */
const DEVICE_FILE = 'gateway-device.json';
const TIMEOUT_MS = 5_000;
/** The first frame of a gateway is smaller than this. */
const MAX_GREETING_BYTES = 65_536;

/**
 * Finds out whether an OpenClaw gateway listens: it greets every client before anything else. Sends no token and leaves
 * no trace there. Never rejects.
 */
export async function probeGateway(
  url: string,
  { stateDir, gatewayToken }: Pick<Partial<Settings>, 'stateDir' | 'gatewayToken'>,
): Promise<GatewayProbe> {
  const problem = await greetingProblem(url);
  const paired = stateDir !== undefined && hasDeviceToken(stateDir, url);
  return { url, hasToken: gatewayToken !== undefined, paired, ...compact({ problem }) };
}

function greetingProblem(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { maxPayload: MAX_GREETING_BYTES });
    const end = (problem?: string): void => {
      clearTimeout(timer);
      resolve(problem);
      // Not close(), which waits for the other side and would keep the process alive.
      socket.terminate();
    };
    const timer = setTimeout(() => end('does not send a greeting'), TIMEOUT_MS);
    socket.on('error', () => end('does not answer'));
    socket.on('close', (code) => end(`closes the connection (${code})`));
    socket.on('message', (data) => end(isGreeting(data) ? undefined : 'is answered by another program'));
  });
}

function isGreeting(data: unknown): boolean {
  try {
    return objectOf(JSON.parse(String(data)))?.event === 'connect.challenge';
  } catch {
    return false;
  }
}

/** Whether a gateway has accepted this installation before. */
function hasDeviceToken(stateDir: string, url: string): boolean {
  try {
    const { tokens } = objectOf(JSON.parse(readFileSync(join(stateDir, DEVICE_FILE), 'utf8'))) ?? {};
    return Object.keys(objectOf(tokens) ?? {}).some((address) => URL.parse(address)?.host === URL.parse(url)?.host);
  } catch {
    return false;
  }
}
