import { aborted, ok } from '@live-status/fixtures';
import { describe, it } from 'vitest';
import { channel, playSituation, RESUMED, type Situation, shown } from '../testing/situation.ts';

/** A run that is cut at 3300, after the result of its first call, and resumed 5 s after the start at 33 300. */
function resumed(kill: 'SIGKILL' | 'SIGTERM'): Situation['script'] {
  return (gateway) => {
    const root = channel(gateway).locked(500, 610).started(605, 500).person(680, 'go');
    root.calls(1000, { c1: 'one' }).result(3000, 'c1').locked(640, 3015);
    root.locked(3040, kill === 'SIGTERM' ? 3300 : 33_300);
    gateway.kill(3300, kill);
    root.entry(32_600, { abortedLastRun: true });
    root.locked(38_300, 38_410).user(38_500, RESUMED).started(38_560).locked(38_440, 42_310);
    root.calls(39_000, { c2: 'two' }).result(42_000, 'c2').answer(42_300, 'Both done.');
    root.rewrite(42_313).locked(42_320, 42_330).ended(42_420);
  };
}

const resumedPost = shown({
  during: [500, 42_300],
  lines: [ok('c1', 'exec', 'one'), ok('c2', 'exec', 'two')],
  modelCalls: 3,
  answer: 'Both done.',
});

describe('what is not recorded: restarts', () => {
  it.for<Situation>([
    { name: 'a run cut by kill -9 is resumed', script: resumed('SIGKILL'), posts: [resumedPost] },
    { name: 'a run cut by SIGTERM is resumed', script: resumed('SIGTERM'), posts: [resumedPost] },
    {
      name: 'a run cut by kill -9 in another pid namespace is resumed',
      script: resumed('SIGKILL'),
      posts: [resumedPost],
      foreignOwner: true,
    },
    {
      name: 'a run cut early, before it was worth a post, is resumed',
      script: (gateway) => {
        const root = channel(gateway).locked(500, 610).started(605, 500).person(680, 'go');
        root.calls(1000, { c1: 'one' }).result(1100, 'c1').locked(640, 1200);
        gateway.kill(1200, 'SIGTERM');
        root.entry(20_000, { abortedLastRun: true });
        root.locked(25_300, 25_410).user(25_500, RESUMED).started(25_560).locked(25_440, 29_310);
        root.calls(26_000, { c2: 'two' }).result(29_000, 'c2').answer(29_300, 'Done.').ended(29_420);
      },
      posts: [
        shown({ during: [500, 29_300], lines: [ok('c1', 'exec'), ok('c2', 'exec')], modelCalls: 3, answer: 'Done.' }),
      ],
    },
    {
      name: 'a run that is cut twice is resumed twice',
      script: (gateway) => {
        const root = channel(gateway).locked(500, 610).started(605, 500).person(680, 'go');
        root.calls(1000, { c1: 'one' }).result(3000, 'c1').locked(640, 3300);
        gateway.kill(3300, 'SIGTERM');
        root.entry(12_600, { abortedLastRun: true });
        root.locked(18_300, 18_410).user(18_500, RESUMED).started(18_560).locked(18_440, 22_100);
        root.calls(19_000, { c2: 'two' }).result(22_000, 'c2');
        gateway.kill(22_100, 'SIGTERM');
        root.entry(32_600, { abortedLastRun: true });
        root.locked(38_300, 38_410).user(38_500, RESUMED).started(38_560).locked(38_440, 39_010);
        root.answer(39_000, 'Done.').ended(39_120);
      },
      posts: [
        shown({ during: [500, 39_000], lines: [ok('c1', 'exec'), ok('c2', 'exec')], modelCalls: 3, answer: 'Done.' }),
      ],
    },
    {
      name: 'a run cut by SIGTERM in a call is not resumed; the next message is other work',
      script: (gateway) => {
        const root = channel(gateway).locked(500, 610).started(605, 500).person(680, 'go');
        root.calls(1000, { c1: 'one' }).locked(640, 4300);
        gateway.kill(4300, 'SIGTERM');
        root.entry(22_600, { abortedLastRun: true }).ended(28_000, 'failed');
        root.person(60_180, 'again').calls(60_500, { c2: 'two' }).result(63_000, 'c2').answer(63_300, 'Done.');
        root.run(60_000, 63_300);
      },
      posts: [
        shown({
          during: [500, 4300],
          outcome: 'interrupted',
          reason: 'the agent stopped',
          lines: [aborted('c1', 'exec', 'one')],
          modelCalls: 1,
        }),
        shown({ during: [60_000, 63_300], lines: [ok('c2', 'exec', 'two')], modelCalls: 2, answer: 'Done.' }),
      ],
    },
    {
      name: 'a run without calls is cut while the model answers, and resumed with calls',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'hi').answer(1000, 'Hello.').run(500, 1000);
        root.person(5180, 'go').started(5105, 5000).locked(5000, 7000);
        gateway.kill(7000, 'SIGTERM');
        root.entry(12_600, { abortedLastRun: true });
        root
          .user(18_500, RESUMED)
          .calls(19_000, { c1: 'one' })
          .result(22_000, 'c1')
          .answer(22_300, 'Done.')
          .run(18_300, 22_300);
      },
      posts: [shown({ during: [5000, 22_300], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' })],
    },
    {
      name: 'a person writes before the cut run could be resumed',
      script: (gateway) => {
        const root = channel(gateway).locked(500, 610).started(605, 500).person(680, 'go');
        root.calls(1000, { c1: 'one' }).result(3000, 'c1').locked(640, 3300);
        gateway.kill(3300, 'SIGTERM');
        root.entry(12_600, { abortedLastRun: true });
        root.person(15_180, 'still there?').answer(15_500, 'Yes.').run(15_000, 15_500);
      },
      posts: [shown({ outcome: 'interrupted', during: [500, 3300], lines: [ok('c1', 'exec')], modelCalls: 1 })],
    },
  ])('$name', playSituation);
});
