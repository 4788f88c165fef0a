import { failed, ok, recovered } from '@live-status/fixtures';
import { describe, it } from 'vitest';
import { channel, playSituation, type Situation, shown } from '../testing/situation.ts';

describe('what is not recorded: failures', () => {
  it.for<Situation>([
    {
      name: 'an overflow is compacted away and answered in the same run; the catalog says killed later',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).result(3000, 'c1');
        root.fail(3300, "400 This model's maximum context length is 1000").compaction(7000).answer(7500, 'Done.');
        root.worked(500, 7500, [3015, 3320]).started(605, 500);
        root.entry(22_600, { status: 'killed', abortedLastRun: true, endedAt: undefined });
      },
      posts: [
        shown({
          during: [500, 7500],
          lines: [ok('c1', 'exec'), { kind: 'compaction' }],
          modelCalls: 2,
          answer: 'Done.',
        }),
      ],
    },
    {
      name: 'an overflow that takes 8 s to compact between locks',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).result(3000, 'c1');
        root.fail(3300, "400 This model's maximum context length is 1000").locked(500, 3310);
        root.locked(3330, 11_100).compaction(11_000).answer(11_500, 'Done.').locked(11_120, 11_510).started(605, 500);
        root.entry(26_600, { status: 'killed', abortedLastRun: true, endedAt: undefined });
      },
      posts: [
        shown({
          during: [500, 11_500],
          lines: [ok('c1', 'exec'), { kind: 'compaction' }],
          modelCalls: 2,
          answer: 'Done.',
        }),
      ],
    },
    {
      name: 'a failed precheck leaves no line and makes no post',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'hi').answer(1000, 'Hello.').run(500, 1000);
        root
          .started(5105, 5000)
          .locked(5000, 5110)
          .locked(5140, 5600)
          .rewrite(5500)
          .locked(5610, 5620)
          .ended(5700, 'failed');
      },
      posts: [],
    },
    {
      name: 'a 429 ends the run with one error line',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).result(3000, 'c1');
        root.fail(4500, '429 Rate limit reached for requests').run(500, 4500, { status: 'failed', gapsAt: [3015] });
      },
      posts: [
        shown({ outcome: 'error', reason: '429', during: [500, 4500], lines: [ok('c1', 'exec')], modelCalls: 1 }),
      ],
    },
    {
      name: 'a cut stream ends a run without a call',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').fail(2500, 'terminated');
        root.run(500, 2500, { status: 'timeout' });
      },
      posts: [shown({ outcome: 'error', reason: 'terminated', during: [500, 2500], lines: [], modelCalls: 0 })],
    },
    {
      name: '2026.3.28: the third try succeeds, all under one lock',
      version: '2026.3.28',
      script: (gateway) => {
        const root = channel(gateway).person(530, 'go').calls(1000, { c1: 'one' }).result(1200, 'c1');
        for (const ms of [2700, 6100, 11_600]) root.fail(ms, '500 The server had an error');
        root.ended(2800, 'failed').answer(21_000, 'Done.').locked(500, 21_010).started(605, 500);
        root.ended(21_050, 'done', 21_020);
      },
      posts: [
        shown({
          during: [500, 21_000],
          lines: [ok('c1', 'exec'), recovered('server error', 3)],
          modelCalls: 2,
          answer: 'Done.',
        }),
      ],
    },
    {
      name: '2026.3.28: three tries fail, the fourth too',
      version: '2026.3.28',
      script: (gateway) => {
        const root = channel(gateway).person(530, 'go').started(605, 500).ended(1100, 'failed');
        for (const ms of [1000, 4400, 9800, 19_000]) root.fail(ms, '429 Rate limit');
        root.locked(500, 19_010);
      },
      posts: [shown({ outcome: 'error', reason: '429', during: [500, 19_000], lines: [], modelCalls: 0 })],
    },
    {
      name: 'the same message is sent again after a 500, and the second attempt succeeds',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).result(1200, 'c1');
        root.fail(2600, '500 The server had an error').worked(500, 2600, [1215]).started(605, 500);
        root
          .locked(5660, 6040)
          .repair(5760, (lines) =>
            lines.map((line) =>
              line.replace(
                '"content":[],"stopReason":"error"',
                '"content":[{"type":"text","text":"[assistant turn failed before producing content]"}],"stopReason":"error"',
              ),
            ),
          );
        root.person(6000, 'go').calls(6400, { c2: 'one' }).result(6600, 'c2').answer(8500, 'Done.').locked(6065, 8510);
        root.entry(6100, { startedAt: 1 }).ended(8620);
      },
      posts: [
        shown({
          during: [500, 8500],
          lines: [ok('c1', 'exec', 'one'), ok('c2', 'exec', 'one')],
          modelCalls: 3,
          answer: 'Done.',
        }),
      ],
    },
    {
      name: 'after a failed run a person sends the same text again',
      script: (gateway) => {
        const root = channel(gateway)
          .person(680, 'go')
          .fail(2500, '429 Rate limit')
          .run(500, 2500, { status: 'failed' });
        root.person(4180, 'go').calls(4500, { c1: 'one' }).result(7000, 'c1').answer(7300, 'Done.');
        root.run(4000, 7300, { gapsAt: [7015] });
      },
      posts: [
        shown({ outcome: 'error', reason: '429', during: [500, 2500], lines: [], modelCalls: 0 }),
        shown({ during: [4000, 7300], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' }),
      ],
    },
    {
      name: 'a result whose call was never written fails, and the run goes on',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).result(3000, 'c1');
        root.result(3400, 'x1', {}, { toolName: 'no_such_tool', isError: true }).answer(5000, 'Done.');
        root.run(500, 5000, { gapsAt: [3015] });
      },
      posts: [
        shown({
          during: [500, 5000],
          lines: [ok('c1', 'exec'), failed('x1', 'no_such_tool')],
          modelCalls: 2,
          answer: 'Done.',
        }),
      ],
    },
  ])('$name', playSituation);
});
