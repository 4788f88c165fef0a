import type { Line } from '@live-status/session-state';
import { type RecordedFrame, readFrames } from '@live-status/simulators/gateway';
import { describe, expect, it } from 'vitest';
import { Play } from './testing/play.ts';

/** What the mock agent of the recordings did in its `tools` situation. */
const TOOLS = [
  { kind: 'text', text: 'Let me look at the workspace first.' },
  { kind: 'tool', tool: 'exec', args: { command: 'echo hello; sleep 2; echo done' }, state: 'ok', exitCode: 0 },
  { kind: 'text', text: 'Now a failing command.' },
  {
    kind: 'tool',
    tool: 'exec',
    args: { command: 'ls /nonexistent-dir; exit 3' },
    state: 'error',
    exitCode: 3,
    error: "ls: cannot access '/nonexistent-dir': No such file or directory",
  },
  { kind: 'text', text: 'Now in parallel.' },
  { kind: 'tool', tool: 'exec', args: { command: 'sleep 3; echo par-A' }, state: 'ok', exitCode: 0 },
  { kind: 'tool', tool: 'exec', args: { command: 'sleep 1; echo par-B' }, state: 'ok', exitCode: 0 },
  {
    kind: 'tool',
    tool: 'read',
    args: { path: 'AGENTS.md' },
    state: 'error',
    error: 'File not found: /home/node/.openclaw/workspace/AGENTS.md.',
  },
];
const ANSWER = 'Finished: all the tools ran. The directory does not exist.';

function at(frames: readonly RecordedFrame[], index: number): number {
  const frame = frames[index];
  if (frame === undefined) throw new Error(`no frame ${index}`);
  return frame.t;
}

function durations(lines: readonly Line[]): (number | undefined)[] {
  return lines.filter((line) => line.kind === 'tool').map((line) => line.durationMs);
}

