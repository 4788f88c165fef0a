import { type SessionEvent, sessionSeen } from '@live-status/session-state';
import { type CatalogEntry, parseSessionKey } from '@live-status/transcript-parser';
import { KnownEntries } from './known-entries.ts';
import { SessionLocks } from './session-locks.ts';
import type { Session, World } from './state.ts';

export function emit(world: World, event: SessionEvent): void {
  world.events.push(event);
}

/** The session of a key, created when it is met for the first time. */
export function sessionOf(world: World, key: string): Session {
  const known = world.sessions.get(key);
  if (known !== undefined) return known;
  const parsed = parseSessionKey(key);
  const session: Session = {
    key,
    agentId: parsed.agentId,
    kind: parsed.kind,
    child: parsed.kind === 'subagent',
    entry: undefined,
    entrySeq: -1,
    unlistedAt: undefined,
    sessionId: undefined,
    parentKey: undefined,
    reported: undefined,
    known: new KnownEntries(),
    locks: new SessionLocks(),
    run: undefined,
    runIds: [],
    lastOutcome: undefined,
    waiting: undefined,
    lastEndedAt: Number.NEGATIVE_INFINITY,
    openCalls: new Map(),
    endedChildren: new Set(),
  };
  world.sessions.set(key, session);
  const entry = entryOf(world, key);
  if (entry !== undefined) learn(session, entry);
  return session;
}

/** A transcript that no catalog names: written by a command line or another program. */
export function uncataloguedSession(world: World, agentId: string, name: string): Session {
  const key = `agent:${agentId}:cli:${name}`;
  const known = world.sessions.get(key);
  if (known !== undefined) return known;
  const session: Session = { ...sessionOf(world, key), kind: 'cli' };
  world.sessions.set(key, session);
  return session;
}

/** The entry of a session: its own, or for a cron job that of one of its runs. */
export function entryOf(world: World, key: string): CatalogEntry | undefined {
  for (const catalog of world.catalogs.values()) {
    const entry = catalog.entries.get(key);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** Takes over what the catalog says of the session itself. */
export function learn(session: Session, entry: CatalogEntry): void {
  session.entry = entry;
  session.sessionId = entry.sessionId ?? session.sessionId;
  session.parentKey = entry.spawnedBy ?? session.parentKey;
}

/** Reports the session when something of it changed since the last time. */
export function reportSession(world: World, session: Session, at: number): void {
  const facts = sessionSeen({ ...session, label: session.entry?.label });
  const text = JSON.stringify(facts);
  if (text === session.reported) return;
  session.reported = text;
  emit(world, { ...facts, at });
}

/** A call accepted a child session: it belongs to this one, whatever the catalog says later. */
export function adoptChild(world: World, parent: Session, childKey: string, at: number): void {
  const child = sessionOf(world, childKey);
  child.parentKey ??= parent.key;
  reportSession(world, child, at);
}

/** The session is over. What comes next under its key has nothing to do with it. */
export function dropSession(world: World, session: Session, at: number): void {
  if (session.reported !== undefined) emit(world, { type: 'session-gone', sessionKey: session.key, at });
  session.reported = undefined;
  session.waiting = undefined;
  session.lastOutcome = undefined;
  session.sessionId = undefined;
  session.known = new KnownEntries();
  session.openCalls.clear();
  session.endedChildren.clear();
}
