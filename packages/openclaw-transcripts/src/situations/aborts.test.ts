import { aborted, failed, ok, spawn } from '@live-status/fixtures';
import { describe, it } from 'vitest';
import {
  CHANNEL,
  channel,
  child,
  childKey,
  mattermost,
  playSituation,
  type Situation,
  shown,
  TASK,
} from '../testing/situation.ts';

const SPAWNS = {
  c1: ['sessions_spawn', { task: 'work', label: 'a' }],
  c2: ['sessions_spawn', { task: 'work', label: 'b' }],
} as const;

/**
 * `/stop` while the parent waits for two children, one of which was stopped before; the other goes on to its end. `stop`:
 * what the catalog says of the parent, and then says.
 */
function stoppedWithOneLeft(...stop: readonly { readonly [field: string]: unknown }[]): Situation {
  return {
    name: `/stop while the parent waits, one child stopped before, catalog ${JSON.stringify(stop)}`,
    script: (gateway) => {
      const root = channel(gateway).person(680, 'go').calls(1000, SPAWNS);
      root.spawned(2200, 'c1', childKey('a')).spawned(2250, 'c2', childKey('b')).yields(2600, 'c3');
      root.worked(500, 2860, [2215]).started(605, 500).ended(3900);
      for (const [index, change] of stop.entries()) root.entry(8000 + 300 * index, change);
      const a = child(gateway, CHANNEL, 'a', 1100).user(3200, TASK).calls(3500, { a1: 'one' }).locked(3000, 5120);
      a.started(3100)
        .entry(5010, { abortedLastRun: true })
        .fail(5050, 'Request was aborted', 'aborted')
        .promptError(5060);
      const b = child(gateway, CHANNEL, 'b', 1200).user(5900, TASK).entry(8020, { status: 'killed' });
      b.calls(6200, { b1: 'two' }).result(9000, 'b1').answer(9300, '43').run(5700, 9300);
    },
    posts: [
      shown({
        outcome: 'aborted',
        during: [500, 9300],
        lines: [
          spawn('c1', {
            ...{ sessionKey: '', label: 'a', outcome: 'aborted', startMs: 3000, endMs: 5050 },
            lines: [aborted('a1', 'exec')],
          }),
          spawn('c2', {
            ...{ sessionKey: '', label: 'b', outcome: 'done', startMs: 5700, endMs: 9300 },
            lines: [ok('b1', 'exec')],
          }),
          ok('c3', 'sessions_yield'),
        ],
        modelCalls: 5,
      }),
    ],
  };
}

/** Two children work after a yield; `/stop` aborts the first, the other runs on. `stop`: what the catalog says of the parent. */
function stoppedWhileWaiting(stop: { readonly [field: string]: unknown }): Situation {
  return {
    name: `/stop while the parent waits, catalog ${JSON.stringify(stop)}`,
    script: (gateway) => {
      const root = channel(gateway).person(680, 'go').calls(1000, SPAWNS);
      root.spawned(2200, 'c1', childKey('a')).spawned(2250, 'c2', childKey('b')).yields(2600, 'c3');
      root.worked(500, 2860, [2215]).started(605, 500).ended(3900).entry(6000, stop);
      const a = child(gateway, CHANNEL, 'a', 1100).user(3200, TASK).calls(3500, { a1: 'one' }).locked(3000, 6120);
      a.started(3100)
        .entry(6010, { abortedLastRun: true })
        .fail(6050, 'Request was aborted', 'aborted')
        .promptError(6060);
      const b = child(gateway, CHANNEL, 'b', 1200).user(5900, TASK).entry(6020, { status: 'killed' });
      b.calls(6200, { b1: 'two' }).result(9000, 'b1').answer(9300, '43').run(5700, 9300);
    },
    posts: [
      shown({
        outcome: 'aborted',
        during: [500, 9300],
        lines: [
          spawn('c1', {
            sessionKey: '',
            label: 'a',
            outcome: 'aborted',
            startMs: 3000,
            endMs: 6050,
            lines: [aborted('a1', 'exec')],
          }),
          spawn('c2', {
            sessionKey: '',
            label: 'b',
            outcome: 'done',
            startMs: 5700,
            endMs: 9300,
            lines: [ok('b1', 'exec')],
          }),
          ok('c3', 'sessions_yield'),
        ],
        modelCalls: 5,
      }),
    ],
  };
}

