import { inFlight } from '@live-status/simulators/gateway';
import { type DaemonStage, onStage } from '@live-status/stage';
import { describe, it } from 'vitest';

/** A post without its times. */
const withoutTimes = (text: string): string => text.replace(/ ?\b\d+(?:m \d\ds|[hms])\b/g, '');

const call = (phase: 'start' | 'end', toolCallId: string) =>
  phase === 'start'
    ? { stream: 'tool', data: { phase, name: 'exec', toolCallId } }
    : { stream: 'item', data: { kind: 'tool', phase, name: 'exec', toolCallId, status: 'completed' } };

/** Work that goes on while the daemon is dead. */
interface Work {
  readonly session: { result(id: string): { answer(text: string): unknown } };
  /** What OpenClaw has for a daemon that comes back: of a channel's run not what its calls were given. */
  tellHistory(stage: DaemonStage): void;
}

const WORK: Readonly<Record<'transcripts' | 'gateway', (stage: DaemonStage) => Work>> = {
  transcripts: (stage) => ({
    session: stage.fileSession().begin('go').call('a', 'npm ci').result('a').call('b', 'npm test'),
    tellHistory: () => undefined,
  }),
  gateway: (stage) => {
    const session = stage.frameSession().begin('go').call('a', 'npm ci').result('a').call('b', 'npm test');
    return {
      session,
      tellHistory: ({ gateway }) => {
        gateway.rows = [{ key: session.key, sessionId: 's1', status: 'running', hasActiveRun: true }];
        gateway.histories.set(session.key, inFlight('r1', call('start', 'a'), call('end', 'a'), call('start', 'b')));
      },
    };
  },
};

describe.concurrent('the post of a daemon that was killed', { timeout: 60_000 }, () => {
  it.for(['transcripts', 'gateway'] as const)(
    'is edited when something has changed, not before: %s',
    (source, { expect, signal }) =>
      onStage({ signal, followsGateway: source === 'gateway' }, async (stage) => {
        const { session, tellHistory } = WORK[source](stage);
        await stage.untilShown(/npm test/);
        await stage.daemon.stop('SIGKILL');
        tellHistory(stage);
        const before = stage.versions();
        // Whether the daemon knows the post's id or searches it: it reads what the post shows.
        const reads = (): number =>
          stage.simulator.requests().filter(({ method, path }) => method === 'GET' && /\/posts\b/.test(path)).length;
        const readBefore = reads();
        await stage.daemon.start();
        await stage.until(() => reads() > readBefore);
        await stage.untilHealth(({ boxes, poster }) => boxes.posted === 1 && poster.queue === 0);
        expect(stage.versions().slice(before.length)).toEqual([]);
        session.result('b').answer('Over.');
        await stage.untilRest();
        expect(stage.posts()).toHaveLength(1);
        expect(stage.message()).toMatch(/npm ci` \[OK\][\s\S]*npm test` \[OK\]/);
        const read = stage.versions().map(withoutTimes);
        expect(read.filter((text, i) => text === read[i - 1])).toEqual([]);
      }),
  );
});
