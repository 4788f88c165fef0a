import { randomInt } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { codeOf } from './error-code.ts';
import { readStartTime } from './process-identity.ts';

/** The lock, or the process that has it. */
export type LockResult =
  | { readonly held: true; readonly lock: InstanceLock }
  | { readonly held: false; readonly pid: number };

/** Held until released; a process that dies leaves it behind stale, which is as good as released. */
export interface InstanceLock {
  /** Idempotent. */
  release(): void;
}

/** A process that has the lock: pid and start time name one process for good. */
export interface Instance {
  readonly pid: number;
  /** Only good for comparison. */
  readonly startTime: string;
  /** When it took the lock, milliseconds since the epoch. */
  readonly lockedAt: number;
}

const CURES = {
  read: 'run this as the user that runs the daemon, or set STATE_DIR',
  write: 'let the user of this process write there, free space on its disk, or set STATE_DIR to another folder',
} as const;

/** The state directory cannot be used. The message says how to make it so. */
export class StateDirError extends Error {
  override readonly name = 'StateDirError';
  readonly code = 'ERR_STATE_DIR';

  constructor(stateDir: string, action: keyof typeof CURES, cause: unknown) {
    const done = action === 'read' ? 'read' : 'written';
    super(`STATE_DIR ${stateDir} cannot be ${done} (${codeOf(cause)}): ${CURES[action]}`, { cause });
  }
}

interface Claim extends Instance {
  readonly owner: boolean;
}

const CLAIM_FILE = /^daemon-(\d+)-([\w:-]+)\.lock$/;
const OWNER = 'running\n';
const CLAIMING = 'starting\n';
/** Two that start at the same moment both step back and try again after a random time. */
const MAX_STEP_BACK_MS = 50;

/**
 * Makes sure that one daemon runs per state directory, which is created with mode 0700.
 *
 * Each process writes a claim `daemon-<pid>-<start time>.lock` and then looks for others: whoever comes second sees
 * the first. The name says whose claim it is, so that a stale one can be removed without a race: no living process
 * can have it.
 *
 * @throws {StateDirError} when the directory cannot be written; an `Error` when start times of processes cannot be read
 */
export async function acquireInstanceLock(
  stateDir: string,
  { pid, signal }: { readonly pid: number; readonly signal?: AbortSignal },
): Promise<LockResult> {
  writing(stateDir, () => {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    chmodSync(stateDir, 0o700);
  });
  const startTime = readStartTime(pid);
  if (startTime === undefined) throw new Error(`The start time of process ${pid} cannot be read from /proc or /bin/ps`);
  const own = `daemon-${pid}-${startTime}.lock`;
  const path = join(stateDir, own);
  const release = (): void => removeStale(path);
  for (;;) {
    signal?.throwIfAborted();
    const running = findClaims(stateDir, own).find((claim) => claim.owner);
    if (running) return { held: false, pid: running.pid };
    writing(stateDir, () => writeFileSync(path, CLAIMING, { mode: 0o600 }));
    if (findClaims(stateDir, own).length === 0) {
      writing(stateDir, () => writeFileSync(path, OWNER));
      return { held: true, lock: { release } };
    }
    release();
    await wait(randomInt(1, MAX_STEP_BACK_MS), undefined, signal && { signal });
  }
}

/**
 * The daemon that runs on a state directory, `undefined` when there is none.
 *
 * @throws {StateDirError} when the directory is there and cannot be read
 */
export function findInstance(stateDir: string): Instance | undefined {
  const owner = findClaims(stateDir, undefined).find((claim) => claim.owner);
  return owner && { pid: owner.pid, startTime: owner.startTime, lockedAt: owner.lockedAt };
}

/** Whether the process still runs; another one with the same pid does not count. */
export function isRunning({ pid, startTime }: Pick<Instance, 'pid' | 'startTime'>): boolean {
  return readStartTime(pid) === startTime;
}

/** Claims of living processes other than `own`. Removes those of dead ones. */
function findClaims(stateDir: string, own: string | undefined): readonly Claim[] {
  return list(stateDir).flatMap((file) => {
    const [, pidText, startTime] = CLAIM_FILE.exec(file) ?? [];
    if (pidText === undefined || startTime === undefined || file === own) return [];
    const path = join(stateDir, file);
    const lockedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const claim = { pid: Number(pidText), startTime, lockedAt };
    if (isRunning(claim)) return [{ ...claim, owner: read(path) === OWNER }];
    removeStale(path);
    return [];
  });
}

function writing(stateDir: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    throw new StateDirError(stateDir, 'write', cause);
  }
}

/** Tidiness only: whoever may not write here can still see who runs. */
function removeStale(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The next daemon removes it, or it stays: nobody can take it for a living one.
  }
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
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? '' : OWNER;
  }
}
