import type { LockOwner } from './observation.ts';

/** A run goes on while a lock exists or did within this time. */
export const LOCK_GRACE_MS = 1_000;
/** Lock openings with gaps up to this belong to one stretch of work. */
const LOCK_CHAIN_GAP_MS = 500;

/** A lock that exists, or that counts as if it did. */
interface Held {
  readonly owner: LockOwner | undefined;
  readonly openedAt: number;
  /** OpenClaw's watchdog removed it from a run that works on. */
  dropped: boolean;
}

/** The locks on the transcripts of one session: whether somebody works, since when, and who. */
export class SessionLocks {
  readonly #held = new Map<string, Held>();
  #openings: number[] = [];
  #lastOwner: LockOwner | undefined;
  /** True once any lock was seen: its writers use locks. */
  everSeen = false;
  /** When the last lock went; `-Infinity` before. */
  goneAt: number = Number.NEGATIVE_INFINITY;

  get held(): boolean {
    return this.#held.size > 0;
  }

  /** Owner of the present lock, else of the last one. */
  get owner(): LockOwner | undefined {
    return [...this.#held.values()].at(-1)?.owner ?? this.#lastOwner;
  }

  /** True when a lock exists or did within the last second. */
  isRecent(at: number): boolean {
    return this.held || at - this.goneAt <= LOCK_GRACE_MS;
  }

  ownerOf(path: string): LockOwner | undefined {
    return this.#held.get(path)?.owner;
  }

  /** Returns when the present lock began to count, and whether its owner was found alive. */
  present(): { readonly since: number; readonly alive: boolean; readonly dropped: boolean } | undefined {
    const locks = [...this.#held.values()];
    if (locks.length === 0) return undefined;
    return {
      since: Math.max(...locks.map((lock) => lock.openedAt)),
      alive: locks.some((lock) => lock.owner?.alive === true),
      dropped: locks.every((lock) => lock.dropped),
    };
  }

  /** `since`: when it was created, if that was before it was seen. */
  open(path: string, at: number, owner: LockOwner | undefined, since: number = at): void {
    const known = this.#held.get(path);
    if (known !== undefined && (known.owner === undefined || known.owner.createdAt === owner?.createdAt)) {
      this.#held.set(path, { ...known, owner: owner ?? known.owner });
      this.#lastOwner = owner ?? this.#lastOwner;
      return;
    }
    if (!this.held && at - this.goneAt > LOCK_CHAIN_GAP_MS) this.#openings = [];
    this.#openings.push(at);
    this.#held.set(path, { owner, openedAt: since, dropped: false });
    this.#lastOwner = owner ?? this.#lastOwner;
    this.everSeen = true;
  }

  /** The lock file went. One that vanishes when its time is up was dropped by a watchdog and still counts. */
  close(path: string, at: number): void {
    const lock = this.#held.get(path);
    if (lock === undefined) return;
    const maxHoldMs = lock.owner?.maxHoldMs;
    if (maxHoldMs !== undefined && at - lock.openedAt >= maxHoldMs) lock.dropped = true;
    else this.release(path, at);
  }

  /** The lock counts no more. */
  release(path: string, at: number): void {
    if (this.#held.delete(path)) this.goneAt = at;
  }

  /** Transcripts with a lock that says who holds it. */
  *ownedPaths(): Generator<string, void> {
    for (const [path, { owner }] of this.#held) if (owner !== undefined) yield path;
  }

  /** A sign of life: dropped locks count no longer, the writer takes a new one. */
  releaseDropped(at: number): void {
    for (const [path, lock] of this.#held) if (lock.dropped) this.release(path, at);
  }

  /** First opening of the stretch of work that goes on at a time, not before another time. */
  firstOpening(at: number, notBefore: number): number | undefined {
    if (!this.held && at - this.goneAt > LOCK_CHAIN_GAP_MS) return undefined;
    return this.#openings.find((opening) => opening >= notBefore);
  }

  /** The openings so far belong to work that has begun; later ones may begin other work. */
  forgetOpenings(): void {
    this.#openings = [];
  }
}
