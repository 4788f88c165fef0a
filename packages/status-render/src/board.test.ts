import type { Box, ToolLine } from '@live-status/session-state';
import { describe, expect, it } from 'vitest';
import { type Board, type BoardOptions, type BoardRow, renderBoard } from './board.ts';
import { countChars } from './cut.ts';
import { createLabels } from './labels.ts';
import { ENGLISH } from './language-file.ts';
import { countItemLines } from './measure.ts';

const NOW = Date.UTC(2026, 10, 30, 14, 30);
const MINUTE = 60_000;
const labels = createLabels();

function row(title: string, box: Partial<Box> = {}, more: Partial<BoardRow> = {}): BoardRow {
  const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  const started = { boxId: title, title, state: 'active', startedAt: NOW - 20 * MINUTE } as const;
  return {
    showText: true,
    ...more,
    box: { ...started, tokens, earlierLines: 0, lines: [], thinking: false, ...box },
  };
}

function call(command: string, fields: Partial<ToolLine> = {}): ToolLine {
  const line = { kind: 'tool', id: command, tool: 'exec', args: { command }, state: 'running', count: 1 } as const;
  return { ...line, startedAt: NOW - MINUTE, ...fields };
}

const approval = { approvalId: '24510235', since: NOW - 3 * MINUTE };
const asking = (title: string, more: Partial<BoardRow> = {}): BoardRow =>
  row(title, { state: 'waiting', lines: [call('rm -rf build', { approval }), call('npm test')] }, more);

function render(board: Partial<Board>, options: Partial<BoardOptions> = {}): string {
  const whole: Board = { ongoing: [], failed: [], host: 'build-1', changedAt: NOW, ...board };
  return renderBoard(whole, { labels, timeZone: 'UTC', ...options });
}

const heightOf = (text: string): number =>
  text.split('\n').reduce((sum, line) => sum + countItemLines(line, 0, ENGLISH), 0);