describe('what is not recorded: aborts', () => {
  it.for<Situation>([
    stoppedWhileWaiting({ status: 'running', abortedLastRun: true }),
    stoppedWhileWaiting({ abortedLastRun: true }),
    stoppedWhileWaiting({ status: 'timeout', abortedLastRun: true }),
    stoppedWhileWaiting({ status: 'timeout' }),
    stoppedWithOneLeft({ status: 'running', abortedLastRun: true }, { status: 'timeout' }),
    stoppedWithOneLeft({ status: 'running', abortedLastRun: true }, { status: 'timeout', abortedLastRun: false }),
    stoppedWithOneLeft({ status: 'timeout', abortedLastRun: true }),
    stoppedWithOneLeft({ abortedLastRun: true, status: 'killed' }, { status: 'running' }, { status: 'timeout' }),
    stoppedWithOneLeft({ status: 'timeout', abortedLastRun: false, endedAt: Date.UTC(2026, 10, 22, 8, 0, 8) }),
    {
      name: '/stop while it streams, after a call',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).result(3000, 'c1');
        root.entry(5000, { abortedLastRun: true }).answer(5010, 'Half an ans', 'aborted').promptError(5060);
        root.worked(500, 5060, [3015]).started(605, 500);
        root.entry(20_060, { status: 'killed', endedAt: 0 });
      },
      posts: [shown({ outcome: 'aborted', during: [500, 5010], lines: [ok('c1', 'exec')], modelCalls: 2 })],
    },
    {
      name: '/stop, and the next message at once',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).started(605, 500);
        root.worked(500, 4012).entry(3930, { abortedLastRun: true }).promptError(4012);
        root.person(4700, 'other').started(4605, 4600).calls(5000, { c2: 'two' });
        root.result(6300, 'c1', { status: 'failed', exitCode: null }, { isError: true });
        root.result(8000, 'c2').answer(8300, 'Done.').worked(4600, 8300, [8015]).ended(8420);
        root.entry(19_000, { status: 'killed', abortedLastRun: true });
      },
      posts: [
        shown({ outcome: 'aborted', during: [500, 4012], lines: [aborted('c1', 'exec')], modelCalls: 1 }),
        shown({ during: [4600, 8300], lines: [ok('c2', 'exec', 'two')], modelCalls: 2, answer: 'Done.' }),
      ],
    },
    {
      name: '2026.3.28: /new during a run aborts it, then the session is archived',
      version: '2026.3.28',
      script: (gateway) => {
        const root = channel(gateway).person(530, 'go').calls(1000, { c1: 'one' }).started(605, 500);
        root.promptError(4000, 'aborted').result(4005, 'c1', { status: 'failed', exitCode: null });
        root.fail(4010, 'Request was aborted', 'aborted').locked(500, 4030);
        root.rename(4300, 'c0c0c0c0-root.jsonl.reset.2026-11-22T08-00-04.300Z');
        const next = gateway.session({ id: 'd0d0d0d0-next' });
        root.entry(4400, {
          sessionId: next.id,
          sessionFile: `/x/${next.file}`,
          status: undefined,
          startedAt: undefined,
        });
        next
          .user(6000, '/new\n\nA new session was started via /new or /reset. Greet.')
          .answer(6010, 'Hello!')
          .locked(5000, 6020);
      },
      posts: [shown({ outcome: 'aborted', during: [500, 4010], lines: [failed('c1', 'exec')], modelCalls: 1 })],
    },
    {
      name: '/new during a run waits for its end',
      script: (gateway) => {
        const root = channel(gateway)
          .person(680, 'go')
          .calls(1000, { c1: 'one' })
          .result(4000, 'c1')
          .answer(4300, 'Done.');
        root.worked(500, 4300, [4015]).started(605, 500);
        root.rename(4380, 'c0c0c0c0-root.jsonl.reset.2026-11-22T08-00-04.380Z');
        const next = gateway.session({ id: 'd0d0d0d0-next' });
        root.entry(4390, {
          sessionId: next.id,
          sessionFile: `/x/${next.file}`,
          status: undefined,
          startedAt: undefined,
        });
        next.person(8180, 'more').calls(8500, { d1: 'two' }).result(11_000, 'd1').answer(11_300, 'Done too.');
        next.worked(8000, 11_300, [11_015]);
        root.started(8105, 8000).ended(11_420);
      },
      posts: [
        shown({ during: [500, 4300], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' }),
        shown({ during: [8000, 11_300], lines: [ok('d1', 'exec', 'two')], modelCalls: 2, answer: 'Done too.' }),
      ],
    },
    {
      name: '/reset of an idle session, then nothing',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'hi').answer(1000, 'Hello.').run(500, 1000);
        root.rename(9000, 'c0c0c0c0-root.jsonl.reset.2026-11-22T08-00-09.000Z');
        root.entry(9100, { sessionId: 'd0d0d0d0-next', sessionFile: '/x/d0d0d0d0-next.jsonl', status: 'running' });
      },
      posts: [],
    },
    {
      name: 'a session is deleted during its run, catalog first',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).started(605, 500).locked(500, 5100);
        root.unlisted(5000).rename(5050, 'c0c0c0c0-root.jsonl.deleted.2026-11-22T08-00-05.050Z');
      },
      posts: [shown({ outcome: 'interrupted', during: [500, 5000], lines: [aborted('c1', 'exec')], modelCalls: 1 })],
    },
    {
      name: 'the entry of a session is lost for a moment during its run',
      script: (gateway) => {
        const root = channel(gateway)
          .person(680, 'go')
          .calls(1000, { c1: 'one' })
          .result(6000, 'c1')
          .answer(6300, 'Done.');
        root.run(500, 6300, { gapsAt: [6015] }).unlisted(3000);
        const sessionFile = `/home/node/.openclaw/agents/main/sessions/${root.file}`;
        root.entry(3050, { sessionId: root.id, sessionFile, status: 'running', ...mattermost('channel:chan') });
      },
      posts: [shown({ during: [500, 6300], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' })],
    },
    {
      name: 'a session is deleted during its run, transcript first',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).started(605, 500).locked(500, 5100);
        root.rename(5000, 'c0c0c0c0-root.jsonl.deleted.2026-11-22T08-00-05.000Z').unlisted(5050);
      },
      posts: [shown({ outcome: 'interrupted', during: [500, 5000], lines: [aborted('c1', 'exec')], modelCalls: 1 })],
    },
    {
      name: 'a daily reset: the next message finds a new session under the key',
      script: (gateway) => {
        const root = channel(gateway)
          .person(680, 'go')
          .calls(1000, { c1: 'one' })
          .result(4000, 'c1')
          .answer(4300, 'Done.');
        root.run(500, 4300, { gapsAt: [4015] });
        const next = gateway.session({ id: 'd0d0d0d0-next' });
        root.entry(59_900, {
          sessionId: next.id,
          sessionFile: `/x/${next.file}`,
          status: undefined,
          startedAt: undefined,
          endedAt: undefined,
        });
        root.rename(59_950, 'c0c0c0c0-root.jsonl.reset.2026-11-22T08-00-59.950Z').started(60_105, 60_000);
        next.person(60_180, 'more').calls(60_500, { d1: 'two' }).result(63_000, 'd1').answer(63_300, 'Done too.');
        next.worked(60_000, 63_300, [63_015]);
        root.ended(63_420);
      },
      posts: [
        shown({ during: [500, 4300], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' }),
        shown({ during: [60_000, 63_300], lines: [ok('d1', 'exec', 'two')], modelCalls: 2, answer: 'Done too.' }),
      ],
    },
    {
      name: '/stop before a child has begun',
      script: (gateway) => {
        const root = channel(gateway)
          .person(680, 'go')
          .calls(1000, { c1: SPAWNS.c1 })
          .spawned(2200, 'c1', childKey('a'));
        root.calls(2500, { c2: 'long' }).started(605, 500).entry(4900, { abortedLastRun: true }).promptError(5000);
        root.worked(500, 5000, [2215]);
        child(gateway, CHANNEL, 'a', 1100).entry(4950, { status: 'killed', abortedLastRun: true });
      },
      posts: [
        shown({
          outcome: 'aborted',
          during: [500, 5000],
          lines: [
            spawn('c1', {
              sessionKey: '',
              label: 'a',
              outcome: 'aborted',
              startMs: 1000,
              endMs: Number.NaN,
              lines: [],
            }),
            aborted('c2', 'exec'),
          ],
          modelCalls: 2,
        }),
      ],
    },
    {
      name: 'on a busy machine the entry of a /stop comes 3 s after its flag, under the lock',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).started(605, 500);
        root.entry(4000, { abortedLastRun: true }).promptError(7000).worked(500, 7000);
      },
      posts: [shown({ outcome: 'aborted', during: [500, 7000], lines: [aborted('c1', 'exec')], modelCalls: 1 })],
    },
    {
      name: 'a run that ends by itself in spite of a /stop',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).started(605, 500);
        root
          .result(4100, 'c1')
          .entry(4000, { abortedLastRun: true })
          .answer(6000, 'Done.')
          .worked(500, 6000)
          .ended(6100);
      },
      posts: [shown({ during: [500, 6000], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' })],
    },
  ])('$name', playSituation);
});
