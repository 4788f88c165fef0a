import { parseFileName } from '@live-status/transcript-parser';
import { leave } from './catalog-changes.ts';
import { judge } from './judging.ts';
import type { FileGone, LineSeen, LockGone, LockOwner, LockSeen, Observation, OwnerDied } from './observation.ts';
import { readLine } from './reading.ts';
import { beginRewrite, finishRewrite, isNew } from './rewrites.ts';
import type { Session, TranscriptFile, World } from './state.ts';
import { CATALOG_GRACE_MS } from './timing.ts';
import { cataloguedKey, fileOf, nameUncatalogued, sessionOfFile } from './transcripts.ts';

/** What one file may hold back while its session is not known. */
const HELD_OBSERVATIONS = 10_000;

type OfSession = LineSeen | LockSeen | LockGone | OwnerDied;

/** What concerns a session waits until the session is known. */
export function applyToFile(world: World, seen: OfSession): void {
  const file = fileOf(world, seen.path);
  if (seen.type === 'line' && seen.entry.kind === 'header') readHeader(file, seen);
  const session = sessionOfFile(world, file);
  if (session !== undefined) {
    release(world, [file]);
    applyToSession(world, session, file, seen);
    return;
  }
  if (seen.type === 'line') file.firstLineAt ??= seen.at;
  if (file.held.length < HELD_OBSERVATIONS) file.held.push(seen);
}

function readHeader(file: TranscriptFile, { entry }: LineSeen): void {
  if (entry.kind !== 'header') return;
  if (entry.id !== undefined) file.headerId = entry.id;
  if (entry.recordedAt !== undefined) file.headerAt = entry.recordedAt;
  if (entry.parentSession !== undefined) file.parentSession = entry.parentSession;
}

function applyToSession(world: World, session: Session, file: TranscriptFile, seen: OfSession): void {
  const { locks } = session;
  if (seen.type === 'line') {
    if (seen.entry.kind !== 'header' && isNew(world, session, file, seen)) readLine(world, session, seen);
  } else if (seen.type === 'lock') applyLock(world, session, seen);
  else if (seen.type === 'lock-gone') {
    locks.close(file.path, seen.at);
    if (session.unlistedAt !== undefined && !locks.held) leave(world, session, seen.at);
  } else {
    if (session.run !== undefined && locks.ownerOf(file.path) !== undefined) session.run.ownerDiedAt = seen.at;
    locks.release(file.path, seen.at);
  }
  judge(world, session, seen.at);
}

/** A lock with another owner in the place of one that never went: the process before died, and its run with it. */
function applyLock(world: World, session: Session, { path, owner, at }: LockSeen): void {
  const { locks, run } = session;
  const before = locks.ownerOf(path);
  if (before !== undefined && owner !== undefined && before.createdAt !== owner.createdAt) {
    const isOther = before.pid !== owner.pid || before.startTime !== owner.startTime;
    if (isOther && run !== undefined) {
      run.ownerDiedAt = at;
      judge(world, session, at);
    }
    locks.release(path, at);
  }
  locks.open(path, at, owner, world.live ? at : createdBefore(owner, at));
}

/** A lock that was there at start-up is as old as it says: its watchdog counts from then. */
function createdBefore(owner: LockOwner | undefined, at: number): number {
  const createdAt = Date.parse(owner?.createdAt ?? '');
  return Number.isNaN(createdAt) ? at : Math.min(createdAt, at);
}

/** A catalog was read: files may have found their session. */
export function nameFiles(world: World): void {
  for (const file of world.files.values()) if (file.provisional) rename(world, file);
  release(
    world,
    [...world.files.values()].filter((file) => file.key === undefined && sessionOfFile(world, file) !== undefined),
  );
}

/** The sessions of files are known: what was held back happens now, at its own time and in the order it was seen. */
function release(world: World, files: readonly TranscriptFile[]): void {
  const held = files.flatMap((file) => file.held.splice(0).map((seen) => ({ file, seen })));
  for (const { file, seen } of held.sort((a, b) => a.seen.at - b.seen.at)) {
    const session = sessionOfFile(world, file);
    if (session !== undefined) applyToSession(world, session, file, seen);
  }
}

/** A catalog names a transcript after all: from its next run on it belongs there. */
function rename(world: World, file: TranscriptFile): void {
  const key = cataloguedKey(world, file);
  const before = file.key === undefined ? undefined : world.sessions.get(file.key);
  if (key === undefined || before?.run !== undefined) return;
  file.provisional = false;
  if (key === file.key) return;
  delete file.key;
  const session = sessionOfFile(world, file);
  if (session !== undefined && before !== undefined) session.known = before.known;
}

/** When a transcript that no catalog names is taken for what it is. */
export function adoptAt(file: TranscriptFile): number {
  const waits = file.key === undefined && file.firstLineAt !== undefined;
  return waits ? (file.firstLineAt ?? 0) + CATALOG_GRACE_MS : Number.POSITIVE_INFINITY;
}

/** No catalog named these transcripts in time. */
export function adopt(world: World, files: readonly TranscriptFile[]): void {
  for (const file of files) nameUncatalogued(world, file);
  release(world, files);
}

export function applyRewrite(world: World, seen: Extract<Observation, { type: 'rewritten' | 'caught-up' }>): void {
  const file = fileOf(world, seen.path);
  if (seen.type === 'caught-up') {
    finishRewrite(file, seen);
    return;
  }
  const session = sessionOfFile(world, file);
  if (session !== undefined) beginRewrite(session, file, seen);
  else file.held = file.held.filter((held) => held.type !== 'line' || held.startOffset < seen.fromOffset);
}

/** A transcript that was archived takes its session with it, if it is still the session's own. */
export function applyGone(world: World, { path, renamedTo, at }: FileGone): void {
  const file = world.files.get(path);
  const session = file === undefined ? undefined : sessionOfFile(world, file);
  world.files.delete(path);
  if (file === undefined || session === undefined) return;
  const archived = parseFileName(renamedTo?.split(/[\\/]/).at(-1) ?? '').kind === 'archived';
  const others = [...world.files.values()].some((other) => other.key === session.key);
  if (archived && !others) leave(world, session, at);
}
