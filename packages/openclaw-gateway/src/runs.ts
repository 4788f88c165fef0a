import type { RunTrigger } from '@live-status/session-state';
import { announce, announcedBy } from './announces.ts';
import { routeOf } from './routing.ts';
import { endRun, expectEnd, isOfOtherBoot } from './run-endings.ts';
import { activeRuns, emit, reportSession } from './sessions.ts';
import type { PendingUser, Run, Session, World } from './state.ts';

/** Ended runs that are remembered, so that what comes late does not start them again. */
const REMEMBERED_RUNS = 512;

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
    bootId: world.bootId,
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
  cutOlder(world, session, at);
  for (const other of activeRuns(world, session)) {
    if (!world.underWay.has(other.runId)) expectEnd(other, at, other.ending ?? 'interrupted');
  }
  world.runs.set(runId, run);
  session.activeSince = undefined;
  forgetOldRuns(world);
  announceStart(world, run, at);
  return run;
}

/** A run begins in another life of the gateway: those before it were cut, as far as is known. It may be that it resumes them. */
function cutOlder(world: World, session: Session, at: number): void {
  for (const run of world.runs.values()) {
    if (run.session !== session || (run.ended && !run.givenUp) || !isOfOtherBoot(run, world.bootId)) continue;
    endRun(world, run, run.ending ?? 'interrupted', at, run.ending === undefined ? 'the agent stopped' : undefined);
    run.givenUp = true;
    session.cut = true;
  }
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

function forgetOldRuns(world: World): void {
  for (const [key, run] of world.runs) {
    if (world.runs.size <= REMEMBERED_RUNS) return;
    if (run.ended && !run.givenUp) world.runs.delete(key);
  }
}
