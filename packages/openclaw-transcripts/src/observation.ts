import type { CatalogEntry, HeaderEntry, TranscriptEntry } from '@live-status/transcript-parser';

/**
 * What was seen in a sessions directory, in the order in which it was seen. `at` is the time of observation in
 * milliseconds since the epoch; for lines read at start-up, before `live`, the time that was recorded in them.
 */
export type Observation =
  | FileSeen
  | LineSeen
  | FileRewritten
  | CaughtUp
  | FileGone
  | LockSeen
  | LockGone
  | OwnerDied
  | CatalogSeen
  | Live
  | Tick;

interface OfFile {
  /** Absolute path of the transcript. */
  readonly path: string;
  readonly at: number;
}

/** A transcript is followed from now on, or its identity changed. */
export interface FileSeen extends OfFile {
  readonly type: 'file';
  /** Entries recorded before this time were there before start-up and were not read: old, wherever they turn up. */
  readonly oldBefore?: number;
  /** It was only appended to since: lines that are read are new, whatever their time. */
  readonly isAppended?: boolean;
  /** What its first line is; absent when that is not known. */
  readonly begins?: FileBeginning;
  /** Ids of the last entries of the transcript from which this one was copied (a fork, a successor), where it is known. */
  readonly copiedIds?: ReadonlySet<string>;
  /** Another folder of sessions has the transcript of which this is a copy. */
  readonly isCopy?: boolean;
}

/**
 * The first line of a file: a transcript's header; an entry that follows no other; or something else, as in a part of a
 * transcript and in the files of other programs.
 */
export type FileBeginning = HeaderEntry | 'first-entry' | 'other';

export interface LineSeen extends OfFile {
  readonly type: 'line';
  readonly fingerprint: string;
  readonly startOffset: number;
  readonly entry: TranscriptEntry;
}

/** Lines come again from `fromOffset` on. */
export interface FileRewritten extends OfFile {
  readonly type: 'rewritten';
  readonly fromOffset: number;
}

/** All complete lines were seen. */
export interface CaughtUp extends OfFile {
  readonly type: 'caught-up';
}

/** The file was removed or renamed. */
export interface FileGone extends OfFile {
  readonly type: 'file-gone';
  readonly renamedTo?: string;
}

/** The lock of a transcript exists; again when its content changed. */
export interface LockSeen extends OfFile {
  readonly type: 'lock';
  readonly owner?: LockOwner;
}

/** What a lock file says about who holds it. */
export interface LockOwner {
  readonly pid: number;
  /** As written: names the lock across restarts of the observer. */
  readonly createdAt: string;
  /** Start time of the process, clock ticks since boot. */
  readonly startTime?: number;
  /** After this time OpenClaw's watchdog drops the lock, milliseconds. */
  readonly maxHoldMs?: number;
  /** True when the observer found the process alive: then only its death ends the run early. */
  readonly alive?: boolean;
}

export interface LockGone extends OfFile {
  readonly type: 'lock-gone';
}

/** The process that holds the lock is dead. */
export interface OwnerDied extends OfFile {
  readonly type: 'owner-died';
}

/** A `sessions.json` was read. */
export interface CatalogSeen {
  readonly type: 'catalog';
  /** Absolute path of the catalog. */
  readonly path: string;
  /** Directory whose transcripts it describes; absent when it describes all. */
  readonly dir?: string;
  /** Set when it also describes transcripts elsewhere. */
  readonly describesAll?: true;
  readonly entries: ReadonlyMap<string, CatalogEntry>;
  readonly at: number;
}

/** Everything that was there at start-up was observed: from now on things happen. */
export interface Live {
  readonly type: 'live';
  readonly at: number;
}

/** Time passed. */
export interface Tick {
  readonly type: 'tick';
  readonly at: number;
}
