import type { LockOwner } from './observation.ts';
import { type ProcessName, ProcessProbe, type ProcessState } from './process-state.ts';
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
  return {
    pid,
    createdAt,
    ...(typeof starttime === 'number' ? { startTime: starttime } : {}),
    ...(typeof maxHoldMs === 'number' && maxHoldMs > 0 ? { maxHoldMs } : {}),
  };
}

/**
 * Checks the owners of locks. A process that is not found is dead, or lives in another pid namespace (a gateway in a
 * container beside this one): only one that was seen alive here, by this or another lock of its, is known to be dead.
 * That others share this namespace proves nothing: a command line on the host may lock the same directory.
 */
export class LockOwners {
  readonly #probe: (name: ProcessName) => ProcessState;
  readonly #owners = new Map<string, LockOwner>();
  /** One name for each process that ever held a lock seen: few. */
  readonly #seenAlive = new Set<string>();

  constructor(probe?: (name: ProcessName) => ProcessState) {
    const processes = new ProcessProbe();
    this.#probe = probe ?? ((name) => processes.probe(name));
  }

  /** Reads the lock of a transcript. */
  read(transcriptPath: string): LockOwner | undefined {
    const owner = readLockOwner(`${transcriptPath}.lock`);
    if (owner === undefined) {
      this.#owners.delete(transcriptPath);
      return undefined;
    }
    this.#owners.set(transcriptPath, owner);
    if (this.#probe(owner) !== 'alive') return owner;
    this.#seenAlive.add(nameOf(owner));
    return { ...owner, alive: true };
  }

  /** Of the given transcripts, those whose lock's owner is dead. Each is named once. */
  dead(transcriptPaths: readonly string[]): string[] {
    const dead = this.withDeadOwner(transcriptPaths);
    for (const path of dead) this.#owners.delete(path);
    return dead;
  }

  /** The same, to be asked again. */
  withDeadOwner(transcriptPaths: readonly string[]): string[] {
    // A gateway holds the locks of all its sessions: each process is probed once.
    const fates = new Map<string, boolean>();
    return transcriptPaths.filter((path) => {
      const owner = this.#owners.get(path);
      if (owner === undefined) return false;
      const name = nameOf(owner);
      const isDead = fates.get(name) ?? this.#isDead(owner);
      fates.set(name, isDead);
      return isDead;
    });
  }

  #isDead(owner: LockOwner): boolean {
    const state = this.#probe(owner);
    return state === 'dead' || (state === 'hidden' && this.#seenAlive.has(nameOf(owner)));
  }
}

function nameOf({ pid, startTime }: ProcessName): string {
  return `${pid} ${startTime}`;
}
