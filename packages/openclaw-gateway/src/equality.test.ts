import type { Box, BoxEntry, Line, SessionEvent } from '@live-status/session-state';
import { type RecordedFrame, readFrames } from '@live-status/simulators/gateway';
import type { JsonObject } from '@live-status/transcript-parser';
import { describe, expect, it } from 'vitest';
import { Play } from './testing/play.ts';
import { playTranscripts } from './testing/play-transcripts.ts';
import { readAsTranscript } from './testing/written-turn.ts';

/** Ids and times differ between sources, and only the gateway says how much a context takes; all else must be equal. */
const IDS_AND_TIMES = ['id', 'boxId', 'startedAt', 'endedAt', 'context'];

function without(names: readonly string[], value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (name, inner) => (names.includes(name) ? undefined : inner)));
}

const foldOf = (events: readonly SessionEvent[]): BoxEntry[] => new Play().fold(events).boxes();

describe('a turn that the gateway told, and the same turn written into a transcript', () => {
  it.each(['tools', 'plain', 'mattermost-channel-tools', 'cron-tools', 'sigterm-restart-t7'])(
    'is the same box: %s',
    (name) => {
      const frames = readFrames(name);
      const gateway = new Play().frames(frames).box();
      const [transcripts] = foldOf(readAsTranscript(frames));
      expect(without(IDS_AND_TIMES, gateway.box)).toEqual(without(IDS_AND_TIMES, transcripts?.box));
      expect(gateway).toMatchObject({
        sessionKey: transcripts?.sessionKey,
        sessionId: transcripts?.sessionId,
        route: transcripts?.route,
        worthPost: transcripts?.worthPost,
      });
    },
  );
});

/**
 * A box of which only the words are taken away: the recorded models of 2026.7.1 and 2026.9.6 were told to say and to run
 * other things, which cost other numbers of tokens. Each text becomes its place among those that were said, so what was
 * said first, again, or never still counts; each number becomes whether there was one.
 */
function wordless(box: Box, ...besides: string[]): unknown {
  const said = new Map<string, string[]>();
  const words = (name: string, value: unknown): unknown => {
    if (besides.includes(name)) return undefined;
    if (['text', 'answer', 'reason', 'error', 'label', 'title'].includes(name) && typeof value === 'string') {
      const before = said.get(name) ?? [];
      said.set(name, [...new Set([...before, value])]);
      return `${name} ${said.get(name)?.indexOf(value)}`;
    }
    if (name === 'args') return Object.keys(value as JsonObject);
    if (['input', 'output', 'cacheRead', 'cacheWrite', 'costUsd', 'durationMs'].includes(name))
      return Number(value) > 0;
    return value;
  };
  return JSON.parse(JSON.stringify(without(IDS_AND_TIMES, box), words));
}

/** Boxes with something in them: plain answers before and after are not part of the situation. */
const busy = (entries: readonly BoxEntry[]): BoxEntry[] =>
  entries.filter(({ box: { lines, state } }) => lines.length > 0 || state === 'error');

/** The box of a recording of OpenClaw 2026.7.1. */
function written(scenario: string): Box {
  const [entry] = busy(foldOf(playTranscripts('2026.7.1', scenario)));
  if (entry === undefined) throw new Error(`no box in ${scenario}`);
  return entry.box;
}

const told = (frames: readonly RecordedFrame[]): Box => new Play().frames(frames).box().box;

/** Lines of a box, as a box of their own. */
const part = (box: Box, lines: readonly (Line | undefined)[]): Box => ({
  ...box,
  lines: lines.filter((line) => line !== undefined),
});

describe('a situation that both interfaces recorded', () => {
  it('is the same box when it was aborted', () => {
    expect(wordless(told(readFrames('abort-t3')))).toEqual(wordless(written('abort-tool')));
  });

  it('is the same box when a sub-agent worked and announced itself', () => {
    expect(wordless(told(readFrames('spawn-main')))).toEqual(wordless(written('subagent')));
  });

  it.each(['sigterm-midtool', 'crash-kill9'])('is the same box when the gateway died in mid-tool: %s', (scenario) => {
    const frames = readFrames('abort-t3').slice(0, 25);
    const [first, last] = [frames[0]?.t ?? 0, frames.at(-1)?.t ?? 0];
    const rows = [{ key: 'agent:main:t3', status: 'running', hasActiveRun: false }];
    const caughtUp = { type: 'caught-up', histories: new Map(), frames: [] } as const;
    const play = new Play().observe({ ...caughtUp, bootId: 'first', rows: [], at: first }).frames(frames);
    play.observe({ type: 'lost', at: last }, { ...caughtUp, bootId: 'second', rows, at: last + 2_000 });
    expect(play.box().box).toMatchObject({ reason: 'the agent stopped' });
    expect(wordless(play.box().box)).toEqual(wordless(written(scenario)));
  });

  it('is the same line for each call of a batch, in the order in which they were called', () => {
    const gateway = told(readFrames('tools'));
    const transcripts = written('parallel');
    // The third of the batch reads a file that one of the two workspaces does not have: only its place is the same.
    const third = [gateway.lines[7], transcripts.lines[3]];
    expect(third).toMatchObject([{ tool: 'read' }, { tool: 'read' }]);
    expect(wordless(part(gateway, gateway.lines.slice(4, 7)))).toEqual(
      wordless(part(transcripts, transcripts.lines.slice(0, 3))),
    );
  });

  it('is the same line for calls that succeed, commands that fail, and tools that fail', () => {
    const gateway = told(readFrames('tools'));
    const { lines, ...transcripts } = written('tools');
    // That agent wrote, read and edited a file in between, and went on with a background command.
    expect(wordless(part(gateway, [...gateway.lines.slice(0, 4), gateway.lines[7]]), 'filesChanged')).toEqual(
      wordless(part({ ...transcripts, lines }, [lines[0], lines[1], lines[5], lines[6], lines[7]]), 'filesChanged'),
    );
  });

  it('is the same box when the model fails, but for what one of the agents did before', () => {
    const transcripts = written('error-late-500');
    expect(transcripts.lines).toHaveLength(4);
    expect(wordless(told(readFrames('llm-error-t4')), 'lines', 'tokens')).toEqual(
      wordless(transcripts, 'lines', 'tokens'),
    );
  });

  it('is the same box when cron started it, but for what one of the agents did besides', () => {
    const gateway = told(readFrames('cron-tools'));
    const transcripts = written('cron');
    expect(wordless(gateway, 'lines')).toEqual(wordless(transcripts, 'lines'));
    const failed = ({ lines }: Box) => lines.find((line) => line.kind === 'tool' && line.exitCode === 3);
    expect(failed(gateway)).toBeDefined();
    expect(wordless(part(gateway, [failed(gateway)]))).toEqual(wordless(part(transcripts, [failed(transcripts)])));
  });
});

describe('where a situation is shown', () => {
  const routes = (entries: readonly BoxEntry[]): unknown =>
    busy(entries).map(({ route }) => [route?.kind, route !== undefined && 'origin' in route && route.origin]);

  it.each([
    ['mattermost-channel-tools', 'tools'],
    ['tools', 'tools-webchat'],
    ['cron-tools', 'cron'],
  ])('is the same through either source: %s', (name, scenario) => {
    const transcripts = routes(foldOf(playTranscripts('2026.7.1', scenario)));
    expect(routes(new Play().frames(readFrames(name)).boxes())).toEqual(transcripts);
  });
});
