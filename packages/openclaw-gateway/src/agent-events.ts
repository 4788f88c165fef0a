import { toPlan } from '@live-status/run-tracker';
import {
  callIdOf,
  idOf,
  type JsonObject,
  numberOf,
  objectOf,
  resultsIn,
  textOf,
  toEntry,
} from '@live-status/transcript-parser';
import { requestApproval, resolveApproval } from './approvals.ts';
import type { ChildRuns } from './child-runs.ts';
import type { Reading } from './messages.ts';
import type { ModelCalls } from './model-calls.ts';
import type { Runs } from './runs.ts';
import type { GatewayRun, Sessions } from './sessions.ts';
import { spanOf, summaryOf, type ToolCalls } from './tool-calls.ts';
import type { Unanswered } from './unanswered.ts';

/** Two reports of one compaction are this close to each other. */
const COMPACTION_MS = 2_000;
/** An error that is not final may be followed by another model, this long. */
const FALLBACK_MS = 5_000;
const ERROR_CHARS = 300;

/** What events are read into. */
export interface AgentEventReaderOptions {
  readonly sessions: Sessions;
  readonly runs: Runs;
  readonly calls: ToolCalls;
  readonly children: ChildRuns;
  readonly models: ModelCalls;
  readonly unanswered: Unanswered;
}

/**
 * Reads events of runs: `agent`, or `session.tool` for the tools of runs that began inside the gateway. Both have one
 * shape, and what they say is the same.
 */
export class AgentEventReader {
  readonly #sessions: Sessions;
  readonly #runs: Runs;
  readonly #calls: ToolCalls;
  readonly #children: ChildRuns;
  readonly #models: ModelCalls;
  readonly #unanswered: Unanswered;

  constructor({ sessions, runs, calls, children, models, unanswered }: AgentEventReaderOptions) {
    this.#sessions = sessions;
    this.#runs = runs;
    this.#calls = calls;
    this.#children = children;
    this.#models = models;
    this.#unanswered = unanswered;
  }

  read(payload: JsonObject, reading: Reading): void {
    const { from, at } = reading;
    const key = textOf(payload.sessionKey);
    const gatewayId = idOf(payload.runId);
    if (key === undefined || gatewayId === undefined) return;
    const session = this.#sessions.of(key);
    session.parentKey ??= textOf(payload.spawnedBy);
    const data = objectOf(payload.data) ?? {};
    const isKnown = this.#runs.get(session, gatewayId) !== undefined;
    if (!isKnown && (from === 'history' || isAfterthought(payload.stream, data))) return;
    const run = this.#runs.of(session, gatewayId, { at });
    if (run.givenUp && !isAfterthought(payload.stream, data)) run.reportFound(at);
    if (!run.isOpen || isRepeated(run, payload, from)) return;
    this.#runs.expectNoEnd(run);
    if (payload.isHeartbeat === true) this.#runs.identify(run, { trigger: 'other', at, silent: true });
    switch (payload.stream) {
      case 'tool':
        this.#readTool(run, data, reading);
        break;
      case 'item':
        this.#readItem(run, data, reading);
        break;
      case 'lifecycle':
        this.#readLifecycle(run, data, at);
        break;
      case 'compaction':
        if (data.phase === 'start') this.#models.readCompaction(run, at);
        else if (data.phase === 'end' && data.completed !== false) compactRun(run, at);
        break;
      case 'plan':
        if (data.phase === 'update') run.setPlan(toPlan(data.steps), at);
        break;
      case 'run_status':
        run.own.model.hasStatus ||= from !== 'history';
        this.#models.readStatus(run, data, at);
        break;
      case 'thinking':
        this.#models.noteContent(run, at, { isOld: from === 'history' });
    }
  }

  /** A piece of the model's answer: of a run that is known, it works. */
  readDelta(payload: JsonObject, { from, at }: Reading): void {
    const key = textOf(payload.sessionKey);
    const gatewayId = idOf(payload.runId);
    if (payload.state !== 'delta' || key === undefined || gatewayId === undefined) return;
    const run = this.#runs.get(this.#sessions.of(key), gatewayId);
    if (run !== undefined) this.#models.noteContent(run, at, { isOld: from === 'history' });
  }

