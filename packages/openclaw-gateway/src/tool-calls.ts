import {
  filesChangedBy,
  isPlanTool,
  isSecret,
  outcomeOfSummary,
  outcomeOfTool,
  planIn,
  questionIn,
} from '@live-status/run-tracker';
import {
  compact,
  hasFailed,
  type JsonObject,
  objectOf,
  readArguments,
  type ToolResult,
  textOf,
  toolNameOf,
} from '@live-status/transcript-parser';
import { closeApprovalsOf } from './approvals.ts';
import { backgroundIdOf, type CallSpan, hasLeft, type LeftCommand } from './background-commands.ts';
import type { Runs } from './runs.ts';
import type { Call, GatewayRun, GatewaySession, Sessions } from './sessions.ts';
import type { Unanswered } from './unanswered.ts';

/** Carries a call of one other tool, which is reported as a call of its own. */
const CARRIER = 'tool_call';
/** The same of a program that makes calls. */
const CODE_CARRIER = 'tool_search_code';
/** Ids of carried calls name the call that carries them: `tool_search_code:<id>:<tool>:<n>`. Models can make up ids. */
const CARRIED_ID = /^tool_search_code:(.+):[^:]+:\d+$/;

/** OpenClaw waits for an answer no longer than this, whatever the call asks for. */
const LONGEST_QUESTION_MS = 3_600_000;
/** Commands in the background that are remembered of a session, for calls of which only a summary will be told. */
const REMEMBERED_COMMANDS = 256;

/** A call as any of the events that mention it describe it. */
export interface CallStart {
  readonly callId: string;
  readonly tool: string;
  readonly at: number;
  /** Absent in summaries. */
  readonly args?: unknown;
  /** The call that carries it. */
  readonly parentCallId?: string | undefined;
  /** What it is called where its arguments are not told. */
  readonly title?: string | undefined;
  /** It happens now: a call that ended before under this id was another one. */
  readonly live: boolean;
}

/** How the end of a call was told. */
export interface CallEnd {
  readonly at: number;
  /** Of its result, as far as they are told. */
  readonly details?: JsonObject | undefined;
  /** Nothing but a status is told: one that is missing or unknown is not a success. Default: false. */
  readonly isSummary?: boolean;
  /** When it ran, where a summary says so. */
  readonly span?: CallSpan | undefined;
}

/** What calls are read into. */
export interface ToolCallsOptions {
  readonly sessions: Sessions;
  readonly runs: Runs;
  readonly unanswered: Unanswered;
}

/** The tool calls of runs. Several events mention each: it is known by its id, and what is known is never replaced by less. */
export class ToolCalls {
  readonly #sessions: Sessions;
  readonly #runs: Runs;
  readonly #unanswered: Unanswered;

  constructor({ sessions, runs, unanswered }: ToolCallsOptions) {
    this.#sessions = sessions;
    this.#runs = runs;
    this.#unanswered = unanswered;
  }

  /** A call began. */
  start(run: GatewayRun, { callId: givenId, tool, at, args, parentCallId, title, live }: CallStart): void {
    if (!run.isOpen) return;
    this.#runs.identify(run, { at });
    const callId = givenId === '' ? `${tool}#${run.own.calls.size}` : givenId;
    const carrier = carrierOf(run, { callId, tool, parentCallId });
    const carried = args ?? (carrier === undefined ? undefined : carriedArguments(carrier, tool));
    const given = readArguments(carried);
    if (carrier !== undefined) hideCarrier(run, carrier, at);
    const known = run.own.calls.get(callId);
    if (known !== undefined && !(known.ended && live)) {
      if (known.ended || known.args !== undefined || given === undefined) return;
      known.args = given;
      if (!known.hidden && known.reported === undefined) this.#show(run, callId, known, at);
      return;
    }
    const call: Call = {
      ...{ entryId: entryOf(run, callId), tool, args: given, title, startedAt: at },
      ...{ hidden: toolNameOf(tool) === CARRIER, shown: false, works: false, ended: false, asksUntil: undefined },
    };
    run.own.calls.set(callId, call);
    this.#runs.noteEnding(run, null, { at });
    if (!call.hidden) this.#show(run, callId, call, at);
  }

