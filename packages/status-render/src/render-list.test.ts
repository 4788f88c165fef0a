import type { Box, ChildLine, Line, ToolLine } from '@live-status/session-state';
import { describe, expect, it } from 'vitest';
import { createLabels } from './labels.ts';
import { type RenderOptions, renderBox } from './render-box.ts';

const START = 1_800_000_000_000;

function tool(name: string, args: unknown, fields: Partial<ToolLine> = {}): ToolLine {
  return { kind: 'tool', id: `call_${name}`, tool: name, args, state: 'ok', startedAt: START, count: 1, ...fields };
}

function text(words: string): Line {
  return { kind: 'text', id: 'text', text: words };
}

function child(label: string, fields: Partial<ChildLine> = {}): ChildLine {
  return {
    kind: 'child',
    id: `child_${label}`,
    label,
    state: 'active',
    startedAt: START,
    earlierLines: 0,
    lines: [],
    thinking: false,
    ...fields,
  };
}

function box(fields: Partial<Box> = {}): Box {
  return {
    boxId: 'box',
    title: 'main',
    state: 'active',
    startedAt: START,
    tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    earlierLines: 0,
    lines: [],
    thinking: false,
    ...fields,
  };
}

const TOKENS = { input: 9000, output: 3000, cacheRead: 80_000, cacheWrite: 400 };
const DONE = { state: 'done', endedAt: START + 53_000, tokens: TOKENS } as const;
const labels = createLabels();

function render(shown: Box, options: Partial<RenderOptions> = {}): string {
  return renderBox(shown, { nowMs: START + 38_000, style: 'list', labels, ...options }).message;
}

describe('a box that is worked on', () => {
  it('shows what runs now, what was done and what failed, children under their parent', () => {
    const shown = box({
      lines: [
        tool('read', { path: 'docs/live-status source code' }),
        tool('exec', { command: 'ls /agents/sessions' }, { durationMs: 40 }),
        tool('exec', { command: 'npm run lint' }, { state: 'error', exitCode: 1, durationMs: 3210 }),
        child('proj035-planner', {
          state: 'done',
          endedAt: START + 28_400,
          lines: [tool('read', { path: '/home/node/.openclaw/workspace/protocol.md' })],
        }),
        tool('exec', { command: 'npm test' }, { state: 'running', startedAt: START + 26_000 }),
      ],
    });
    expect(render(shown)).toBe(
      [
        '**[ACTIVE] main** | 38s | exec: `npm test` 12s',
        '- Reading `live-status source code`',
        '- exec: `ls /agents/sessions` [OK]',
        '- exec: `npm run lint` [exit 1] 3s',
        '- Sub-agent: proj035-planner',
        '    - Reading `protocol.md`',
        '    - [DONE] 28s',
        '- exec: `npm test` ... 12s',
      ].join('\n'),
    );
  });

  it('thinks aloud only that it thinks', () => {
    expect(render(box({ thinking: true }))).toBe('**[ACTIVE] main** | 38s | Thinking...');
    expect(render(box({ thinking: true, lines: [text('Let me look.')] }))).toBe(
      '**[ACTIVE] main** | 38s | Thinking...\n- Let me look.',
    );
  });

  it('waits for children', () => {
    expect(render(box({ lines: [child('worker-one', { state: 'starting' })] }))).toBe(
      '**[ACTIVE] main** | 38s | worker-one: waiting to start\n- worker-one: waiting to start',
    );
    expect(render(box({ lines: [child('worker-one', { thinking: true })] }))).toBe(
      '**[ACTIVE] main** | 38s | worker-one: Thinking...\n- Sub-agent: worker-one',
    );
  });

  it('counts calls that run side by side and names the one that began last', () => {
    const shown = box({
      lines: [
        tool('exec', { command: 'sleep 3' }, { state: 'running', startedAt: START + 30_000 }),
        child('worker', {
          lines: [tool('read', { path: 'a.md' }, { state: 'running', startedAt: START + 37_500 })],
        }),
      ],
    });
    expect(render(shown)).toBe(
      [
        '**[ACTIVE] main** | 38s | Reading `a.md` (+1)',
        '- exec: `sleep 3` ... 8s',
        '- Sub-agent: worker',
        '    - Reading `a.md` ...',
      ].join('\n'),
    );
  });

  it('says how each call ended', () => {
    const shown = box({
      lines: [
        tool('exec', { command: 'make' }, { durationMs: 65_000 }),
        tool('exec', { command: 'sleep 99' }, { state: 'background' }),
        tool('exec', { command: 'sleep 30' }, { state: 'aborted' }),
        tool('no_such_tool', undefined, { state: 'error', count: 12 }),
        tool('read', { path: 'x.txt' }, { state: 'error', error: 'ENOENT: no such file or directory' }),
        tool('process', { action: 'poll', sessionId: 'brisk-wharf' }, { count: 3 }),
        { kind: 'compaction', id: 'c' },
      ],
    });
    expect(render(shown)).toBe(
      [
        '**[ACTIVE] main** | 38s',
        '- exec: `make` [OK] 1m 05s',
        '- exec: `sleep 99` [background]',
        '- exec: `sleep 30` [aborted]',
        '- no_such_tool [error] x12',
        '- Reading `x.txt` [error] `ENOENT: no such file or directory`',
        '- process: `poll` `brisk-wharf` [OK] x3',
        '- [session compacted - continuing]',
      ].join('\n'),
    );
  });

  it('shows a note of Live Status beside the elapsed time', () => {
    expect(render(box({ thinking: true }), { statusNote: 'gateway unreachable' })).toBe(
      '**[ACTIVE] main** | 38s | gateway unreachable | Thinking...',
    );
    expect(render(box({ reason: 'gateway unreachable' }))).toBe('**[ACTIVE] main** | 38s | gateway unreachable');
  });
});

