import { type JsonObject, objectOf, textOf, toEntry } from '@live-status/transcript-parser';
import { noteChild } from './announces.ts';
import type { Reading } from './messages.ts';
import { endRun, expectEnd, noteEnding, seeAgain } from './run-endings.ts';
import { identify, runKey, runOf } from './runs.ts';
import { emit, sessionOf } from './sessions.ts';
import type { Run, World } from './state.ts';
import { endCall, startCall, summaryOf } from './tools.ts';

/** Two reports of one compaction are this close to each other. */
const COMPACTION_MS = 2_000;
/** An error that is not final may be followed by another model, this long. */
const FALLBACK_MS = 5_000;
const ERROR_CHARS = 300;

/**
 * An event of a run: `agent`, or `session.tool` for the tools of runs that began inside the gateway. Both have one
 * shape, and what they say is the same.
 */
export function readAgentEvent(world: World, payload: JsonObject, reading: Reading): void {
  const { from, at } = reading;
  const key = textOf(payload.sessionKey);
  const gatewayId = textOf(payload.runId);
  if (key === undefined || gatewayId === undefined) return;
  const session = sessionOf(world, key);
  session.parentKey ??= textOf(payload.spawnedBy);
  const data = objectOf(payload.data) ?? {};
  if (from === 'history' && !world.runs.has(runKey(session, gatewayId))) return;
  const run = runOf(world, session, gatewayId, at);
  if (run.givenUp) seeAgain(world, run, at);
  if (run.ended) return;
  run.endDue = undefined;
  if (payload.isHeartbeat === true) identify(world, run, 'other', at, true);
  if (payload.stream === 'tool') readTool(world, run, data, reading);
  else if (payload.stream === 'item') readItem(world, run, data, reading);
  else if (payload.stream === 'lifecycle') readLifecycle(world, run, data, at);
  else if (payload.stream === 'compaction' && data.phase === 'end' && data.completed !== false) compact(world, run, at);
}

function readTool(world: World, run: Run, data: JsonObject, { from, at }: Reading): void {
  tellPreamble(world, run, at);
  const callId = textOf(data.toolCallId) ?? '';
  const tool = textOf(data.name) ?? '';
  const parentCallId = textOf(data.parentToolCallId);
  const live = from === 'live';
  if (data.phase === 'start') startCall(world, run, { callId, tool, args: data.args, parentCallId, live }, at);
  const result = objectOf(data.result);
  // Summaries have no result: the `item` event that follows tells how it ended.
  if (data.phase !== 'result' || result === undefined) return;
  const { content, details } = result;
  const spawned = objectOf(details);
  noteChild(world, spawned?.childSessionKey, spawned?.runId);
  const message = { role: 'toolResult', toolCallId: callId, toolName: tool, isError: data.isError, content, details };
  const entry = toEntry('message', { message });
  if (entry.kind === 'tool-result') endCall(world, run, entry, at);
}

function readItem(world: World, run: Run, data: JsonObject, { from, at }: Reading): void {
  const live = from === 'live';
  if (data.kind === 'preamble') {
    readPreamble(world, run, data, at);
    return;
  }
  const callId = textOf(data.toolCallId);
  if (callId === undefined) return;
  tellPreamble(world, run, at);
  if (data.phase === 'start') startCall(world, run, { callId, tool: textOf(data.name) ?? '', live }, at);
  else if (data.phase === 'end') endCall(world, run, summaryOf(data, callId), at);
}

/** Text between tool calls: written in pieces, told when it is complete. */
function readPreamble(world: World, run: Run, data: JsonObject, at: number): void {
  const itemId = textOf(data.itemId) ?? '';
  const text = textOf(data.progressText) ?? '';
  if (run.preamble !== undefined && run.preamble.itemId !== itemId) tellPreamble(world, run, at);
  if (run.entries.has(itemId)) return;
  run.preamble = { itemId, text };
  if (data.phase === 'end') tellPreamble(world, run, at);
}

function tellPreamble(world: World, run: Run, at: number): void {
  const { preamble } = run;
  run.preamble = undefined;
  if (preamble === undefined || preamble.text.trim() === '') return;
  run.entries.add(preamble.itemId);
  identify(world, run, undefined, at);
  const { itemId: entryId, text } = preamble;
  emit(world, { type: 'commentary', sessionKey: run.session.key, at, runId: run.runId, entryId, text });
}

function readLifecycle(world: World, run: Run, data: JsonObject, at: number): void {
  if (data.phase === 'finishing') {
    run.overflowed = objectOf(data.errorObservation)?.failoverReason === 'context_overflow';
  } else if (data.phase === 'start' && run.overflowed) {
    noteEnding(world, run, null, at);
    compact(world, run, at);
  }
  if (data.phase !== 'end' && data.phase !== 'error') return;
  const error = textOf(data.error)?.slice(0, ERROR_CHARS);
  run.timedOut = run.ending !== 'done' && hasTimedOut(data);
  if (data.aborted === true || data.status === 'cancelled') endRun(world, run, 'aborted', at);
  else if (run.timedOut) {
    if (data.phase === 'end' || data.executionSettled === true) endRun(world, run, 'aborted', at);
    else expectEnd(run, at, 'aborted', undefined, FALLBACK_MS);
  } else if (data.phase === 'error' || error !== undefined) fail(world, run, error, data.executionSettled === true, at);
  else if (data.yielded === true) endRun(world, run, 'waiting', at);
  else {
    const reply = textOf(objectOf(data.terminalReply)?.text);
    if (run.ending !== 'done' && reply !== undefined) noteEnding(world, run, 'done', at, reply);
    endRun(world, run, 'done', at);
  }
}

/**
 * The time of the run was over before it had answered. OpenClaw 2026.9.6 tells it as an error where the model was waited
 * for, and as an end like any other where a call was cut.
 */
function hasTimedOut({ timeoutPhase, stopReason, livenessState, yielded }: JsonObject): boolean {
  if (timeoutPhase !== undefined || stopReason === 'timeout') return true;
  return stopReason === 'toolUse' && livenessState === 'paused' && yielded !== true;
}

function fail(world: World, run: Run, error: string | undefined, settled: boolean, at: number): void {
  identify(world, run, undefined, at);
  noteEnding(world, run, 'error', at, error);
  if (settled) endRun(world, run, 'error', at, error);
  else expectEnd(run, at, 'error', error, FALLBACK_MS);
}

/** The session was compacted while the run goes on. */
export function compact(world: World, run: Run, at: number): void {
  run.overflowed = false;
  if (run.ended || at - run.compactedAt < COMPACTION_MS) return;
  run.compactedAt = at;
  const entryId = `compaction/${at}`;
  emit(world, { type: 'compacted', sessionKey: run.session.key, at, runId: run.runId, entryId });
}
