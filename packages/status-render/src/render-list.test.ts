import type { Box, ChildLine, Line, PlanStep, ToolLine } from '@live-status/session-state';
import { describe, expect, it } from 'vitest';
import { createLabels } from './labels.ts';
import { countHeadLines } from './measure.ts';
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

function step(words: string, status: PlanStep['status']): PlanStep {
  return { text: words, status };
}

const TOKENS = { input: 9000, output: 3000, cacheRead: 80_000, cacheWrite: 400 };
const DONE = { state: 'done', endedAt: START + 53_000, tokens: TOKENS } as const;
const labels = createLabels();

function render(shown: Box, options: Partial<RenderOptions> = {}): string {
  return renderBox(shown, { nowMs: START + 38_000, style: 'list', labels, ...options }).message;
}

describe('a box that is worked on', () => {
  it('shows the plan, what runs now, what was done and what failed, children under their parent', () => {
    const shown = box({
      plan: [step('Read the code', 'done'), step('Run the tests', 'current'), step('Write the fix', 'open')],
      lines: [
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
        '**[ACTIVE] main** | 38s | plan 1/3 | exec: `npm test` 12s',
        '- ✓ Read the code',
        '- ▸ **Run the tests**',
        '- ○ Write the fix',
        '- exec: `npm run lint` [exit 1] 3s',
        '- Sub-agent: proj035-planner [DONE] 28s',
        '    - Reading `protocol.md`',
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
        tool('exec', { command: 'rm -rf build' }, { state: 'denied', durationMs: 5000 }),
        tool('exec', { command: 'reboot' }, { state: 'not-approved', durationMs: 1_800_000 }),
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
        '- exec: `rm -rf build` [denied]',
        '- exec: `reboot` [not approved in time]',
        '- no such tool [error] x12',
        '- Reading `x.txt` [error] `ENOENT: no such file or directory`',
        '- process: `poll` `brisk-wharf` [OK] x3',
        '- [session compacted - continuing]',
      ].join('\n'),
    );
  });

  it('says that the gateway cannot be reached before what ran', () => {
    expect(render(box({ reason: 'gateway unreachable', thinking: true }))).toBe(
      '**[ACTIVE] main** | 38s | gateway unreachable | Thinking...',
    );
  });

  it('says how full the context is once it gets tight, and which model took over', () => {
    const context = { usedTokens: 88_000, windowTokens: 128_000 };
    expect(render(box({ thinking: true, context }))).toBe('**[ACTIVE] main** | 38s | Thinking...');
    expect(render(box({ thinking: true, context: { ...context, usedTokens: 89_600 }, model: 'mock-2' }))).toBe(
      '**[ACTIVE] main** | 38s | Thinking... | context 70% | mock-2',
    );
  });

  it('links to the session where its page is known', () => {
    expect(render(box({ url: 'https://gateway.example.com/chat/main' }))).toBe(
      '**[ACTIVE] [main](https://gateway.example.com/chat/main)** | 38s',
    );
    expect(render(box({ url: 'https://x.example/a) **b' }))).toBe('**[ACTIVE] main** | 38s');
    expect(render(box({ url: 'javascript:alert(1)' }))).toBe('**[ACTIVE] main** | 38s');
  });
});

describe('a box that waits for a person', () => {
  const MINUTE = 60_000;
  const approval = {
    approvalId: '24510235-574f-49cd-94d1-6c027bae5490',
    since: START + 12_000,
    until: START + 12_000 + 30 * MINUTE,
  };
  const waits = tool('exec', { command: 'rm -rf build' }, { state: 'running', startedAt: START + 11_500, approval });
  const here = { nowMs: START + 190_000, botName: 'openclaw', canAnswerHere: true };

  it('says what for, since when, until when, and the words to answer with', () => {
    expect(render(box({ state: 'waiting', lines: [waits] }), here)).toBe(
      [
        '**[WAITING] main** | 3m 10s | approval: `rm -rf build`',
        '- exec: `rm -rf build` waits for approval for 2m 58s (ends in 27m). Answer here: `@openclaw /approve 24510235 allow-once` or `@openclaw /approve 24510235 deny`',
      ].join('\n'),
    );
  });

  it('names in the head what ends first', () => {
    const soon = { ...approval, approvalId: 'b', until: START + 5 * MINUTE };
    const other = tool('exec', { command: 'make clean' }, { state: 'running', startedAt: START, approval: soon });
    const endless = tool(
      'exec',
      { command: 'first' },
      { state: 'running', approval: { approvalId: 'c', since: START } },
    );
    const head = render(box({ state: 'waiting', lines: [endless, waits, other] }), here).split('\n')[0];
    expect(head).toBe('**[WAITING] main** | 3m 10s | approval: `make clean` (+2)');
  });

  it('shows the whole command that a person is to allow, and says when it is too long for that', () => {
    const ask = (command: string): string =>
      render(box({ state: 'waiting', lines: [{ ...waits, args: { command } }] }), here);
    const long = `rm -rf ${'a'.repeat(200)} && rm -rf /srv`;
    expect(ask(long)).toContain(`- exec: \`${long}\` waits for approval for 2m 58s`);
    expect(ask(`${long} ${'b'.repeat(400)}; rm -rf /`)).toMatch(
      /b; rm -rf \/` \(not shown in full\) waits for approval/,
    );
    expect(render(box({ lines: [{ ...waits, args: { command: long }, state: 'ok' }] }), here)).not.toContain(long);
  });

  it('claims no answer where none is taken, and no bot that is not known', () => {
    const shown = box({ state: 'waiting', lines: [waits] });
    expect(render(shown, { ...here, canAnswerHere: false })).toContain(
      'waits for approval for 2m 58s (ends in 27m)\n'.trim(),
    );
    expect(render(shown, { ...here, canAnswerHere: false })).not.toContain('approve ');
    const { botName: _, ...unknown } = here;
    expect(render(shown, unknown)).toContain('Answer here, after a mention of the bot: `/approve 24510235 allow-once`');
    const { until: __, ...open } = approval;
    expect(render(box({ state: 'waiting', lines: [{ ...waits, approval: open }] }), here)).toContain(
      'waits for approval for 2m 58s. Answer here:',
    );
    expect(render(shown, { ...here, nowMs: START + 31 * MINUTE })).toContain('(time is up)');
  });

  it('names the one that waits longest first, and what still runs', () => {
    const second = tool('exec', { command: 'reboot' }, { state: 'running', startedAt: START + 15_000, approval });
    const running = tool('exec', { command: 'npm test' }, { state: 'running', startedAt: START + 180_000 });
    expect(render(box({ state: 'waiting', lines: [waits, second, running] }), here).split('\n')[0]).toBe(
      '**[WAITING] main** | 3m 10s | approval: `rm -rf build` (+1) | exec: `npm test` 10s',
    );
  });

  it('shows a question with its options, and how it ended', () => {
    const question = {
      asks: [{ text: 'Where shall I deploy?', options: ['Staging', 'Production'] }],
      secret: false,
      until: START + 120_000,
    };
    const asks = tool('ask_user', {}, { state: 'running', startedAt: START + 1_000, question });
    expect(render(box({ state: 'waiting', lines: [asks] }))).toBe(
      [
        '**[WAITING] main** | 38s | asks: Where shall I deploy?',
        '- Asks: Where shall I deploy? (Staging, Production), waits for an answer for 37s (ends in 1m)',
      ].join('\n'),
    );
    const ended = (state: ToolLine['state']): string =>
      render(box({ lines: [{ ...asks, state, endedAt: START + 9_000 }] })).split('\n')[1] ?? '';
    expect(ended('answered')).toBe('- Asks: Where shall I deploy? (Staging, Production) [answered] 8s');
    expect(ended('no-answer')).toBe('- Asks: Where shall I deploy? (Staging, Production) [no answer]');
    expect(ended('aborted')).toBe('- Asks: Where shall I deploy? (Staging, Production) [aborted]');
  });

  it('never quotes what asks for a secret', () => {
    const question = { asks: [{ text: 'The token of prod?', options: [] }], secret: true };
    const shown = render(box({ state: 'waiting', lines: [tool('secrets', {}, { state: 'running', question })] }));
    expect(shown).toBe(
      '**[WAITING] main** | 38s | asks for a secret\n- Asks for a secret, waits for an answer for 38s',
    );
  });
});

describe('model trouble', () => {
  it.for([
    [
      { kind: 'retry', reason: 'server error', attempt: 3, retryAt: START + 44_000 },
      'Model: server error, attempt 3 in 6s',
    ],
    [{ kind: 'retry', reason: 'rate limit', attempt: 2 }, 'Model: rate limit, trying again (attempt 2)'],
    [{ kind: 'retry', reason: 'billing' }, 'Model: billing'],
    [{ kind: 'fallback', reason: 'billing', model: 'mock-2' }, 'Model: billing, now mock-2'],
    [{ kind: 'compacting' }, 'Compacting the conversation...'],
  ] as const)('%j', ([trouble, words]) => {
    expect(render(box({ trouble, thinking: true }))).toBe(`**[ACTIVE] main** | 38s | ${words}\n- ${words}`);
  });

  it('is remembered in one line', () => {
    const failed = { kind: 'model', id: 'm', reason: 'server error' } as const;
    expect(render(box({ lines: [{ ...failed, failures: 3 }] }))).toContain('- Model: server error x3, recovered');
    expect(render(box({ lines: [{ ...failed, failures: 1, fallback: 'mock-2' }] }))).toContain(
      '- Model: server error, now mock-2',
    );
  });
});

describe('a plan', () => {
  const long = Array.from({ length: 9 }, (_, index) =>
    step(`Step ${index + 1}`, index < 4 ? 'done' : index === 4 ? 'current' : 'open'),
  );

  it('longer than seven steps shows the current one and its neighbours', () => {
    expect(render(box({ plan: long }))).toBe(
      ['**[ACTIVE] main** | 38s | plan 4/9', '- ✓ Step 4', '- ▸ **Step 5**', '- ○ Step 6', '- (6 more)'].join('\n'),
    );
  });

  it('keeps open steps open when the work ended, and is not counted once all is done', () => {
    const open = render(box({ ...DONE, plan: [step('One', 'done'), step('Two', 'current')] }));
    expect(open).toBe('**[DONE] main** | 53s | 12.4k tokens | plan 1/2\n- ✓ One\n- ▸ **Two**');
    expect(render(box({ ...DONE, plan: [step('One', 'done')] }))).toBe('**[DONE] main** | 53s | 12.4k tokens\n- ✓ One');
  });

  it('is not shown to readers of another conversation', () => {
    expect(render(box({ plan: long }), { showText: false })).toBe('**[ACTIVE] main** | 38s | plan 4/9');
  });
});

describe('a box that is finished', () => {
  it('says everything once', () => {
    const shown = box({ ...DONE, lines: [tool('exec', { command: 'npm test' })], answer: 'All tests pass.\n\nMore.' });
    expect(render(shown, { showAnswer: false })).toBe('**[DONE] main** | 53s | 12.4k tokens\n- exec: `npm test` [OK]');
  });

  it('ends with the first line of the answer where that is not posted by itself', () => {
    const shown = box({ ...DONE, lines: [tool('exec', { command: 'npm test' })], answer: 'All tests pass.\n\nMore.' });
    expect(render(shown)).toBe('**[DONE] main** | 53s | 12.4k tokens\n- exec: `npm test` [OK]\n- All tests pass.');
  });

  it('tells cost, files and what still runs when they are known', () => {
    const shown = box({ ...DONE, tokens: { ...TOKENS, costUsd: 0.08 }, filesChanged: 3 });
    expect(render(shown)).toBe('**[DONE] main** | 53s | 12.4k tokens | $0.08 | 3 files');
    expect(render(box({ ...DONE, filesChanged: 1, inBackground: 1 }))).toBe(
      '**[DONE] main** | 53s | 12.4k tokens | 1 file | 1 in background',
    );
    const failed = tool('exec', { command: 'make' }, { state: 'error', exitCode: 2, endedAt: START + 90_000 });
    const inTime = tool('exec', { command: 'make' }, { state: 'error', exitCode: 2, endedAt: START + 10_000 });
    expect(render(box({ ...DONE, lines: [failed, inTime] })).split('\n')[0]).toBe(
      '**[DONE] main** | 53s | 1 failed in background | 12.4k tokens',
    );
  });

  it.for([
    ['error', '500 The server had an error', '500 The server had an error'],
    ['interrupted', undefined, 'the agent stopped'],
    [
      'interrupted',
      'status updates stopped, the agent may still be working',
      'status updates stopped, the agent may still be working',
    ],
    ['timeout', undefined, 'still running, no longer followed'],
  ] as const)('says why: %s %s', ([state, reason, why]) => {
    const shown = box({ state, endedAt: START + 62_000, ...(reason ? { reason } : {}) });
    expect(render(shown)).toBe(`**[${state.toUpperCase()}] main** | 1m 02s | ${why}`);
  });

  it('has no reason for what a person did', () => {
    expect(render(box({ state: 'aborted', endedAt: START + 62_000, tokens: TOKENS, reason: 'x' }))).toBe(
      '**[ABORTED] main** | 1m 02s | 12.4k tokens',
    );
  });

  it('shows how a child ended in the line of its name', () => {
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
        '- Sub-agent: a [ERROR] 4s | 429 Rate limit',
        '- Sub-agent: b [ABORTED] 4s',
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
      tool(
        'ask_user',
        {},
        { state: 'answered', question: { asks: [{ text: 'Secret?', options: [] }], secret: false } },
      ),
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
        '- Asks a question [answered]',
        '- Sub-agent [DONE] 2s',
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

describe('the head', () => {
  it('takes two lines on a phone at most, whatever is in it', () => {
    const long = 'x'.repeat(300);
    const running = tool('exec', { command: `${long} --end` }, { state: 'running', startedAt: START });
    for (const shown of [
      box({ title: long, lines: [running] }),
      box({ title: long, state: 'error', endedAt: START, reason: `500 ${'reason '.repeat(50)}`, tokens: TOKENS }),
      box({ title: 'main', lines: [running], plan: [step('a', 'current')], model: long }),
      box({ title: '研究助手'.repeat(20), lines: [running] }),
    ]) {
      expect(countHeadLines(render(shown).split('\n')[0] ?? '')).toBeLessThanOrEqual(2);
    }
  });

  it('cuts arguments to 32 characters and reasons to 80', () => {
    const command = 'npm run build -- --filter packages/status-render';
    const running = tool('exec', { command }, { state: 'running', startedAt: START + 37_500 });
    expect(render(box({ lines: [running] })).split('\n')[0]).toBe(
      '**[ACTIVE] main** | 38s | exec: `npm run build -- --f…atus-render`',
    );
  });

  it('keeps the time where it is beside a name that is written from right to left', () => {
    expect(render(box({ title: 'סוכן' }))).toBe('**[ACTIVE] \u2068סוכן\u2069** | 38s');
    const running = tool('exec', { command: 'echo שלום' }, { state: 'running' });
    expect(render(box({ lines: [running] }))).toBe(
      ['**[ACTIVE] main** | 38s | exec: \u2068`echo שלום`\u2069 38s', '- exec: \u2068`echo שלום`\u2069 ... 38s'].join(
        '\n',
      ),
    );
    expect(render(box({ title: 'a\u202eb' }))).toBe('**[ACTIVE] ab** | 38s');
  });
});

describe('letters that are written from right to left', () => {
  const he = 'שלום';
  const open = { startedAt: START, state: 'running' } as const;
  const everywhere = box({
    title: he,
    model: he,
    reason: he,
    plan: [step(he, 'current')],
    trouble: { kind: 'fallback', reason: he, model: he },
    lines: [
      { kind: 'text', id: 't', text: `${he} README.md (3)` },
      { kind: 'model', id: 'm', reason: he, failures: 2, fallback: he },
      tool('exec', { command: `echo ${he}` }, open),
      tool('read', { path: `/a/${he}.md` }, { state: 'error', error: `${he}: 1` }),
      tool(`mcp__${he}__${he}`, { [he]: he }, open),
      tool('ask_user', {}, { ...open, question: { asks: [{ text: he, options: [he] }], secret: false } }),
      tool('exec', { command: he }, { ...open, approval: { approvalId: 'a1', since: START } }),
      child(he, { state: 'active', lines: [tool('exec', { command: he })] }),
      child(he, { state: 'error', reason: he, endedAt: START }),
      child(he, { state: 'starting' }),
    ],
  });

  it.each(['list', 'fence', 'card'] as const)('stand apart from the fixed parts of a %s', (style) => {
    for (const state of ['active', 'waiting', 'error', 'interrupted', 'done'] as const) {
      const ended = state === 'active' || state === 'waiting' ? {} : { endedAt: START + 1, answer: he };
      for (const maxChars of [15_000, 300, 40, 20]) {
        const options = { nowMs: START, labels: createLabels(), style, maxChars, maxLines: 50 };
        const { message, props } = renderBox({ ...everywhere, state, ...ended }, options);
        const shown = [message, ...(props?.attachments ?? []).flatMap(({ text, fallback }) => [text, fallback])];
        for (const text of shown) {
          expect(text.replace(/\u2068[^\u2069\n]*\u2069/g, '')).not.toMatch(/[\u0590-\u08ff\u2068\u2069]/);
        }
      }
    }
  });
});

describe('a long box', () => {
  const calls = (count: number): ToolLine[] =>
    Array.from({ length: count }, (_, index) =>
      tool('read', { path: `f${index}` }, { startedAt: START + index * 100 }),
    );

  it('measures each line once, however many have to go', () => {
    const lines = Array.from({ length: 700 }, (_, i) => tool('exec', { command: `${i} ${'`'.repeat(76)}` }));
    const before = performance.now();
    render(box({ lines }), { maxLines: 100 });
    // Measured again for each line that goes, they would take most of a minute.
    expect(performance.now() - before).toBeLessThan(3_000);
  });

  it('drops the oldest lines first and says how many, within its height', () => {
    const lines = render(box({ lines: calls(20), earlierLines: 7 })).split('\n');
    expect(lines).toHaveLength(1 + 15);
    expect(lines.slice(0, 3)).toEqual(['**[ACTIVE] main** | 38s', '- ... 13 earlier lines', '- Reading `f6`']);
  });

  it('counts the lines that a phone makes of a long one', () => {
    const wide = tool('exec', { command: 'y'.repeat(70) });
    const lines = render(box({ lines: Array.from({ length: 12 }, () => wide) })).split('\n');
    // Each takes four lines of a phone, since code is wider than text: three of them fit beside the first line.
    expect(lines).toHaveLength(1 + 1 + 3);
    expect(lines[1]).toBe('- ... 9 earlier lines');
  });

  it('folds finished children first, oldest first, then drops old lines', () => {
    const finished = child('one', { state: 'done', endedAt: START + 28_000, lines: calls(6) });
    const working = child('two', { startedAt: START + 1000, lines: calls(8) });
    expect(render(box({ lines: [finished, working] }), { maxLines: 10 })).toBe(
      [
        '**[ACTIVE] main** | 38s',
        '- Sub-agent: one [DONE] 28s, 6 steps',
        '- Sub-agent: two',
        ...calls(8).map((_, index) => `    - Reading \`f${index}\``),
      ].join('\n'),
    );
    expect(render(box({ lines: [finished, working] }), { maxLines: 4 })).toBe(
      [
        '**[ACTIVE] main** | 38s',
        '- ... 7 earlier lines',
        '- Sub-agent: two',
        '    - ... 7 earlier lines',
        '    - Reading `f7`',
      ].join('\n'),
    );
  });

  it('keeps running calls, waiting ones, and the names of active children', () => {
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
        '- ... 5 earlier lines',
        '- exec: `first` ... 38s',
        '- Sub-agent: worker',
        '    - ... 4 earlier lines',
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

  it('fence: the first line, then one code fence longer than any run of backticks inside, the outcome last', () => {
    expect(render(shown, { style: 'fence' })).toBe(
      [
        '**[DONE] main** | 53s | 12.4k tokens',
        '````',
        'exec: echo "```" [exit 1] 3s',
        'Sub-agent: worker [DONE] 28s',
        '    Reading a.md',
        'All good.',
        '[DONE] 53s | 12.4k tokens',
        '````',
      ].join('\n'),
    );
    expect(render(box(), { style: 'fence' })).toBe('**[ACTIVE] main** | 38s');
  });

  it('card: the facts as message, the newest five lines in an attachment with the colour of the state', () => {
    expect(renderBox(shown, { nowMs: START, style: 'card', labels })).toEqual({
      message: '**[DONE] main** | 53s | 12.4k tokens',
      props: {
        attachments: [
          {
            color: '#3db887',
            fallback: '[DONE] main',
            text: [
              '- exec: ````echo "```"```` [exit 1] 3s',
              '- Sub-agent: worker [DONE] 28s',
              '    - Reading `a.md`',
              '- All good.',
            ].join('\n'),
          },
        ],
      },
    });
    const many = box({ lines: Array.from({ length: 9 }, (_, index) => tool('read', { path: `f${index}` })) });
    expect(renderBox(many, { nowMs: START, style: 'card', labels }).props?.attachments[0]?.text).toBe(
      ['- ... 5 earlier lines', '- Reading `f5`', '- Reading `f6`', '- Reading `f7`', '- Reading `f8`'].join('\n'),
    );
  });
});
