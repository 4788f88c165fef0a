import { type RecordedFrame, readFrames } from '@live-status/simulators/gateway';
import { type JsonObject, objectOf, textOf } from '@live-status/transcript-parser';
import { describe, expect, it } from 'vitest';
import type { EventFrame } from './observation.ts';
import { toResumeToken } from './resume-token.ts';
import { Play } from './testing/play.ts';

const FRAMES = readFrames('mattermost-channel-tools').filter(({ type }) => type === 'event');
const START = FRAMES.findIndex((frame) => phaseOf(frame) === 'start');
const END = FRAMES.findIndex((frame) => phaseOf(frame) === 'end');
const BEGAN_AT = FRAMES[START]?.t ?? 0;
const KEY = String(FRAMES[START]?.payload?.sessionKey);
const RUN = String(FRAMES[START]?.payload?.runId);

/** Where a connection is lost; which frame is the first that a new one holds back; as of which the history tells. */
interface Cut {
  readonly lostAt: number;
  readonly heldFrom: number;
  readonly toldAt: number;
}

describe('a connection that is taken up again', () => {
  const whole = shown(new Play().frames(FRAMES).passUntil(timeOf(FRAMES.length) + 60_000));

  it('shows the same run, wherever it was lost and however much', () => {
    for (const cut of cuts()) {
      const play = new Play().observe(catchUp(0, 0)).frames(FRAMES.slice(0, cut.lostAt));
      play.observe({ type: 'lost', at: timeOf(cut.lostAt) });
      expect({ cut, box: shown(goOn(play, cut)) }).toEqual({ cut, box: whole });
    }
  }, 90_000);

  it('shows the same run to a new process', () => {
    const resumeTokens = [toResumeToken({ sessionKey: KEY, gatewayId: RUN, startedAt: BEGAN_AT })];
    for (const cut of cuts().filter(({ lostAt, heldFrom }) => lostAt === heldFrom)) {
      expect({ cut, box: shown(goOn(new Play({ resumeTokens }), cut)) }).toEqual({ cut, box: whole });
    }
  });
});

function cuts(): Cut[] {
  const from = (first: number): number[] =>
    [0, 1, 2, 4, 7, 12, 20].map((n) => first + n).filter((index) => index < END);
  const places = FRAMES.slice(START + 2, END).map((_frame, index) => START + 2 + index);
  return places.flatMap((lostAt) =>
    from(lostAt).flatMap((heldFrom) => from(heldFrom).map((toldAt) => ({ lostAt, heldFrom, toldAt }))),
  );
}

function goOn(play: Play, { heldFrom, toldAt }: Cut): Play {
  play.observe(catchUp(heldFrom, toldAt)).frames(FRAMES.slice(toldAt));
  return play.passUntil(timeOf(FRAMES.length) + 60_000);
}

function catchUp(heldFrom: number, toldAt: number) {
  const frames = FRAMES.slice(heldFrom, toldAt).map(toFrame);
  const rows = [{ key: KEY, status: 'running', hasActiveRun: true }];
  const histories = new Map(toldAt === 0 ? [] : [[KEY, historyOf(FRAMES.slice(0, toldAt))]]);
  return { type: 'caught-up', bootId: 'b', rows, histories, frames, at: timeOf(toldAt) } as const;
}

/** What `chat.history` of OpenClaw 2026.9.6 has: messages with results as texts, and events that only sum calls up. */
function historyOf(told: readonly RecordedFrame[]): JsonObject {
  const said = told.filter(({ event }) => event === 'session.message').flatMap(({ payload }) => payload?.message ?? []);
  const events = told.flatMap(({ payload = {} }) => {
    const { phase, name, toolCallId } = objectOf(payload.data) ?? {};
    if (payload.stream === 'tool') return [{ ...payload, data: { phase, name, toolCallId } }];
    return payload.stream === 'item' ? [payload] : [];
  });
  return { messages: [...said, ...resultsIn(told)], inFlightRun: { runId: RUN, startedAt: BEGAN_AT, events } };
}

/** Results of calls that were made at once are recorded when the last of them ended. */
function resultsIn(told: readonly RecordedFrame[]): JsonObject[] {
  let [open, results]: [number, JsonObject[]] = [0, []];
  let recorded: JsonObject[] = [];
  for (const { payload } of told.filter((frame) => frame.payload?.stream === 'tool')) {
    const { phase, toolCallId, name: toolName, isError, result } = objectOf(payload?.data) ?? {};
    const __openclaw = { runId: RUN, id: `result/${toolCallId}`, recordTimestampMs: Number(payload?.ts) + 12 };
    if (phase === 'start') open += 1;
    if (phase !== 'result') continue;
    open -= 1;
    results.push({ role: 'toolResult', toolCallId, toolName, isError, content: objectOf(result)?.content, __openclaw });
    if (open === 0) [recorded, results] = [[...recorded, ...results], []];
  }
  return recorded;
}

/** Everything but times; of calls that succeeded, no exit code either. */
function shown(play: Play): unknown {
  const { state, lines, tokens } = play.box().box;
  const parts = lines.map((line) => {
    if (line.kind !== 'tool') return line.kind === 'text' ? line.text : line.kind;
    return [line.tool, line.args, line.state, line.state === 'error' ? line.exitCode : undefined];
  });
  return { state, tokens, parts };
}

function toFrame({ t: at, event = '', payload = {} }: RecordedFrame): EventFrame {
  return { type: 'frame', event, payload, at };
}

/** When the frame before an index was told. */
function timeOf(index: number): number {
  return FRAMES[Math.max(0, index - 1)]?.t ?? 0;
}

function phaseOf({ payload }: RecordedFrame): string | undefined {
  return payload?.stream === 'lifecycle' ? textOf(objectOf(payload.data)?.phase) : undefined;
}
