import { type JsonObject, numberOf, objectOf, textOf } from '@live-status/transcript-parser';
import { readAgentEvent } from './agent-events.ts';
import { readFrame } from './frames.ts';
import { type Reading, readMessage } from './messages.ts';
import type { CaughtUp, EventFrame } from './observation.ts';
import { endRun, outcomeOf, routeRun, runKey, runOf, seeAgain } from './runs.ts';
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
  const rebooted = world.bootId !== undefined && bootId !== world.bootId;
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
  const flights = [...seen.histories].map(([key, history]) => new Flight(world, key, history, at));
  for (const flight of flights) flight.read();
  const inFlight = new Set(flights.map((flight) => flight.runId));
  const heard = new Set(seen.frames.map((frame) => runIn(world, frame)));
  const unanswered = activeWithout(world, seen);
  for (const run of [...unseen, ...resumed]) {
    // Runs of one session are resumed in any order: a later one is no sign of its end.
    if (inFlight.has(run.runId)) run.endDue = undefined;
    if (inFlight.has(run.runId) || heard.has(run.runId) || run.ended) continue;
    const isCut = rebooted || (resumed.includes(run) && !unanswered.has(run.session));
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

/** What a session's history tells of its last turn, and of the run that is under way. */
class Flight {
  /** The run under way, if there is one. */
  readonly runId: string | undefined;
  readonly #world: World;
  readonly #session: Session;
  readonly #history: JsonObject;
  readonly #run: JsonObject | undefined;
  readonly #now: number;

  constructor(world: World, key: string, history: JsonObject, now: number) {
    this.#world = world;
    this.#session = sessionOf(world, key);
    this.#history = history;
    this.#run = objectOf(history.inFlightRun);
    this.#now = now;
    const gatewayId = textOf(this.#run?.runId);
    this.runId = gatewayId === undefined ? undefined : runKey(this.#session, gatewayId);
  }

  /** Begins the run under way, unless it is known, and reads what it did. */
  takeUp(): void {
    const gatewayId = textOf(this.#run?.runId);
    if (gatewayId === undefined || (this.runId !== undefined && this.#world.runs.has(this.runId))) return;
    const startedAt = Math.min(numberOf(this.#run?.startedAt) ?? this.#now, this.#now);
    runOf(this.#world, this.#session, gatewayId, this.#now, startedAt);
    this.read();
  }

  /** Reads messages and events of known runs, in the order in which they happened. What was read before adds nothing. */
  read(): void {
    const messages = objectsIn(this.#history.messages);
    const last = messages.findLastIndex(startsTurn);
    // What was said in older turns starts nothing; what known runs did in them counts.
    const turn = messages.filter((message, index) => index >= last || !startsTurn(message));
    const told = [
      ...turn.map((message) => ({ message, ts: numberOf(objectOf(message.__openclaw)?.recordTimestampMs) ?? 0 })),
      ...objectsIn(this.#run?.events).map((event) => ({ event, ts: numberOf(event.ts) ?? 0 })),
    ].sort((a, b) => a.ts - b.ts);
    for (const one of told) {
      const reading: Reading = { from: 'history', at: Math.min(one.ts === 0 ? this.#now : one.ts, this.#now) };
      if ('event' in one) readAgentEvent(this.#world, { ...one.event, sessionKey: this.#session.key }, reading);
      else readMessage(this.#world, this.#session, one.message, reading);
    }
  }
}

function startsTurn(message: JsonObject): boolean {
  return message.role === 'user' || objectOf(message.__openclaw)?.turnBoundary === true;
}

function objectsIn(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.map(objectOf).filter((one) => one !== undefined) : [];
}

function runsOf(world: World): Run[] {
  return [...world.runs.values()];
}
