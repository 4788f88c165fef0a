import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { acquireInstanceLock, type InstanceLock, StateDirError } from '@live-status/instance-lock';
import type { Environment } from '@live-status/openclaw-config';
import { installedPrefix, missingParents, removeEmptyFolders } from './hook-folder.ts';
import { install } from './install.ts';
import { type InstallPaths, installPaths, withAbsolutePaths } from './paths.ts';
import { InstallError, type Task } from './task.ts';
import { uninstall } from './uninstall.ts';

/** Also what install.sh prints itself, before anything is prepared. */
const USAGE = readFileSync(new URL('../usage.txt', import.meta.url), 'utf8');

/** What to do about each error of the file system. */
const FIXES: Readonly<Record<string, string>> = {
  EACCES: 'let this user read and write there',
  EPERM: 'let this user read and write there',
  EROFS: 'choose another --prefix, or make the file system writable',
  ENOSPC: 'free some space',
  EDQUOT: 'free some space',
  ENOTDIR: 'a file is where a folder must be: move it away',
  EISDIR: 'a folder is where a file must be: move it away',
  EEXIST: 'a file is where a folder must be: move it away',
};

const OPTIONS = {
  prefix: { type: 'string' },
  'dry-run': { type: 'boolean' },
  uninstall: { type: 'boolean' },
  purge: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

function readArguments(): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    if (values.purge && !values.uninstall) throw new Error('--purge only goes with --uninstall');
    return values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** A folder that is named but does not exist was mistyped; a home without OpenClaw may get one later. */
function requireNamed({ OPENCLAW_STATE_DIR, OPENCLAW_HOME }: Environment, { openclawDir }: InstallPaths): void {
  const [name, path] = OPENCLAW_STATE_DIR
    ? ['OPENCLAW_STATE_DIR', openclawDir]
    : ['OPENCLAW_HOME', dirname(openclawDir)];
  if (!(OPENCLAW_STATE_DIR || OPENCLAW_HOME) || statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new InstallError(
    `${name}: there is no directory ${path}; correct it, or make the directory and run install.sh again`,
  );
}

/** Files of root in somebody's home could not be replaced by that person, and the gateway would refuse to run them. */
function requireOwner(directory: string): void {
  const existing = existsSync(directory) ? directory : homedir();
  const owner = statSync(existing).uid;
  if (process.getuid?.() === owner) return;
  throw new InstallError(
    `${existing} belongs to another user (uid ${owner}): run install.sh as that user, without sudo`,
  );
}

/** What to do about an error; only an unexpected one is shown with its stack. */
function explain(error: unknown): string {
  if (error instanceof InstallError || error instanceof StateDirError) return error.message;
  // Of a copy that fails, the disk with the copy is the one that matters.
  const { code, dest, path = 'a file', stack } = error as NodeJS.ErrnoException & { readonly dest?: string };
  const fix = code && FIXES[code];
  if (!fix) return stack ?? String(error);
  return `${dest ?? path} cannot be read or written (${code}): ${fix}, and run install.sh again; it goes on from here`;
}

/**
 * Runs `work` while no other installer works on the same OpenClaw. It uses the daemon's instance lock, so a lock that a
 * killed installer left behind is taken over.
 *
 * @throws {InstallError} when another installer is at work
 */
async function withInstallLock({ openclawDir }: InstallPaths, work: () => Promise<void>): Promise<void> {
  const folder = join(openclawDir, 'live-status-install');
  const missing = missingParents(folder);
  const lock = await acquireLock(folder);
  try {
    await work();
  } finally {
    lock.release();
    removeEmptyFolders([folder, ...missing]);
  }
}

async function acquireLock(folder: string): Promise<InstanceLock> {
  const result = await acquireInstanceLock(folder, { pid: process.pid }).catch((error: unknown) => {
    const cause = error instanceof StateDirError ? (error.cause as NodeJS.ErrnoException) : undefined;
    // The other installer just finished and removed its folder: try again.
    if (cause?.code === 'ENOENT') return undefined;
    throw cause ?? error;
  });
  if (!result) return acquireLock(folder);
  if (result.held) return result.lock;
  const where = result.elsewhere === undefined ? '' : ` on ${result.elsewhere}`;
  throw new InstallError(
    `another install.sh is at work (pid ${result.pid}${where}): let it end, and run this one again`,
  );
}

async function main(): Promise<void> {
  const { prefix, help, uninstall: remove = false, purge = false, 'dry-run': dryRun = false } = readArguments();
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  const env = withAbsolutePaths(process.env);
  const task: Task = { env, dryRun, say: (line) => process.stdout.write(`${line}\n`) };
  const standard = installPaths(env);
  requireNamed(env, standard);
  requireOwner(standard.openclawDir);
  const act = async (): Promise<void> => {
    const found = installedPrefix(standard);
    const installed = installPaths(env, { prefix: found ?? prefix });
    if (remove) uninstall(installed, task, { purge });
    else await install(installPaths(env, { prefix: prefix ?? found }), task, installed);
  };
  await (dryRun ? act() : withInstallLock(standard, act));
}

try {
  await main();
} catch (error) {
  process.stderr.write(`install.sh: ${explain(error)}\n`);
  process.exitCode = 1;
}
