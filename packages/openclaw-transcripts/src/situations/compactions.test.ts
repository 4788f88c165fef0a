import { ok, spawn } from '@live-status/fixtures';
import { describe, it } from 'vitest';
import { CHANNEL, channel, child, childKey, playSituation, type Situation, shown, TASK } from '../testing/situation.ts';

const SPAWN = ['sessions_spawn', { task: 'work', label: 'a' }] as const;
const SUCCESSOR = { id: 'd0d0d0d0-succ', file: '2026-11-22T08-00-09-000Z_d0d0d0d0-succ.jsonl' };
const family = (id: string, file: string) => ({
  sessionId: id,
  sessionFile: `/home/node/.openclaw/agents/main/sessions/${file}`,
  usageFamilySessionIds: ['c0c0c0c0-root', id],
});

describe('what is not recorded: compactions', () => {
  it.for<Situation>([
    {
      name: 'the session is compacted inside the run, after the final answer',
      script: (gateway) => {
        const root = channel(gateway)
          .person(680, 'go')
          .calls(1000, { c1: 'one' })
          .result(4000, 'c1')
          .answer(4300, 'Done.');
        root.locked(500, 4310).started(605, 500).locked(4330, 9400).compaction(9300).rewrite(9420).ended(9600);
      },
      posts: [
        shown({
          during: [500, 4300],
          lines: [ok('c1', 'exec')],
          modelCalls: 2,
          answer: 'Done.',
        }),
      ],
    },
    {
      name: 'the run goes on in a successor file',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'one' }).result(4000, 'c1');
        root.fail(4300, '400 maximum context length').compaction(9000).locked(500, 9100).started(605, 500);
        const next = gateway.session(SUCCESSOR);
        root.copyTo(9010, next, (line) => !line.includes('"one"')).entry(9200, family(next.id, next.file));
        next.calls(9500, { c2: 'two' }).result(12_000, 'c2').answer(12_300, 'Done.').locked(9120, 12_310);
        root.ended(12_420);
      },
      posts: [
        shown({
          during: [500, 12_300],
          lines: [ok('c1', 'exec'), { kind: 'compaction' }, ok('c2', 'exec')],
          modelCalls: 3,
          answer: 'Done.',
        }),
      ],
    },
    {
      name: "/compact while a child works; the child's result arrives in the successor file",
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: SPAWN });
        root
          .spawned(2200, 'c1', childKey('a'))
          .yields(2600, 'c2')
          .worked(500, 2860, [2215])
          .started(605, 500)
          .ended(3900);
        const a = child(gateway, CHANNEL, 'a', 1100).user(3200, TASK).calls(3500, { a1: 'one' });
        a.result(16_500, 'a1').answer(16_800, '42').run(3000, 16_800);
        const next = gateway.session(SUCCESSOR);
        root.locked(8500, 9100).compaction(9000).copyTo(9010, next).entry(9200, family(next.id, next.file));
        next.answer(19_000, 'It is 42.').worked(18_500, 19_000);
        root.started(18_605, 18_500).ended(19_120);
      },
      posts: [
        shown({
          during: [500, 19_000],
          lines: [
            spawn('c1', {
              sessionKey: '',
              label: 'a',
              outcome: 'done',
              startMs: 3000,
              endMs: 16_800,
              lines: [ok('a1', 'exec')],
            }),
            ok('c2', 'sessions_yield'),
          ],
          modelCalls: 5,
          answer: 'It is 42.',
        }),
      ],
    },
    {
      name: 'the transcript is repaired by a rename between two runs',
      script: (gateway) => {
        const root = channel(gateway)
          .person(680, 'go')
          .calls(1000, { c1: 'one' })
          .result(4000, 'c1')
          .fail(4300, '429 no');
        root.run(500, 4300, { status: 'failed', gapsAt: [4015] });
        root.repair(10_050, (lines) =>
          lines.map((line) =>
            line.replace('"content":[],"stop', '"content":[{"type":"text","text":"[failed]"}],"stop'),
          ),
        );
        root.person(10_180, 'more').calls(10_500, { c2: 'two' }).result(13_000, 'c2').answer(13_300, 'Done.');
        root.run(10_000, 13_300, { gapsAt: [13_015] });
      },
      posts: [
        shown({ outcome: 'error', reason: '429', during: [500, 4300], lines: [ok('c1', 'exec')], modelCalls: 1 }),
        shown({ during: [10_000, 13_300], lines: [ok('c2', 'exec')], modelCalls: 2, answer: 'Done.' }),
      ],
    },
    ...([50, 500] as const).map(
      (afterMs): Situation => ({
        name: `a rewrite is caught half written, the rest comes ${afterMs} ms later`,
        script: (gateway) => {
          const root = channel(gateway)
            .person(680, 'go')
            .calls(1000, { c1: 'one' })
            .result(4000, 'c1')
            .answer(4300, 'Done.');
          root.locked(500, 4900).started(605, 500).rewrite(4310, undefined, { bytes: 900, afterMs }).ended(5000);
        },
        posts: [shown({ during: [500, 4300], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' })],
      }),
    ),
  ])('$name', playSituation);
});
