import { readFileSync } from 'node:fs';
import type { LockOwner } from './observation.ts';
import { readSmallFile } from './small-file.ts';

const LOCK_BYTES = 4096;

/** Reads who holds a lock; `undefined` when it does not say (it is written just after it was created). */
function readLockOwner(lockPath: string): LockOwner | undefined {
  const read = readSmallFile(lockPath, LOCK_BYTES);
  if (!read.ok) return undefined;
  let raw: { pid?: unknown; createdAt?: unknown; starttime?: unknown; maxHoldMs?: unknown } | null;
  try {
    raw = JSON.parse(read.file.text);
  } catch {
    return undefined;
  }
  const { pid, createdAt, starttime, maxHoldMs } = raw ?? {};
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0 || typeof createdAt !== 'string')
    return undefined;
  const owner = {
    pid,
    createdAt,
    ...(typeof starttime === 'number' ? { startTime: starttime } : {}),
    ...(typeof maxHoldMs === 'number' && maxHoldMs > 0 ? { maxHoldMs } : {}),
  };
  return isAlive(owner) ? { ...owner, alive: true } : owner;
}

/**
 * Whether the process that took a lock lives: its pid, and where the system tells, its start time (a pid is used
 * again). A zombie is dead.
 */
function isAlive({ pid, startTime }: Pick<LockOwner, 'pid' | 'startTime'>): boolean {
  const stat = readStat(pid);
  if (stat === undefined) return canSignal(pid);
  // Field 2, the name, may hold spaces and brackets: the others follow its last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return false;
  return startTime === undefined || Number(fields[19]) === startTime;
}

function readStat(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
}

/** Where `/proc` says nothing: a process that may not be signalled lives. */
function canSignal(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Checks the owners of locks. A process that is not found may live in another pid namespace: only one that this
 * process saw alive, or whose kind it has seen (an owner in the same directory), is known to be dead.
 */
export class LockOwners {
  readonly #owners = new Map<string, LockOwner>();
  readonly #sharedDirs = new Set<string>();

  /** Reads the lock of a transcript. */
  read(transcriptPath: string): LockOwner | undefined {
    const owner = readLockOwner(`${transcriptPath}.lock`);
    if (owner === undefined) this.#owners.delete(transcriptPath);
    else this.#owners.set(transcriptPath, owner);
    if (owner?.alive) this.#sharedDirs.add(dirOf(transcriptPath));
    return owner;
  }

  /** Of the given transcripts, those whose lock's owner is dead. Each is named once. */
  dead(transcriptPaths: readonly string[]): string[] {
    const dead = transcriptPaths.filter((path) => {
      const owner = this.#owners.get(path);
      if (owner === undefined || !(owner.alive || this.#sharedDirs.has(dirOf(path)))) return false;
      return !isAlive(owner);
    });
    for (const path of dead) this.#owners.delete(path);
    return dead;
  }
}

function dirOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
