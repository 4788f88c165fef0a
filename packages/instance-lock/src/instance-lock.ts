import { randomInt } from 'node:crypto';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { compact, errorCode } from '@live-status/basics';
import {
  CLAIM,
  type Claim,
  claimFile,
  findClaims,
  findFirstOwner,
  isHere,
  removeClaim,
  removeDeadClaims,
} from './claims.ts';
import { readStartTime } from './processes.ts';
import { makeStateDir, StateDirError } from './state-dir.ts';

/** The lock, or the process that holds it. */
export type LockResult =
  | { readonly held: true; readonly lock: InstanceLock }
  | ({ readonly held: false } & Pick<Instance, 'pid' | 'elsewhere'>);

/** Held until released; a process that dies leaves a stale lock, which counts as released. */
export interface InstanceLock {
  /** Resolves when another process took the lock, because it considered this one dead or the two did not see each other. */
  readonly lost: Promise<void>;
  /** Idempotent. */
  release(): void;
}

/** A process that holds the lock. */
export interface Instance {
  readonly pid: number;
  /** Only good for comparison. */
  readonly startTime: string;
  /** When it took the lock, milliseconds since the epoch. */
  readonly lockedAt: number;
  /** Which other container or machine the pid belongs to; not set for this one. */
  readonly elsewhere?: string;
}

/** Options of {@link acquireInstanceLock}. */
export interface LockOptions {
  readonly pid: number;
  /** Time between two heartbeats, milliseconds; others consider a claim stale after three missed ones. Default: 10 000. */
  readonly heartbeatMs?: number;
  /** Called before waiting for the heartbeat of a claim from another host or container. */
  readonly onWait?: (elsewhere: string) => void;
  readonly signal?: AbortSignal;
}

const HEARTBEAT_MS = 10_000;
const MISSED_BEATS = 3;
/** How long a start waits for the heartbeat of a daemon on another host or in another container, milliseconds. */
export const STALE_AFTER_MS: number = MISSED_BEATS * HEARTBEAT_MS;
/** Two that start at the same moment both withdraw and try again after a random delay. */
const MAX_STEP_BACK_MS = 50;

/**
 * Makes sure that one daemon runs per state directory, which is created with mode 0700.
 *
 * Each process writes a claim `daemon-<pid>-<start time>@<place>.lock` and then checks for others, so the second one
 * sees the first. The name identifies the process, so a stale claim can be removed without a race: no living process
 * can own it. For a claim from another host or container, liveness is decided by heartbeat: this waits until the claim
 * beats or has missed three beats. A process that was paused for that long never writes its claim again. If a network
 * disk shows two owners to each other too late, the second gives way at its next heartbeat.
 *
 * @throws {StateDirError} if the directory cannot be written; an `Error` if start times of processes cannot be read
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
 * The daemon that runs on a state directory, `undefined` if there is none. Changes nothing. For a daemon on another host
 * or in another container it compares the clock of this machine with that of the file system, so only
 * {@link acquireInstanceLock} is certain.
 *
 * @param freshSince a daemon elsewhere counts if its last heartbeat is after this, milliseconds since the epoch.
 *   Default: three heartbeats ago
 * @throws {StateDirError} if the directory exists and cannot be read
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
  return compact({ pid, startTime, lockedAt, elsewhere: isHere(claim) ? undefined : place });
}

type Watching = { readonly heartbeatMs: number } & {
  readonly [K in 'onWait' | 'signal']: LockOptions[K] | undefined;
};

/** Who holds the lock. Claims from elsewhere without a heartbeat are removed. */
async function findOwner(stateDir: string, own: string, options: Watching): Promise<Claim | undefined> {
  const claims = findClaims(stateDir, own);
  const owner = claims.find((claim) => claim.owner && isHere(claim));
  if (owner) return owner;
  for (const claim of claims.filter((each) => !isHere(each))) {
    options.onWait?.(claim.place);
    const latest = await waitForBeat(stateDir, claim, options);
    if (latest?.owner) return latest;
    if (latest === undefined) removeClaim(claim.path);
  }
  return undefined;
}

/** The claim after its next heartbeat; `undefined` if it is gone or has none. No two clocks are compared. */
async function waitForBeat(
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
 * Overwrites the candidate's claim, never creates it: if it is gone, another process considered this one dead.
 *
 * @returns the claim, `undefined` if it is gone or another process holds the lock
 */
function becomeOwner(stateDir: string, path: string): Claim | undefined {
  try {
    writeFileSync(path, CLAIM.owner, { flag: 'r+' });
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw new StateDirError(stateDir, 'write', cause);
  }
  const first = findFirstOwner(stateDir);
  return first?.path === path ? first : undefined;
}

function hold(stateDir: string, claim: Claim, heartbeatMs: number): InstanceLock {
  const { promise: lost, resolve } = Promise.withResolvers<void>();
  const timer = setInterval(() => {
    if (beat(stateDir, claim)) return;
    clearInterval(timer);
    resolve();
  }, heartbeatMs).unref();
  return {
    lost,
    release: () => {
      clearInterval(timer);
      removeClaim(claim.path);
    },
  };
}

/**
 * Sets the times of a claim to what they were, which changes its ctime.
 *
 * @returns false if it is gone (whoever considered it stale holds the lock) or another process has held the lock for longer
 */
function beat(stateDir: string, { path, lockedAt }: Claim): boolean {
  try {
    const at = new Date(lockedAt);
    utimesSync(path, at, at);
    return (findFirstOwner(stateDir)?.path ?? path) === path;
  } catch (error) {
    return errorCode(error) !== 'ENOENT';
  }
}

function writing(stateDir: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    throw new StateDirError(stateDir, 'write', cause);
  }
}
