import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { memberOf, numberOf, objectOf, textOf } from '@live-status/basics';
import { ANY_ADDRESS } from './health.ts';

/** Where a health server listens. */
export interface ListeningAddress {
  /** An IP address. */
  readonly host: string;
  /** 0: there is none. */
  readonly port: number;
}

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1)$/;

/** Where the running daemon says at which address it serves health: a shell need not have the settings it was started with. */
function fileOf(stateDir: string): string {
  return join(stateDir, 'health-address.json');
}

/**
 * Says where the health server of this daemon listens, for the commands of this installation (mode 0600); without an
 * address, removes what an earlier daemon said. Never throws: what does not find the address uses the settings.
 */
export function writeHealthAddress(stateDir: string, pid: number, address: ListeningAddress | undefined): void {
  try {
    // Replaced instead of overwritten: it may be a link to another file.
    rmSync(fileOf(stateDir), { force: true });
    if (address === undefined) return;
    const { host, port } = address;
    writeFileSync(fileOf(stateDir), `${JSON.stringify({ pid, host, port })}\n`, { flag: 'wx', mode: 0o600 });
  } catch {
    // A full disk, or a folder of another user.
  }
}

/**
 * What the daemon with this pid wrote; `undefined` if it wrote nothing. Only an address of this machine counts, because
 * `HEALTH_TOKEN` is sent there.
 */
export function readHealthAddress(stateDir: string, pid: number): ListeningAddress | undefined {
  try {
    const fields = objectOf(JSON.parse(readFileSync(fileOf(stateDir), 'utf8')));
    const [host, port] = [textOf(fields?.host), numberOf(fields?.port)];
    if (fields?.pid !== pid || host === undefined || port === undefined || !isPort(port)) return undefined;
    return isOfThisMachine(host) ? { host, port } : undefined;
  } catch {
    return undefined;
  }
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65_535;
}

function isOfThisMachine(host: string): boolean {
  if (LOOPBACK.test(host) || memberOf(ANY_ADDRESS, host) !== undefined) return true;
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === host));
}
