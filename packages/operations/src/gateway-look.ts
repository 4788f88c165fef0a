import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GatewayLook } from './checks/gateway.ts';
import { record } from './json-value.ts';
import type { Settings } from './settings.ts';

/** The device of the daemon and the tokens that gateways issued to it, by their address. */
const DEVICE_FILE = 'gateway-device.json';
const TIMEOUT_MS = 5_000;

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

function greetingProblem(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    const end = (problem?: string): void => {
      clearTimeout(timer);
      socket.close();
      resolve(problem);
    };
    const timer = setTimeout(() => end('says nothing'), TIMEOUT_MS);
    socket.addEventListener('error', () => end('does not answer'));
    socket.addEventListener('close', ({ code }) => end(`closes the connection (${code})`));
    socket.addEventListener('message', ({ data }) => {
      end(isGreeting(data) ? undefined : 'is answered by another program');
    });
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
