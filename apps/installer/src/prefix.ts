import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { COMMIT_FILE, programVersion, readCommit } from '@live-status/daemon-control/program-version';
import { binDirOf, type InstallPaths, programAt } from './paths.ts';
import { InstallError, step, type Task } from './task.ts';

/** The programs and the folder of the prefix each lives in: side by side, because the CLI looks for the daemon there. */
const PROGRAMS = [
  { name: 'live-status-daemon', folder: 'daemon' },
  { name: 'live-status', folder: 'cli' },
] as const;

/** In the package of a program: what only its build and developers need. */
const LEFT_OUT = /^(\..*|node_modules|src|deploy|.*\.map|README\.md)$/;

/** Everything an installation puts into its prefix, or did (`modules`), and into `bin` there. */
const OWN_ENTRIES: ReadonlySet<string> = new Set(['bin', 'cli', 'daemon', 'modules', 'node', 'receipt.json']);
const OWN_PROGRAMS: ReadonlySet<string> = new Set(PROGRAMS.map(({ name }) => name));

/** What an installation records in its prefix, for the next one and for its removal. */
export interface Receipt {
  /** As the programs say it: with the commit where that is known. */
  readonly version: string;
  /** SHA-256 of openclaw.json as this installation left it; if it is unchanged, the backup can simply be restored. */
  readonly configSha256?: string;
}

/** The receipt of a prefix; `undefined` when there is none or it cannot be read. */
export function readReceipt(path: string): Receipt | undefined {
  try {
    const { version, configSha256 } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    if (typeof version !== 'string') return undefined;
    return { version, ...(typeof configSha256 === 'string' && { configSha256 }) };
  } catch {
    return undefined;
  }
}

/** Writes the receipt of a prefix, readable by its owner only. */
export function writeReceipt(path: string, receipt: Receipt): void {
  writeFileSync(path, `${JSON.stringify(receipt, undefined, 2)}\n`, { mode: 0o600 });
}

/** Version and commit of the checkout. */
export function versionOf({ checkout }: InstallPaths): string {
  return programVersion(sourceOf(checkout, 'daemon'));
}

function sourceOf(checkout: string, folder: string): string {
  return join(checkout, 'apps', folder);
}

/**
 * Makes sure that a prefix may be replaced and removed as a whole, and completes a run that was interrupted between its
 * two renames.
 *
 * @throws {InstallError} when it holds anything that no installation put there, or when one of our other paths lies inside it
 */
export function claimPrefix(paths: InstallPaths, { dryRun }: Task): void {
  const { prefix, lastPrefix } = paths;
  requireOwnFolder(paths);
  if (!dryRun && !existsSync(prefix) && existsSync(lastPrefix)) renameSync(lastPrefix, prefix);
  const foreign = findForeign(paths);
  if (foreign === undefined) return;
  throw new InstallError(
    `${prefix} holds something that is not Live Status (${foreign}): move it away, or choose another --prefix`,
  );
}

/** The first entry of a prefix that no installation put there; `undefined` when there is none. */
export function findForeign({ prefix, receiptPath }: InstallPaths): string | undefined {
  if (!existsSync(prefix)) return undefined;
  const names = readdirSync(prefix);
  const bin = names.includes('bin') ? readdirSync(binDirOf(prefix)) : [];
  const foreign = [
    ...names.filter((name) => !OWN_ENTRIES.has(name)),
    ...bin.filter((name) => !OWN_PROGRAMS.has(name)).map((name) => join('bin', name)),
  ];
  // Without a receipt or our daemon it is somebody else's folder, even if the names in it look like ours.
  const isInstallation = readReceipt(receiptPath) !== undefined || existsSync(programAt(prefix, 'live-status-daemon'));
  return isInstallation ? foreign[0] : (foreign[0] ?? names[0]);
}

/**
 * Copies the built programs into the prefix. They are completed next to it and appear in one rename, so an interrupted run
 * leaves the previous version in place.
 *
 * @throws {InstallError} when a program is not built
 */