describe('a board', () => {
  it('says who waits for a person first, then who works on what since when, then what failed', () => {
    const plan = [
      { text: 'Read the code', status: 'done' },
      { text: 'Run the tests', status: 'current' },
    ] as const;
    const text = render({
      ongoing: [
        asking('main', { url: 'https://chat.example.com/sub/_redirect/pl/p1' }),
        row('ops', { lines: [call('npm run build')] }),
        row('planner', { plan, lines: [call('npm test')] }),
        row(
          'nightly',
          { trouble: { kind: 'retry', reason: 'server error', attempt: 3, retryAt: NOW + 6_000 } },
          { place: 'cron' },
        ),
      ],
      failed: [row('deploy', { state: 'error', endedAt: NOW - 9 * MINUTE, reason: '500 The server had an error' })],
    });
    expect(text.split('\n')).toEqual([
      '**1 waits for a person**',
      '- [main](https://chat.example.com/sub/_redirect/pl/p1) since 14:27 | approval: `rm -rf build`',
      '',
      '**3 at work**',
      '- ops since 14:10 | exec: `npm run build`',
      '- planner since 14:10 | plan 1/2: Run the tests',
      '- nightly since 14:10 | cron | Model: server error, trying again (attempt 3)',
      '',
      '**1 failed in the last hour**',
      '- deploy at 14:21 | 500 The server had an error',
      '',
      'build-1, last change 14:30 UTC',
    ]);
  });

  it('says that nobody is at work, that updates stopped, and that it is given up', () => {
    expect(render({})).toBe('**No agent is at work**\n\nbuild-1, last change 14:30 UTC');
    const ongoing = [row('main'), row('ops')];
    expect(render({ ongoing, end: 'stopped' })).toBe(
      '**Status updates stopped** | 2 were at work\n\nbuild-1, last change 14:30 UTC',
    );
    expect(render({ end: 'stopped' })).toBe('**Status updates stopped**\n\nbuild-1, last change 14:30 UTC');
    expect(render({ ongoing, end: 'retired' })).toBe('**This board is no longer updated**');
  });

  it('quotes no command, question, step or reason where that is private', () => {
    const secret = 'hunter2';
    const question = { asks: [{ text: secret, options: [secret] }], secret: false };
    const text = render({
      ongoing: [
        row('a', { state: 'waiting', lines: [call(secret, { approval })] }, { showText: false, place: 'direct' }),
        row(
          'b',
          { state: 'waiting', lines: [call('x', { tool: 'ask_user', args: {}, question })] },
          { showText: false },
        ),
        row('c', { plan: [{ text: secret, status: 'current' }] }, { showText: false, place: 'telegram' }),
        row('d', { lines: [call(secret)] }, { showText: false }),
      ],
      failed: [row('e', { state: 'error', endedAt: NOW, reason: secret }, { showText: false })],
    });
    expect(text).not.toContain(secret);
    expect(text.split('\n').filter((line) => line.startsWith('- '))).toEqual([
      '- a since 14:27 | direct message | approval: exec',
      '- b since 14:29 | asks a question',
      '- c since 14:10 | telegram | plan 0/1',
      '- d since 14:10 | exec',
      '- e at 14:30',
    ]);
  });

  it('names the day of what is older, and times as clocks of another zone show them', () => {
    const old = (days: number): BoardRow => row(`${days} days`, { startedAt: NOW - days * 86_400_000 });
    const text = render({ ongoing: [old(0), old(2), old(20)] }, { timeZone: 'Asia/Kolkata' });
    expect(text).toContain('0 days since 20:00\n- 2 days since Sat 20:00\n- 20 days since Nov 10, 20:00\n');
    expect(text).toMatch(/last change 20:00 GMT\+5:30$/);
  });

  it('shows thirty, as names and times where it has to, counts the others, and waiting ones stay whole', () => {
    const busy = (index: number): BoardRow =>
      row(`agent-${index}`, { lines: [call(`npm run build -- --target ${index}`)] });
    const five = render({ ongoing: Array.from({ length: 5 }, (_, index) => busy(index)) });
    expect(five).toContain('agent-4 since 14:10 | exec: `npm run build -- --target 4`');
    const ongoing = [asking('main'), ...Array.from({ length: 41 }, (_, index) => busy(index))];
    const text = render({ ongoing });
    expect(text.split('\n').slice(0, 4)).toEqual([
      '**1 waits for a person**',
      '- main since 14:27 | approval: `rm -rf build`',
      '',
      '**41 at work**',
    ]);
    expect(text).toMatch(/\n- agent-0\u00a014:10, agent-1\u00a014:10, [^\n]*, agent-28\u00a014:10\n- and 12 more\n/);
    expect(heightOf(text)).toBeLessThanOrEqual(24);
    expect(render({ ongoing }, { showSteps: false })).toBe(text);
  });

  it('counts who waits beyond thirty as well', () => {
    const ongoing = [...Array.from({ length: 35 }, (_, index) => asking(`w${index}`)), row('main')];
    const text = render({ ongoing });
    expect(text).toMatch(
      /\*\*35 wait for a person\*\*[\s\S]*- w29 [^\n]*\n- and 5 more\n\n\*\*1 at work\*\*\n- and 1 more\n/,
    );
  });

  it.for([200, 400, 1_000, 4_000])('takes at most %i characters, whole lines only', (maxChars) => {
    const url = 'https://chat.example.com/_redirect/pl/abcdefghijklmnopqrstuvwxyz';
    const ongoing = Array.from({ length: 40 }, (_, index) => asking(`agent-${index}`, { url }));
    const failed = ongoing.map(({ box }) => row(box.title, { state: 'error', endedAt: NOW, reason: 'x'.repeat(500) }));
    const text = render({ ongoing, failed, host: 'a'.repeat(500) }, { maxChars });
    expect(countChars(text)).toBeLessThanOrEqual(maxChars);
    expect(text).toMatch(/^\*\*40 wait for a person\*\*\n[\s\S]*\*\*40 failed in the last hour\*\*[\s\S]*14:30 UTC$/);
    for (const line of text.split('\n').filter((each) => each.includes('agent-'))) {
      expect(line).toMatch(/^- (?:\[agent-\d+\]\(https:[\w./]+\)|agent-\d+) (?:since|at) \d\d:\d\d/);
    }
  });

  it.for([1e300, -1e300, 8.64e15 + 1, Number.NaN, Number.NEGATIVE_INFINITY])(
    'is written whatever its times are: %d',
    (at) => {
      const ongoing = [row('main', { startedAt: at }), asking('ops', { box: { ...asking('ops').box, startedAt: at } })];
      const failed = [row('deploy', { state: 'error', startedAt: at, endedAt: at })];
      for (const changedAt of [NOW, at])
        expect(render({ ongoing, failed, changedAt })).toMatch(/main since [\s\S]*deploy/);
    },
  );

  it('says only how many where nothing from outside may be said', () => {
    const text = render(
      { ongoing: [asking('main'), row('ops')], failed: [row('x')], host: 'secret' },
      { headOnly: true },
    );
    expect(text).toBe('**1 waits for a person**\n\n**1 at work**\n\n**1 failed in the last hour**\n\n14:30 UTC');
  });

  it('changes with nothing but what it shows', () => {
    const ongoing = [asking('main'), row('ops', { lines: [call('npm test')] })];
    const later = { changedAt: NOW + 9 * 3_600_000 };
    const body = (text: string): string => text.replace(/\n.*$/, '');
    expect(body(render({ ongoing, ...later }))).toBe(body(render({ ongoing })));
    const others = [asking('main'), row('ops', { lines: [call('npm run lint')] })];
    expect(render({ ongoing: others }, { showSteps: false })).toBe(render({ ongoing }, { showSteps: false }));
  });
});
