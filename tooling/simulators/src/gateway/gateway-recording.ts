import { type JsonObject, objectOf, textOf } from '@live-status/basics';
import type { RecordedFrame } from './recorded-frames.ts';

/** Rows call a run active for this long after its end, milliseconds (OpenClaw 2026.9.6: up to 1.5 s). */
const STALE_ROW_MS = 1_500;

interface RecordedRun {
  readonly key: string;
  readonly gatewayId: string;
  readonly startedAt: number;
  endedAt: number | undefined;
  /** A message of it was recorded, and its last answer. */
  hasMessage: boolean;
  hasAnswered: boolean;
}

/** What a person is waited for, before a frame. */
export interface WaitTruth {
  readonly isWaiting: boolean;
  /** It was decided, and nothing that the gateway keeps says so yet. */
  readonly isUndecidable: boolean;
}

/** A recording, and what the gateway would have answered to who connects somewhere in it. An index is of a frame. */
export class GatewayRecording {
  readonly frames: readonly RecordedFrame[];

  constructor(frames: readonly RecordedFrame[]) {
    this.frames = frames.filter(({ type }) => type === 'event');
  }

  /** When the frame before an index was sent. */
  timeOf(index: number): number {
    return this.frames[Math.max(0, index - 1)]?.t ?? 0;
  }

  /** Sessions of which something was sent before a frame. */
  keysAt(index: number): readonly string[] {
    const keys = this.frames.slice(0, index).flatMap(({ payload }) => textOf(payload?.sessionKey) ?? []);
    return [...new Set(keys)];
  }

  /** What `chat.history` of OpenClaw 2026.9.6 has: messages with results as texts, and events of the run in flight. */
  historyAt(index: number, key: string): JsonObject {
    const told = this.#toldOf(index, key);
    const messages = inOrder([...messagesIn(told), ...resultsIn(told)]);
    const run = this.runsAt(index).findLast((one) => one.key === key && one.endedAt === undefined);
    if (run === undefined) return { messages };
    const { gatewayId: runId, startedAt } = run;
    const own = told.filter(({ payload }) => payload?.runId === runId);
    const steps = own.flatMap(({ payload }) => planOf(objectOf(payload?.data)) ?? []).at(-1);
    const plan = steps === undefined ? {} : { plan: { steps } };
    return { messages, inFlightRun: { runId, startedAt, events: eventsIn(own, isOfChannel(key)), ...plan } };
  }

  /** Runs that had begun before a frame, in the order in which they did. */
  runsAt(index: number): readonly RecordedRun[] {
    const runs = new Map<string, RecordedRun>();
    for (const { t, payload = {} } of this.frames.slice(0, index)) {
      const { __openclaw, role, stopReason } = objectOf(payload.message) ?? {};
      const answering = runs.get(textOf(objectOf(__openclaw)?.runId) ?? '');
      if (answering !== undefined) answering.hasMessage = true;
      if (answering !== undefined && role === 'assistant') answering.hasAnswered = stopReason !== 'toolUse';
      const gatewayId = textOf(payload.runId);
      const key = textOf(payload.sessionKey);
      const phase = payload.stream === 'lifecycle' ? objectOf(payload.data)?.phase : undefined;
      if (gatewayId === undefined || key === undefined || payload.stream === undefined) continue;
      if (!runs.has(gatewayId))
        runs.set(gatewayId, {
          key,
          gatewayId,
          startedAt: t,
          endedAt: undefined,
          hasMessage: false,
          hasAnswered: false,
        });
      const run = runs.get(gatewayId);
      if (run !== undefined && (phase === 'end' || phase === 'error')) run.endedAt ??= t;
    }
    return [...runs.values()];
  }

  /** The first frame from an index on before which the gateway knows how everything ended that has. */
  knowableFrom(index: number): number {
    const isKnown = (at: number): boolean =>
      !this.waitsAt(at).isUndecidable && this.runsAt(at).every((run) => run.endedAt === undefined || run.hasAnswered);
    let known = index;
    while (known < this.frames.length && !isKnown(known)) known += 1;
    return known;
  }

  /** Whether everything is asked for again: not a run of which nothing was seen when it had begun and ended. */
  isFoundAgain({ lostAt, heldFrom, toldAt }: { lostAt: number; heldFrom: number; toldAt: number }): boolean {
    const known = new Set(this.runsAt(lostAt).flatMap((run) => (run.hasMessage ? run.gatewayId : [])));
    const begun = new Set(this.runsAt(heldFrom).map(({ gatewayId }) => gatewayId));
    const ended = this.runsAt(toldAt).filter(({ endedAt }) => endedAt !== undefined);
    return ended.every(({ gatewayId }) => known.has(gatewayId) || !begun.has(gatewayId));
  }

  /** Whether a person was waited for before a frame. */
  waitsAt(index: number): WaitTruth {
    const open = new Set<unknown>();
    const undecided = new Set<unknown>();
    for (const { payload } of this.frames.slice(0, index)) {
      const data = objectOf(payload?.data);
      const message = objectOf(payload?.message);
      const id = data?.toolCallId;
      const isQuestion = data?.name === 'ask_user';
      if (data?.phase === 'waiting-approval' || (isQuestion && data.phase === 'start')) open.add(id);
      if (data?.phase === 'approval-resolved' && open.delete(id)) undecided.add(id);
      if (data?.phase === 'update' || data?.phase === 'result') undecided.delete(id);
      // That a question is over is kept when its item is, and how when it is recorded.
      if (isQuestion && data.phase === 'result') undecided.add(id);
      if (isQuestion && data.phase === 'end') open.delete(id);
      if (message?.role === 'custom') undecided.clear();
      if (data?.phase === 'end' && payload?.stream === 'lifecycle')
        for (const waits of [open, undecided]) waits.clear();
    }
    return { isWaiting: open.size > 0, isUndecidable: undecided.size > 0 };
  }

