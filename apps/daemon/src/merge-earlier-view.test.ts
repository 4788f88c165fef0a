import type { Box, Line, ToolLine } from '@live-status/session-state';
import { describe, expect, it } from 'vitest';
import { mergeEarlierView } from './merge-earlier-view.ts';
import { box, child, tool } from './testing/boxes.ts';

describe('mergeEarlierView', () => {
  it('keeps what calls were given and asked where the gateway does not tell it again', () => {
    const asked = { asks: [{ text: 'Where?', options: ['A', 'B'] }], secret: false, until: 9_000 };
    const before = box({
      lines: [
        tool('a'),
        child({ lines: [tool('b')] }),
        tool('c', { tool: 'ask_user', state: 'running', question: asked }),
      ],
    });
    const untold = { asks: [{ text: 'Where?', options: [] }], secret: false };
    const after = box({
      lines: [
        tool('a', { args: null }),
        child({ lines: [tool('b', { args: undefined, state: 'error' })] }),
        tool('c', { tool: 'ask_user', state: 'running', args: null, question: untold }),
        tool('d', { args: null }),
      ],
    });
    expect(mergeEarlierView(before, after).lines).toMatchObject([
      { args: { command: 'a' } },
      { lines: [{ args: { command: 'b' }, state: 'error' }] },
      { question: asked },
      { args: null },
    ]);
    const other = box({ lines: [tool('a', { tool: 'read', args: null }), ...after.lines.slice(1)] });
    expect(mergeEarlierView(before, other).lines[0]).toMatchObject({ args: null });
  });

  const earlier = box({
    startedAt: 500,
    earlierLines: 2,
    lines: [tool('a', { count: 3 }), child({ lines: [tool('b')] })],
  });

  it('takes the new view when it has as many lines, counted through repeats and children', () => {
    const same = box({ lines: Array.from({ length: 7 }, (_, index) => tool(`t${index}`)) });
    expect(mergeEarlierView(earlier, same)).toEqual({ ...same, startedAt: 500 });
  });

  it('keeps the lines of before when there are fewer now, with the new end', () => {
    const fewer = box({ state: 'done', endedAt: 8_000, lines: [tool('x')] });
    const shown = mergeEarlierView(earlier, fewer);
    expect(shown).toMatchObject({ state: 'done', endedAt: 8_000, startedAt: 500, earlierLines: 2 });
    expect(shown.lines).toMatchObject([{ id: 'a' }, { kind: 'child', state: 'interrupted' }]);
  });

  it('closes what waited when the work is over', () => {
    const approval = { approvalId: 'a', since: 0 };
    const before = box({ state: 'waiting', lines: [tool('x'), tool('a', { state: 'running', approval })] });
    const { lines } = mergeEarlierView(before, box({ state: 'done', endedAt: 8_000, lines: [] }));
    expect(lines).toEqual([tool('x'), tool('a', { state: 'aborted', endedAt: 8_000 })]);
  });

  it('keeps no approval that was decided meanwhile', () => {
    const waiting = (id: string): ToolLine => tool(id, { state: 'running', approval: { approvalId: id, since: 0 } });
    const before = box({ state: 'waiting', lines: [tool('x'), waiting('a'), child({ lines: [waiting('b')] })] });
    expect(mergeEarlierView(before, box({ state: 'waiting', lines: [waiting('b')] })).lines).toEqual([
      tool('x'),
      tool('a', { state: 'running' }),
      child({ lines: [waiting('b')] }),
    ]);
  });

  const text = (words: string, id = words): Line => ({ kind: 'text', id, text: words });
  const compaction = (id: string): Line => ({ kind: 'compaction', id });
  const model = (id: string): Line => ({ kind: 'model', id, reason: 'rate limit', failures: 2 });
  const spawn = tool('spawn', { tool: 'sessions_spawn', state: 'running' });
  const ids = ({ lines }: Box): unknown[] => lines.map((line) => (line.kind === 'text' ? line.text : line.id));

  it.for<[string, before: readonly Line[], now: readonly Line[], merged: readonly string[]]>([
    ['a compaction', [tool('a'), compaction('x'), tool('b')], [tool('a'), tool('b')], ['a', 'x', 'b']],
    ['a compaction, and more came', [tool('a'), compaction('x')], [tool('a'), tool('b')], ['a', 'x', 'b']],
    ['a compaction under another id', [compaction('x'), tool('b')], [compaction('y'), tool('b')], ['y', 'b']],
    [
      'a trouble of the model',
      [tool('a'), model('m'), tool('b')],
      [tool('a'), tool('b'), tool('c')],
      ['a', 'm', 'b', 'c'],
    ],
    ['a trouble under another id', [model('m'), tool('b')], [model('n'), tool('b')], ['n', 'b']],
    ['a text', [text('Hello.'), tool('a')], [tool('a'), tool('b'), tool('c')], ['Hello.', 'a', 'b', 'c']],
    ['a text under another id', [text('Hello.', '1'), tool('a')], [text('Hello.', '2'), tool('a')], ['Hello.', 'a']],
    ['the newest line', [tool('a'), text('Next.')], [tool('a')], ['a', 'Next.']],
    ['the first line, while as many are new', [tool('a'), tool('b')], [tool('b'), tool('c')], ['a', 'b', 'c']],
    ['a line of a child', [child({ lines: [tool('b'), text('t')] })], [child({ lines: [tool('b')] })], ['c']],
    ['nothing: a spawn became its child', [tool('a'), spawn], [tool('a'), child()], ['a', 'c']],
    [
      'nothing: equal calls became one line',
      [tool('a', { args: 1 }), tool('b', { args: 1, state: 'running' })],
      [tool('b', { args: 1, count: 2 })],
      ['b'],
    ],
    [
      'calls that were given something else',
      [tool('a', { args: 1 }), tool('b', { args: 2, state: 'running' })],
      [tool('b', { args: 2, count: 2 })],
      ['a', 'b'],
    ],
  ])('keeps what the new view lacks: %s', ([, before, now, merged]) => {
    const shown = mergeEarlierView(box({ lines: before }), box({ lines: now }));
    expect(ids(shown)).toEqual(merged);
    const [first] = shown.lines;
    if (first?.kind === 'child') expect(ids(box({ lines: first.lines }))).toEqual(['b', 't']);
  });

  it('lets the oldest lines go once there are too many', () => {
    const before = box({ lines: [tool('a'), tool('b'), text('x'), tool('c')] });
    const now = box({ earlierLines: 1, lines: [tool('b'), tool('c'), tool('d')] });
    expect(ids(mergeEarlierView(before, now))).toEqual(['b', 'x', 'c', 'd']);
  });

  it('believes an end that was seen, and what was seen of it, but not that a call still runs', () => {
    const failed = tool('a', { state: 'error', exitCode: 3, error: 'no such file', endedAt: 2_000, durationMs: 900 });
    const before = box({ lines: [failed, failed, tool('b', { state: 'running', startedAt: 1_500 })] });
    const again = { endedAt: 2_400, durationMs: 0, startedAt: 1_100 };
    const now = box({
      lines: [
        tool('a', { state: 'error', args: null, ...again }),
        tool('a', { state: 'running', args: null }),
        tool('b', { state: 'ok', startedAt: 1_900, endedAt: 3_000 }),
      ],
    });
    expect(mergeEarlierView(before, now).lines).toEqual([
      failed,
      failed,
      tool('b', { startedAt: 1_500, endedAt: 3_000 }),
    ]);
  });

  it('keeps the plan, the files and the page that are not told again', () => {
    const plan = [{ text: 'Build', status: 'done' }] as const;
    const before = box({ plan, filesChanged: 3, url: 'https://example.com', startedAt: 700 });
    expect(mergeEarlierView(before, box({ filesChanged: 1 }))).toEqual({ ...before });
    const other = [{ text: 'Test', status: 'open' }] as const;
    expect(mergeEarlierView(before, box({ plan: other, filesChanged: 4 }))).toMatchObject({
      plan: other,
      filesChanged: 4,
    });
  });
});
