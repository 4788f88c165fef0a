import { type CatalogEntry, parseFileName, parseSessionKey } from '@live-status/transcript-parser';
import { judge } from './judging.ts';
import type { CatalogSeen } from './observation.ts';
import { endByLastEntry, endRun } from './run-endings.ts';
import { beginRun, routeRun } from './runs.ts';
import { dropSession, learn, reportSession, sessionOf } from './sessions.ts';
import type { Session, World } from './state.ts';

/** A catalog was read: compares it with the last snapshot and with what is known of its sessions. */
export function readCatalog(world: World, seen: CatalogSeen): void {
  const before = world.catalogs.get(seen.path)?.entries ?? new Map<string, CatalogEntry>();
  const entries = bySession(seen.entries);
  world.catalogsRead += 1;
  world.catalogs.set(seen.path, { dir: seen.dir, entries });
  for (const [key, entry] of entries) {
    const old = before.get(key);
    const session = world.sessions.get(key) ?? newChild(world, key, entry, old);
    if (session !== undefined) compare(world, session, entry, old, seen.at);
  }
  for (const key of before.keys()) {
    const session = entries.has(key) ? undefined : world.sessions.get(key);
    if (session === undefined) continue;
    if (session.run !== undefined && session.locks.held) {
      session.unlistedAt = seen.at;
      continue;
    }
    leave(world, session, seen.at);
    session.entry = undefined;
    if (![...world.files.values()].some((file) => file.key === key)) world.sessions.delete(key);
  }
}

/** Cron keys `…:run:<id>` are the same session as their job, whose own entry comes first. */
function bySession(raw: ReadonlyMap<string, CatalogEntry>): ReadonlyMap<string, CatalogEntry> {
  const entries = new Map<string, CatalogEntry>();
  for (const [key, entry] of raw) {
    const own = parseSessionKey(key).key;
    if (own === key || !raw.has(own)) entries.set(own, entry);
  }
  return entries;
}

/** A child that appears or finds its parent is worth knowing before its first line. */
function newChild(world: World, key: string, entry: CatalogEntry, old: CatalogEntry | undefined): Session | undefined {
  if (!world.live || entry.spawnedBy === undefined || old?.spawnedBy !== undefined) return undefined;
  return sessionOf(world, key);
}

function compare(world: World, session: Session, entry: CatalogEntry, old: CatalogEntry | undefined, at: number): void {
  const replaced = isReplaced(world, session, entry);
  if (replaced) leave(world, session, at);
  session.unlistedAt = undefined;
  const sameSession = !replaced && old !== undefined && old.sessionId === entry.sessionId;
  learn(session, entry);
  session.entrySeq = world.seq;
  if (session.reported !== undefined || (world.live && session.parentKey !== undefined)) {
    reportSession(world, session, at);
  }
  if (sameSession) compareStatus(world, session, entry, old, at);
  routeRun(world, session, at);
  judge(world, session, at);
}

function compareStatus(world: World, session: Session, entry: CatalogEntry, old: CatalogEntry, at: number): void {
  const flagged = entry.abortedLastRun === true && old.abortedLastRun !== true;
  if (flagged && session.run === undefined) stopWaiting(world, session, entry, at);
  if (entry.status !== 'running') return;
  if (flagged) {
    if (session.run !== undefined) session.run.abortFlagAt ??= at;
  } else if (old.status !== 'running' && beginsRun(entry) && session.run === undefined && session.locks.isRecent(at)) {
    beginRun(world, session, at);
  }
}

/** A run that waits is stopped at once. Its status is of the run's own end; only `killed` is a late word on an older run. */
function stopWaiting(world: World, session: Session, entry: CatalogEntry, at: number): void {
  if (session.waiting === undefined || entry.status === 'killed') return;
  endRun(world, session, session.waiting, at, 'aborted', at);
  session.waiting = undefined;
}

/** A `running` that still carries the end of the last run is no new one: the catalog falls back to it at times. */
function beginsRun(entry: CatalogEntry): boolean {
  return entry.endedAt === undefined || entry.endedAt < (entry.startedAt ?? 0);
}

/** A new session id under the same key is another session, unless it carries the old one on (after a compaction). */
function isReplaced(world: World, session: Session, entry: CatalogEntry): boolean {
  const { sessionId } = session;
  if (sessionId === undefined || entry.sessionId === undefined || entry.sessionId === sessionId) return false;
  if (entry.usageFamilySessionIds.includes(sessionId)) return false;
  const copied = [...world.files.values()].find((file) => file.headerId === entry.sessionId);
  const parent = parseFileName(copied?.parentSession?.split(/[\\/]/).at(-1) ?? '');
  return !(parent.kind === 'transcript' && parent.sessionId === sessionId);
}

/**
 * The session is gone from the catalog, or another one took its key. An entry that goes while the lock is held may come
 * back (writers overwrite each other's catalog): it is gone when the lock goes without it.
 */
export function leave(world: World, session: Session, at: number): void {
  const { run, unlistedAt } = session;
  session.unlistedAt = undefined;
  if (run !== undefined) endByLastEntry(world, session, run, at, unlistedAt ?? at);
  dropSession(world, session, at);
}
