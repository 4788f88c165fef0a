import { type CatalogEntry, parseSessionKey } from '@live-status/transcript-parser';
import type { Catalogs } from './catalogs.ts';
import type { CatalogSeen } from './observation.ts';
import type { RunEnds } from './run-end.ts';
import { beginRun, routeRun } from './runs.ts';
import { openRun, type Sessions, type TranscriptSession } from './sessions.ts';
import type { TranscriptFiles } from './transcript-files.ts';

/** What is compared with the catalogs. */
export interface CatalogChangesOptions {
  readonly sessions: Sessions;
  readonly catalogs: Catalogs;
  readonly files: TranscriptFiles;
  readonly ends: RunEnds;
}

/** Reads catalogs: compares each with its last snapshot and with what is known of its sessions. */
export class CatalogChanges {
  readonly #sessions: Sessions;
  readonly #catalogs: Catalogs;
  readonly #files: TranscriptFiles;
  readonly #ends: RunEnds;

  constructor({ sessions, catalogs, files, ends }: CatalogChangesOptions) {
    this.#sessions = sessions;
    this.#catalogs = catalogs;
    this.#files = files;
    this.#ends = ends;
  }

  /** A catalog was read. */
  observe(seen: CatalogSeen): void {
    const { before, entries } = this.#catalogs.replace(seen);
    for (const [key, entry] of entries) {
      const old = before.get(key);
      const session = this.#sessions.get(key) ?? this.#newChild(key, entry, old) ?? this.#newShared(key, old);
      if (session !== undefined) this.#compare(session, { entry, old, at: seen.at });
    }
    for (const key of before.keys()) {
      const session = entries.has(key) ? undefined : this.#sessions.get(key);
      if (session !== undefined) this.#unlist(session, seen.at);
    }
    this.#files.nameByCatalog(seen.at);
  }

  /** A child that appears or finds its parent is worth knowing before its first line. */
  #newChild(key: string, entry: CatalogEntry, old: CatalogEntry | undefined): TranscriptSession | undefined {
    if (!this.#ends.isLive || entry.spawnedBy === undefined || old?.spawnedBy !== undefined) return undefined;
    return this.#sessions.of(key);
  }

  /** Who wrote to a session that people share is known from the time of its first message. */
  #newShared(key: string, old: CatalogEntry | undefined): TranscriptSession | undefined {
    if (old !== undefined) return undefined;
    const { channel, kind } = parseSessionKey(key);
    return channel === undefined && (kind === 'main' || kind === 'direct') ? this.#sessions.of(key) : undefined;
  }

  #compare(
    session: TranscriptSession,
    { entry, old, at }: { readonly entry: CatalogEntry; readonly old: CatalogEntry | undefined; readonly at: number },
  ): void {
    const isReplaced = this.#isReplaced(session, entry);
    if (isReplaced) this.#ends.endSession(session, at);
    session.own.unlistedAt = undefined;
    this.#sessions.learn(session, entry);
    const open = openRun(session);
    session.own.directTurns.observe(entry, { isLive: this.#ends.isLive, openRunId: open?.runId });
    if (open?.own.direct !== undefined) open.own.direct.awaitsCatalog = false;
    session.own.entryReadIn = this.#sessions.observation;
    if (session.isReported || (this.#ends.isLive && session.parentKey !== undefined)) session.report(at);
    if (!isReplaced && old !== undefined && old.sessionId === entry.sessionId) {
      this.#compareStatus(session, { entry, old, at });
    }
    routeRun(session, at);
    const direct = openRun(session)?.own.direct;
    if (direct !== undefined) direct.isJoined = false;
    this.#ends.check(session, at);
  }

  #compareStatus(
    session: TranscriptSession,
    { entry, old, at }: { readonly entry: CatalogEntry; readonly old: CatalogEntry; readonly at: number },
  ): void {
    const run = openRun(session);
    const isFlagged = entry.abortedLastRun === true && old.abortedLastRun !== true;
    if (run === undefined && (isFlagged || saysStopped(session, entry, old))) this.#stopWaiting(session, entry, at);
    if (entry.status !== 'running') return;
    if (isFlagged) {
      if (run !== undefined) run.own.abortFlagAt ??= at;
    } else if (old.status !== 'running' && beginsRun(entry) && run === undefined && session.own.locks.isRecent(at)) {
      beginRun(session, { at, isLive: this.#ends.isLive });
    }
  }

  /** A run that waits is stopped at once. Its status is of the run's own end; only `killed` is a late word on an older run. */
  #stopWaiting({ own }: TranscriptSession, entry: CatalogEntry, at: number): void {
    if (own.waiting === undefined || entry.status === 'killed') return;
    this.#ends.end(own.waiting, { outcome: 'aborted', at, endedAt: at });
    own.waiting = undefined;
  }

  /** The catalog names a session no longer. */
  #unlist(session: TranscriptSession, at: number): void {
    if (openRun(session) !== undefined && session.own.locks.held) {
      session.own.unlistedAt = at;
      return;
    }
    this.#ends.endSession(session, at);
    this.#sessions.learn(session, undefined);
    this.#files.removeUnnamed(session);
  }

  /**
   * A new session id under the same key is another session, unless it carries the old one on: after a compaction, or in
   * the same transcript.
   */
  #isReplaced({ own, sessionId }: TranscriptSession, entry: CatalogEntry): boolean {
    if (sessionId === undefined || entry.sessionId === undefined || entry.sessionId === sessionId) return false;
    if (entry.sessionFile !== undefined && entry.sessionFile === own.entry?.sessionFile) return false;
    if (entry.usageFamilySessionIds.includes(sessionId)) return false;
    return this.#files.parentOf(entry.sessionId) !== sessionId;
  }
}

/**
 * Whether the catalog says of a run that waits, and is the last one, that it was stopped: OpenClaw flags that for 0.3 s,
 * under a status that is `running` once more, and then says `timeout`. A flag may be left from an earlier run.
 */
function saysStopped({ own }: TranscriptSession, entry: CatalogEntry, old: CatalogEntry): boolean {
  if (own.waiting === undefined || own.waiting.runId !== own.runIds.at(-1)) return false;
  if (entry.status === old.status || entry.startedAt !== old.startedAt) return false;
  return entry.status === 'timeout' || (entry.status === 'running' && entry.abortedLastRun === true);
}

/** A `running` that still carries the end of the last run is not a new one: the catalog falls back to it at times. */
function beginsRun(entry: CatalogEntry): boolean {
  return entry.endedAt === undefined || entry.endedAt < (entry.startedAt ?? 0);
}
