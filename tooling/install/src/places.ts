import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Environment, HOOK_NAME, locateOpenClaw } from '@live-status/operations';

/** Everything an installation reads or writes, absolute. */
export interface Places {
  /** The checkout that is installed from. */
  readonly checkout: string;
  readonly openclawDir: string;
  readonly configPath: string;
  /** What uninstalling leaves behind. */
  readonly backupPath: string;
  readonly hookDir: string;
  readonly prefix: string;
  /** Next to the prefix, so that programs appear and go in one rename. */
  readonly nextPrefix: string;
  readonly lastPrefix: string;
  /** What was installed, and how the configuration was left. */
  readonly receiptPath: string;
  /** Ledger, lock, log. */
  readonly stateDir: string;
}

const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** Places of an installation, from OpenClaw's own variables and `--prefix`. */
export function placesOf(env: Environment, { prefix }: { readonly prefix?: string | undefined } = {}): Places {
  const { stateDir: openclawDir, configPath } = locateOpenClaw(env, homedir());
  // The program itself runs in the checkout; what a person names is relative to where that person is.
  const chosen = resolve(env.PWD ?? '', prefix ?? join(openclawDir, 'live-status', 'app'));
  return {
    checkout: CHECKOUT,
    openclawDir,
    configPath,
    backupPath: `${configPath}.live-status-backup`,
    hookDir: join(openclawDir, 'hooks', HOOK_NAME),
    prefix: chosen,
    nextPrefix: `${chosen}.live-status-next`,
    lastPrefix: `${chosen}.live-status-last`,
    receiptPath: join(chosen, 'receipt.json'),
    stateDir: resolve(env.STATE_DIR || join(openclawDir, 'live-status')),
  };
}

/** A program of an installation. */
export function programAt(prefix: string, name: 'live-status' | 'live-status-daemon'): string {
  return join(prefix, 'bin', name);
}

/** The folder a program was started from when it belongs to an installation. */
export function binDirOf(prefix: string): string {
  return dirname(programAt(prefix, 'live-status'));
}
