import { accountOf, isSilent, routeOfKey, triggerOf } from '@live-status/run-tracker';
import { mattermostRoute, type Route, type RunTrigger } from '@live-status/session-state';
import { type CatalogEntry, type Inbound, parseSessionKey, toId, type UserLine } from '@live-status/transcript-parser';
import { noModelFacts } from './model-calls.ts';
import type { LineSeen } from './observation.ts';
import { type RunPlace, toResumeToken } from './resume-token.ts';
import { type DirectRun, openRun, type TranscriptRun, type TranscriptSession } from './sessions.ts';

/** Run ids a session remembers. */
const REMEMBERED_RUNS = 16;

/** What is the first sign of a run: an entry, or else that the catalog turned to `running` under a lock. */
export interface FirstSign {
  readonly at: number;
  readonly line?: LineSeen;
  /** False while start-up reads what was there. */
  readonly isLive: boolean;
}

/** Begins a run. */
export function beginRun(session: TranscriptSession, { at, line, isLive }: FirstSign): TranscriptRun {
  const { locks } = session.own;
  const lock = locks.owner?.createdAt;
  const name = line === undefined ? `lock:${lock ?? at}` : entryName(line);
  const run = session.startRun({
    runId: newRunId(session, `${session.sessionId ?? session.key}/${name.replace(/^entry:/, '')}`, at),
    at,
    startedAt: isLive ? openingBefore(session, at) : recordedStart(session, line, at),
    evidence: lock === undefined ? [name] : [...new Set([name, `lock:${lock}`])],
    own: {
      recordedStart: undefined,
      user: undefined,
      direct: undefined,
      userText: undefined,
      endings: [],
      lastLineAt: at,
      hasYielded: false,
      abortFlagAt: undefined,
      ownerDiedAt: undefined,
      model: noModelFacts(),
    },
  });
  locks.forgetOpenings();
  routeRun(session, at);
  return run;
}

/** Two runs may begin under one lock, and a line that a rewrite took away may come again after its run has ended. */
function newRunId(session: TranscriptSession, name: string, at: number): string {
  const { own } = session;
  let runId = toId(name);
  while (own.runIds.includes(runId)) runId = toId(`${runId}+${at}`);
  own.runIds = [...own.runIds.slice(1 - REMEMBERED_RUNS), runId];
  return runId;
}

/** The name under which an entry may be met again. */
function entryName(line: LineSeen): string {
  return `entry:${idOf(line)}`;
}

/** The id of an entry, or its place for one without. */
export function idOf({ entry, startOffset }: LineSeen): string {
  return entry.id ?? `@${startOffset}`;
}

function openingBefore(session: TranscriptSession, at: number): number {
  return Math.min(session.own.locks.firstOpening(at, lastEndedAt(session)) ?? at, at);
}

/** For work read at start-up: when the message came in or the model was called, as recorded. */
function recordedStart(session: TranscriptSession, line: LineSeen | undefined, at: number): number {
  const entry = line?.entry;
  const messageAt = entry !== undefined && 'messageAt' in entry ? entry.messageAt : undefined;
  return Math.min(Math.max(messageAt ?? at, lastEndedAt(session)), at);
}

function lastEndedAt(session: TranscriptSession): number {
  return session.lastEnd?.endedAt ?? Number.NEGATIVE_INFINITY;
}

/** The run's first entry was read: it says what the run is for. */
export function identifyRun(run: TranscriptRun, line: LineSeen, user?: UserLine): void {
  const { own, session } = run;
  const { at } = line;
  const isAnnounce = user === undefined ? session.pendingAnnounces.size > 0 : user.kind === 'announce';
  const trigger = isAnnounce ? 'announce' : triggerFor(session, user);
  own.recordedStart = line.entry.recordedAt;
  own.user = user;
  own.userText = line.entry.kind === 'user' ? line.entry.text : undefined;
  if (user?.direct !== undefined && session.own.kind !== 'cli') beginDirectRun(run, line, user.direct);
  if (trigger === 'message') session.own.waiting = undefined;
  if (isAnnounce) announceChildren(session, user?.announced ?? [], at);
  run.identify({
    trigger,
    at,
    silent: user !== undefined && isSilent(user.kind),
    evidence: [entryName(line)],
    resumeToken: toResumeToken(placeOf(session, line)),
  });
  routeRun(session, at);
}

function placeOf(session: TranscriptSession, { fingerprint, path, startOffset }: LineSeen): RunPlace {
  return { sessionKey: session.key, path, fingerprint, startOffset };
}

