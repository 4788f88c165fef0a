import type { Route, RunOutcome, SessionEvent } from '@live-status/session-state';
import type { CatalogEntry, EndingMeaning, SessionKind, UserLine } from '@live-status/transcript-parser';
import type { KnownEntries } from './known-entries.ts';
import type { LineSeen, LockGone, LockSeen, OwnerDied } from './observation.ts';
import type { SessionLocks } from './session-locks.ts';
import type { Timeouts } from './timing.ts';

/** Everything the interpreter knows. Plain data; only the interpreter changes it. */
export interface World {
  readonly timeouts: Timeouts;
  readonly sessions: Map<string, Session>;
  readonly files: Map<string, TranscriptFile>;
  readonly catalogs: Map<string, Catalog>;
  /** Counts catalogs read. */
  catalogsRead: number;
  /** False while start-up reads what was there. */
  live: boolean;
  /** Counts observations: tells what was observed after what, where times are equal. */
  seq: number;
  /** Events of this observation; during start-up, of all so far. */
  events: SessionEvent[];
}

/** The last snapshot of one `sessions.json`. */
export interface Catalog {
  readonly dir: string | undefined;
  readonly entries: ReadonlyMap<string, CatalogEntry>;
}

export interface TranscriptFile {
  readonly path: string;
  readonly dir: string;
  readonly name: string;
  /** Session it belongs to; absent while the catalog does not say. */
  key?: string;
  /** With what knowledge the catalogs were searched for it in vain. */
  lookedUpWith?: string;
  /** True when `key` was made up because the catalog did not say. */
  provisional: boolean;
  headerId?: string;
  /** Entries strictly older were copied from another transcript. */
  headerAt?: number;
  parentSession?: string;
  /** Entries recorded before this time are old. */
  oldBefore?: number;
  /** What was observed before the session was known. */
  held: (LineSeen | LockSeen | LockGone | OwnerDied)[];
  firstLineAt?: number;
  /** Set while lines come again. */
  rewrite?: Rewrite;
}

export interface Rewrite {
  /** Entries that have to come again. */
  readonly missing: Set<string>;
  /** When those still missing are lost. */
  retractAt?: number;
}

export interface Session {
  readonly key: string;
  readonly agentId: string;
  readonly kind: SessionKind | 'cli';
  readonly child: boolean;
  entry: CatalogEntry | undefined;
  /** When (by `seq`) its entry was last read. */
  entrySeq: number;
  /** When its entry left the catalog while its lock was held. */
  unlistedAt: number | undefined;
  sessionId: string | undefined;
  parentKey: string | undefined;
  /** The `session` event as last reported. */
  reported: string | undefined;
  known: KnownEntries;
  readonly locks: SessionLocks;
  run: Run | undefined;
  /** Ids of its last runs. Bounded. */
  runIds: readonly string[];
  /** How the last run ended. */
  lastOutcome: RunOutcome | undefined;
  /** The last run that yielded, while an abort could still reach it. */
  waiting: Run | undefined;
  /** When the last run ended; its successor did not begin before. */
  lastEndedAt: number;
  /** Calls without a result, and the runs they belong to. Bounded. */
  readonly openCalls: Map<string, string>;
  /** Children whose ending entry was read and whose announce was not, first ended first. */
  readonly endedChildren: Set<string>;
}

export interface Run {
  readonly runId: string;
  readonly startedAt: number;
  /** Recorded time of its first entry: catalog times before it belong to older runs. */
  recordedStart: number | undefined;
  evidence: string[];
  /** What its first line was for; absent before an entry was read, and for lines without a user's. */
  user: UserLine | undefined;
  /** The first user line as written, to recognise a retry. */
  userText: string | undefined;
  identified: boolean;
  /** Ending-relevant entries, newest last. Bounded; a rewrite may take some back. */
  endings: Ending[];
  /** Outcome last reported as `run-ending`. */
  reportedOutcome: RunOutcome | null;
  route: Route | undefined;
  lastLineAt: number;
  /** When the catalog flagged an abort of this run. */
  abortFlagAt: number | undefined;
  ownerDiedAt: number | undefined;
}

export interface Ending {
  readonly entryId: string;
  readonly meaning: Exclude<EndingMeaning, undefined>;
  readonly at: number;
  readonly seq: number;
  readonly text: string | undefined;
}
