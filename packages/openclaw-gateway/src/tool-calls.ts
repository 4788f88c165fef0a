import { outcomeOfTool } from '@live-status/run-tracker';
import {
  compact,
  hasFailed,
  type JsonObject,
  objectOf,
  type ToolResultEntry,
  textOf,
} from '@live-status/transcript-parser';
import type { Runs } from './runs.ts';
import type { Call, GatewayRun, Sessions } from './sessions.ts';

/** Tools that only carry a call of another tool, which is reported as a call of its own. */
const CARRIER = 'tool_call';

/** A call as any of the events that mention it describe it. */
export interface CallStart {
  readonly callId: string;
  readonly tool: string;
  readonly at: number;
  /** Absent in summaries. */
  readonly args?: unknown;
  /** The call that carries it. */
  readonly parentCallId?: string | undefined;
  /** It happens now: a call that ended before under this id was another one. */
  readonly live: boolean;
}

/** The tool calls of runs. Several events mention each: it is known by its id, and what is known is never replaced by less. */
export class ToolCalls {
  readonly #sessions: Sessions;
  readonly #runs: Runs;

  constructor(sessions: Sessions, runs: Runs) {
    this.#sessions = sessions;
    this.#runs = runs;
  }

  /** A call began. */
  start(run: GatewayRun, { callId, tool, at, args, parentCallId, live }: CallStart): void {
    if (!run.isOpen || callId === '') return;
    this.#runs.identify(run, { at });
    hideCarrier(run, parentCallId, at);
    const known = run.own.calls.get(callId);
    if (known !== undefined && !(known.ended && live)) {
      if (known.ended || known.args !== undefined || args === undefined) return;
      known.args = args;
      if (!known.hidden) reportStart(run, callId, known, at);
      return;
    }
    const call: Call = { entryId: entryOf(run, callId), tool, args, hidden: tool === CARRIER, ended: false };
    run.own.calls.set(callId, call);
    this.#runs.noteEnding(run, null, { at });
    if (!call.hidden) reportStart(run, callId, call, at);
  }

  /** A call ended. The call itself may never have been seen. */
  end(run: GatewayRun, result: ToolResultEntry, at: number): void {
    const { callId } = result;
    const { calls } = run.own;
    const known = calls.get(callId);
    if (!run.isOpen || callId === '' || known?.ended === true) return;
    this.#runs.identify(run, { at });
    if (known?.hidden === true && !hasFailed(result)) {
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
    calls.set(callId, call);
    // A carrier that failed by itself is shown under the name of what it was to carry.
    const carried = call.hidden ? textOf(objectOf(call.args)?.id) : undefined;
    const outcome = outcomeOfTool(result);
    run.report({ type: 'tool-ended', at, entryId: call.entryId, callId, tool: carried ?? call.tool, ...outcome });
    // A run of thousands of calls must not keep what each of them was given.
    call.args = undefined;
    if (outcome.spawned !== undefined) run.session.adopt(this.#sessions.of(outcome.spawned), { at });
  }
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

function reportStart(run: GatewayRun, callId: string, { entryId, tool, args }: Call, at: number): void {
  run.report({ type: 'tool-started', at, entryId, callId, tool, args });
}

/** A call carries another one: that one is shown in its place. */
function hideCarrier(run: GatewayRun, callId: string | undefined, at: number): void {
  const carrier = callId === undefined ? undefined : run.own.calls.get(callId);
  if (carrier === undefined) return;
  if (!carrier.hidden) run.session.retract([carrier.entryId], at);
  carrier.hidden = true;
  // Its result says nothing that the carried call does not say.
  carrier.ended = true;
}

function entryOf(run: GatewayRun, callId: string): string {
  return `${run.own.gatewayId}/${callId}`;
}