function beginDirectRun(run: TranscriptRun, line: LineSeen, { isOwner }: { readonly isOwner: boolean }): void {
  const { own, runId, session } = run;
  const { directTurns, lastMessageAt, resumedDirect } = session.own;
  const entryId = idOf(line);
  const message = { runId, isOwner, recordedAt: line.entry.recordedAt ?? line.at, previousAt: lastMessageAt };
  directTurns.begin(message);
  own.direct = {
    message,
    place: placeOf(session, line),
    entryId,
    awaitsCatalog: true,
    delivery: resumedDirect.find((resumed) => resumed.entryId === entryId)?.delivery,
    isJoined: false,
    isShared: false,
  };
}

/** An answer to no line, after a run that was taken for cut: its locks stayed away for longer than they should. */
function triggerFor(session: TranscriptSession, user: UserLine | undefined): RunTrigger {
  if (user === undefined) return session.wasCut ? 'resume' : 'other';
  return triggerOf(user.kind);
}

/** Children's results reached the session: the named ones, else the one that ended first. */
export function announceChildren(session: TranscriptSession, childKeys: readonly string[], at: number): void {
  if (childKeys.length === 0) session.announce({ at });
  for (const childKey of childKeys) session.announce({ childKey, at });
}

/** Reports where the open run's answers go, when that is known and new. */
export function routeRun(session: TranscriptSession, at: number): void {
  const run = openRun(session);
  if (run === undefined) return;
  run.routeTo(routeOf(session, run), at);
  const { delivery, entryId, place } = run.own.direct ?? {};
  if (delivery === undefined || entryId === undefined || place === undefined) return;
  run.replaceResumeToken(toResumeToken({ ...place, direct: { entryId, delivery } }), at);
}

/**
 * Where the answers of a root's run go; `undefined`: unknown (not yet, or never).
 *
 * A key that names its conversation decides by itself. Keys that several origins share (`main`, and direct messages
 * without a channel in the key) follow the catalog's target only when the metadata of the run's own message agrees:
 * the catalog names where the last message came from, which need not be this run's. The transcript vetoes, it never
 * supplies an id. 2026.7.1 records only the sender's id: that confirms a target `user:<id>`, never a channel. Of a direct
 * message it records no id: see `DirectTurns`.
 */
function routeOf(session: TranscriptSession, run: TranscriptRun): Route | undefined {
  const { kind, entry } = session.own;
  if (session.child || session.parentKey !== undefined) return undefined;
  if (kind === 'cli') return { kind: 'background', origin: 'cli' };
  const senders = run.own.user?.inbound.flatMap(({ senderId }) => senderId ?? []) ?? [];
  const route = routeOfKey(parseSessionKey(session.key), entry?.delivery ?? {}, run.isIdentified ? senders : undefined);
  if (route !== 'shared') return route;
  if (!run.isIdentified) return undefined;
  return run.own.direct === undefined ? sharedRoute(entry, run.own.user) : directRoute(session, run.own.direct);
}

/** Where the direct message came from stays: the catalog goes on to name those who write next. */
function directRoute({ own: { directTurns, entry } }: TranscriptSession, run: DirectRun): Route | undefined {
  if (!run.awaitsCatalog) run.delivery ??= directTurns.deliveryOf(run.message);
  if (run.isJoined && run.delivery !== undefined && !directTurns.isStill(run.delivery)) run.isShared = true;
  const { channel, to, threadId } = run.delivery ?? entry?.delivery ?? {};
  if (channel !== undefined && channel !== 'mattermost') return { kind: 'elsewhere', origin: channel };
  if (run.isShared) return { kind: 'elsewhere', origin: 'shared' };
  if (run.delivery === undefined || to === undefined) return undefined;
  return mattermostRoute({ to, threadId, accountId: accountOf(run.delivery) });
}

function sharedRoute(entry: CatalogEntry | undefined, user: UserLine | undefined): Route | undefined {
  const delivery = entry?.delivery ?? {};
  const { channel, to, threadId } = delivery;
  if (channel !== undefined && channel !== 'mattermost') return { kind: 'elsewhere', origin: channel };
  if (user === undefined || user.kind !== 'message') return undefined;
  const { inbound } = user;
  if (inbound.length === 0) return { kind: 'elsewhere', origin: 'webchat' };
  // Work for several people is private to each of them, also when the catalog names one.
  if (!inbound.every((message) => isSameOrigin(message, inbound[0]))) return { kind: 'elsewhere', origin: 'shared' };
  if (to === undefined || !inbound.every((message) => agrees(message, to))) return undefined;
  return mattermostRoute({ to, threadId, accountId: accountOf(delivery) });
}

/** Whether two messages came from the same person at the same place. */
export function isSameOrigin(a: Inbound, b: Inbound | undefined): boolean {
  return a.senderId === b?.senderId && a.channelId === b?.channelId;
}

/** Whether a message came from where the catalog says answers go. */
function agrees(message: Inbound, to: string): boolean {
  if (message.channelId !== undefined) return to === `channel:${message.channelId}`;
  return message.senderId !== undefined && to === `user:${message.senderId}`;
}
