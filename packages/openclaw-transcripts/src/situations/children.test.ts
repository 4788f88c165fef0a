import { aborted, type ChildExpectation, failed, type LineExpectation, ok, spawn } from '@live-status/fixtures';
import { describe, it } from 'vitest';
import {
  CHANNEL,
  channel,
  child,
  childKey,
  mattermost,
  playSituation,
  RESUMED,
  type Situation,
  shown,
  TASK,
} from '../testing/situation.ts';

function work(
  name: string,
  [startMs, endMs]: readonly [number, number],
  lines: readonly LineExpectation[],
  outcome: ChildExpectation['outcome'] = 'done',
): ChildExpectation {
  return { sessionKey: childKey(name), label: name, outcome, startMs, endMs, lines };
}

const SPAWN = ['sessions_spawn', { task: 'work', label: 'a' }] as const;
const SPAWN_B = ['sessions_spawn', { task: 'work', label: 'b' }] as const;
/** How a yield stands in the list: like any call. */
const yielded = (callId: string): LineExpectation => ok(callId, 'sessions_yield');

describe('what is not recorded: children', () => {
  it.for<Situation>([
    {
      name: 'one child is spawned, the parent yields',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: SPAWN });
        root
          .spawned(2200, 'c1', childKey('a'))
          .yields(2600, 'c2')
          .worked(500, 2860, [2215])
          .started(605, 500)
          .ended(3900);
        const a = child(gateway, CHANNEL, 'a', 1100).user(3200, TASK).calls(3500, { a1: 'one' });
        a.result(6500, 'a1').answer(6800, '42').run(3000, 6800);
        root.answer(9000, 'It is 42.').run(8500, 9000);
      },
      posts: [
        shown({
          during: [500, 9000],
          lines: [spawn('c1', work('a', [3000, 6800], [ok('a1', 'exec', 'one')])), yielded('c2')],
          modelCalls: 5,
          answer: 'It is 42.',
        }),
      ],
    },
    {
      name: '2026.3.28: one child is spawned, the parent yields',
      version: '2026.3.28',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: SPAWN });
        root.spawned(2200, 'c1', childKey('a')).yields(2600, 'c2').worked(500, 2645).started(605, 500);
        const a = child(gateway, CHANNEL, 'a', 1100).user(3200, TASK).calls(3500, { a1: 'one' });
        a.result(6500, 'a1').answer(6800, '42').run(3000, 6800);
        root.announced(8530, childKey('a')).answer(9000, 'It is 42.').run(8500, 9000);
        root.entry(9150, { status: 'running' });
      },
      posts: [
        shown({
          during: [500, 9000],
          lines: [spawn('c1', work('a', [3000, 6800], [ok('a1', 'exec', 'one')])), yielded('c2')],
          modelCalls: 5,
          answer: 'It is 42.',
        }),
      ],
    },
    {
      name: 'a child has a child of its own',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: SPAWN });
        root.spawned(2200, 'c1', childKey('a')).answer(2600, 'Started.').run(500, 2600);
        const a = child(gateway, CHANNEL, 'a', 1100).user(3200, TASK).calls(3500, { a1: SPAWN_B });
        a.spawned(4500, 'a1', childKey('b')).yields(4800, 'a2').worked(3000, 5060).started(3100).ended(5400);
        const b = child(gateway, childKey('a'), 'b', 3700).user(5800, TASK).calls(6100, { b1: 'deep' });
        b.result(9000, 'b1').answer(9300, '7').run(5600, 9300);
        a.answer(11_000, 'It is 7.').run(10_500, 11_000);
        root.answer(13_500, 'It is 7, says a.').run(13_000, 13_500);
      },
      posts: [
        shown({
          during: [500, 13_500],
          lines: [
            spawn(
              'c1',
              work(
                'a',
                [3000, 11_000],
                [spawn('a1', work('b', [5600, 9300], [ok('b1', 'exec', 'deep')])), yielded('a2')],
              ),
            ),
          ],
          modelCalls: 8,
          answer: 'It is 7, says a.',
        }),
      ],
    },
    {
      name: 'one child fails, the other is aborted',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: SPAWN, c2: SPAWN_B });
        root
          .spawned(2200, 'c1', childKey('a'))
          .spawned(2250, 'c2', childKey('b'))
          .answer(2600, 'Started.')
          .run(500, 2600);
        const a = child(gateway, CHANNEL, 'a', 1100).user(3200, TASK).calls(3500, { a1: 'one' }).result(5000, 'a1');
        a.fail(5800, '429 Rate limit reached for requests').run(3000, 5800, { status: 'failed' });
        const b = child(gateway, CHANNEL, 'b', 1200).user(3300, TASK).calls(3600, { b1: 'two' }).locked(3100, 7120);
        b.started(3200).entry(7000, { abortedLastRun: true }).promptError(7100);
        root.answer(8500, 'a failed.').run(8000, 8500);
      },
      posts: [
        shown({
          during: [500, 8500],
          lines: [
            spawn('c1', work('a', [3000, 5800], [ok('a1', 'exec')], 'error')),
            spawn('c2', work('b', [3100, 7100], [aborted('b1', 'exec')], 'aborted')),
          ],
          modelCalls: 5,
          answer: 'a failed.',
        }),
      ],
    },
    {
      name: 'the time of a child runs out, and the parent goes on with what is announced',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: SPAWN });
        root.spawned(2200, 'c1', childKey('a')).answer(2600, 'Started.').run(500, 2600);
        const a = child(gateway, CHANNEL, 'a', 1100).user(3200, TASK).calls(3500, { a1: 'one' }).locked(3000, 9440);
        a.started(3100, 3000)
          .ended(9690, 'killed', 9300)
          .ended(9725, 'timeout', 8400)
          .result(9330, 'a1', { status: 'failed', exitCode: null });
        a.fail(9340, 'This operation was aborted', 'aborted').promptError(9370, 'request timed out');
        root.calls(15_000, { r1: 'again' }).result(18_000, 'r1').answer(18_400, 'a took too long.');
        root.run(10_300, 18_400, { gapsAt: [18_015] });
      },
      posts: [
        shown({
          during: [500, 18_400],
          lines: [spawn('c1', work('a', [3000, 9370], [failed('a1', 'exec')], 'aborted')), ok('r1', 'exec')],
          modelCalls: 5,
          answer: 'a took too long.',
        }),
      ],
    },
    {
      name: 'a child ends before the result of its spawn is written',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: SPAWN });
        const a = child(gateway, CHANNEL, 'a', 1100).user(1500, TASK).calls(1600, { a1: 'one' });
        a.result(3000, 'a1').answer(3200, '42').run(1400, 3200);
        root
          .spawned(5000, 'c1', childKey('a'))
          .answer(5400, 'Started.')
          .run(500, 5400, { gapsAt: [5015] });
        root.answer(8000, 'It is 42.').run(7500, 8000);
      },
      posts: [
        shown({
          during: [500, 8000],
          lines: [spawn('c1', work('a', [1400, 3200], [ok('a1', 'exec')]))],
          modelCalls: 5,
          answer: 'It is 42.',
        }),
      ],
    },
    {
      name: '2026.3.28: a child of a thread session',
      version: '2026.3.28',
      script: (gateway) => {
        const key = `${CHANNEL}:thread:root1`;
        const file = 'c0c0-topic-root1.jsonl';
        const entry = mattermost('channel:chan', { lastThreadId: 'root1' });
        const root = gateway.session({ key, id: 'c0c0', file, entry }).person(680, 'go').calls(1000, { c1: SPAWN });
        root.spawned(2200, 'c1', childKey('a')).answer(2600, 'Started.').run(500, 2600);
        const a = child(gateway, key, 'a', 1100, { file: 'a0000000-topic-root1.jsonl' }).user(3200, TASK);
        a.calls(3500, { a1: 'one' }).result(6500, 'a1').answer(6800, '42').run(3000, 6800);
        root.announced(8530, childKey('a')).answer(9000, 'It is 42.').run(8500, 9000);
      },
      posts: [
        shown({
          root: `${CHANNEL}:thread:root1`,
          target: { kind: 'channel', channelId: 'chan', rootId: 'root1' },
          during: [500, 9000],
          lines: [spawn('c1', work('a', [3000, 6800], [ok('a1', 'exec')]))],
          modelCalls: 5,
          answer: 'It is 42.',
        }),
      ],
    },
    {
      name: 'a person writes again while a child works',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: SPAWN });
        root.spawned(2200, 'c1', childKey('a')).answer(2600, 'Started.').run(500, 2600);
        const a = child(gateway, CHANNEL, 'a', 1100).user(3200, TASK).calls(3500, { a1: 'one' });
        a.result(8500, 'a1').answer(8800, '42').run(3000, 8800);
        root.person(5180, 'and now?').calls(5500, { c2: 'look' }).result(9500, 'c2').answer(9800, 'Not yet.');
        root.run(5000, 9800, { gapsAt: [9515] });
        root.answer(12_000, 'It is 42.').run(11_500, 12_000);
      },
      posts: [
        shown({
          during: [500, 12_000],
          lines: [spawn('c1', work('a', [3000, 8800], [ok('a1', 'exec')]))],
          modelCalls: 5,
          answer: 'It is 42.',
        }),
        shown({ during: [5000, 9800], lines: [ok('c2', 'exec', 'look')], modelCalls: 2, answer: 'Not yet.' }),
      ],
    },
    {
      name: "a child's result is steered into the parent's own run",
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: SPAWN }).spawned(2200, 'c1', childKey('a'));
        root
          .calls(2500, { c2: 'own work' })
          .result(8000, 'c2')
          .announced(8050, childKey('a'))
          .answer(8400, 'It is 42.');
        root.run(500, 8400, { gapsAt: [2215, 8020] });
        const a = child(gateway, CHANNEL, 'a', 1100).user(3200, TASK).calls(3500, { a1: 'one' });
        a.result(5000, 'a1').answer(5300, '42').run(3000, 5300);
      },
      posts: [
        shown({
          during: [500, 8400],
          lines: [spawn('c1', work('a', [3000, 5300], [ok('a1', 'exec')])), ok('c2', 'exec')],
          modelCalls: 5,
          answer: 'It is 42.',
        }),
      ],
    },
    {
      name: 'the announce of a child that fails early is a run with calls, then silent',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: SPAWN });
        root.spawned(2200, 'c1', childKey('a')).answer(2600, 'Started.').run(500, 2600);
        const a = child(gateway, CHANNEL, 'a', 1100).user(3200, TASK);
        a.fail(3400, '500 oops').run(3000, 3400, { status: 'timeout' });
        root
          .calls(5500, { c2: 'check' })
          .result(8000, 'c2')
          .answer(8300, 'NO_REPLY')
          .run(5000, 8300, { gapsAt: [8015] });
      },
      posts: [
        shown({
          during: [500, 8300],
          lines: [spawn('c1', work('a', [3000, 3400], [], 'error')), ok('c2', 'exec')],
          modelCalls: 4,
        }),
      ],
    },
    {
      name: 'a child answers, and its own child works on for three minutes',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: SPAWN });
        root.spawned(2200, 'c1', childKey('a')).answer(2600, 'Started.').run(500, 2600);
        const a = child(gateway, CHANNEL, 'a', 1100).user(3200, TASK).calls(3500, { a1: SPAWN_B });
        a.spawned(4500, 'a1', childKey('b')).answer(5000, 'Delegated.').run(3000, 5000);
        const b = child(gateway, childKey('a'), 'b', 3700).user(5800, TASK).calls(6100, { b1: 'deep' });
        b.result(190_000, 'b1').answer(190_300, '7').run(5600, 190_300);
        a.answer(193_000, 'It is 7.').run(192_500, 193_000);
        root.calls(196_000, { c2: 'tell' }).result(199_000, 'c2').answer(199_300, 'It is 7, says a.');
        root.run(195_500, 199_300, { gapsAt: [199_015] });
      },
      posts: [
        shown({
          during: [500, 199_300],
          lines: [
            spawn(
              'c1',
              work('a', [3000, 193_000], [spawn('a1', work('b', [5600, 190_300], [ok('b1', 'exec', 'deep')]))]),
            ),
            ok('c2', 'exec', 'tell'),
          ],
          modelCalls: 9,
          answer: 'It is 7, says a.',
        }),
      ],
    },
    {
      name: 'a child is cut by a restart and resumed, its parent waits',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: SPAWN });
        root
          .spawned(2200, 'c1', childKey('a'))
          .yields(2600, 'c2')
          .worked(500, 2860, [2215])
          .started(605, 500)
          .ended(3900);
        const a = child(gateway, CHANNEL, 'a', 1100).user(3200, TASK).calls(3500, { a1: 'one' }).result(6500, 'a1');
        a.locked(3000, 6700).started(3105, 3000);
        gateway.kill(6700, 'SIGTERM');
        a.entry(12_600, { abortedLastRun: true });
        a.user(18_500, RESUMED)
          .calls(19_000, { a2: 'two' })
          .result(22_000, 'a2')
          .answer(22_300, '42')
          .run(18_300, 22_300);
        root.answer(25_000, 'It is 42.').run(24_500, 25_000);
      },
      posts: [
        shown({
          during: [500, 25_000],
          lines: [
            spawn('c1', work('a', [3000, 22_300], [ok('a1', 'exec'), ok('a2', 'exec')])),
            ok('c2', 'sessions_yield'),
          ],
          modelCalls: 6,
          answer: 'It is 42.',
        }),
      ],
    },
    {
      name: 'a child gets no run: what is pending is given up after two minutes',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: SPAWN });
        root.spawned(2200, 'c1', childKey('a')).answer(2600, 'Started.').run(500, 2600);
      },
      posts: [
        shown({
          during: [500, 2600],
          lines: [spawn('c1', { ...work('a', [1000, Number.NaN], [], 'interrupted'), label: 'a' })],
          modelCalls: 2,
          answer: 'Started.',
        }),
      ],
    },
  ])('$name', playSituation);
});
