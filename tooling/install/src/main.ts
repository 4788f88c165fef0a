import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { type Environment, StateDirError } from '@live-status/operations';
import { installedPrefix } from './hook-files.ts';
import { install } from './install.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { type Places, placesOf, withAbsolutePaths } from './places.ts';
import { uninstall } from './uninstall.ts';
import { InstallError, type Work } from './work.ts';

const HELP = `Usage: bash install.sh [--prefix DIR] [--dry-run] [--uninstall [--purge]]

Installs Live Status beside the OpenClaw of this user, or upgrades it: programs, gateway hook, its entry in
openclaw.json. Can be repeated at any time. OPENCLAW_STATE_DIR and OPENCLAW_CONFIG_PATH choose another OpenClaw.

  --prefix DIR   programs go here (default: live-status/app in OpenClaw's folder)
  --dry-run      only say what would be done
  --uninstall    remove all of it; the state (open posts, log) stays
  --purge        with --uninstall: remove the state, too
  --help         show this

Exit codes: 0 done, 1 failed, 2 usage.`;

const CURES: Readonly<Record<string, string>> = {
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
  help: { type: 'boolean' },
} as const;

function readArguments(): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    if (values.purge && !values.uninstall) throw new Error('--purge only goes with --uninstall');
    return values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}\n`);
    process.exit(2);
  }
}

/** A folder that is named and not there was mistyped; a home without OpenClaw may get one later. */
function requireNamed({ OPENCLAW_STATE_DIR, OPENCLAW_HOME }: Environment, { openclawDir }: Places): void {
  const [name, path] = OPENCLAW_STATE_DIR
    ? ['OPENCLAW_STATE_DIR', openclawDir]
    : ['OPENCLAW_HOME', dirname(openclawDir)];
  if (!(OPENCLAW_STATE_DIR || OPENCLAW_HOME) || statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new InstallError(
    `${name}: there is no directory ${path}; correct it, or make the directory and run install.sh again`,
  );
}

/** Files of root in somebody's home could not be replaced by that person, and the gateway would not run them. */
function requireOwner(directory: string): void {
  const existing = existsSync(directory) ? directory : homedir();
  const owner = statSync(existing).uid;
  if (process.getuid?.() === owner) return;
  throw new InstallError(
    `${existing} belongs to another user (uid ${owner}): run install.sh as that user, without sudo`,
  );
}

/** What a person can do about it; only what nobody foresaw comes with where it happened. */
function explain(error: unknown): string {
  if (error instanceof InstallError || error instanceof StateDirError) return error.message;
  const { code, path, stack } = error as NodeJS.ErrnoException;
  const cure = code && CURES[code];
  if (!cure) return stack ?? String(error);
  return `${path ?? 'a file'} cannot be read or written (${code}): ${cure}, and run install.sh again; it goes on from here`;
}

async function main(): Promise<void> {
  const { prefix, help, uninstall: remove = false, purge = false, 'dry-run': dryRun = false } = readArguments();
  if (help) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  const env = withAbsolutePaths(process.env);
  const work: Work = { env, dryRun, say: (line) => process.stdout.write(`${line}\n`) };
  const standard = placesOf(env);
  requireNamed(env, standard);
  requireOwner(standard.openclawDir);
  const act = async (): Promise<void> => {
    const found = installedPrefix(standard);
    const installed = placesOf(env, { prefix: found ?? prefix });
    if (remove) uninstall(installed, work, { purge });
    else await install(placesOf(env, { prefix: prefix ?? found }), work, installed);
  };
  await (dryRun ? act() : oneAtATime(standard, act));
}

try {
  await main();
} catch (error) {
  process.stderr.write(`install.sh: ${explain(error)}\n`);
  process.exitCode = 1;
}
