import type { ToolEnded } from '@live-status/session-state';
import {
  compact,
  errorLine,
  hasFailed,
  isBackground,
  type JsonObject,
  objectOf,
  type ToolResultEntry,
  textOf,
} from '@live-status/transcript-parser';
import { noteEnding } from './run-endings.ts';
import { identify } from './runs.ts';
import { adoptChild, emit } from './sessions.ts';
import type { Call, Run, World } from './state.ts';

/** Tools that only carry a call of another tool, which is reported as a call of its own. */
const CARRIER = 'tool_call';

/** A call as any of the events that tell of it describe it. */
export interface CallStart {
  readonly callId: string;
  readonly tool: string;
  /** Absent in summaries. */
  readonly args?: unknown;
  /** The call that carries it. */
  readonly parentCallId?: string | undefined;
  /** It happens now: a call that ended before under this id was another one. */
  readonly live: boolean;
}

/** A call began. Several events tell of it, some without arguments; what is known is never replaced by less. */
export function startCall(world: World, run: Run, start: CallStart, at: number): void {
  if (run.ended || start.callId === '') return;
  identify(world, run, undefined, at);
  hideCarrier(world, run, start.parentCallId, at);
  const known = run.calls.get(start.callId);
  if (known !== undefined && !(known.ended && start.live)) {
    if (known.ended || known.args !== undefined || start.args === undefined) return;
    known.args = start.args;
    if (!known.hidden) reportStart(world, run, start.callId, known, at);
    return;
  }
  const { tool, args } = start;
  const call: Call = { entryId: entryOf(run, start.callId), tool, args, hidden: tool === CARRIER, ended: false };
  run.calls.set(start.callId, call);
  noteEnding(world, run, null, at);
  if (!call.hidden) reportStart(world, run, start.callId, call, at);
}

function reportStart(world: World, run: Run, callId: string, call: Call, at: number): void {
  const { entryId, tool, args } = call;
  emit(world, {
    type: 'tool-started',
    sessionKey: run.session.key,
    at,
    runId: run.runId,
    entryId,
    callId,
    tool,
    args,
  });
}

/** A call carries another one: that one is shown in its place. */
function hideCarrier(world: World, run: Run, callId: string | undefined, at: number): void {
  const carrier = callId === undefined ? undefined : run.calls.get(callId);
  if (carrier === undefined) return;
  if (!carrier.hidden) {
    emit(world, { type: 'retracted', sessionKey: run.session.key, at, entryIds: [carrier.entryId] });
  }
  carrier.hidden = true;
  // Its result says nothing that the carried call does not say.
  carrier.ended = true;
}

/** A call ended. The call itself may never have been seen. */
export function endCall(world: World, run: Run, result: ToolResultEntry, at: number): void {
  const { callId, childSessionKey } = result;
  if (run.ended || callId === '') return;
  const known = run.calls.get(callId);
  if (known?.ended === true) return;
  identify(world, run, undefined, at);
  const failed = hasFailed(result);
  if (known?.hidden === true && !failed) {
    known.ended = true;
    return;
  }
  const call: Call = known ?? {
    entryId: entryOf(run, callId),
    tool: result.tool,
    args: undefined,
    hidden: false,
    ended: true,
  };
  call.ended = true;
  run.calls.set(callId, call);
  emit(world, endedEvent(run, call, result, at));
  // A run of thousands of calls must not keep what each of them was given.
  call.args = undefined;
  if (!failed && childSessionKey !== undefined) adoptChild(world, run.session, childSessionKey, at);
}

function endedEvent(run: Run, call: Call, result: ToolResultEntry, at: number): ToolEnded {
  const failed = hasFailed(result);
  // A carrier that failed by itself is shown under the name of what it was to carry.
  const carried = call.hidden ? textOf(objectOf(call.args)?.id) : undefined;
  return {
    type: 'tool-ended',
    sessionKey: run.session.key,
    at,
    runId: run.runId,
    entryId: call.entryId,
    callId: result.callId,
    tool: carried ?? call.tool,
    outcome: failed ? 'error' : isBackground(result) ? 'background' : 'ok',
    ...compact({
      exitCode: result.exitCode,
      durationMs: result.durationMs,
      error: failed ? errorLine(result) : undefined,
      spawned: failed ? undefined : result.childSessionKey,
    }),
  };
}

/** The end of a call as an `item` event sums it up: no result, but whether it failed and how long it took. */
export function summaryOf(data: JsonObject, callId: string): ToolResultEntry {
  const { startedAt, endedAt } = data;
  const measured = typeof startedAt === 'number' && typeof endedAt === 'number' ? endedAt - startedAt : undefined;
  return {
    kind: 'tool-result',
    callId,
    tool: textOf(data.name) ?? '',
    isError: data.status === 'failed',
    ...compact({ error: textOf(data.error), durationMs: measured }),
  };
}

function entryOf(run: Run, callId: string): string {
  return `${run.gatewayId}/${callId}`;
}
