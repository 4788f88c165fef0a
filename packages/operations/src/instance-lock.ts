import { randomInt } from 'node:crypto';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { codeOf } from './error-code.ts';
import {
  CLAIM,
  type Claim,
  claimFile,
  findClaims,
  findFirstOwner,
  isHere,
  removeClaim,
  removeDeadClaims,
} from './instance-claims.ts';
import { readStartTime } from './process-identity.ts';
import { makeStateDir, StateDirError } from './state-dir.ts';

/** The lock, or the process that has it. */
export type LockResult =
  | { readonly held: true; readonly lock: InstanceLock }
  | ({ readonly held: false } & Pick<Instance, 'pid' | 'elsewhere'>);

/** Held until released; a process that dies leaves it behind stale, which is as good as released. */
export interface InstanceLock {
  /** Resolves when another process took the lock: this one was taken for dead, or did not see that one in time. */
  readonly lost: Promise<void>;
  /** Idempotent. */
  release(): void;
}

/** A process that has the lock. */
export interface Instance {
  readonly pid: number;
  /** Only good for comparison. */
  readonly startTime: string;
  /** When it took the lock, milliseconds since the epoch. */
  readonly lockedAt: number;
  /** Set when the pid is one of another container or machine: which. */
  readonly elsewhere?: string;
}

/** Options of {@link acquireInstanceLock}. */
export interface LockOptions {
  readonly pid: number;
  /** Time between two signs of life; after three without one, others take a claim for stale. Default: 10 000. */
  readonly heartbeatMs?: number;
  /** Hears of a claim from elsewhere, for which this waits. */
  readonly onWait?: (elsewhere: string) => void;
  readonly signal?: AbortSignal;
}

const HEARTBEAT_MS = 10_000;
const MISSED_BEATS = 3;
/** How long a start waits for a sign of life of a daemon of another place, milliseconds. */
export const STALE_AFTER_MS: number = MISSED_BEATS * HEARTBEAT_MS;
/** Two that start at the same moment both step back and try again after a random time. */
const MAX_STEP_BACK_MS = 50;

/**
 * Makes sure that one daemon runs per state directory, which is created with mode 0700.
 *
 * Each process writes a claim `daemon-<pid>-<start time>@<place>.lock` and then looks for others: whoever comes second
 * sees the first. The name says whose claim it is, so that a stale one can be removed without a race: no living
 * process can have it. Whether a process of another container or machine lives only its heartbeat tells: for a claim
 * from elsewhere this waits until it beats, or has missed three. Whoever stood still for so long never writes its claim
 * anew. Should a network disk have shown one too late to another, the second gives way at its next heartbeat.
 *
 * @throws {StateDirError} when the directory cannot be written; an `Error` when start times of processes cannot be read
 */
export async function acquireInstanceLock(stateDir: string, options: LockOptions): Promise<LockResult> {
  const { pid, heartbeatMs = HEARTBEAT_MS, onWait, signal } = options;
  writing(stateDir, () => makeStateDir(stateDir));
  const startTime = readStartTime(pid);
  if (startTime === undefined) throw new Error(`The start time of process ${pid} cannot be read from /proc or /bin/ps`);
  const own = claimFile({ pid, startTime });
  const path = join(stateDir, own);
  for (;;) {
    signal?.throwIfAborted();
    const owner = await findOwner(stateDir, own, { heartbeatMs, onWait, signal });
    if (owner) return { held: false, ...toInstance(owner) };
    writing(stateDir, () => writeFileSync(path, CLAIM.candidate, { mode: 0o600 }));
    const claim = findClaims(stateDir, own).length === 0 ? becomeOwner(stateDir, path) : undefined;
    if (claim) {
      removeDeadClaims(stateDir);
      return { held: true, lock: hold(stateDir, claim, heartbeatMs) };
    }
    removeClaim(path);
    await wait(randomInt(1, MAX_STEP_BACK_MS), undefined, signal && { signal });
  }
}

