import { type LineExpectation, ok, spawn } from '@live-status/fixtures';
import { describe, it } from 'vitest';
import {
  CHANNEL,
  channel,
  child,
  childKey,
  playSituation,
  RESUMED,
  type Situation,
  shown,
  TASK,
} from '../testing/situation.ts';

const SPAWN = ['sessions_spawn', { task: 'work', label: 'a' }] as const;
const worker: LineExpectation = spawn('c1', {
  sessionKey: '',
  label: 'a',
  outcome: 'done',
  startMs: 3000,
  endMs: 12_800,
  lines: [ok('a1', 'exec', 'one'), ok('a2', 'exec', 'two')],
});

/** A child that works from 3000 to 12 800; its parent has yielded, or answered. */
function withChild(ending: 'yields' | 'answers'): Situation['script'] {
  return (gateway) => {
    const root = channel(gateway).person(680, 'go').calls(1000, { c1: SPAWN }).spawned(2200, 'c1', childKey('a'));
    if (ending === 'yields') root.yields(2600, 'c2').worked(500, 2860, [2215]).started(605, 500).ended(3900);
    else root.answer(2600, 'Started.').run(500, 2600);
    const a = child(gateway, CHANNEL, 'a', 1100).user(3200, TASK).calls(3500, { a1: 'one' }).result(8000, 'a1');
    a.calls(8300, { a2: 'two' })
      .result(12_500, 'a2')
      .answer(12_800, '42')
      .run(3000, 12_800, { gapsAt: [8015, 12_515] });
    root.answer(15_000, 'It is 42.').run(14_500, 15_000);
  };
}

describe('what is not recorded: late starts', () => {
  it.for<Situation>([
    {
      name: 'the source starts during a call',
      startMs: 3000,
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).result(4000, 'c1');
        root
          .calls(4300, { c2: 'two' })
          .result(9000, 'c2')
          .answer(9300, 'Done.')
          .run(500, 9300, { gapsAt: [4015, 9015] });
      },
      posts: [
        shown({ during: [680, 9300], lines: [ok('c1', 'exec'), ok('c2', 'exec')], modelCalls: 3, answer: 'Done.' }),
      ],
      postedBy: [3100],
    },
    {
      name: 'the source starts while a child works and its parent has yielded',
      startMs: 5000,
      script: withChild('yields'),
      posts: [
        shown({
          during: [680, 15_000],
          lines: [worker, ok('c2', 'sessions_yield')],
          modelCalls: 6,
          answer: 'It is 42.',
        }),
      ],
      postedBy: [5300],
    },
    {
      name: 'the source starts while a child works and its parent has answered',
      startMs: 5000,
      script: withChild('answers'),
      posts: [shown({ during: [680, 15_000], lines: [worker], modelCalls: 6, answer: 'It is 42.' })],
      postedBy: [5300],
    },
    {
      name: 'the source starts between the end of a child and its announce',
      startMs: 13_500,
      script: withChild('yields'),
      posts: [
        shown({
          during: [680, 15_000],
          lines: [worker, ok('c2', 'sessions_yield')],
          modelCalls: 6,
          answer: 'It is 42.',
        }),
      ],
    },
    {
      name: 'the source starts after everything',
      startMs: 16_000,
      script: withChild('yields'),
      posts: [],
    },
    {
      name: 'the source starts in the gap before a retry',
      startMs: 4000,
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).result(1200, 'c1');
        root.fail(2600, '500 The server had an error').worked(500, 2600, [1215]).started(605, 500);
        root.person(6000, 'go').calls(6400, { c2: 'one' }).result(9000, 'c2').answer(9300, 'Done.');
        root.locked(5660, 9310).ended(9420);
      },
      posts: [
        shown({ during: [680, 9300], lines: [ok('c1', 'exec'), ok('c2', 'exec')], modelCalls: 3, answer: 'Done.' }),
      ],
    },
    {
      name: 'the source starts after a gateway was killed, before its next start',
      startMs: 20_000,
      script: (gateway) => {
        const root = channel(gateway).locked(500, 610).started(605, 500).person(680, 'go');
        root.calls(1000, { c1: 'one' }).result(3000, 'c1').locked(640, 33_300);
        gateway.kill(3300, 'SIGKILL');
        root.entry(32_600, { abortedLastRun: true });
        root.locked(38_300, 38_410).user(38_500, RESUMED).started(38_560).locked(38_440, 42_310);
        root.calls(39_000, { c2: 'two' }).result(42_000, 'c2').answer(42_300, 'Done.').ended(42_420);
      },
      posts: [
        shown({ during: [680, 42_300], lines: [ok('c1', 'exec'), ok('c2', 'exec')], modelCalls: 3, answer: 'Done.' }),
      ],
    },
  ])('$name', playSituation);
});