  #readTool(run: GatewayRun, data: JsonObject, { from, at }: Reading): void {
    this.#reportPreamble(run, at);
    const callId = callIdOf(data);
    const tool = textOf(data.name) ?? '';
    const parentCallId = idOf(data.parentToolCallId);
    const live = from === 'live';
    const result = typeof data.result === 'string' ? { content: data.result } : objectOf(data.result);
    const isOver = data.phase === 'result' && result === undefined;
    if (data.phase === 'update' || isOver) this.#calls.goOn(run, callId, at);
    if (data.phase === 'start') {
      this.#models.noteContent(run, at, { isOld: from === 'history' });
      this.#calls.start(run, { callId, tool, at, args: data.args, parentCallId, live });
    }
    // Summaries have no result: the `item` event that follows says how it ended.
    if (data.phase !== 'result' || result === undefined) return;
    const { content, details = { status: data.status } }: JsonObject = result;
    const spawned = objectOf(details);
    this.#children.note(spawned?.childSessionKey, spawned?.runId);
    const message = { role: 'toolResult', toolCallId: callId, toolName: tool, isError: data.isError, content, details };
    for (const end of resultsIn(toEntry('message', { message }))) this.#calls.end(run, end, { at, details: spawned });
  }

  #readItem(run: GatewayRun, data: JsonObject, { from, at }: Reading): void {
    if (data.kind === 'preamble') {
      this.#models.noteContent(run, at, { isOld: from === 'history' });
      this.#readPreamble(run, data, at);
      return;
    }
    const callId = callIdOf(data);
    if (callId === '') return;
    this.#reportPreamble(run, at);
    const tool = textOf(data.name) ?? '';
    if (data.phase === 'start') {
      this.#models.noteContent(run, at, { isOld: from === 'history' });
      this.#calls.start(run, { callId, tool, at, title: textOf(data.title), live: from === 'live' });
    } else if (data.phase === 'end') {
      this.#calls.end(run, summaryOf(data, callId), { at, isSummary: true, span: spanOf(data) });
    }
  }

  /** Text between tool calls: written in pieces, reported when it is complete. */
  #readPreamble(run: GatewayRun, data: JsonObject, at: number): void {
    const { own } = run;
    const itemId = idOf(data.itemId) ?? '';
    const text = textOf(data.progressText) ?? '';
    if (own.preamble !== undefined && own.preamble.itemId !== itemId) this.#reportPreamble(run, at);
    if (own.entries.has(itemId)) return;
    own.preamble = { itemId, text };
    if (data.phase === 'end') this.#reportPreamble(run, at);
  }

  #reportPreamble(run: GatewayRun, at: number): void {
    const { preamble, entries } = run.own;
    run.own.preamble = undefined;
    // The history may have had it meanwhile.
    if (preamble === undefined || preamble.text.trim() === '' || entries.has(preamble.itemId)) return;
    entries.add(preamble.itemId);
    this.#runs.identify(run, { at });
    run.report({ type: 'commentary', at, entryId: preamble.itemId, text: preamble.text });
  }

  #readLifecycle(run: GatewayRun, data: JsonObject, at: number): void {
    switch (data.phase) {
      case 'start':
        // Whatever failed before, it goes on.
        this.#runs.noteEnding(run, null, { at });
        if (run.own.overflowed) compactRun(run, at);
        break;
      case 'model':
        this.#models.readModel(run, data);
        break;
      case 'finishing':
        run.own.overflowed = objectOf(data.errorObservation)?.failoverReason === 'context_overflow';
        this.#models.readFinish(run, data, at);
        break;
      case 'fallback_step':
        this.#models.readFallback(run, data, at);
        break;
      case 'waiting-approval':
        requestApproval(run, data, at);
        this.#unanswered.watch(run);
        break;
      case 'approval-resolved':
        if (!resolveApproval(run, data, at)) this.#calls.goOn(run, idOf(data.toolCallId) ?? '', at);
        break;
      case 'end':
      case 'error':
        this.#readEnd(run, data, at);
    }
  }

  #readEnd(run: GatewayRun, data: JsonObject, at: number): void {
    const error = textOf(data.error)?.slice(0, ERROR_CHARS);
    const isSettled = data.executionSettled === true;
    run.own.timedOut = run.ending !== 'done' && hasTimedOut(data);
    if (data.aborted === true || data.status === 'cancelled') this.#runs.end(run, { outcome: 'aborted', at });
    else if (run.own.timedOut) {
      if (data.phase === 'end' || isSettled) this.#runs.end(run, { outcome: 'aborted', at });
      else this.#runs.expectEnd(run, { outcome: 'aborted', at, afterMs: FALLBACK_MS });
    } else if (data.phase === 'error' || error !== undefined) this.#fail(run, { error, isSettled, at });
    else if (data.yielded === true) this.#runs.end(run, { outcome: 'waiting', at });
    else {
      const text = textOf(objectOf(data.terminalReply)?.text);
      if (run.ending !== 'done' && text !== undefined) this.#runs.noteEnding(run, 'done', { at, text });
      this.#runs.end(run, { outcome: 'done', at });
    }
  }

  #fail(
    run: GatewayRun,
    { error, isSettled, at }: { readonly error: string | undefined; readonly isSettled: boolean; readonly at: number },
  ): void {
    this.#runs.identify(run, { at });
    this.#runs.noteEnding(run, 'error', { at, text: error });
    if (isSettled) this.#runs.end(run, { outcome: 'error', at, reason: error });
    else this.#runs.expectEnd(run, { outcome: 'error', at, reason: error, afterMs: FALLBACK_MS });
  }
}

/** Whether an event is the one that was read last, under another name. The history has events again that were read before. */
function isRepeated(run: GatewayRun, { seq }: JsonObject, from: Reading['from']): boolean {
  const number = numberOf(seq);
  if (from === 'history' || number === undefined) return false;
  const isSame = run.own.lastSeq === number;
  run.own.lastSeq = number;
  return isSame;
}

/** What is only said of runs that began before, or have ended: it begins none. */
export function isAfterthought(stream: unknown, { phase }: JsonObject): boolean {
  return stream === 'lifecycle' && (phase === 'fallback' || phase === 'approval-resolved');
}

/**
 * The time of the run was over before it had answered. OpenClaw 2026.9.6 says so as an error where the model was waited
 * for, and as an end like any other where a call was cut.
 */
function hasTimedOut({ timeoutPhase, stopReason, livenessState, yielded }: JsonObject): boolean {
  if (timeoutPhase !== undefined || stopReason === 'timeout') return true;
  return stopReason === 'toolUse' && livenessState === 'paused' && yielded !== true;
}

/** The session was compacted while the run goes on. */
export function compactRun(run: GatewayRun, at: number): void {
  run.own.overflowed = false;
  if (!run.isOpen || at - run.own.compactedAt < COMPACTION_MS) return;
  run.own.compactedAt = at;
  run.own.model.troubleSince = undefined;
  run.own.model.nextAttempt = 1;
  run.report({ type: 'compacted', at, entryId: `compaction/${at}` });
}
