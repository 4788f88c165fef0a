import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from './error-code.ts';
import { readPlace, readStartTime } from './process-identity.ts';
import { StateDirError } from './state-dir.ts';

/** A process that wants or has the lock: place, pid and start time name one process for good. */
export interface Claim {
  readonly path: string;
  /** The last part of `path`. */
  readonly file: string;
  readonly pid: number;
  /** Only good for comparison. */
  readonly startTime: string;
  /** Where the pid means something. */
  readonly place: string;
  /** Whether it has the lock. */
  readonly owner: boolean;
  /** When it was written, whole milliseconds since the epoch by the clock of the file system: the file's mtime. */
  readonly lockedAt: number;
  /** Last sign of life, by the clock of the file system: the file's ctime, which cannot be set by hand. */
  readonly aliveAt: number;
}

/** What a claim holds. Of one length, so that the one can be written over the other without a moment of neither. */
export const CLAIM = { owner: 'running\n', candidate: 'waiting\n' } as const;

const CLAIM_FILE = /^daemon-(\d+)-([\w:-]+)@([\w.-]+)\.lock$/;
const here: string = readPlace();

/** The file of a claim. */
export function claimFile({
  pid,
  startTime,
  place = here,
}: Pick<Claim, 'pid' | 'startTime'> & { place?: string }): string {
  return `daemon-${pid}-${startTime}@${place}.lock`;
}

/** Whether the pid of a claim is one of those that are seen from here. */
export function isHere({ place }: Pick<Claim, 'place'>): boolean {
  return place === here;
}

/** Whether the process still runs; another one with the same pid does not count. Of a claim of this place. */
export function isRunning({ pid, startTime }: Pick<Claim, 'pid' | 'startTime'>): boolean {
  return readStartTime(pid) === startTime;
}

/**
 * Claims but the file `own`: of this place those of living processes, of other places all. Only looks.
 *
 * @throws {StateDirError} when the directory is there and cannot be read
 */
export function findClaims(stateDir: string, own?: string): readonly Claim[] {
  return readClaims(stateDir).filter((claim) => claim.file !== own && (!isHere(claim) || isRunning(claim)));
}

/** Removes what dead processes of this place left behind: no living process can have such a claim. */
export function removeDeadClaims(stateDir: string): void {
  for (const claim of readClaims(stateDir)) if (isHere(claim) && !isRunning(claim)) removeClaim(claim.path);
}

/** Of those that say they have the lock the one that came first, which keeps it. Every process finds the same one. */
export function findFirstOwner(stateDir: string): Claim | undefined {
  const owners = findClaims(stateDir).filter(({ owner }) => owner);
  return owners.sort((a, b) => a.lockedAt - b.lockedAt || (a.path < b.path ? -1 : 1))[0];
}

/** Tidiness only: whoever may not write here can still see who runs. */
export function removeClaim(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The next daemon removes it, or it stays: nobody can take it for a living one.
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
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(cause))) return [];
    throw new StateDirError(stateDir, 'read', cause);
  }
}

/** Empty when it has just been released. The claim of another user says no less for being unreadable. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? '' : CLAIM.owner;
  }
}
