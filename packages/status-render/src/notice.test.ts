import type { Box, ToolLine } from '@live-status/session-state';
import { describe, expect, it } from 'vitest';
import { createLabels } from './labels.ts';
import { renderApprovalNotice, renderEndNotice } from './notice.ts';

const labels = createLabels();
const approval = { approvalId: '24510235-574f-49cd-94d1-6c027bae5490', since: 0 };
const line: ToolLine = {
  kind: 'tool',
  id: 'a',
  tool: 'exec',
  args: { command: 'rm -rf build' },
  state: 'running',
  startedAt: 0,
  count: 1,
  approval,
};
const { approval: _, ...decided } = line;
const here = { labels, askedBy: 'alice', botName: 'openclaw', canAnswerHere: true };

describe('renderApprovalNotice', () => {
  it('mentions who asked, and says the words to answer with', () => {
    expect(renderApprovalNotice(line, here)).toBe(
      '@alice Waiting for approval: `rm -rf build`. Answer here: `@openclaw /approve 24510235 allow-once` or `@openclaw /approve 24510235 deny`',
    );
    expect(renderApprovalNotice(line, { labels })).toBe('Waiting for approval: `rm -rf build`');
  });

  it('shows what people allow, as much as there is room for, and says when it is not all', () => {
    const command = `rm -rf ${'a'.repeat(300)} /srv/data && echo done`;
    expect(renderApprovalNotice({ ...line, args: { command } }, { labels })).toBe(
      `Waiting for approval: \`${command}\``,
    );
    const longer = `${command} ${'b'.repeat(300)} && rm -rf /`;
    const text = renderApprovalNotice({ ...line, args: { command: longer } }, { labels });
    expect(text).toMatch(/^Waiting for approval: `rm -rf a+…b+ && rm -rf \/` \(not shown in full\)$/);
  });

  it.for([
    ['denied', 'Denied: `rm -rf build`'],
    ['not-approved', 'Not approved in time: `rm -rf build`'],
    ['aborted', 'No longer waiting: `rm -rf build`'],
    ['running', 'No longer waiting: `rm -rf build`'],
    ['ok', 'Approved: `rm -rf build`'],
    ['error', 'Approved: `rm -rf build`'],
  ] as const)('says what became of it: %s', ([state, words]) => {
    expect(renderApprovalNotice({ ...decided, state }, here)).toBe(words);
  });

  it('mentions nobody else, whatever the command or the name', () => {
    const hostile = { ...line, args: { command: '@all `@here` ```' } };
    const text = renderApprovalNotice(hostile, { ...here, askedBy: 'alice @channel' });
    expect(text).toMatch(/^Waiting for approval: ```` @all `@here` ``` ````\. /);
    for (const askedBy of ['all', 'channel', 'here', 'channel.', '-here_']) {
      expect(renderApprovalNotice(line, { labels, askedBy })).toBe('Waiting for approval: `rm -rf build`');
    }
    expect(renderApprovalNotice(line, { labels, askedBy: 'hereward' })).toMatch(/^@hereward /);
    expect(renderApprovalNotice(line, { ...here, showText: false })).toMatch(/^@alice Waiting for approval: exec\. /);
  });
});

describe('renderEndNotice', () => {
  const box: Box = {
    boxId: 'b',
    title: 'nightly-report',
    state: 'error',
    reason: '429 Rate limit @all',
    startedAt: 0,
    endedAt: 53_000,
    tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    earlierLines: 0,
    lines: [],
    thinking: false,
  };

  it('says how it ended', () => {
    expect(renderEndNotice(box, { labels })).toBe('nightly-report failed after 53s: 429 Rate limit @\u200ball');
    expect(renderEndNotice({ ...box, state: 'done' }, { labels })).toBe('nightly-report is done after 53s');
    expect(renderEndNotice({ ...box, state: 'interrupted', reason: 'gateway unreachable' }, { labels })).toBe(
      'nightly-report was interrupted after 53s: gateway unreachable',
    );
    expect(renderEndNotice(box, { labels, showText: false })).toBe('nightly-report failed after 53s');
  });
});
