import type { RunOutcome, RunTrigger } from '@live-status/session-state';
import { isSilentReply } from '@live-status/transcript-parser';
import { announce, announcedBy } from './announces.ts';
import { routeOf } from './routing.ts';
import { activeRuns, emit, reportSession } from './sessions.ts';
import type { PendingUser, Run, Session, World } from './state.ts';

/** Ended runs that are remembered, so that what comes late does not start them again. */
const REMEMBERED_RUNS = 512;
/** How long more may be heard of a run that something says is over, before it is taken for ended. */
const LATE_EVENT_MS = 2_000;

/** A run's name is its own session's: clients choose ids, and may choose one twice. */
export function runKey(session: Session, gatewayId: string): string {
  return `${session.key}/${gatewayId}`;
}

/** The run of an id: a run is born by whatever is heard of it first. `startedAt`: when it is known to have begun. */
export function runOf(world: World, session: Session, gatewayId: string, at: number, startedAt: number = at): Run {
  const runId = runKey(session, gatewayId);
  const known = world.runs.get(runId);
  if (known !== undefined) return known;
  const run: Run = {
    runId,
    gatewayId,
    session,
    startedAt: Math.min(session.activeSince ?? startedAt, startedAt, at),
    identified: false,
    origin: undefined,
    route: undefined,
    calls: new Map(),
    entries: new Set(),
    preamble: undefined,
    ending: undefined,
    ended: false,
    timedOut: false,
    givenUp: false,
    endDue: undefined,
    compactedAt: Number.NEGATIVE_INFINITY,
    overflowed: false,
  };
  for (const other of activeRuns(world, session)) {
    if (!world.underWay.has(other.runId)) expectEnd(other, at, other.ending ?? 'interrupted');
  }
  world.runs.set(runId, run);
  session.activeSince = undefined;
  forgetOldRuns(world);
  announceStart(world, run, at);
  return run;
}

function announceStart(world: World, run: Run, at: number): void {
  const { session, runId, startedAt, gatewayId } = run;
  reportSession(world, session, at);
  const evidence = [`run:${gatewayId}`];
  emit(world, { type: 'run-started', sessionKey: session.key, at, runId, startedAt, evidence });
  const children = announcedBy(world, gatewayId);
  const pending = session.pending;
  if (children !== undefined) {
    for (const { childKey, childRunId } of children) announce(world, session, childKey, childRunId, at);
    identify(world, run, 'announce', at);
  } else if (pending !== undefined) {
    session.pending = undefined;
    takeUp(world, run, pending, at);
  }
  routeRun(world, run, at);
}

/** The message was read that the run answers. */
export function takeUp(world: World, run: Run, { line, origin }: PendingUser, at: number): void {
  if (line.kind === 'message') run.origin = origin;
  const trigger: Partial<Record<typeof line.kind, RunTrigger>> = {
    message: 'message',
    cron: 'message',
    hook: 'message',
    announce: 'announce',
    resume: 'resume',
  };
  if (line.kind === 'announce') for (const childKey of line.announced) announce(world, run.session, childKey, '', at);
  const silent = line.kind === 'heartbeat' || line.kind === 'memory-flush';
  identify(world, run, trigger[line.kind] ?? 'other', at, silent);
  routeRun(world, run, at);
}

/** Says what a run is for. Without a message of its own it resumes what was cut, or nothing is known. */
export function identify(world: World, run: Run, trigger: RunTrigger | undefined, at: number, silent = false): void {
  if (run.identified) return;
  run.identified = true;
  const { session, runId, gatewayId } = run;
  const meant = trigger ?? (session.cut ? 'resume' : 'other');
  session.cut = false;
  emit(world, {
    type: 'run-identified',
    sessionKey: session.key,
    at,
    runId,
    trigger: meant,
    ...(silent ? { silent } : {}),
    evidence: [`run:${gatewayId}`],
  });
}

/** Reports where the run's answers go, when that is known and new. */
export function routeRun(world: World, run: Run, at: number): void {
  const route = routeOf(run.session, run.origin);
  if (route === undefined || JSON.stringify(route) === JSON.stringify(run.route)) return;
  run.route = route;
  emit(world, { type: 'run-routed', sessionKey: run.session.key, at, runId: run.runId, route });
}

/** What the run's last answer says about its end, when it says something new. `null`: the run goes on after all. */
export function noteEnding(world: World, run: Run, outcome: RunOutcome | null, at: number, text = ''): void {
  if (run.ended || (outcome === null && run.ending === undefined)) return;
  run.ending = outcome ?? undefined;
  emit(world, {
    type: 'run-ending',
    sessionKey: run.session.key,
    at,
    runId: run.runId,
    entryId: '',
    outcome,
    ...(text === '' || outcome === null ? {} : { text }),
    ...(outcome === 'done' && isSilentReply(text) ? { silent: true } : {}),
  });
}

/** The run is taken for ended a little later, unless more is heard of it. */
export function expectEnd(
  run: Run,
  at: number,
  outcome: RunOutcome,
  reason?: string,
  afterMs: number = LATE_EVENT_MS,
): void {
  if (!run.ended) run.endDue ??= { at: at + afterMs, outcome, reason };
}

/** Ends the run. The first end wins: a cancelled run is reported a second time, as failed. `endedAt`: when it ended. */
export function endRun(
  world: World,
  run: Run,
  outcome: RunOutcome,
  at: number,
  reason?: string,
  endedAt: number = at,
): void {
  if (run.ended) return;
  run.ended = true;
  run.endDue = undefined;
  run.preamble = undefined;
  run.session.lastEndedAt = at;
  // A child whose time ran out is announced, one that was stopped is not.
  const announces = outcome === 'aborted' && (run.timedOut || run.session.status === 'timeout');
  emit(world, {
    type: 'run-ended',
    sessionKey: run.session.key,
    at,
    runId: run.runId,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    endedAt,
    ...(announces && run.session.parentKey !== undefined ? { announces } : {}),
  });
}

/** A run is seen again that could not be seen; it goes on also when it was given up meanwhile. */
export function seeAgain(world: World, run: Run, at: number): void {
  emit(world, { type: 'run-sight', sessionKey: run.session.key, at, runId: run.runId, lost: null });
  if (run.givenUp) run.ended = false;
  run.givenUp = false;
}

/** How a run ended, by the status of its session's row; `undefined` while the row does not say. */
export function outcomeOf(status: string | undefined): RunOutcome | undefined {
  const outcomes: Readonly<Record<string, RunOutcome>> = {
    done: 'done',
    failed: 'error',
    // Of the whole run. That of one request to the model is an error of the model.
    timeout: 'aborted',
    killed: 'aborted',
  };
  return outcomes[status ?? ''];
}

function forgetOldRuns(world: World): void {
  for (const [key, run] of world.runs) {
    if (world.runs.size <= REMEMBERED_RUNS) return;
    if (run.ended && !run.givenUp) world.runs.delete(key);
  }
}