/**
 * The daemon that runs on a state directory, `undefined` when there is none. Only looks: for a daemon of another place it
 * compares the clock of this machine with that of the file system, so only {@link acquireInstanceLock} really knows.
 *
 * @param freshSince a daemon of another place counts when it showed life after this, milliseconds since the epoch.
 *   Default: three heartbeats ago
 * @throws {StateDirError} when the directory is there and cannot be read
 */
export function findInstance(
  stateDir: string,
  { freshSince = Date.now() - STALE_AFTER_MS }: { readonly freshSince?: number } = {},
): Instance | undefined {
  const owner = findClaims(stateDir).find((claim) => claim.owner && (isHere(claim) || claim.aliveAt > freshSince));
  return owner && toInstance(owner);
}

function toInstance(claim: Claim): Instance {
  const { pid, startTime, lockedAt, place } = claim;
  return { pid, startTime, lockedAt, ...(!isHere(claim) && { elsewhere: place }) };
}

type Watching = { readonly heartbeatMs: number } & {
  readonly [K in 'onWait' | 'signal']: LockOptions[K] | undefined;
};

/** Who has the lock. Claims from elsewhere that show no life are removed. */
async function findOwner(stateDir: string, own: string, options: Watching): Promise<Claim | undefined> {
  const claims = findClaims(stateDir, own);
  const owner = claims.find((claim) => claim.owner && isHere(claim));
  if (owner) return owner;
  for (const claim of claims.filter((each) => !isHere(each))) {
    options.onWait?.(claim.place);
    const latest = await watch(stateDir, claim, options);
    if (latest?.owner) return latest;
    if (latest === undefined) removeClaim(claim.path);
  }
  return undefined;
}

/** The claim as it is after a sign of life; `undefined` when it is gone or gave none. No two clocks are compared. */
async function watch(
  stateDir: string,
  { path, aliveAt }: Claim,
  { heartbeatMs, signal }: Watching,
): Promise<Claim | undefined> {
  const deadline = performance.now() + MISSED_BEATS * heartbeatMs;
  while (performance.now() < deadline) {
    await wait(heartbeatMs / 10, undefined, signal && { signal });
    const now = findClaims(stateDir).find((claim) => claim.path === path);
    if (now?.aliveAt !== aliveAt) return now;
  }
  return undefined;
}

/**
 * Writes over the candidate's claim, never a new file: when it is gone, another took this process for dead.
 *
 * @returns the claim, `undefined` when it is gone or another has the lock
 */
function becomeOwner(stateDir: string, path: string): Claim | undefined {
  try {
    writeFileSync(path, CLAIM.owner, { flag: 'r+' });
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw new StateDirError(stateDir, 'write', cause);
  }
  const first = findFirstOwner(stateDir);
  return first?.path === path ? first : undefined;
}

function hold(stateDir: string, claim: Claim, heartbeatMs: number): InstanceLock {
  const { promise: lost, resolve } = Promise.withResolvers<void>();
  const beat = setInterval(() => {
    if (showLife(stateDir, claim)) return;
    clearInterval(beat);
    resolve();
  }, heartbeatMs).unref();
  return {
    lost,
    release: () => {
      clearInterval(beat);
      removeClaim(claim.path);
    },
  };
}

/**
 * Sets the times of a claim to what they were, which changes its ctime.
 *
 * @returns false when it is gone, since whoever took it for stale has the lock, or when another has the lock for longer
 */
function showLife(stateDir: string, { path, lockedAt }: Claim): boolean {
  try {
    const at = new Date(lockedAt);
    utimesSync(path, at, at);
    return (findFirstOwner(stateDir)?.path ?? path) === path;
  } catch (error) {
    return codeOf(error) !== 'ENOENT';
  }
}

function writing(stateDir: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    throw new StateDirError(stateDir, 'write', cause);
  }
}
