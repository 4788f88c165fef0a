import { randomUUID } from 'node:crypto';
import { type Clock, systemClock, type TimerHandle } from '@live-status/resilience';
import type { StopReason } from './stop-reason.ts';
import type { Target } from './target.ts';

/** One open box and its post. Times are milliseconds since the epoch. */
export interface LedgerEntry {
  readonly boxId: string;
  readonly target: Target;
  /** Random, in the props of this post alone: by it the post is found again. */
  readonly marker: string;
  /** Key of the create; the server answers a repeat within 30 s with the same post. */
  readonly pendingPostId: string;
  readonly createdAt: number;
  /** When the first create under `pendingPostId` began. Without `postId`: whether there is a post is not known. */
  readonly attemptedAt?: number | undefined;
  /** Where the target led. */
  readonly channelId?: string | undefined;
  /** Thread root of the post; unlike the target's gone when the root was deleted. */
  readonly rootId?: string | undefined;
  readonly postId?: string | undefined;
  /** Props of the post that the server added. */
  readonly serverProps?: Readonly<Record<string, unknown>> | undefined;
  /** An earlier post of this box could not be edited any longer. */
  readonly continued?: boolean | undefined;
  /** The box is no longer shown, though its work goes on. */
  readonly stopped?: StopReason | undefined;
  /** What the caller needs to find its work again: any JSON. */
  readonly data?: unknown;
}

/** How the ledger stands, for health. Each is one sentence with its cure. */
export interface LedgerProblems {
  /** Why the last write failed. */
  readonly write?: string | undefined;
  /** What was found unreadable at start. */
  readonly read?: string | undefined;
}

/**
 * The memory of the open boxes that survives the process. Changes are seen at once and are durable after `flush`, or
 * about `WRITE_INTERVAL_MS` later. A store that cannot be written is a problem to report, never an error to throw.
 */
export interface Ledger {
  /** Random name of this installation, in the props of its posts. */
  readonly instanceId: string;
  /** True when boxes may have been forgotten: their posts are to be looked for by their marker. */
  readonly lost: boolean;
  entries(): readonly LedgerEntry[];
  get(boxId: string): LedgerEntry | undefined;
  put(entry: LedgerEntry): void;
  /** Changes an entry; does nothing when it is not there any more. */
  update(boxId: string, changes: Partial<Omit<LedgerEntry, 'boxId'>>): void;
  remove(boxId: string): void;
  /** Resolves when every change so far is on disk, or could not be brought there. */
  flush(): Promise<void>;
  problems(): LedgerProblems;
  /** Flushes, and tries no more when that fails. */
  close(): Promise<void>;
}

/** What a {@link Ledger} is made of. */
export interface LedgerStore {
  readonly instanceId: string;
  readonly entries: readonly LedgerEntry[];
  readonly clock: Clock;
  /** Set when the stored entries could not be read. */
  readonly readProblem?: string | undefined;
  /** Makes the entries durable, whole; rejects with an error that names the cause. */
  readonly save: (entries: readonly LedgerEntry[]) => Promise<void>;
}

/** How long an unforced change may wait: long enough that busy boxes share one write. */
const WRITE_INTERVAL_MS = 1000;

/** A ledger over any store. Writes are whole, one at a time, and shared by all who wait. */
export function createLedger(store: LedgerStore): Ledger {
  const { clock } = store;
  const entries = new Map(store.entries.map((entry) => [entry.boxId, entry]));
  let dirty = false;
  let closed = false;
  let writeProblem: string | undefined;
  let timer: TimerHandle | undefined;
  let writing: Promise<void> = Promise.resolve();
  let queued: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    dirty = false;
    queued = undefined;
    try {
      await store.save([...entries.values()]);
      writeProblem = undefined;
    } catch (error) {
      writeProblem = error instanceof Error ? error.message : String(error);
      changed();
    }
  };
  const flush = (): Promise<void> => {
    if (timer !== undefined) clock.clearTimeout(timer);
    timer = undefined;
    if (!dirty) return writing;
    queued ??= writing.then(() => {
      writing = write();
      return writing;
    });
    return queued;
  };
  const changed = (): void => {
    dirty = true;
    if (!closed) timer ??= clock.setTimeout(() => void flush(), WRITE_INTERVAL_MS);
  };

  return {
    instanceId: store.instanceId,
    lost: store.readProblem !== undefined,
    entries: () => [...entries.values()],
    get: (boxId) => entries.get(boxId),
    put(entry) {
      entries.set(entry.boxId, entry);
      changed();
    },
    update(boxId, changes) {
      const entry = entries.get(boxId);
      if (entry === undefined) return;
      entries.set(boxId, { ...entry, ...changes });
      changed();
    },
    remove(boxId) {
      if (entries.delete(boxId)) changed();
    },
    flush,
    problems: () => ({ write: writeProblem, read: store.readProblem }),
    close() {
      closed = true;
      return flush();
    },
  };
}

/** A ledger that ends with the process. A restart may then leave posts behind, or make second ones. */
export function createMemoryLedger(clock: Clock = systemClock): Ledger {
  return createLedger({ instanceId: randomUUID(), entries: [], clock, save: async () => undefined });
}
