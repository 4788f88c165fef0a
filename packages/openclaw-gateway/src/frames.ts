import { type JsonObject, objectOf, textOf } from '@live-status/transcript-parser';
import { compact, readAgentEvent } from './agent-events.ts';
import { announce, noteChild } from './announces.ts';
import { type Reading, readMessage } from './messages.ts';
import type { EventFrame } from './observation.ts';
import { endRun, expectEnd, outcomeOf } from './run-endings.ts';
import { routeRun, runOf } from './runs.ts';
import { activeRuns, adoptChild, dropSession, learnRow, noteActivity, sessionOf } from './sessions.ts';
import type { Session, World } from './state.ts';

/** What an event frame says. Events that say nothing about runs are passed over. */
export function readFrame(world: World, { event, payload, at }: EventFrame, from: 'live' | 'held' = 'live'): void {
  const reading: Reading = { from, at };
  switch (event) {
    case 'agent':
    case 'session.tool':
      learnFrom(world, payload, at);
      readAgentEvent(world, payload, reading);
      break;
    case 'session.message': {
      const session = learnFrom(world, payload, at);
      const message = objectOf(payload.message);
      if (session !== undefined && message !== undefined) readMessage(world, session, message, reading);
      break;
    }
    case 'sessions.changed':
      readChange(world, payload, at);
      break;
    case 'session.operation':
      readOperation(world, payload, at);
      break;
    case 'task':
      readTask(world, objectOf(payload.task) ?? {}, at);
      break;
  }
}

/** Most frames carry the session's row, or parts of it. */
function learnFrom(world: World, payload: JsonObject, at: number): Session | undefined {
  const key = textOf(payload.sessionKey);
  if (key === undefined || key === '') return undefined;
  const session = sessionOf(world, key);
  const row = objectOf(payload.session);
  if (row === undefined) return session;
  learnRow(world, session, row, at);
  for (const run of activeRuns(world, session)) routeRun(world, run, at);
  return session;
}

function readChange(world: World, payload: JsonObject, at: number): void {
  if (payload.reason === 'delete' || payload.reason === 'reset') endSession(world, payload, at);
  if (payload.reason === 'delete') return;
  const session = learnFrom(world, payload, at);
  const active = objectOf(payload.session)?.hasActiveRun;
  if (session === undefined) return;
  const { phase } = payload;
  // Rows that come with the end of a run may still call it active.
  if (phase === 'end' || phase === 'error') {
    endSoon(world, session, at, phase);
    return;
  }
  const gatewayId = textOf(payload.runId);
  if (phase === 'start' && gatewayId !== undefined) runOf(world, session, gatewayId, at);
  if (active === false) endSoon(world, session, at, undefined);
  if (typeof active === 'boolean') noteActivity(session, active, at, activeRuns(world, session));
}

/** A row says that nothing is active: what is still open ends by its status, unless its own events come. */
function endSoon(world: World, session: Session, at: number, phase: 'end' | 'error' | undefined): void {
  const byPhase = phase === 'error' ? 'error' : phase === 'end' ? 'done' : undefined;
  const outcome = outcomeOf(session.status) ?? byPhase;
  if (outcome === undefined) return;
  for (const run of activeRuns(world, session)) expectEnd(run, at, run.ending ?? outcome);
}

/** Reset or deleted: what was under way is cut, and what comes next has nothing to do with it. */
function endSession(world: World, payload: JsonObject, at: number): void {
  const key = textOf(payload.sessionKey);
  const session = key === undefined ? undefined : sessionOf(world, key);
  if (session === undefined) return;
  for (const run of activeRuns(world, session)) {
    if (run.ending !== undefined) endRun(world, run, run.ending, at);
    else endRun(world, run, 'interrupted', at, `the session was ${payload.reason === 'reset' ? 'reset' : 'deleted'}`);
  }
  dropSession(world, session, at);
}

function readOperation(world: World, payload: JsonObject, at: number): void {
  if (payload.operation !== 'compact' || payload.phase !== 'end' || payload.completed === false) return;
  const session = learnFrom(world, payload, at);
  const run = session === undefined ? undefined : activeRuns(world, session).at(-1);
  if (run !== undefined) compact(world, run, at);
}

/** Delivery states of a child's result after which no announce comes. `session_queued` and `pending` are none. */
const SETTLED = ['delivered', 'failed', 'not_applicable', 'parent_missing'];

/** The ledger of background work: it links children to their parents, and says when a result was delivered. */
function readTask(world: World, task: JsonObject, at: number): void {
  const parentKey = textOf(task.sessionKey);
  const childKey = textOf(task.childSessionKey);
  if (task.kind !== 'subagent' || parentKey === undefined || childKey === undefined) return;
  const parent = sessionOf(world, parentKey);
  adoptChild(world, parent, childKey, at, textOf(task.title));
  noteChild(world, childKey, task.runId);
  const settled = SETTLED.includes(textOf(task.deliveryStatus) ?? '');
  if (settled && task.status !== 'running') announce(world, parent, childKey, textOf(task.runId) ?? '', at);
}
