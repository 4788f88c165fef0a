import { ok } from '@live-status/fixtures';
import { inbound328 } from '@live-status/simulators/openclaw-files';
import { describe, it } from 'vitest';
import { channel, playSituation, type Situation, shown } from '../testing/situation.ts';

describe('what is not recorded: messages', () => {
  it.for<Situation>([
    {
      name: 'a person sends the same text twice',
      script: (gateway) => {
        const root = channel(gateway)
          .person(680, 'go')
          .calls(1000, { c1: 'one' })
          .result(4000, 'c1')
          .answer(4300, 'Done.');
        root.run(500, 4300, { gapsAt: [4015] });
        root.person(6180, 'go').calls(6500, { c2: 'one' }).result(9000, 'c2').answer(9300, 'Done again.');
        root.run(6000, 9300, { gapsAt: [9015] });
      },
      posts: [
        shown({ during: [500, 4300], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' }),
        shown({ during: [6000, 9300], lines: [ok('c2', 'exec')], modelCalls: 2, answer: 'Done again.' }),
      ],
    },
    {
      name: '2026.3.28: what was queued during a run is another run, at once',
      version: '2026.3.28',
      script: (gateway) => {
        const root = channel(gateway)
          .person(530, 'go')
          .calls(1000, { c1: 'one' })
          .result(4000, 'c1')
          .answer(4300, 'Done.');
        root.run(500, 4300);
        const queued = ['more', 'and more'].map(
          (text, i) => `---\nQueued #${i + 1}\n${inbound328(text, 'alice', 'chan')}`,
        );
        root.user(4500, `[Queued messages while agent was busy]\n\n${queued.join('\n\n')}`);
        root.calls(5000, { c2: 'two' }).result(8000, 'c2').answer(8300, 'Done too.').run(4450, 8300);
      },
      posts: [
        shown({ during: [500, 4300], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' }),
        shown({ during: [4450, 8300], lines: [ok('c2', 'exec')], modelCalls: 2, answer: 'Done too.' }),
      ],
    },
    {
      name: 'a message sent during a run is a run of its own 0.55 s after it',
      script: (gateway) => {
        const root = channel(gateway)
          .person(680, 'go')
          .calls(1000, { c1: 'one' })
          .result(4000, 'c1')
          .answer(4300, 'Done.');
        root.run(500, 4300, { gapsAt: [4015] });
        root.person(5100, 'more').calls(5400, { c2: 'two' }).result(8000, 'c2').answer(8300, 'Done too.');
        root.run(4925, 8300, { gapsAt: [8015] });
      },
      posts: [
        shown({ during: [500, 4300], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' }),
        shown({ during: [4925, 8300], lines: [ok('c2', 'exec')], modelCalls: 2, answer: 'Done too.' }),
      ],
    },
    {
      name: 'a message is steered into a run',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).result(4000, 'c1');
        root.person(4040, 'rather two').calls(4400, { c2: 'two' }).result(6000, 'c2').answer(6300, 'Done.');
        root.run(500, 6300, { gapsAt: [4015, 6015] });
      },
      posts: [
        shown({ during: [500, 6300], lines: [ok('c1', 'exec'), ok('c2', 'exec')], modelCalls: 3, answer: 'Done.' }),
      ],
    },
    {
      name: '2026.3.28: a message after the answer, under the same lock, is other work',
      version: '2026.3.28',
      script: (gateway) => {
        const root = channel(gateway)
          .person(530, 'go')
          .calls(1000, { c1: 'one' })
          .result(4000, 'c1')
          .answer(4300, 'Done.');
        root
          .person(4310, 'more')
          .calls(4700, { c2: 'two' })
          .result(8000, 'c2')
          .answer(8300, 'Done too.')
          .run(500, 8300);
      },
      posts: [
        shown({ during: [500, 4300], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' }),
        shown({ during: [4310, 8300], lines: [ok('c2', 'exec')], modelCalls: 2, answer: 'Done too.' }),
      ],
    },
    {
      name: 'locks stay away for two seconds in the middle of a run',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).result(4000, 'c1').started(605, 500);
        root.locked(500, 4010).locked(6010, 9310).calls(6300, { c2: 'two' }).result(9000, 'c2').answer(9300, 'Done.');
        root.ended(9420);
      },
      posts: [
        shown({ during: [500, 9300], lines: [ok('c1', 'exec'), ok('c2', 'exec')], modelCalls: 3, answer: 'Done.' }),
      ],
    },
  ])('$name', playSituation);
});