  /** A call goes on: it does not wait for an approval, or not in vain. */
  goOn(run: GatewayRun, callId: string, at: number): void {
    const call = run.own.calls.get(callId);
    closeApprovalsOf(run, callId, at);
    if (!run.isOpen || call?.reported !== 'unanswered') return;
    this.#show(run, callId, call, at);
    call.reported = undefined;
  }

  /** Ends the calls of whose answer nothing was heard in time, unless their real end is reported after all. */
  endUnanswered(at: number): void {
    for (const { run, callId, outcome } of this.#unanswered.take(at)) {
      closeApprovalsOf(run, callId, at);
      if (outcome === undefined) continue;
      const call = run.own.calls.get(callId) ?? {
        ...{ entryId: entryOf(run, callId), tool: 'exec', args: undefined, title: undefined, startedAt: at },
        ...{ hidden: false, shown: true, works: true, ended: false },
      };
      run.own.calls.set(callId, { ...call, asksUntil: undefined, reported: 'unanswered' });
      run.report({ type: 'tool-ended', at, entryId: call.entryId, callId, tool: call.tool, outcome });
    }
  }

  /** A call ended. The call itself may never have been seen. */
  end(run: GatewayRun, given: ToolResult, { at, details, isSummary = false, span }: CallEnd): void {
    const { calls } = run.own;
    const callId = given.callId === '' ? openCallOf(run, given.tool) : given.callId;
    const known = calls.get(callId);
    const result = { ...given, callId, tool: given.tool === '' ? (known?.tool ?? '') : given.tool };
    if (!run.isOpen || callId === '' || (known?.ended && (isSummary || known.reported !== 'summary'))) return;
    this.#runs.identify(run, { at });
    closeApprovalsOf(run, callId, at);
    const isPlan = isPlanTool(known?.tool ?? result.tool) || known?.plan === true;
    if (isPlan || (known?.hidden === true && !hasFailed(result))) {
      if (known !== undefined) known.ended = true;
      return;
    }
    const call: Call = known ?? {
      ...{ entryId: entryOf(run, callId), tool: result.tool, args: undefined, title: undefined, startedAt: at },
      ...{ hidden: false, shown: false, works: false, ended: true, asksUntil: undefined },
    };
    call.ended = true;
    calls.set(callId, call);
    const reopens = call.reported === undefined ? {} : ({ reopens: true } as const);
    const left = isSummary ? commandLeftBy(run, { call, result, span }) : undefined;
    call.reported = isSummary && left === undefined ? 'summary' : undefined;
    call.span = call.reported === undefined ? undefined : span;
    // A carrier that failed by itself is shown under the name of what it was to carry.
    const tool = (call.hidden ? textOf(objectOf(call.args)?.id) : undefined) ?? call.tool;
    const end = left === undefined ? result : { ...result, status: 'running' };
    const outcome = isSummary ? outcomeOfSummary(end, call.args) : outcomeOfTool(end, call.args);
    const filesChanged = outcome.outcome === 'ok' ? filesChangedBy({ tool, args: call.args, details }) : [];
    const named = left?.backgroundId ?? backgroundIdOf(result, details);
    const backgroundId = outcome.outcome === 'background' ? named : undefined;
    run.report({
      ...{ type: 'tool-ended', at, entryId: call.entryId, callId, tool, ...outcome, ...reopens },
      ...(filesChanged.length === 0 ? {} : { filesChanged }),
      ...(backgroundId === undefined ? {} : { backgroundId }),
    });
    // A run of thousands of calls must not keep what each of them was given.
    if (!isSummary) call.args = undefined;
    if (outcome.spawned !== undefined) run.session.adopt(this.#sessions.of(outcome.spawned), { at });
  }

  /** A command goes on in the background. The call that left it running may have been taken for completed. */
  noteCommand(session: GatewaySession, command: LeftCommand, at: number): void {
    const { backgroundId } = command;
    const { commands } = session.own;
    if (commands.some((one) => one.backgroundId === backgroundId)) return;
    commands.push(command);
    if (commands.length > REMEMBERED_COMMANDS) commands.shift();
    for (const run of session.openRuns) {
      for (const [callId, { args, reported, span, tool }] of run.own.calls) {
        if (reported !== 'summary' || !hasLeft(args, span, command)) continue;
        const result = { callId, tool, isError: false, status: 'running' };
        this.end(run, result, { at, details: { sessionId: backgroundId } });
      }
    }
  }

  /** Reports a call, or again with what is known by now: as a line, as the plan it writes, as the question it asks. */
  #show(run: GatewayRun, callId: string, call: Call, at: number): void {
    const { entryId, tool, args, title, startedAt } = call;
    const plan = planIn(tool, args);
    if (plan !== undefined || isPlanTool(tool)) {
      // Its name may not have told.
      if (call.shown) run.session.retract([entryId], at);
      Object.assign(call, { shown: false, plan: true });
      if (plan !== undefined) run.setPlan(plan, at);
      return;
    }
    call.shown = true;
    const question = questionIn({ tool, args, title, startedAt });
    const shown = isSecret(tool, question) ? {} : args;
    const reopens = call.reported === undefined ? {} : ({ reopens: true } as const);
    run.report({ type: 'tool-started', at, entryId, callId, tool, args: shown, ...reopens });
    if (question === undefined) return;
    run.report({ type: 'question-asked', at, callId, question });
    call.asksUntil = question.until ?? startedAt + LONGEST_QUESTION_MS;
    this.#unanswered.watch(run);
  }
}

