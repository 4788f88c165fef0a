import type { SessionEvent } from '@live-status/session-state';
import { parseFileName } from '@live-status/transcript-parser';
import { leave, readCatalog } from './catalog-changes.ts';
import { judge, judgeAgainAt } from './judging.ts';
import type {
  CatalogSeen,
  FileGone,
  LineSeen,
  Live,
  LockGone,
  LockSeen,
  Observation,
  OwnerDied,
} from './observation.ts';
import { readLine } from './reading.ts';
import { beginRewrite, finishRewrite, isNew, retract } from './rewrites.ts';
import { endByLastEntry } from './runs.ts';
import type { Session, TranscriptFile, World } from './state.ts';
import { CATALOG_GRACE_MS, RECENT_MS, type Timeouts } from './timing.ts';
import { cataloguedKey, fileOf, nameUncatalogued, sessionOfFile } from './transcripts.ts';

/** What one file may hold back while its session is not known. */
const HELD_OBSERVATIONS = 10_000;

export interface InterpreterOptions {
  /** Inactivity before a run of a writer without locks is closed, milliseconds. Default 60 000. */
  readonly idleTimeoutMs?: number;
  /** The same while a tool call is pending, milliseconds. Default 1 800 000. */
  readonly maxSessionDurationMs?: number;
}

/**
 * Turns what is seen in sessions directories into session events. Deterministic: no clock, no IO; the same
 * observations give the same events.
 */
export interface Interpreter {
  /** The events an observation brings about, in order. Before `live`, none: `live` brings those of all before it. */
  observe(seen: Observation): readonly SessionEvent[];
  /** When a `tick` changes something, milliseconds since the epoch; `undefined`: not before the next observation. */
  nextDeadline(at: number): number | undefined;
  /** Transcripts whose lock counts, with the process to check: its death ends the run. */
  heldLocks(): readonly string[];
  /** Sessions with a run that waits for the catalog to confirm its end. */
  awaitsCatalog(): boolean;
}

export function createInterpreter(options: InterpreterOptions = {}): Interpreter {
  const { idleTimeoutMs = 60_000, maxSessionDurationMs = 1_800_000 } = options;
  const world: World = {
    timeouts: { idleTimeoutMs, maxSessionDurationMs },
    sessions: new Map(),
    files: new Map(),
    catalogs: new Map(),
    live: false,
    seq: 0,
    events: [],
  };
  return {
    observe(seen) {
      world.seq += 1;
      apply(world, seen);
      return world.live ? world.events.splice(0) : [];
    },
    nextDeadline: (at) => nextDeadline(world, at, world.timeouts),
    heldLocks: () => heldLocks(world),
    awaitsCatalog: () => awaitsCatalog(world),
  };
}

function apply(world: World, seen: Observation): void {
  switch (seen.type) {
    case 'live':
      return goLive(world, seen);
    case 'tick':
      return tick(world, seen.at);
    case 'catalog':
      return applyCatalog(world, seen);
    case 'file': {
      const file = fileOf(world, seen.path);
      if (seen.oldBefore !== undefined) file.oldBefore = seen.oldBefore;
      return;
    }
    case 'rewritten':
    case 'caught-up':
      return applyRewrite(world, seen);
    case 'file-gone':
      return applyGone(world, seen);
    default:
      return applyToFile(world, seen);
  }
}

type OfSession = LineSeen | LockSeen | LockGone | OwnerDied;

/** What concerns a session waits until the session is known. */
function applyToFile(world: World, seen: OfSession): void {
  const file = fileOf(world, seen.path);
  if (seen.type === 'line' && seen.entry.kind === 'header') readHeader(file, seen);
  const session = sessionOfFile(world, file);
  if (session !== undefined) return applyToSession(world, session, file, seen);
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
  if (seen.type === 'line') {
    if (seen.entry.kind !== 'header' && isNew(world, session, file, seen)) readLine(world, session, seen);
  } else if (seen.type === 'lock') applyLock(world, session, seen);
  else if (seen.type === 'lock-gone') session.locks.close(file.path, seen.at);
  else {
    if (session.run !== undefined && session.locks.ownerOf(file.path) !== undefined) session.run.ownerDiedAt = seen.at;
    session.locks.release(file.path, seen.at);
  }
  judge(world, session, seen.at);
}

/** A lock with another owner in the place of one that never went: the process before died, and its run with it. */
function applyLock(world: World, session: Session, seen: LockSeen): void {
  const { locks } = session;
  const before = locks.ownerOf(seen.path);
  const isOther = before?.pid !== seen.owner?.pid || before?.startTime !== seen.owner?.startTime;
  if (before !== undefined && seen.owner !== undefined && isOther && session.run !== undefined) {
    session.run.ownerDiedAt = seen.at;
    judge(world, session, seen.at);
  }
  if (before !== undefined && seen.owner !== undefined && before.createdAt !== seen.owner.createdAt) {
    locks.release(seen.path, seen.at);
  }
  locks.open(seen.path, seen.at, seen.owner);
}