describe('frames recorded from OpenClaw 2026.9.6', () => {
  it('show tools, parallel ones too, as they ran', () => {
    const frames = readFrames('tools');
    const entry = new Play().frames(frames).box();
    expect(entry).toMatchObject({
      sessionKey: 'agent:main:main',
      sessionId: 'bce402f7-6c6b-4a06-9051-f41bb2e64d81',
      worthPost: true,
      route: { kind: 'elsewhere', origin: 'webchat' },
      evidence: ['run:drv-1795330102636'],
    });
    expect(entry.box).toMatchObject({
      title: 'main',
      state: 'done',
      startedAt: at(frames, 0),
      endedAt: at(frames, 96),
      lines: TOOLS,
      earlierLines: 0,
      answer: ANSWER,
      tokens: { input: 5_188, output: 231, cacheRead: 512, cacheWrite: 0, costUsd: expect.closeTo(0.00565, 10) },
    });
    expect(entry.box.lines).toHaveLength(TOOLS.length);
    expect(durations(entry.box.lines).slice(2, 4)).toEqual([3_087, 1_072]);
  });

  it('show the same for a run of a Mattermost channel, in its thread', () => {
    const frames = readFrames('mattermost-channel-tools');
    const entry = new Play().frames(frames).box();
    expect(entry).toMatchObject({
      sessionKey: 'agent:main:mattermost:channel:chan0000000000000000000000:thread:p89xktvhdvnnscnjkszkcb3ewe',
      worthPost: true,
      route: { kind: 'mattermost', channelId: 'chan0000000000000000000000', rootId: 'p89xktvhdvnnscnjkszkcb3ewe' },
    });
    expect(entry.box).toMatchObject({
      state: 'done',
      startedAt: at(frames, 1),
      endedAt: at(frames, 61),
      lines: TOOLS,
      answer: ANSWER,
      tokens: { input: 1_022 + 1_122 + 1_222 + 1_422, output: 231, cacheRead: 512 },
    });
    expect(entry.box.lines).toHaveLength(TOOLS.length);
    expect(durations(entry.box.lines).slice(0, 4)).toEqual([2_243, 26, 3_074, 1_078]);
  });

  it('show running calls while they run', () => {
    const frames = readFrames('mattermost-channel-tools');
    const { box } = new Play().frames(frames.slice(0, 46)).box();
    expect(box).toMatchObject({ state: 'active', thinking: false });
    expect(box.lines.map((line) => (line.kind === 'tool' ? line.state : line.kind))).toEqual([
      'text',
      'ok',
      'text',
      'error',
      'text',
      'running',
      'running',
      'error',
    ]);
  });

  it('make no post of a plain answer', () => {
    const entry = new Play().frames(readFrames('plain')).box();
    expect(entry.worthPost).toBe(false);
    expect(entry.box).toMatchObject({
      state: 'done',
      lines: [],
      answer: 'Hello from the mock model. This is a plain reply.',
      tokens: { input: 1_022, output: 74, cacheRead: 128, cacheWrite: 0 },
    });
  });

  it('show an abort as such, not as the error that follows it', () => {
    const frames = readFrames('abort-t3');
    const entry = new Play().frames(frames).box();
    expect(entry.worthPost).toBe(true);
    expect(entry.box).toMatchObject({
      state: 'aborted',
      endedAt: at(frames, 25),
      lines: [
        { kind: 'text', text: 'Running something slow.' },
        { kind: 'tool', tool: 'exec', args: { command: 'sleep 30; echo never' }, state: 'aborted' },
      ],
    });
    expect(entry.box.lines).toHaveLength(2);
    expect(entry.box.answer).toBeUndefined();
  });

  it('show a failed model call with its reason', () => {
    const frames = readFrames('llm-error-t4');
    const entry = new Play().frames(frames).box();
    expect(entry.worthPost).toBe(true);
    expect(entry.box).toMatchObject({
      state: 'error',
      reason: 'LLM request failed: provider rejected the request schema or tool payload.',
      endedAt: at(frames, 16),
      lines: [],
    });
  });

  it('show a cron run in the background, under the name of its job', () => {
    const frames = readFrames('cron-tools');
    const entry = new Play().frames(frames).box();
    expect(entry).toMatchObject({
      sessionKey: 'agent:main:cron:0b947e6e-c689-4f38-944b-2cfc23697314',
      worthPost: true,
      route: { kind: 'background', origin: 'cron' },
    });
    expect(entry.box).toMatchObject({
      title: 'Automation: probe',
      state: 'done',
      startedAt: at(frames, 4),
      endedAt: at(frames, 92),
      lines: TOOLS,
      answer: ANSWER,
    });
  });

  it('show a sub-agent inside the box of the run that started it, and end it with its announce', () => {
    const frames = readFrames('spawn-main');
    const entry = new Play().frames(frames).box();
    expect(entry).toMatchObject({ sessionKey: 'agent:main:main', worthPost: true });
    expect(entry.box).toMatchObject({
      state: 'done',
      startedAt: at(frames, 0),
      endedAt: at(frames, 108),
      answer: 'The sub-agent finished; the answer is 42.',
      lines: [
        { kind: 'text', text: 'I will delegate this to a sub-agent.' },
        {
          kind: 'child',
          label: 'child-worker',
          state: 'done',
          endedAt: at(frames, 85),
          lines: [
            { kind: 'text', text: 'Child at work.' },
            {
              kind: 'tool',
              tool: 'exec',
              args: { command: 'sleep 2; echo child-done' },
              state: 'ok',
              durationMs: 2_036,
            },
          ],
        },
      ],
      tokens: { input: 1_622 + 1_722 + 1_022 + 1_122 + 1_822, output: 61 + 59 + 39 + 42 + 66, cacheRead: 640 },
    });
    expect(entry.box.lines).toHaveLength(2);
  });

  it('keep the box of a sub-agent active after the run that started it', () => {
    const frames = readFrames('spawn-main');
    const { box } = new Play().frames(frames.slice(0, 69)).box();
    expect(box).toMatchObject({ state: 'active', lines: [{ kind: 'text' }, { kind: 'child', state: 'active' }] });
  });

  it('end a run before the gateway restarts, and leave it as it ended', () => {
    const frames = readFrames('sigterm-restart-t7');
    const play = new Play().frames(frames);
    expect(play.box().box).toMatchObject({ state: 'done', endedAt: at(frames, 96), lines: TOOLS, answer: ANSWER });
    const last = at(frames, frames.length - 1);
    play.observe({
      type: 'caught-up',
      bootId: 'second',
      rows: [],
      histories: new Map(),
      frames: [],
      at: last + 200_000,
    });
    expect(play.box().box).toMatchObject({ state: 'done', endedAt: at(frames, 96) });
    expect(play.events.some((event) => event.type === 'run-sight')).toBe(false);
  });

  it.each(['tools', 'mattermost-channel-tools', 'spawn-main', 'cron-tools', 'abort-t3'])(
    'mean the same when every frame of %s comes twice',
    (name) => {
      const frames = readFrames(name);
      const once = new Play().frames(frames).boxes();
      expect(new Play().frames(frames).frames(frames).boxes()).toEqual(once);
    },
  );
});
