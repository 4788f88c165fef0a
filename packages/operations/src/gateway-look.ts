import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GatewayLook } from './checks/gateway.ts';
import { record } from './json-value.ts';
import type { Settings } from './settings.ts';

/** The device of the daemon and the tokens that gateways issued to it, by their address. */
const DEVICE_FILE = 'gateway-device.json';
const TIMEOUT_MS = 5_000;
/** A gateway says less than this in its first frame. */
const MAX_GREETING_BYTES = 65_536;

/**
 * Asks whether an OpenClaw gateway listens: it greets whoever connects before anything else. Shows no token and leaves
 * no trace there. Never rejects.
 */
export async function lookAtGateway(
  url: string,
  { stateDir, gatewayToken }: Pick<Partial<Settings>, 'stateDir' | 'gatewayToken'>,
): Promise<GatewayLook> {
  const problem = await greetingProblem(url);
  const paired = stateDir !== undefined && hasDeviceToken(stateDir, url);
  return { url, hasToken: gatewayToken !== undefined, paired, ...(problem !== undefined && { problem }) };
}

async function greetingProblem(url: string): Promise<string | undefined> {
  // Only when it is needed: the daemon shares this package, and has no use for the client.
  const { WebSocket } = await import('ws');
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { maxPayload: MAX_GREETING_BYTES });
    const end = (problem?: string): void => {
      clearTimeout(timer);
      resolve(problem);
      // Not close(): that waits for the other side, and meanwhile the process would not end.
      socket.terminate();
    };
    const timer = setTimeout(() => end('says nothing'), TIMEOUT_MS);
    socket.on('error', () => end('does not answer'));
    socket.on('close', (code) => end(`closes the connection (${code})`));
    socket.on('message', (data) => end(isGreeting(data) ? undefined : 'is answered by another program'));
  });
}

function isGreeting(data: unknown): boolean {
  try {
    return record(JSON.parse(String(data)))?.event === 'connect.challenge';
  } catch {
    return false;
  }
}

/** Whether a gateway let this installation in before. */
function hasDeviceToken(stateDir: string, url: string): boolean {
  try {
    const { tokens } = record(JSON.parse(readFileSync(join(stateDir, DEVICE_FILE), 'utf8'))) ?? {};
    return Object.keys(record(tokens) ?? {}).some((address) => URL.parse(address)?.host === URL.parse(url)?.host);
  } catch {
    return false;
  }
}