describe('a box that is finished', () => {
  it('ends with the first line of the answer and the outcome', () => {
    const shown = box({ ...DONE, lines: [tool('exec', { command: 'npm test' })], answer: 'All tests pass.\n\nMore.' });
    expect(render(shown)).toBe(
      [
        '**[DONE] main** | 53s | 12.4k tokens',
        '- exec: `npm test` [OK]',
        '- All tests pass.',
        '- [DONE] 53s | 12.4k tokens',
      ].join('\n'),
    );
  });

  it('tells the cost when it is known', () => {
    const shown = box({ ...DONE, tokens: { ...TOKENS, costUsd: 0.042 } });
    expect(render(shown)).toBe('**[DONE] main** | 53s | 12.4k tokens\n- [DONE] 53s | 12.4k tokens | $0.042');
  });

  it.for([
    ['error', '500 The server had an error', '[ERROR] 500 The server had an error'],
    ['interrupted', undefined, '[INTERRUPTED] the agent stopped'],
    [
      'interrupted',
      'status updates stopped, the agent may still be working',
      '[INTERRUPTED] status updates stopped, the agent may still be working',
    ],
    ['timeout', undefined, '[TIMEOUT] still running, no longer followed'],
    ['aborted', undefined, '[ABORTED]'],
  ] as const)('says why: %s %s', ([state, reason, why]) => {
    const shown = box({ state, endedAt: START + 62_000, tokens: TOKENS, ...(reason ? { reason } : {}) });
    const [mark, ...words] = why.split('] ');
    const tail = words.length > 0 ? ` | ${words.join('] ')}` : '';
    const head = `**${mark?.replace(']', '')}] main** | 1m 02s${tail}`;
    expect(render(shown)).toBe(
      state === 'aborted'
        ? '**[ABORTED] main** | 1m 02s | 12.4k tokens\n- [ABORTED] 1m 02s | 12.4k tokens'
        : `${head}\n- ${why} | 1m 02s | 12.4k tokens`,
    );
  });

  it('shows how a child ended', () => {
    const shown = box({
      ...DONE,
      lines: [
        child('a', { state: 'error', reason: '429 Rate limit', endedAt: START + 4000 }),
        child('b', { state: 'aborted', endedAt: START + 4000 }),
      ],
    });
    expect(render(shown)).toBe(
      [
        '**[DONE] main** | 53s | 12.4k tokens',
        '- Sub-agent: a',
        '    - [ERROR] 429 Rate limit | 4s',
        '- Sub-agent: b',
        '    - [ABORTED] 4s',
        '- [DONE] 53s | 12.4k tokens',
      ].join('\n'),
    );
  });
});

describe('a box for readers of another conversation', () => {
  const shown = box({
    ...DONE,
    answer: 'The secret plan.',
    lines: [
      text('About the secret plan'),
      tool('message', { action: 'send', message: 'the secret plan' }),
      tool('read', { path: 'plan.md' }, { state: 'error', error: 'no plan' }),
      child('planner of the plan', { state: 'done', endedAt: START + 2000 }),
    ],
  });

  it('leaves out the answer where it was not asked for', () => {
    expect(render(shown, { showAnswer: false })).not.toContain('The secret plan.');
    expect(render(shown, { showAnswer: false })).toContain('- About the secret plan');
  });

  it('shows tool labels only when text is private', () => {
    expect(render(shown, { showText: false })).toBe(
      [
        '**[DONE] main** | 53s | 12.4k tokens',
        '- message [OK]',
        '- Reading [error]',
        '- Sub-agent',
        '    - [DONE] 2s',
        '- [DONE] 53s | 12.4k tokens',
      ].join('\n'),
    );
  });

  it('does not repeat what an error says', () => {
    const reason = '400 the secret plan was refused';
    const failed = box({ ...DONE, state: 'error', reason, lines: [child('planner', { state: 'error', reason })] });
    expect(render(failed)).toContain(reason);
    expect(render(failed, { showText: false })).not.toContain('secret');
    const cut = box({ ...DONE, state: 'interrupted', reason: 'gateway unreachable' });
    expect(render(cut, { showText: false })).toContain('gateway unreachable');
  });
});