export function installPrograms(paths: InstallPaths, receipt: Receipt): void {
  const { checkout, prefix, nextPrefix, lastPrefix } = paths;
  for (const path of [nextPrefix, lastPrefix]) rmSync(path, { recursive: true, force: true });
  mkdirSync(binDirOf(nextPrefix), { recursive: true, mode: 0o700 });
  const commit = readCommit(sourceOf(checkout, 'daemon'));
  for (const { folder } of PROGRAMS) {
    copyProgram(sourceOf(checkout, folder), join(nextPrefix, folder));
    copyFileSync(join(checkout, 'LICENSE'), join(nextPrefix, folder, 'LICENSE'));
    if (commit !== undefined) writeFileSync(join(nextPrefix, folder, COMMIT_FILE), `${commit}\n`);
  }
  const node = nodeForPrograms(paths);
  for (const { name, folder } of PROGRAMS) {
    writeFileSync(programAt(nextPrefix, name), launcher(folder, node), { mode: 0o755 });
  }
  writeReceipt(join(nextPrefix, 'receipt.json'), receipt);
  if (existsSync(prefix)) renameSync(prefix, lastPrefix);
  renameSync(nextPrefix, prefix);
  rmSync(lastPrefix, { recursive: true, force: true });
}

/** The build of a program has everything that it imports, and the licences of that. */
function copyProgram(source: string, target: string): void {
  if (!existsSync(join(source, 'dist'))) throw new InstallError(`${source} is not built: run npm run build`);
  cpSync(source, target, { recursive: true, filter: (path) => path === source || !LEFT_OUT.test(basename(path)) });
}

/** Removes the programs in one rename first, so that an interrupted run leaves nothing that looks like somebody else's. */
export function removePrograms({ prefix, nextPrefix, lastPrefix }: InstallPaths, task: Task): void {
  if (existsSync(prefix)) {
    step(task, `remove ${prefix}`, () => {
      rmSync(nextPrefix, { recursive: true, force: true });
      renameSync(prefix, nextPrefix);
    });
  }
  if (task.dryRun) return;
  for (const path of [nextPrefix, lastPrefix]) rmSync(path, { recursive: true, force: true });
}

/** An upgrade replaces the whole prefix, so nothing that must survive may be inside it. */
function requireOwnFolder({ prefix, stateDir, openclawDir, configPath, hookDir, checkout }: InstallPaths): void {
  const others = {
    'the home directory': homedir(),
    "OpenClaw's folder": openclawDir,
    'its configuration': configPath,
    'the gateway hook': hookDir,
    STATE_DIR: stateDir,
    'the checkout': checkout,
  };
  for (const [what, path] of Object.entries(others)) {
    if (!isWithin(realPathOf(path), realPathOf(prefix))) continue;
    throw new InstallError(
      `--prefix ${prefix} would replace ${what} (${path}): choose a folder for the programs alone, like ${join(openclawDir, 'live-status', 'app')}`,
    );
  }
}

function isWithin(path: string, folder: string): boolean {
  return relative(folder, path).split('/')[0] !== '..';
}

/** The path with symbolic links resolved, as far as it exists. */
function realPathOf(path: string): string {
  if (existsSync(path)) return realpathSync.native(path);
  return dirname(path) === path ? path : join(realPathOf(dirname(path)), relative(dirname(path), path));
}

/** The Node that runs this; one that was fetched into the checkout is copied, since the checkout may be deleted. */
function nodeForPrograms({ checkout, nextPrefix }: InstallPaths): string {
  const isInCheckout = !relative(checkout, process.execPath).startsWith('..');
  if (!isInCheckout) return shellQuote(process.execPath);
  mkdirSync(join(nextPrefix, 'node'), { recursive: true });
  copyFileSync(process.execPath, join(nextPrefix, 'node', 'node'));
  return '"$here/node/node"';
}

function launcher(folder: string, node: string): string {
  return `#!/bin/sh
here=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd) || exit 1
node=${node}
[ -x "$node" ] || node=node
exec "$node" "$here/${folder}/dist/main.js" "$@"
`;
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
