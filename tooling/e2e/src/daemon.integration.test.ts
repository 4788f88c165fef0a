import { parseScenarioId, readRecording } from '@live-status/fixtures';
import { runDaemonOn } from '@live-status/stage';
import { describe, it, vi } from 'vitest';
import { judgeRun } from './judged-run.ts';

/** Real time, real processes: the recordings that show most, each compared with what was written down by hand. */
const REAL_TIME = [
  '2026.3.28/plain-dm',
  '2026.3.28/tools',
  '2026.3.28/parallel',
  '2026.3.28/subagent',
  '2026.3.28/sigterm-midtool',
  '2026.7.1/tools',
  '2026.7.1/subagent',
];

const TIMEOUT_MS = 120_000;

// Most of the time they wait.
vi.setConfig({ maxConcurrency: 11 });

describe('the daemon on a recording in real time', () => {
  it.concurrent.for(REAL_TIME)('%s: posts as written down', { timeout: TIMEOUT_MS }, async (name, { expect }) => {
    const { problems } = await judgeRun(parseScenarioId(name));
    expect(problems).toEqual([]);
  });

  it.concurrent.for([
    ['2026.3.28/subagent', 4_700],
    ['2026.7.1/tools', 5_300],
  ] as const)(
    '%s killed at %i ms: one post with the true end',
    { timeout: TIMEOUT_MS },
    async ([name, tMs], { expect }) => {
      const { problems, run } = await judgeRun(parseScenarioId(name), {}, { deaths: [{ tMs, signal: 'SIGKILL' }] });
      expect(problems).toEqual([]);
      expect(run.exits[0]).toEqual({ code: null, signal: 'SIGKILL' });
    },
  );

  it.concurrent('killed between a committed create and its answer, de-duplication expired: one post', {
    timeout: TIMEOUT_MS,
  }, async ({ expect }) => {
    let killed: Promise<void> | undefined;
    const { problems, run } = await judgeRun(
      parseScenarioId('2026.7.1/tools'),
      {},
      {
        onStart: ({ simulator, daemon }) => {
          const held = simulator.faults.hold('answer', { route: 'POST /posts' });
          killed = held.reached.then(async () => {
            await daemon.restart('SIGKILL');
            simulator.expireDeduplication();
            held.release();
          });
        },
      },
    );
    await killed;
    expect(problems).toEqual([]);
    expect(run.requests.filter(({ route }) => route === 'POST /posts')).toHaveLength(1);
  });

  it.concurrent('told to stop: says so in the post, exits 0, and goes on after the next start', {
    timeout: TIMEOUT_MS,
  }, async ({ expect }) => {
    const { posts, exits } = await runDaemonOn(readRecording('2026.7.1', 'tools'), {
      deaths: [{ tMs: 5_000, signal: 'SIGTERM', downMs: 1_000 }],
    });
    const states = posts[0]?.versions.map(({ message }) => /\[(\w+)\]/.exec(message)?.[1] ?? '') ?? [];
    expect(states.filter((state, i) => state !== states[i - 1])).toEqual(['ACTIVE', 'INTERRUPTED', 'ACTIVE', 'DONE']);
    const stopped = posts[0]?.versions.find(({ message }) => message.includes('[INTERRUPTED]'));
    expect(stopped?.message).toContain('status updates stopped, the agent may still be working');
    expect(posts).toHaveLength(1);
    expect(exits).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
  });
});
