import { existsSync, readdirSync, realpathSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { binDirOf, type Places, programAt } from './places.ts';
import { readReceipt } from './receipt.ts';
import { InstallError, type Work } from './work.ts';

/** All that an installation puts into its prefix, and into `bin` there. */
const OURS = new Set(['bin', 'cli', 'daemon', 'modules', 'node', 'receipt.json']);
const PROGRAMS = new Set(['live-status', 'live-status-daemon']);

/**
 * Makes sure that a prefix may be replaced and removed as a whole, and brings a run that was cut between its two renames
 * to an end.
 *
 * @throws {InstallError} when anything in it is not of an installation, or when other things lie below it
 */
export function claimPrefix(places: Places, { dryRun }: Work): void {
  const { prefix, lastPrefix } = places;
  requireOwnFolder(places);
  if (!dryRun && !existsSync(prefix) && existsSync(lastPrefix)) renameSync(lastPrefix, prefix);
  const foreign = findForeign(places);
  if (foreign === undefined) return;
  throw new InstallError(
    `${prefix} holds something that is not Live Status (${foreign}): move it away, or choose another --prefix`,
  );
}

/** The first entry of a prefix that no installation put there; `undefined` when all of it is ours, or nothing is there. */
export function findForeign({ prefix, receiptPath }: Places): string | undefined {
  if (!existsSync(prefix)) return undefined;
  const names = readdirSync(prefix);
  const bin = names.includes('bin') ? readdirSync(binDirOf(prefix)) : [];
  const foreign = [
    ...names.filter((name) => !OURS.has(name)),
    ...bin.filter((name) => !PROGRAMS.has(name)).map((name) => join('bin', name)),
  ];
  const isSigned = readReceipt(receiptPath) !== undefined || existsSync(programAt(prefix, 'live-status-daemon'));
  return isSigned ? foreign[0] : (foreign[0] ?? names[0]);
}

/** An upgrade replaces the prefix: what else lies in it would be gone. */
function requireOwnFolder({ prefix, stateDir, openclawDir, configPath, hookDir, checkout }: Places): void {
  const others = {
    'the home directory': homedir(),
    "OpenClaw's folder": openclawDir,
    'its configuration': configPath,
    'the gateway hook': hookDir,
    STATE_DIR: stateDir,
    'the checkout': checkout,
  };
  for (const [what, path] of Object.entries(others)) {
    if (!isWithin(realOf(path), realOf(prefix))) continue;
    throw new InstallError(
      `--prefix ${prefix} would replace ${what} (${path}): choose a folder for the programs alone, like ${join(openclawDir, 'live-status', 'app')}`,
    );
  }
}

function isWithin(path: string, folder: string): boolean {
  return relative(folder, path).split('/')[0] !== '..';
}

/** Without links, also of a path that is not there yet. */
function realOf(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  return dirname(path) === path ? path : join(realOf(dirname(path)), relative(dirname(path), path));
}
