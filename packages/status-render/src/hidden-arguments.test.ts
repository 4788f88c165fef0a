import type { Box, ChildLine, Line, ToolLine } from '@live-status/session-state';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLabels } from './labels.ts';
import { renderApprovalNotice, renderEndNotice } from './notice.ts';
import { type RenderOptions, renderBox, renderLines } from './render-box.ts';

const labels = createLabels();
const START = 1_700_000_000_000;
const hidden = { nowMs: START + 38_000, labels, showArguments: false } as const;

const call = (id: string, tool: string, args: unknown, fields: Partial<ToolLine> = {}): ToolLine => ({
  kind: 'tool',
  id,
  tool,
  args,
  state: 'ok',
  startedAt: START,
  count: 1,
  ...fields,
});
const box = (fields: Partial<Box>): Box => ({
  boxId: 'b',
  title: 'main',
  state: 'active',
  startedAt: START,
  tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  earlierLines: 0,
  lines: [],
  thinking: false,
  ...fields,
});

describe('a box whose arguments may not be shown', () => {
  it('says what is done, and nothing of commands, paths and errors', () => {
    const shown = box({
      plan: [{ text: 'Fix the login', status: 'current' }],
      lines: [
        { kind: 'text', id: 't', text: 'Let me see.' },
        call('a', 'exec', { command: 'cat /srv/acme/key' }, { state: 'error', exitCode: 1 }),
        call('b', 'read', { path: '/srv/acme/key' }, { state: 'error', error: '/srv/acme/key: no such file' }),
        call('c', 'mcp__github__create_issue', { title: 'acme key' }),
        call('d', 'web_fetch', 'https://acme.example/key', { state: 'running' }),
      ],
    });
    expect(renderBox(shown, hidden).message).toBe(
      [
        '**[ACTIVE] main** | 38s | plan 0/1 | Fetching 38s',
        '- ▸ **Fix the login**',
        '- Let me see.',
        '- exec [exit 1]',
        '- Reading [error]',
        '- github: create issue [OK]',
        '- Fetching ... 38s',
      ].join('\n'),
    );
  });

  it('asks for an approval by the name of the tool, with the words to answer', () => {
    const line = call(
      'a',
      'exec',
      { command: 'rm -rf /srv/acme' },
      { state: 'running', approval: { approvalId: '24510235-574f', since: START } },
    );
    const here = { ...hidden, canAnswerHere: true, botName: 'openclaw' };
    const { message } = renderBox(box({ state: 'waiting', lines: [line] }), here);
    expect(message).toBe(
      '**[WAITING] main** | 38s | approval: exec\n- exec waits for approval for 38s. Answer here: `@openclaw /approve 24510235 allow-once` or `@openclaw /approve 24510235 deny`',
    );
    expect(renderApprovalNotice(line, { ...here, askedBy: 'ada' })).toBe(
      '@ada Waiting for approval: exec. Answer here: `@openclaw /approve 24510235 allow-once` or `@openclaw /approve 24510235 deny`',
    );
    expect(renderApprovalNotice({ ...line, state: 'denied' }, here)).toBe('Denied: exec');
  });

  it('says that the work failed, but not what was said of it', () => {
    const failed = box({ state: 'error', reason: 'ENOENT /srv/acme/key', endedAt: START + 5_000 });
    expect(renderBox(failed, hidden).message).toBe('**[ERROR] main** | 5s');
    expect(renderEndNotice(failed, { labels, showArguments: false })).toBe('main failed after 5s');
  });

  it('shows nothing of any argument or error, whatever the tool, its state, and the style', () => {
    const secret = fc.stringMatching(/^zq[a-z]{4,12}$/);
    const args = fc.oneof(
      secret,
      fc.array(secret, { minLength: 1, maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom('command', 'path', 'file_path', 'input', 'query', 'action', 'job', 'task', 'x', 'text'),
        fc.oneof(secret, fc.array(secret, { maxLength: 2 }), fc.record({ name: secret }), fc.constant(7)),
      ),
    );
    const tools = ['exec', 'bash', 'read', 'apply_patch', 'process', 'cron', 'message', 'sessions_spawn', 'web_search'];
    const states = ['running', 'ok', 'error', 'ended', 'aborted', 'background', 'denied', 'not-approved'] as const;
    const toolLine: fc.Arbitrary<ToolLine> = fc
      .record({
        id: fc.constantFrom('a', 'b', 'c'),
        tool: fc.constantFrom(...tools, 'mcp__github__create_issue', 'functions.shell', 'unknown-tool'),
        args,
        state: fc.constantFrom(...states),
        exitCode: fc.option(fc.nat({ max: 9 }), { nil: undefined }),
        error: fc.option(secret, { nil: undefined }),
        approval: fc.option(fc.constant({ approvalId: '24510235', since: START }), { nil: undefined }),
        count: fc.integer({ min: 1, max: 3 }),
      })
      .map((line) => ({ kind: 'tool', startedAt: START, ...line }) as ToolLine);
    const child: fc.Arbitrary<ChildLine> = fc
      .record({
        state: fc.constantFrom('active' as const, 'done' as const, 'error' as const),
        reason: fc.option(secret, { nil: undefined }),
        lines: fc.array(toolLine, { maxLength: 3 }),
      })
      .map((each) => ({ kind: 'child', id: 'k', label: 'planner', startedAt: START, earlierLines: 0, ...each }))
      .map((each) => ({ ...each, thinking: false }) as ChildLine);
    const boxes = fc
      .record({
        state: fc.constantFrom('active' as const, 'waiting' as const, 'done' as const, 'error' as const),
        reason: secret,
        lines: fc.array(fc.oneof(toolLine as fc.Arbitrary<Line>, child), { maxLength: 8 }),
      })
      .map(({ reason, ...fields }) => box({ ...fields, ...(fields.state === 'error' ? { reason } : {}) }));
    const options: fc.Arbitrary<RenderOptions> = fc
      .record({ style: fc.constantFrom('list', 'fence', 'card'), headOnly: fc.boolean(), canAnswerHere: fc.boolean() })
      .map((each) => ({ ...hidden, ...each }) as RenderOptions);
    fc.assert(
      fc.property(boxes, options, (any, how) => {
        const lines = any.lines.flatMap((line) => (line.kind === 'tool' ? [line] : []));
        const notices = lines.map((line) => renderApprovalNotice(line, { labels, showArguments: false }));
        const texts = [
          renderBox(any, how),
          renderLines(any, how),
          renderEndNotice(any, { labels, showArguments: false }),
        ];
        expect(JSON.stringify([...texts, ...notices])).not.toContain('zq');
      }),
    );
  });
});

describe('the head alone', () => {
  const lines = [call('a', 'exec', { command: 'npm test' }, { state: 'running' })];

  it.for(['list', 'fence', 'card'] as const)('is the first line in style %s, without an attachment', (style) => {
    const options = { nowMs: START + 38_000, labels, style };
    const whole = renderBox(box({ lines }), options);
    expect(renderBox(box({ lines }), { ...options, headOnly: true })).toEqual({
      message: whole.message.split('\n', 1)[0],
    });
  });

  it('keeps the limit of characters', () => {
    const { message } = renderBox(box({ lines, title: 'x'.repeat(60) }), {
      nowMs: START,
      labels,
      headOnly: true,
      maxChars: 20,
    });
    expect([...message].length).toBeLessThanOrEqual(20);
    expect(message).toMatch(/^\[ACTIVE\] x/);
  });
});
