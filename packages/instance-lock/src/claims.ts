import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '@live-status/basics';
import { readPlace, readStartTime } from './processes.ts';
import { StateDirError } from './state-dir.ts';

/** A process that wants or holds the lock: place, pid and start time identify one process forever. */
export interface Claim {
  readonly path: string;
  /** The last part of `path`. */
  readonly file: string;
  readonly pid: number;
  /** Only good for comparison. */
  readonly startTime: string;
  /** The host or container in which the pid is valid. */
  readonly place: string;
  /** Whether it holds the lock. */
  readonly owner: boolean;
  /** When it was written, whole milliseconds since the epoch by the clock of the file system: the file's mtime. */
  readonly lockedAt: number;
  /** Last heartbeat, by the clock of the file system: the file's ctime, which cannot be set by hand. */
  readonly aliveAt: number;
}

/** Content of a claim. Both have the same length, so that overwriting one with the other is never seen half done. */
export const CLAIM = { owner: 'running\n', candidate: 'waiting\n' } as const;

const CLAIM_FILE = /^daemon-(\d+)-([\w:-]+)@([\w.-]+)\.lock$/;
/** Read once, and only when it is needed: on a Mac a program has to be run for it. */
let here: string | undefined;
const readHere = (): string => {
  here ??= readPlace();
  return here;
};

/** The file of a claim. */
export function claimFile({
  pid,
  startTime,
  place = readHere(),
}: Pick<Claim, 'pid' | 'startTime'> & { place?: string }): string {
  return `daemon-${pid}-${startTime}@${place}.lock`;
}

/** Whether the pid of a claim is valid in this host or container. */
export function isHere({ place }: Pick<Claim, 'place'>): boolean {
  return place === readHere();
}

/** Whether the process still runs; another one with the same pid does not count. Only for a claim from here. */
export function isRunning({ pid, startTime }: Pick<Claim, 'pid' | 'startTime'>): boolean {
  return readStartTime(pid) === startTime;
}

/**
 * Claims except the file `own`: those of living processes here, and all from elsewhere. Changes nothing.
 *
 * @throws {StateDirError} if the directory exists and cannot be read
 */
export function findClaims(stateDir: string, own?: string): readonly Claim[] {
  return readClaims(stateDir).filter((claim) => claim.file !== own && (!isHere(claim) || isRunning(claim)));
}

/** Removes what dead processes here left behind: no living process can own such a claim. */
export function removeDeadClaims(stateDir: string): void {
  for (const claim of readClaims(stateDir)) if (isHere(claim) && !isRunning(claim)) removeClaim(claim.path);
}

/** The first of those that claim to hold the lock, which keeps it. Every process finds the same one. */
export function findFirstOwner(stateDir: string): Claim | undefined {
  const owners = findClaims(stateDir).filter(({ owner }) => owner);
  return owners.sort((a, b) => a.lockedAt - b.lockedAt || (a.path < b.path ? -1 : 1))[0];
}

/** For tidiness only: a process that may not write here can still see which daemon runs. */
export function removeClaim(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The next daemon removes it, or it stays: nobody can mistake it for a living one.
  }
}

function readClaims(stateDir: string): readonly Claim[] {
  return list(stateDir).flatMap((file) => readClaim(join(stateDir, file), file) ?? []);
}

function readClaim(path: string, file: string): Claim | undefined {
  const [, pid, startTime, place] = CLAIM_FILE.exec(file) ?? [];
  const times = statSync(path, { throwIfNoEntry: false });
  if (pid === undefined || startTime === undefined || place === undefined || times === undefined) return undefined;
  const owner = readText(path) === CLAIM.owner;
  const lockedAt = Math.round(times.mtimeMs);
  return { path, file, pid: Number(pid), startTime, place, owner, lockedAt, aliveAt: times.ctimeMs };
}

function list(stateDir: string): readonly string[] {
  try {
    return readdirSync(stateDir);
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(cause) ?? '')) return [];
    throw new StateDirError(stateDir, 'read', cause);
  }
}

/** Empty if it has just been released. An unreadable claim of another user counts as that of an owner. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? '' : CLAIM.owner;
  }
}
