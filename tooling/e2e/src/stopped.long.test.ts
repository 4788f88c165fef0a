import { inFlight } from '@live-status/simulators/gateway';
import { type DaemonStage, onStage } from '@live-status/stage';
import { describe, it } from 'vitest';

/** As long as a person may suspend a process, or a machine a container. */
const STOPPED_MS = 60_000;

const call = (toolCallId: string, command: string) => [
  { stream: 'tool', data: { phase: 'start', name: 'exec', toolCallId, args: { command } } },
];
const end = (toolCallId: string) => ({
  stream: 'item',
  data: { kind: 'tool', phase: 'end', name: 'exec', toolCallId, status: 'completed' },
});

/** Work of two sessions that goes on while the daemon is stopped: one goes on after it, the other is over. */
async function work(stage: DaemonStage, { isGateway }: { readonly isGateway: boolean }): Promise<void> {
  const [room, other] = [stage.channel(), stage.channel()];
  const session = isGateway ? stage.frameSession(room) : stage.fileSession(room);
  const brief = isGateway ? stage.frameSession(other, 'r2') : stage.fileSession(other);
  session.begin('go').call('a', 'npm ci');
  brief.begin('and here').call('x', 'git pull');
  await stage.until(() => stage.posts().length === 2);
  await stage.untilShown(/npm ci/);
  const before = stage.posts().map(({ id }) => stage.simulator.edits(id).length);
  const requests = stage.simulator.requests().length;

  process.kill(stage.daemon.current.pid ?? 0, 'SIGSTOP');
  for (const step of [
    () => session.result('a').call('b', 'npm test'),
    () => brief.result('x').answer('Pulled.'),
    () => session.result('b').call('c', 'npm publish'),
  ]) {
    await stage.wait(STOPPED_MS / 4);
    step();
  }
  if (isGateway) {
    const [key, ended] = [session.key ?? '', brief.key ?? ''];
    stage.gateway.rows = [
      { key, sessionId: 's1', status: 'running', hasActiveRun: true },
      { key: ended, sessionId: 's2', status: 'done', hasActiveRun: false, endedAt: Date.now() },
    ];
    const events = [...call('a', 'npm ci'), end('a'), ...call('b', 'npm test'), end('b'), ...call('c', 'npm publish')];
    stage.gateway.histories.set(key, inFlight('r1', ...events));
  }
  await stage.wait(STOPPED_MS / 4);
  process.kill(stage.daemon.current.pid ?? 0, 'SIGCONT');

  await stage.untilShown(/npm publish/);
  await stage.until(() => stage.posts().some(({ message }) => message.includes('[DONE]')));
  const caughtUp = stage.simulator.requests().length - requests;
  // Each post is brought up to date by one edit, and not many more when the news comes in parts.
  const edits = stage.posts().map(({ id }, index) => stage.simulator.edits(id).length - (before[index] ?? 0));
  if (edits.some((count) => count > 3) || caughtUp > 12) throw new Error(`${edits} edits, ${caughtUp} requests`);
  session.result('c').answer('Over.');
  await stage.untilRest();
}

describe.concurrent('a daemon that is stopped for a minute (SIGSTOP)', { timeout: 2 * STOPPED_MS + 60_000 }, () => {
  it.for(['transcripts', 'gateway'] as const)('goes on as if it had only been slow: %s', (source, { expect, signal }) =>
    onStage({ signal, followsGateway: source === 'gateway', env: { IDLE_TIMEOUT_S: '5' } }, async (stage) => {
      const startedAt = performance.now();
      await work(stage, { isGateway: source === 'gateway' });
      expect(stage.posts()).toHaveLength(2);
      for (const { id } of stage.posts()) {
        const states = stage.simulator.edits(id).map(({ post }) => /\[(\w+)\]/.exec(post.message)?.[1]);
        expect(states.filter((state, index) => state !== states[index - 1])).toEqual(['ACTIVE', 'DONE']);
      }
      expect(stage.message()).toMatch(/npm ci` \[OK\][\s\S]*npm test` \[OK\][\s\S]*npm publish` \[OK\]/);
      // The time of the stop is part of the work's.
      const [, minutes = 0] = /\| (\d+)m/.exec(stage.message()) ?? [];
      expect(Number(minutes)).toBe(Math.floor((performance.now() - startedAt) / 60_000));
      expect(stage.gateway.connects.length).toBeLessThanOrEqual(2);
      expect(stage.health.latest).toMatchObject({ status: 'ok', reasons: [] });
    }),
  );
});
