import { aborted, ok } from '@live-status/fixtures';
import { describe, it } from 'vitest';
import { channel, playSituation, type Situation, shown } from '../testing/situation.ts';

/** A call of 400 s; the watchdog drops its lock after 300 s. */
const watchdog: Situation['script'] = (gateway) => {
  const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'long' }).started(605, 500).locked(500, 610);
  root.locked(640, 300_700).result(400_000, 'c1').locked(400_020, 401_010).answer(401_000, 'Done.').ended(401_100);
};
const watchdogPost = shown({ during: [500, 401_000], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' });

describe('what is not recorded: locks', () => {
  it.for<Situation>([
    { name: 'a watchdog drops the lock of a long call', script: watchdog, posts: [watchdogPost] },
    {
      name: 'a watchdog drops the lock of a call that ran when the source started',
      script: watchdog,
      posts: [watchdogPost],
      startMs: 100_000,
      postedBy: [102_000],
    },
    {
      name: 'locks have gaps of 0.39 s in the run and 0.94 s after it',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).result(4000, 'c1').started(605, 500);
        root
          .locked(500, 610)
          .locked(1000, 4010)
          .locked(4400, 4710)
          .answer(4700, 'Done.')
          .locked(5650, 5660)
          .ended(5800);
      },
      posts: [shown({ during: [500, 4700], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' })],
    },
    {
      name: 'a writer takes no locks',
      script: (gateway) => {
        const root = channel(gateway)
          .person(680, 'go')
          .calls(1000, { c1: 'one' })
          .result(90_000, 'c1')
          .answer(92_000, 'Done.');
        root.started(605, 500).ended(92_100);
      },
      posts: [shown({ during: [680, 92_000], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' })],
    },
    {
      name: 'a gateway in another pid namespace is killed in a call; its next start cleans up',
      foreignOwner: true,
      script: (gateway) => {
        const root = channel(gateway).locked(500, 610).started(605, 500).person(680, 'go');
        root.calls(1000, { c1: 'one' }).locked(640, 33_300);
        gateway.kill(4300, 'SIGKILL');
        root.entry(32_600, { abortedLastRun: true }).ended(38_300, 'failed');
      },
      posts: [shown({ outcome: 'interrupted', during: [500, 32_600], lines: [aborted('c1', 'exec')], modelCalls: 1 })],
    },
    {
      name: 'the catalog has 700 KB and is replaced ten times a turn',
      script: (gateway) => {
        const root = channel(gateway, undefined, { skillsSnapshot: 'x'.repeat(700_000) }).person(680, 'go');
        root
          .calls(1000, { c1: 'one' })
          .result(4000, 'c1')
          .answer(4300, 'Done.')
          .run(500, 4300, { gapsAt: [4015] });
        for (let ms = 800; ms < 4200; ms += 400) root.entry(ms, { inputTokens: ms });
      },
      posts: [shown({ during: [500, 4300], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' })],
    },
  ])('$name', playSituation);
});