describe('a long box', () => {
  const calls = (count: number): ToolLine[] =>
    Array.from({ length: count }, (_, index) =>
      tool('read', { path: `f${index}` }, { startedAt: START + index * 100 }),
    );

  it('drops the oldest lines first and says how many', () => {
    const lines = render(box({ lines: calls(20), earlierLines: 7 })).split('\n');
    expect(lines).toHaveLength(1 + 1 + 15);
    expect(lines.slice(0, 3)).toEqual(['**[ACTIVE] main** | 38s', '- ... 12 earlier lines', '- Reading `f5`']);
  });

  it('keeps running calls and the headers of children longest', () => {
    const shown = box({
      lines: [
        tool('exec', { command: 'first' }, { state: 'running' }),
        child('worker', { lines: calls(4) }),
        ...calls(4),
        tool('exec', { command: 'last' }, { startedAt: START + 9000 }),
      ],
    });
    expect(render(shown, { maxLines: 3 })).toBe(
      [
        '**[ACTIVE] main** | 38s | exec: `first` 38s',
        '- ... 4 earlier lines',
        '- exec: `first` ... 38s',
        '- Sub-agent: worker',
        '    - ... 4 earlier lines',
        '- exec: `last` [OK]',
      ].join('\n'),
    );
  });

  it('drops whole lines until it fits its characters', () => {
    const message = render(box({ lines: calls(15) }), { maxChars: 100 });
    expect(message).toBe(
      [
        '**[ACTIVE] main** | 38s',
        '- ... 12 earlier lines',
        '- Reading `f12`',
        '- Reading `f13`',
        '- Reading `f14`',
      ].join('\n'),
    );
  });

  it('cuts the first line when nothing else is left', () => {
    expect(render(box({ title: 'x'.repeat(200) }), { maxChars: 20 })).toBe('[ACTIVE] xxxxxxxxxx…');
  });

  it('cuts long commands in the middle and long text at the end', () => {
    const command = `${'a'.repeat(100)}${'z'.repeat(100)}`;
    expect(render(box({ lines: [tool('exec', { command })] }))).toBe(
      `**[ACTIVE] main** | 38s\n- exec: \`${'a'.repeat(48)}…${'z'.repeat(31)}\` [OK]`,
    );
    expect(render(box({ lines: [text('word '.repeat(100))] })).split('\n')[1]).toBe(`- ${'word '.repeat(39)}word…`);
  });
});

describe('the other styles', () => {
  const shown = box({
    ...DONE,
    answer: 'All `good`.',
    lines: [
      tool('exec', { command: 'echo "```"' }, { state: 'error', exitCode: 1, durationMs: 3000 }),
      child('worker', { state: 'done', endedAt: START + 28_000, lines: [tool('read', { path: 'a.md' })] }),
    ],
  });

  it('fence: the first line, then one code fence longer than any run of backticks inside', () => {
    expect(render(shown, { style: 'fence' })).toBe(
      [
        '**[DONE] main** | 53s | 12.4k tokens',
        '````',
        'exec: echo "```" [exit 1] 3s',
        'Sub-agent: worker',
        '    Reading a.md',
        '    [DONE] 28s',
        'All good.',
        '[DONE] 53s | 12.4k tokens',
        '````',
      ].join('\n'),
    );
    expect(render(box(), { style: 'fence' })).toBe('**[ACTIVE] main** | 38s');
  });

  it('card: the first line as message, the list in an attachment with colour and fields', () => {
    expect(renderBox(shown, { nowMs: START, style: 'card', labels })).toEqual({
      message: '**[DONE] main** | 53s | 12.4k tokens',
      props: {
        attachments: [
          {
            color: '#3db887',
            fallback: '[DONE] main',
            text: [
              '- exec: ````echo "```"```` [exit 1] 3s',
              '- Sub-agent: worker',
              '    - Reading `a.md`',
              '    - [DONE] 28s',
              '- All good.',
            ].join('\n'),
            fields: [
              { title: 'Elapsed', value: '53s', short: true },
              { title: 'Tokens', value: '12.4k', short: true },
              { title: 'Read from cache', value: '80k', short: true },
            ],
          },
        ],
      },
    });
  });
});
