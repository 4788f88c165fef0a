import { type JsonObject, textOf } from '@live-status/transcript-parser';
import { Flight, resultIn } from './flight.ts';
import { readFrame } from './frames.ts';
import type { CaughtUp, EventFrame } from './observation.ts';
import { endRun, isOfOtherBoot, outcomeOf, seeAgain } from './run-endings.ts';
import { routeRun, runKey, runOf } from './runs.ts';
import { activeRuns, emit, learnRow, sessionOf } from './sessions.ts';
import type { ResumedRun, Run, Session, World } from './state.ts';

/** A connection may be away this long before anybody is told. */
const TELL_AFTER_MS = 5_000;
const UNREACHABLE = 'gateway unreachable';

/** The connection is gone: the runs go on, only unseen. */
export function loseSight(world: World, at: number): void {
  world.lost ??= { at, told: false };
  for (const run of world.runs.values()) run.endDue = undefined;
}

/** When the loss of the connection changes something by itself. */
export function sightDeadline(world: World): number | undefined {
  const { lost } = world;
  if (lost === undefined || runsOf(world).every((run) => run.ended)) return undefined;
  return lost.told ? lost.at + world.graceMs : lost.at + Math.min(TELL_AFTER_MS, world.graceMs);
}

/** After some time it is told; after `graceMs` the runs are given up. */
export function passUnseen(world: World, at: number): void {
  const { lost } = world;
  if (lost === undefined) return;
  const open = runsOf(world).filter((run) => !run.ended);
  if (!lost.told && at >= lost.at + TELL_AFTER_MS) {
    lost.told = true;
    for (const { runId, session } of open) {
      emit(world, { type: 'run-sight', sessionKey: session.key, at, runId, lost: UNREACHABLE });
    }
  }
  if (at < lost.at + world.graceMs) return;
  for (const run of open) {
    endRun(world, run, 'interrupted', at, UNREACHABLE);
    run.givenUp = true;
  }
}

/** The gateway is seen again: what runs is taken up, what ended meanwhile ends by what its session says now. */
export function regainSight(world: World, seen: CaughtUp): void {
  const { at, bootId } = seen;
  const wasTold = world.lost?.told === true;
  const unseen = world.lost === undefined ? [] : runsOf(world).filter((run) => !run.ended || run.givenUp);
  world.bootId = bootId;
  world.lost = undefined;
  const rows = new Set(seen.rows.map((row) => learnListed(world, row, at)));
  const resumed = world.resumed.splice(0).map((run) => resume(world, run, at));
  for (const run of unseen) {
    if (!wasTold && !run.givenUp) continue;
    seeAgain(world, run, at);
  }
  const results = new Set(seen.frames.map((frame) => resultIn(world, frame)));
  const flights = [...seen.histories].map(([key, history]) => new Flight(world, key, history, results, at));
  for (const flight of flights) flight.read();
  const inFlight = new Set(flights.map((flight) => flight.runId));
  const heard = new Set(seen.frames.map((frame) => runIn(world, frame)));
  const unanswered = activeWithout(world, seen);
  for (const run of [...unseen, ...resumed]) {
    // Runs of one session are resumed in any order: a later one is no sign of its end.
    if (inFlight.has(run.runId)) {
      run.endDue = undefined;
      run.bootId = bootId;
    }
    if (inFlight.has(run.runId) || heard.has(run.runId) || run.ended) continue;
    const isCut = isOfOtherBoot(run, bootId) || (resumed.includes(run) && !unanswered.has(run.session));
    endUnseen(world, run, { isCut, listed: rows.has(run.session.key) }, at);
  }
  for (const flight of flights) flight.takeUp();
  world.underWay = inFlight;
  for (const frame of seen.frames) readFrame(world, frame, 'held');
  world.underWay = new Set();
}

/** Sessions in which a run is active of which nothing is known: their history was not given. */
function activeWithout(world: World, { rows, histories }: CaughtUp): Set<Session> {
  const told = new Set([...histories.keys()].map((key) => sessionOf(world, key)));
  const active = rows.filter((row) => row.hasActiveRun === true).map((row) => sessionOf(world, textOf(row.key) ?? ''));
  return new Set(active.filter((session) => !told.has(session)));
}

/** The run whose end a frame tells, or something before it. `chat` and the model in a row come after the end, too. */
function runIn(world: World, { event, payload }: EventFrame): string | undefined {
  const isOfRun = event === 'agent' || event === 'session.tool' || payload.phase === 'end' || payload.phase === 'error';
  const key = textOf(payload.sessionKey);
  const gatewayId = textOf(payload.runId);
  if (!isOfRun || key === undefined || gatewayId === undefined) return undefined;
  return runKey(sessionOf(world, key), gatewayId);
}

/** A run of an earlier life begins again where it began then. */
function resume(world: World, { sessionKey, runId, startedAt }: ResumedRun, at: number): Run {
  return runOf(world, sessionOf(world, sessionKey), runId, at, startedAt);
}

function learnListed(world: World, row: JsonObject, at: number): string {
  const session = sessionOf(world, textOf(row.key) ?? '');
  learnRow(world, session, row, at);
  for (const run of activeRuns(world, session)) routeRun(world, run, at);
  return session.key;
}

/** A run that is not in flight any more: done, failed or killed by its row's status, or cut with the gateway. */
function endUnseen(world: World, run: Run, { isCut, listed }: { isCut: boolean; listed: boolean }, at: number): void {
  const { session } = run;
  const outcome = run.ending ?? (listed ? outcomeOf(session.status) : 'interrupted');
  if (outcome === undefined && !isCut) return;
  const cut = outcome === undefined || outcome === 'interrupted';
  session.cut = cut && listed;
  const { endedAt = at } = session;
  const isOwn = listed && !cut && endedAt >= run.startedAt && endedAt <= at;
  endRun(world, run, outcome ?? 'interrupted', at, cut ? 'the agent stopped' : undefined, isOwn ? endedAt : at);
}

function runsOf(world: World): Run[] {
  return [...world.runs.values()];
}
