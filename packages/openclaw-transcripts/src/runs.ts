import type { RunOutcome, RunTrigger } from '@live-status/session-state';
import type { UserLine } from '@live-status/transcript-parser';
import type { LineSeen } from './observation.ts';
import { routeOf } from './routing.ts';
import { emit, reportSession } from './sessions.ts';
import type { Ending, Run, Session, World } from './state.ts';

/** Ending-relevant entries a run remembers: a rewrite takes back the last few at most. */
const REMEMBERED_ENDINGS = 16;

/** The first sign of a run. `line`: the entry that is it; else the catalog turned to `running` under a lock. */
export function beginRun(world: World, session: Session, at: number, line?: LineSeen): Run {
  const lock = session.locks.owner?.createdAt;
  const name = line === undefined ? `lock:${lock ?? at}` : entryName(line);
  const own = `${session.sessionId ?? session.key}/${name.replace(/^entry:/, '')}`;
  // Two runs may begin under one lock.
  const runId = own === session.lastRunId ? `${own}+${at}` : own;
  const evidence = lock === undefined ? [name] : [...new Set([name, `lock:${lock}`])];
  const run: Run = {
    runId,
    startedAt: world.live ? openingBefore(session, at) : recordedStart(session, line, at),
    recordedStart: undefined,
    evidence,
    user: undefined,
    userText: undefined,
    identified: false,
    endings: [],
    reportedOutcome: null,
    route: undefined,
    lastLineAt: at,
    abortFlagAt: undefined,
    ownerDiedAt: undefined,
  };
  session.run = run;
  session.lastRunId = runId;
  session.locks.forgetOpenings();
  reportSession(world, session, at);
  emit(world, { type: 'run-started', sessionKey: session.key, at, runId, startedAt: run.startedAt, evidence });
  routeRun(world, session, at);
  return run;
}

export function entryName(line: LineSeen): string {
  return `entry:${line.entry.id ?? `@${line.startOffset}`}`;
}

function openingBefore(session: Session, at: number): number {
  return Math.min(session.locks.firstOpening(at, session.lastEndedAt) ?? at, at);
}

/** For work read at start-up: when the message came in or the model was called, as recorded. */
function recordedStart(session: Session, line: LineSeen | undefined, at: number): number {
  const entry = line?.entry;
  const messageAt = entry !== undefined && 'messageAt' in entry ? entry.messageAt : undefined;
  return Math.min(Math.max(messageAt ?? at, session.lastEndedAt), at);
}

/** The run's first entry was read: it says what the run is for. */
export function identifyRun(world: World, session: Session, run: Run, line: LineSeen, user?: UserLine): void {
  const announce = user === undefined ? session.endedChildren.size > 0 : user.kind === 'announce';
  run.identified = true;
  run.recordedStart = line.entry.recordedAt;
  run.user = user;
  run.userText = line.entry.kind === 'user' ? line.entry.text : undefined;
  run.evidence = [...new Set([...run.evidence, entryName(line)])];
  const trigger: RunTrigger = announce ? 'announce' : triggerOf(session, user);
  if (trigger === 'message') session.waiting = undefined;
  if (announce) announceChildren(world, session, user?.announced ?? [], line.at);
  emit(world, {
    type: 'run-identified',
    sessionKey: session.key,
    at: line.at,
    runId: run.runId,
    trigger,
    ...(user?.kind === 'heartbeat' || user?.kind === 'memory-flush' ? { silent: true } : {}),
    evidence: run.evidence,
    resumeFrom: { path: line.path, fingerprint: line.fingerprint, startOffset: line.startOffset },
  });
  routeRun(world, session, line.at);
}

/** An answer to no line, after a run that was taken for cut: its locks stayed away for longer than they should. */
function triggerOf({ lastOutcome }: Session, user: UserLine | undefined): RunTrigger {
  if (user === undefined) return lastOutcome === 'interrupted' ? 'resume' : 'other';
  switch (user.kind) {
    case 'message':
    case 'cron':
    case 'hook':
      return 'message';
    case 'resume':
      return 'resume';
    default:
      return 'other';
  }
}

