import type { RunTrigger } from '@live-status/session-state';
import type { UserLine } from '@live-status/transcript-parser';
import type { LineSeen } from './observation.ts';
import { routeOf } from './routing.ts';
import { emit, reportSession } from './sessions.ts';
import type { Run, Session, World } from './state.ts';

/** Run ids a session remembers. */
const REMEMBERED_RUNS = 16;

/** The first sign of a run. `line`: the entry that is it; else the catalog turned to `running` under a lock. */
export function beginRun(world: World, session: Session, at: number, line?: LineSeen): Run {
  const lock = session.locks.owner?.createdAt;
  const name = line === undefined ? `lock:${lock ?? at}` : entryName(line);
  const own = `${session.sessionId ?? session.key}/${name.replace(/^entry:/, '')}`;
  const runId = newRunId(session, own, at);
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
  session.locks.forgetOpenings();
  reportSession(world, session, at);
  emit(world, { type: 'run-started', sessionKey: session.key, at, runId, startedAt: run.startedAt, evidence });
  routeRun(world, session, at);
  return run;
}

/** Two runs may begin under one lock, and a line that a rewrite took away may come again after its run has ended. */
function newRunId(session: Session, name: string, at: number): string {
  let runId = name;
  while (session.runIds.includes(runId)) runId = `${runId}+${at}`;
  session.runIds = [...session.runIds.slice(1 - REMEMBERED_RUNS), runId];
  return runId;
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