/** `timedOut` and `TIMED-OUT` are `timed_out`. */
function statusOf({ status }: JsonObject): string | undefined {
  const words = textOf(status)?.replace(/(?<=[a-z])(?=[A-Z])/g, '_');
  return words?.replace(/[\s-]+/g, '_').toLowerCase();
}

/** When a call ran, as an `item` event says it. */
export function spanOf({ endedAt, startedAt }: JsonObject): CallSpan | undefined {
  return typeof startedAt === 'number' && typeof endedAt === 'number' ? { startedAt, endedAt } : undefined;
}

/** The end of a call as an `item` event sums it up: no result, but whether it failed and how long it took. */
export function summaryOf(data: JsonObject, callId: string): ToolResult {
  const span = spanOf(data);
  const measured = span === undefined ? undefined : span.endedAt - span.startedAt;
  return {
    callId,
    tool: textOf(data.name) ?? '',
    isError: data.isError === true || (textOf(data.error) !== undefined && data.status !== 'completed'),
    ...compact({ status: statusOf(data), error: textOf(data.error), durationMs: measured }),
  };
}

/** The call that carries another one: a call of a tool that does, and that does not say to carry another tool. */
function carrierOf(
  run: GatewayRun,
  { callId, parentCallId, tool }: Pick<CallStart, 'callId' | 'parentCallId' | 'tool'>,
): Call | undefined {
  const carrier = run.own.calls.get(parentCallId ?? CARRIED_ID.exec(callId)?.[1] ?? '');
  const name = toolNameOf(carrier?.tool ?? '');
  if (name === CODE_CARRIER) return carrier;
  const carried = textOf(objectOf(carrier?.args)?.id);
  return name === CARRIER && (carried === undefined || toolNameOf(carried) === toolNameOf(tool)) ? carrier : undefined;
}

/** The arguments of a call, as the call that carries it was given them. */
function carriedArguments({ args }: Call, tool: string): unknown {
  const given = objectOf(args);
  return given?.id === tool ? given.args : undefined;
}

/** The carried call is shown in the place of the one that carries it. */
function hideCarrier(run: GatewayRun, carrier: Call, at: number): void {
  if (!carrier.hidden) run.session.retract([carrier.entryId], at);
  carrier.hidden = true;
  // Its result says nothing that the carried call does not say.
  carrier.ended = true;
}

/** The command that a call left running, which its summary calls completed as well (OpenClaw 2026.9.6). */
function commandLeftBy(
  { session }: GatewayRun,
  { call, result, span }: { readonly call: Call; readonly result: ToolResult; readonly span: CallSpan | undefined },
): LeftCommand | undefined {
  return hasFailed(result) ? undefined : session.own.commands.find((command) => hasLeft(call.args, span, command));
}

/** The call whose result names no call: the first open one of its tool. */
function openCallOf(run: GatewayRun, tool: string): string {
  for (const [callId, call] of run.own.calls) if (!call.ended && (tool === '' || call.tool === tool)) return callId;
  return '';
}

function entryOf(run: GatewayRun, callId: string): string {
  return `${run.own.gatewayId}/${callId}`;
}
