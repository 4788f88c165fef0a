import { type RecordedFrame, readFrames } from '@live-status/gateway-sim';
import { createInterpreter } from '@live-status/openclaw-transcripts';
import type { BoxEntry, SessionEvent } from '@live-status/session-state';
import { type JsonObject, objectOf, parseCatalog, toEntry } from '@live-status/transcript-parser';
import { describe, expect, it } from 'vitest';
import { Play } from './testing/play.ts';
import { playTranscripts } from './testing/play-transcripts.ts';

const KEY = 'agent:main:main';
const PATH = '/state/agents/main/sessions/bce402f7-6c6b-4a06-9051-f41bb2e64d81.jsonl';

/** Names and times differ between sources; all else must not. */
function shown({ box }: BoxEntry, ...besides: string[]): unknown {
  const left = ['id', 'boxId', 'startedAt', 'endedAt', ...besides];
  return JSON.parse(JSON.stringify(box, (name, value) => (left.includes(name) ? undefined : value)));
}

/** The recorded turn as OpenClaw wrote it into transcripts: commentary inside its message, a message for each result. */
function transcriptOf(frames: readonly RecordedFrame[]): { t: number; message: JsonObject }[] {
  let commentary = '';
  return frames.flatMap(({ t, event, payload }): { t: number; message: JsonObject }[] => {
    const data = objectOf(payload?.data);
    if (data?.kind === 'preamble' && data.phase === 'end') commentary = String(data.progressText);
    const message = event === 'session.message' ? objectOf(payload?.message) : undefined;
    if (message !== undefined) {
      const content = Array.isArray(message.content) ? message.content : [{ type: 'text', text: message.content }];
      const before = commentary === '' ? [] : [{ type: 'text', text: commentary }];
      commentary = '';
      return [{ t, message: { ...message, content: [...before, ...content] } }];
    }
    const result = data?.phase === 'result' ? objectOf(data.result) : undefined;
    if (result === undefined) return [];
    const { toolCallId, name: toolName, isError } = data ?? {};
    return [{ t, message: { role: 'toolResult', toolCallId, toolName, isError, ...result } }];
  });
}

function throughTranscripts(frames: readonly RecordedFrame[]): SessionEvent[] {
  const interpreter = createInterpreter();
  const first = frames[0]?.t ?? 0;
  const last = frames.at(-1)?.t ?? 0;
  const sessionFile = PATH.slice(PATH.lastIndexOf('/') + 1);
  const row = { sessionId: sessionFile.replace('.jsonl', ''), sessionFile, updatedAt: first, status: 'running' };
  const catalog = parseCatalog(JSON.stringify({ [KEY]: row }));
  if (!catalog.ok) throw new Error('no catalog');
  const { entries } = catalog;
  return [
    ...interpreter.observe({ type: 'live', at: first }),
    ...interpreter.observe({ type: 'catalog', path: '/state/agents/main/sessions/sessions.json', entries, at: first }),
    ...interpreter.observe({ type: 'lock', path: PATH, at: first }),
    ...transcriptOf(frames).flatMap(({ t: at, message }, index) => {
      const entry = toEntry('message', { id: `e${index}`, message });
      return interpreter.observe({ type: 'line', path: PATH, fingerprint: 'f', startOffset: index, entry, at });
    }),
    ...interpreter.observe({ type: 'lock-gone', path: PATH, at: last }),
    ...interpreter.observe({ type: 'tick', at: last + 60_000 }),
  ];
}

describe('the same turn through either source', () => {
  it.each(['tools', 'plain'])('is the same box: %s', (name) => {
    const frames = readFrames(name);
    const gateway = new Play().frames(frames).box();
    const transcripts = new Play().fold(throughTranscripts(frames)).box();
    expect(shown(gateway)).toEqual(shown(transcripts));
    expect(gateway).toMatchObject({
      sessionKey: transcripts.sessionKey,
      sessionId: transcripts.sessionId,
      route: transcripts.route,
      worthPost: transcripts.worthPost,
    });
  });

  it('is the same box when aborted, but for what the two recorded models said and cost', () => {
    const [transcripts] = new Play().fold(playTranscripts('2026.7.1', 'abort-tool')).boxes();
    const gateway = new Play().frames(readFrames('abort-t3')).box();
    expect(shown(gateway, 'text', 'tokens')).toEqual(shown(transcripts as BoxEntry, 'text', 'tokens'));
  });

  it('is the same line when a command fails', () => {
    const isFailed = ({ box }: BoxEntry) => box.lines.filter((line) => line.kind === 'tool' && line.exitCode === 3);
    const transcripts = isFailed(new Play().fold(playTranscripts('2026.7.1', 'failing-tools')).box());
    const gateway = isFailed(new Play().frames(readFrames('tools')).box());
    const times = { id: '', startedAt: 0, endedAt: 0, durationMs: 0 };
    expect(gateway).toHaveLength(1);
    expect({ ...gateway[0], ...times }).toEqual({ ...transcripts[0], ...times });
  });

  it('is a sub-agent of the same shape, ended by its announce', () => {
    const shape = ({ box }: BoxEntry): unknown => [
      box.state,
      box.answer !== undefined,
      box.lines.map((line) => [
        line.kind,
        ...(line.kind === 'child' ? [line.state, line.lines.map((l) => l.kind)] : []),
      ]),
    ];
    const transcripts = new Play().fold(playTranscripts('2026.7.1', 'subagent')).box();
    expect(shape(new Play().frames(readFrames('spawn-main')).box())).toEqual(shape(transcripts));
  });
});
