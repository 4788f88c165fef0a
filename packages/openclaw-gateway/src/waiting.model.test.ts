import { type RecordedFrame, readFrames } from '@live-status/simulators/gateway';
import { type JsonObject, objectOf, textOf } from '@live-status/transcript-parser';
import { describe, expect, it } from 'vitest';
import type { CaughtUp, EventFrame } from './observation.ts';
import { Play } from './testing/play.ts';

const RECORDINGS = [
  'wait-approval-allow',
  'wait-approval-deny',
  'wait-approval-timeout',
  'wait-question',
  'plan',
  'compact-in-run',
  'background-exit3',
  'background-yield',
  'files-web',
];
/** After the last frame everything has been seen for long. */
const AFTER_MS = 60_000;

/** Where a connection is lost; which frame is the first that a new one holds back; as of which the history tells. */
interface Cut {
  readonly lostAt: number;
  readonly heldFrom: number;
  readonly toldAt: number;
}

/** A recorded run, and what a gateway answers to who connects somewhere in it. */
class CutRecording {
  readonly frames: readonly RecordedFrame[];
  readonly #key: string;
  readonly #runId: string;
  readonly #begunAt: number;
  readonly #start: number;

  constructor(name: string) {
    this.frames = readFrames(name).filter(({ type }) => type === 'event');
    this.#start = this.frames.findIndex((frame) => phaseOf(frame) === 'start');
    const first = this.frames[this.#start];
    this.#key = String(first?.payload?.sessionKey);
    this.#runId = String(first?.payload?.runId);
    this.#begunAt = first?.t ?? 0;
  }

  /** Not those after which nobody can know whether a call waits that has not ended: between the decision and the result. */
  cuts(): Cut[] {
    const { length } = this.frames;
    const places = this.frames
      .map((_frame, index) => index)
      .filter((index) => index >= this.#start + 2 && index % 3 === 0);
    const from = (first: number, steps: readonly number[]): number[] =>
      steps.map((step) => first + step).filter((index) => index < length);
    const cuts = places.flatMap((lostAt) =>
      from(lostAt, [0, 2, 25]).flatMap((heldFrom) =>
        from(heldFrom, [0, 1, 30]).map((toldAt) => ({ lostAt, heldFrom, toldAt })),
      ),
    );
    return cuts.filter(({ toldAt }) => !this.truthAt(toldAt).isUndecidable);
  }

  /** Whether a person was waited for before a frame; between a decision and the record that tells of it, nobody knows. */
  truthAt(index: number): { readonly waiting: boolean; readonly isUndecidable: boolean } {
    let [waiting, isUndecidable] = [false, false];
    for (const { payload } of this.frames.slice(0, index)) {
      const data = objectOf(payload?.data);
      const isAsk = data?.name === 'ask_user';
      if (data?.phase === 'waiting-approval' || (isAsk && data.phase === 'start')) waiting = true;
      if (data?.phase === 'approval-resolved') [waiting, isUndecidable] = [false, true];
      // The history says that a question is over when its item is, and how when its record is.
      if (data?.phase === 'result') isUndecidable = isAsk;
      if (isAsk && data.phase === 'end') waiting = false;
      if (objectOf(payload?.message)?.role === 'custom') isUndecidable = false;
    }
    return { waiting, isUndecidable };
  }

  goOn(play: Play, { toldAt }: Cut): Play {
    return play.frames(this.frames.slice(toldAt)).passUntil(this.timeOf(this.frames.length) + AFTER_MS);
  }

  catchUp(heldFrom: number, toldAt: number): CaughtUp {
    const told = this.frames.slice(0, toldAt);
    const hasEnded = told.some((frame) => phaseOf(frame) === 'end');
    const row = told.findLast(({ payload }) => payload?.session !== undefined)?.payload?.session;
    const state = hasEnded ? { status: 'done', hasActiveRun: false } : { status: 'running', hasActiveRun: true };
    return {
      type: 'caught-up',
      bootId: 'b',
      rows: [{ ...objectOf(row), key: this.#key, ...state }],
      histories: new Map(toldAt === 0 ? [] : [[this.#key, this.#historyOf(told, hasEnded)]]),
      tasks: tasksOf(told),
      frames: this.frames.slice(heldFrom, toldAt).map(toFrame),
      at: this.timeOf(toldAt),
    };
  }

  /** When the frame before an index was told. */
  timeOf(index: number): number {
    return this.frames[Math.max(0, index - 1)]?.t ?? 0;
  }

  /** What `chat.history` of OpenClaw 2026.9.6 has: messages with results as texts, and events that only sum calls up. */
  #historyOf(told: readonly RecordedFrame[], hasEnded: boolean): JsonObject {
    const said = this.#messagesIn(told);
    const messages = [...said, ...this.#resultsIn(told)];
    if (hasEnded) return { messages };
    const events = told.flatMap(({ payload = {} }) => {
      const { phase, name, toolCallId } = objectOf(payload.data) ?? {};
      if (payload.stream === 'tool') return [{ ...payload, data: { phase, name, toolCallId } }];
      return payload.stream === 'item' ? [payload] : [];
    });
    const steps = told.flatMap(({ payload }) => planOf(objectOf(payload?.data)) ?? []).at(-1);
    const plan = steps === undefined ? {} : { plan: { steps } };
    return { messages, inFlightRun: { runId: this.#runId, startedAt: this.#begunAt, events, ...plan } };
  }

  /** Text before a call is a message of its own, under the id of the one with the call. */
  #messagesIn(told: readonly RecordedFrame[]): JsonObject[] {
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

  #resultsIn(told: readonly RecordedFrame[]): JsonObject[] {
    return told.flatMap(({ payload }) => {
      const data = objectOf(payload?.data);
      const { phase, toolCallId, name: toolName, isError, parentToolCallId, result } = data ?? {};
      if (payload?.stream !== 'tool' || phase !== 'result' || parentToolCallId !== undefined) return [];
      const __openclaw = { runId: this.#runId, id: `result/${toolCallId}`, recordTimestampMs: Number(payload.ts) + 12 };
      return [{ role: 'toolResult', toolCallId, toolName, isError, content: objectOf(result)?.content, __openclaw }];
    });
  }
}

/** The newest of each task. */
function tasksOf(told: readonly RecordedFrame[]): JsonObject[] {
  const tasks = told.flatMap(({ event, payload }): JsonObject[] =>
    event === 'task' ? [objectOf(payload?.task) ?? {}] : [],
  );
  return [...new Map(tasks.map((task) => [task.id, task])).values()];
}

function planOf(data: JsonObject | undefined): unknown[] | undefined {
  return data?.name === 'progress_card' && data.phase === 'start' ? [objectOf(data.args)?.plan] : undefined;
}

/** Everything but times; of calls that succeeded, no exit code either. */
function shown(play: Play): unknown {
  const { state, lines, plan, trouble, filesChanged, inBackground, tokens } = play.box().box;
  // Where the session was compacted unseen, or between other things that were, cannot be known.
  const seen = lines.filter(({ kind }) => kind !== 'compaction');
  const parts = seen.map((line) => {
    if (line.kind !== 'tool') return line.kind === 'text' ? line.text : line.kind;
    return [line.tool, line.args, line.state, line.question?.asks, line.state === 'error' ? line.exitCode : undefined];
  });
  return { state, parts, plan, trouble, filesChanged, inBackground, tokens };
}

function toFrame({ t: at, event = '', payload = {} }: RecordedFrame): EventFrame {
  return { type: 'frame', event, payload, at };
}

function phaseOf({ payload }: RecordedFrame): string | undefined {
  return payload?.stream === 'lifecycle' ? textOf(objectOf(payload.data)?.phase) : undefined;
}

describe.each(RECORDINGS)('a connection that is lost and taken up again in %s', (name) => {
  const recording = new CutRecording(name);
  const whole = shown(
    new Play().frames(recording.frames).passUntil(recording.timeOf(recording.frames.length) + AFTER_MS),
  );

  it('shows the same in the end, and nobody waited for who is not', () => {
    for (const cut of recording.cuts()) {
      const play = new Play().observe(recording.catchUp(0, 0)).frames(recording.frames.slice(0, cut.lostAt));
      play
        .observe({ type: 'lost', at: recording.timeOf(cut.lostAt) })
        .observe(recording.catchUp(cut.heldFrom, cut.toldAt));
      const { waiting } = recording.truthAt(cut.toldAt);
      const { state } = play.box().box;
      if (state === 'waiting') expect({ cut, waiting }).toEqual({ cut, waiting: true });
      expect({ cut, box: shown(recording.goOn(play, cut)) }).toEqual({ cut, box: whole });
    }
  });

  it('shows the same to a new process, which knows what was open', () => {
    for (const cut of recording.cuts().filter(({ lostAt, heldFrom }) => lostAt === heldFrom)) {
      const before = new Play().observe(recording.catchUp(0, 0)).frames(recording.frames.slice(0, cut.lostAt));
      const play = new Play({ resumeTokens: before.box().resumeTokens });
      play.observe(recording.catchUp(cut.heldFrom, cut.toldAt));
      const { waiting } = recording.truthAt(cut.toldAt);
      const isKnown = recording.truthAt(cut.lostAt).waiting || cut.toldAt > cut.lostAt;
      const shownAs = play.box().box.state === 'waiting';
      if (shownAs || (waiting && isKnown && cut.toldAt === cut.lostAt))
        expect({ cut, shownAs }).toEqual({ cut, shownAs: waiting });
      expect({ cut, box: shown(recording.goOn(play, cut)) }).toEqual({ cut, box: whole });
    }
  });
});