  /** What `sessions.list` has. */
  rowsAt(index: number): JsonObject[] {
    const rows = new Map<string, JsonObject>();
    for (const { payload } of this.frames.slice(0, index)) {
      const row = objectOf(payload?.session);
      const key = textOf(payload?.sessionKey);
      if (key !== undefined && row !== undefined) rows.set(key, { ...rows.get(key), ...row, key });
    }
    const now = this.timeOf(index);
    const runs = this.runsAt(index);
    return [...rows.values()].map((row) => {
      const last = runs.findLast((run) => run.key === row.key);
      if (last === undefined) return row;
      const { endedAt } = last;
      if (endedAt === undefined || now - endedAt <= STALE_ROW_MS)
        return { ...row, status: 'running', hasActiveRun: true };
      return { ...row, status: row.status === 'running' ? 'done' : row.status, hasActiveRun: false, endedAt };
    });
  }

  /** What `tasks.list` has: the newest of each task. */
  tasksAt(index: number): JsonObject[] {
    const tasks = this.frames
      .slice(0, index)
      .flatMap(({ event, payload }): JsonObject[] => (event === 'task' ? [objectOf(payload?.task) ?? {}] : []));
    return [...new Map(tasks.map((task) => [task.id, task])).values()];
  }

  /** What `progressCard.get` has. */
  cardAt(index: number, key: string): JsonObject | undefined {
    const written = this.#toldOf(index, key).flatMap(({ t: updatedAt, payload }) => {
      const steps = planOf(objectOf(payload?.data) ?? {});
      return steps === undefined ? [] : [{ sessionKey: key, updatedAt, steps: steps[0] }];
    });
    const last = written.at(-1);
    return last && { ...last, revision: written.length };
  }

  #toldOf(index: number, key: string): RecordedFrame[] {
    return this.frames.slice(0, index).filter(({ payload }) => payload?.sessionKey === key);
  }
}

function isOfChannel(key: string): boolean {
  return key.includes(':mattermost:');
}

/** Runs of channels are summed up: calls without what they were given and what came of them. */
function eventsIn(frames: readonly RecordedFrame[], isSummary: boolean): JsonObject[] {
  const isRetry = ({ stream, data }: JsonObject): boolean =>
    stream === 'run_status' && objectOf(data)?.phase === 'retrying';
  const events = frames.flatMap(({ payload = {} }): JsonObject[] => {
    if (payload.stream === 'item' || isRetry(payload)) return [payload];
    if (payload.stream !== 'tool') return [];
    const { phase, name, toolCallId } = objectOf(payload.data) ?? {};
    return [isSummary ? { ...payload, data: { phase, name, toolCallId } } : payload];
  });
  const newest = events.findLast(isRetry);
  return events.filter((event) => !isRetry(event) || event === newest);
}

/** Text before a call is a message of its own, under the id of the one with the call. */
function messagesIn(told: readonly RecordedFrame[]): JsonObject[] {
  let segment: JsonObject | undefined;
  return told.flatMap(({ event, payload }) => {
    const data = objectOf(payload?.data);
    if (data?.kind === 'preamble' && data.phase === 'end') segment = data;
    const message = event === 'session.message' ? objectOf(payload?.message) : undefined;
    if (message === undefined) return [];
    const { itemId, progressText: text } = message.role === 'assistant' ? (segment ?? {}) : {};
    if (itemId === undefined) return [message];
    segment = undefined;
    const openclawStreamFallback = { replacementText: text, source: 'segment', itemId };
    const content = [{ type: 'text', text }];
    return [{ role: 'assistant', content, openclawStreamFallback, __openclaw: message.__openclaw }, message];
  });
}

/** Results are recorded when the last of the calls that were made at once ended; those of carried calls with the call. */
function resultsIn(told: readonly RecordedFrame[]): JsonObject[] {
  let [open, results]: [number, JsonObject[]] = [0, []];
  let recorded: JsonObject[] = [];
  for (const { payload } of told.filter((frame) => frame.payload?.stream === 'tool')) {
    const data = objectOf(payload?.data) ?? {};
    const { phase, toolCallId, name: toolName, isError, parentToolCallId, result } = data;
    if (parentToolCallId !== undefined) continue;
    if (phase === 'start') open += 1;
    if (phase !== 'result') continue;
    open -= 1;
    const recordTimestampMs = Number(payload?.ts) + 12;
    const __openclaw = { runId: payload?.runId, id: `result/${toolCallId}`, recordTimestampMs };
    results.push({ role: 'toolResult', toolCallId, toolName, isError, content: objectOf(result)?.content, __openclaw });
    if (open === 0) [recorded, results] = [[...recorded, ...results], []];
  }
  return recorded;
}

/** Messages are kept in the order in which they were recorded. */
function inOrder(messages: readonly JsonObject[]): JsonObject[] {
  const timeOf = ({ __openclaw }: JsonObject): number => Number(objectOf(__openclaw)?.recordTimestampMs ?? 0);
  return messages.every((message) => timeOf(message) > 0)
    ? [...messages].sort((a, b) => timeOf(a) - timeOf(b))
    : [...messages];
}

function planOf(data: JsonObject | undefined): unknown[] | undefined {
  return data?.name === 'progress_card' && data.phase === 'start' ? [objectOf(data.args)?.plan] : undefined;
}
