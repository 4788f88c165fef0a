import { type SessionEvent, sessionSeen } from '@live-status/session-state';
import { type JsonObject, numberOf, objectOf, parseSessionKey, textOf } from '@live-status/transcript-parser';
import type { Delivery, Run, Session, World } from './state.ts';

/** Rows lag behind the end of a run by up to this long (measured on OpenClaw 2026.9.6: 0.6 s). */
const STALE_ROW_MS = 2_000;

export function emit(world: World, event: SessionEvent): void {
  world.events.push(event);
}

/** The session of a key, created when it is met for the first time. */
export function sessionOf(world: World, text: string): Session {
  const { key, agentId, kind } = parseSessionKey(text);
  const known = world.sessions.get(key);
  if (known !== undefined) {
    known.address = text;
    return known;
  }
  const session: Session = {
    key,
    address: text,
    agentId,
    kind,
    child: kind === 'subagent',
    sessionId: undefined,
    parentKey: undefined,
    label: undefined,
    delivery: {},
    status: undefined,
    endedAt: undefined,
    activeSince: undefined,
    lastEndedAt: Number.NEGATIVE_INFINITY,
    pending: undefined,
    cut: false,
    reported: undefined,
  };
  world.sessions.set(key, session);
  return session;
}

/** Takes over what a session row says; fields it does not have stay as they were. */
export function learnRow(world: World, session: Session, row: JsonObject, at: number): void {
  session.sessionId = textOf(row.sessionId) ?? session.sessionId;
  session.parentKey ??= textOf(row.spawnedBy) ?? textOf(row.parentSessionKey);
  session.label = textOf(row.label) ?? session.label;
  session.status = textOf(row.status) ?? session.status;
  session.endedAt = numberOf(row.endedAt) ?? session.endedAt;
  const delivery = objectOf(row.deliveryContext);
  if (delivery !== undefined) session.delivery = deliveryOf(delivery);
  if (session.reported !== undefined) reportSession(world, session, at);
}

function deliveryOf(context: JsonObject): Delivery {
  const channel = textOf(context.channel);
  const to = textOf(context.to);
  const threadId = textOf(context.threadId);
  return {
    ...(channel === undefined ? {} : { channel }),
    ...(to === undefined ? {} : { to }),
    ...(threadId === undefined ? {} : { threadId }),
  };
}

/** A row says whether a run is active: the first sign of one that nothing else was heard of. */
export function noteActivity(session: Session, active: boolean, at: number, runs: readonly Run[]): void {
  if (!active) session.activeSince = undefined;
  else if (runs.length === 0 && at - session.lastEndedAt > STALE_ROW_MS) session.activeSince ??= at;
}

/** Runs of a session that have not ended. */
export function activeRuns(world: World, session: Session): Run[] {
  return [...world.runs.values()].filter((run) => run.session === session && !run.ended);
}

/** Reports the session when something of it changed since the last time. */
export function reportSession(world: World, session: Session, at: number): void {
  const facts = sessionSeen(session);
  const text = JSON.stringify(facts);
  if (text === session.reported) return;
  session.reported = text;
  emit(world, { ...facts, at });
}

/** A child session belongs to a parent. */
export function adoptChild(world: World, parent: Session, childKey: string, at: number, label?: string): void {
  const child = sessionOf(world, childKey);
  child.parentKey ??= parent.key;
  child.label ??= label;
  reportSession(world, child, at);
}

/** The session is over; what comes under its key has nothing to do with it. Its runs were ended before. */
export function dropSession(world: World, session: Session, at: number): void {
  if (session.reported !== undefined) emit(world, { type: 'session-gone', sessionKey: session.key, at });
  world.sessions.delete(session.key);
}