function applyCatalog(world: World, seen: CatalogSeen): void {
  readCatalog(world, seen);
  for (const file of world.files.values()) {
    if (file.key === undefined) flush(world, file);
    else if (file.provisional) rename(world, file);
  }
}

/** The session of a file is known: what was held back happens now, at its own time. */
function flush(world: World, file: TranscriptFile): void {
  const session = sessionOfFile(world, file);
  if (session === undefined) return;
  for (const seen of file.held.splice(0)) applyToSession(world, session, file, seen);
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

function applyRewrite(world: World, seen: Extract<Observation, { type: 'rewritten' | 'caught-up' }>): void {
  const file = fileOf(world, seen.path);
  if (seen.type === 'caught-up') return finishRewrite(file, seen);
  const session = sessionOfFile(world, file);
  if (session === undefined)
    file.held = file.held.filter((held) => held.type !== 'line' || held.startOffset < seen.fromOffset);
  else beginRewrite(session, file, seen);
}

/** A transcript that was archived takes its session with it, if it is still the session's own. */
function applyGone(world: World, seen: FileGone): void {
  const file = world.files.get(seen.path);
  const session = file === undefined ? undefined : sessionOfFile(world, file);
  world.files.delete(seen.path);
  if (file === undefined || session === undefined) return;
  const archived = parseFileName(seen.renamedTo?.split(/[\\/]/).at(-1) ?? '').kind === 'archived';
  const own = [...world.files.values()].every((other) => other.key !== session.key || other.provisional);
  if (archived && own) leave(world, session, seen.at);
}

/** Start-up is over. Runs that do not go on are old; nothing about them is news. */
function goLive(world: World, { at }: Live): void {
  for (const file of world.files.values()) if (file.key === undefined && file.held.length > 0) adopt(world, file);
  const old = new Set(runIds(world.events));
  for (const session of world.sessions.values()) {
    const { run } = session;
    if (run === undefined) continue;
    if (goesOn(world, session, at)) old.delete(run.runId);
    else endByLastEntry(world, session, run, at, run.lastLineAt);
  }
  world.events = world.events.map((event) =>
    event.type === 'run-started' && old.has(event.runId) ? { ...event, old: true } : event,
  );
  world.live = true;
}

function runIds(events: readonly SessionEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'run-started' ? [event.runId] : []));
}

function adopt(world: World, file: TranscriptFile): void {
  const session = nameUncatalogued(world, file);
  for (const seen of file.held.splice(0)) applyToSession(world, session, file, seen);
}

/** Under a lock a run goes on; between two locks, too, if its last entry is fresh. */
function goesOn(world: World, session: Session, at: number): boolean {
  const { run, locks } = session;
  if (run === undefined) return false;
  if (locks.held) return true;
  const meaning = run.endings.at(-1)?.meaning;
  const open = meaning === 'open' || meaning === 'error';
  if (session.kind === 'cli') return open && at - run.lastLineAt < world.timeouts.idleTimeoutMs;
  locks.everSeen = true;
  locks.goneAt = Math.max(locks.goneAt, at);
  return open && at - run.lastLineAt < RECENT_MS;
}

function tick(world: World, at: number): void {
  for (const file of world.files.values()) {
    const session = file.key === undefined ? undefined : world.sessions.get(file.key);
    if (session === undefined && adoptAt(file) <= at) adopt(world, file);
    if (session !== undefined && (file.rewrite?.retractAt ?? Number.POSITIVE_INFINITY) <= at)
      retract(world, session, file, at);
  }
  for (const session of world.sessions.values()) judge(world, session, at);
}

function adoptAt(file: TranscriptFile): number {
  return file.key === undefined && file.firstLineAt !== undefined
    ? file.firstLineAt + CATALOG_GRACE_MS
    : Number.POSITIVE_INFINITY;
}

function nextDeadline(world: World, at: number, timeouts: Timeouts): number | undefined {
  if (!world.live) return undefined;
  let next = Number.POSITIVE_INFINITY;
  for (const file of world.files.values()) {
    next = Math.min(next, adoptAt(file), file.rewrite?.retractAt ?? Number.POSITIVE_INFINITY);
  }
  for (const session of world.sessions.values()) next = Math.min(next, judgeAgainAt(session, at, timeouts));
  return next === Number.POSITIVE_INFINITY ? undefined : next;
}

function heldLocks(world: World): string[] {
  return [...world.files.values()].flatMap((file) => {
    const session = file.key === undefined ? undefined : world.sessions.get(file.key);
    return session?.locks.ownerOf(file.path) === undefined ? [] : [file.path];
  });
}

function awaitsCatalog(world: World): boolean {
  return [...world.sessions.values()].some(
    ({ run, locks }) => run !== undefined && !locks.held && (run.endings.at(-1)?.meaning ?? 'open') !== 'open',
  );
}
