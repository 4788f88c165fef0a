import { randomInt } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
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

interface Claim {
  readonly file: string;
  readonly pid: number;
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
 * @throws an `Error` when the directory cannot be written, or start times of processes cannot be read
 */
export async function acquireInstanceLock(
  stateDir: string,
  { pid, signal }: { readonly pid: number; readonly signal?: AbortSignal },
): Promise<LockResult> {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  chmodSync(stateDir, 0o700);
  const startTime = readStartTime(pid);
  if (startTime === undefined) throw new Error(`The start time of process ${pid} cannot be read from /proc or /bin/ps`);
  const own = `daemon-${pid}-${startTime}.lock`;
  const path = join(stateDir, own);
  const release = (): void => rmSync(path, { force: true });
  for (;;) {
    signal?.throwIfAborted();
    const running = findClaims(stateDir, own).find((claim) => claim.owner);
    if (running) return { held: false, pid: running.pid };
    writeFileSync(path, CLAIMING, { mode: 0o600 });
    if (findClaims(stateDir, own).length === 0) {
      writeFileSync(path, OWNER);
      return { held: true, lock: { release } };
    }
    release();
    await wait(randomInt(1, MAX_STEP_BACK_MS), undefined, signal && { signal });
  }
}

/** The pid of the daemon that runs on a state directory, `undefined` when there is none. */
export function findInstance(stateDir: string): number | undefined {
  return findClaims(stateDir, undefined).find((claim) => claim.owner)?.pid;
}

/** Claims of living processes other than `own`. Removes those of dead ones. */
function findClaims(stateDir: string, own: string | undefined): readonly Claim[] {
  return list(stateDir).flatMap((file) => {
    const [, pidText, startTime] = CLAIM_FILE.exec(file) ?? [];
    if (pidText === undefined || file === own) return [];
    const path = join(stateDir, file);
    const pid = Number(pidText);
    if (readStartTime(pid) !== startTime) {
      rmSync(path, { force: true });
      return [];
    }
    return [{ file, pid, owner: read(path) === OWNER }];
  });
}

function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Empty when it has just been released. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