/** Children's results reached the session: the named ones, else the one that ended first. */
export function announceChildren(world: World, session: Session, childKeys: readonly string[], at: number): void {
  const [first] = session.endedChildren;
  for (const childKey of childKeys.length > 0 ? childKeys : [undefined]) {
    const settled = childKey ?? first;
    if (settled !== undefined) session.endedChildren.delete(settled);
    emit(world, { type: 'announced', sessionKey: session.key, at, ...(childKey === undefined ? {} : { childKey }) });
  }
}

/** Reports where the run's answers go, when that is known and new. */
export function routeRun(world: World, session: Session, at: number): void {
  const { run } = session;
  const route = run === undefined ? undefined : routeOf(session, run);
  if (run === undefined || route === undefined || JSON.stringify(route) === JSON.stringify(run.route)) return;
  run.route = route;
  emit(world, { type: 'run-routed', sessionKey: session.key, at, runId: run.runId, route });
}

/** An ending-relevant entry was read. */
export function noteEnding(world: World, session: Session, run: Run, ending: Ending, silent: boolean): void {
  run.endings = [...run.endings.slice(1 - REMEMBERED_ENDINGS), ending];
  reportEnding(world, session, run, ending.at, silent);
}

/** Reports what the last ending-relevant entry says, when it says something else than before. */
export function reportEnding(world: World, session: Session, run: Run, at: number, silent = false): void {
  const last = run.endings.at(-1);
  const outcome = last === undefined || last.meaning === 'open' ? null : last.meaning;
  tellParent(world, session, outcome);
  if (outcome === null && run.reportedOutcome === null) return;
  run.reportedOutcome = outcome;
  emit(world, {
    type: 'run-ending',
    sessionKey: session.key,
    at,
    runId: run.runId,
    entryId: last?.entryId ?? '',
    outcome,
    ...(last?.text === undefined || outcome === null ? {} : { text: last.text }),
    ...(silent ? { silent } : {}),
  });
}

/** After a child's ending entry its announce may come; a child that goes on, or was aborted, sends none. */
function tellParent(world: World, session: Session, outcome: RunOutcome | null): void {
  const parent = session.parentKey === undefined ? undefined : world.sessions.get(session.parentKey);
  if (parent === undefined) return;
  if (outcome === 'done' || outcome === 'error' || outcome === 'interrupted') parent.endedChildren.add(session.key);
  else parent.endedChildren.delete(session.key);
}

/** Ends the run by its last ending-relevant entry; without one that ends, it was cut. */
export function endByLastEntry(world: World, session: Session, run: Run, at: number, cutAt: number): void {
  const last = run.endings.at(-1);
  if (last === undefined) endRun(world, session, run, at, unreadOutcome(session), cutAt);
  else if (last.meaning === 'open') endRun(world, session, run, at, 'interrupted', cutAt);
  else endRun(world, session, run, at, last.meaning, last.at);
}

/** A run without an entry: only the catalog can say how it ended (a failed precheck writes nothing else). */
function unreadOutcome(session: Session): RunOutcome {
  const outcomes: Readonly<Record<string, RunOutcome>> = {
    done: 'done',
    failed: 'error',
    timeout: 'error',
    killed: 'aborted',
  };
  return outcomes[session.entry?.status ?? ''] ?? 'interrupted';
}

export function endRun(
  world: World,
  session: Session,
  run: Run,
  at: number,
  outcome: RunOutcome,
  endedAt: number,
): void {
  const ended = Math.max(Math.min(endedAt, at), run.startedAt);
  const text = outcome === 'error' ? run.endings.at(-1)?.text : undefined;
  const reason = outcome === 'interrupted' ? 'the agent stopped' : text;
  session.run = undefined;
  session.lastEndedAt = ended;
  session.lastOutcome = outcome;
  if (outcome === 'waiting') session.waiting = run;
  if (outcome === 'interrupted' && run.endings.length > 0) tellParent(world, session, outcome);
  emit(world, {
    type: 'run-ended',
    sessionKey: session.key,
    at,
    runId: run.runId,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    endedAt: ended,
  });
}

/** True when the run's last entry ends it, unless more follows. */
export function hasAnswered(run: Run): boolean {
  const last = run.endings.at(-1);
  return last !== undefined && last.meaning !== 'open';
}

/** True while a tool call of the run has no result. */
export function hasOpenCall(session: Session, run: Run): boolean {
  return [...session.openCalls.values()].includes(run.runId);
}
