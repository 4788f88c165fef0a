import type { Line } from '@live-status/session-state';
import { describe, expect, it } from 'vitest';
import { boxEntry } from './testing/box-entry.ts';
import { isPrivate, withoutWords } from './without-words.ts';

const tool = {
  kind: 'tool',
  id: 't',
  tool: 'exec',
  args: { command: 'secret' },
  state: 'error',
  startedAt: 0,
} as const;
const lines: readonly Line[] = [
  { kind: 'text', id: 'x', text: 'secret' },
  { ...tool, count: 1, error: 'secret', question: { asks: [{ text: 'secret', options: ['secret'] }], secret: false } },
  {
    kind: 'child',
    id: 'c',
    label: 'secret',
    state: 'error',
    reason: 'secret',
    startedAt: 0,
    earlierLines: 0,
    thinking: false,
    lines: [{ ...tool, count: 1 }],
  },
];

describe('a box without words', () => {
  it('keeps states and tools, and nothing that was said', () => {
    const plan = [{ text: 'secret', status: 'open' } as const];
    const { box } = boxEntry('b', { state: 'error', reason: 'secret', answer: 'secret', plan, lines });
    const shown = withoutWords(box);
    expect(JSON.stringify(shown).replaceAll('"secret":false', '')).not.toContain('secret');
    expect(shown.lines).toMatchObject([
      { tool: 'exec', state: 'error' },
      { state: 'error', lines: [{ tool: 'exec' }] },
    ]);
  });

  it('keeps reasons that are words of our own', () => {
    const { box } = boxEntry('b', { state: 'interrupted', reason: 'gateway unreachable' });
    expect(withoutWords(box).reason).toBe('gateway unreachable');
  });

  it.each([
    [undefined, true],
    [{ kind: 'elsewhere', origin: 'telegram' } as const, true],
    [{ kind: 'background', origin: 'cron' } as const, false],
    [{ kind: 'mattermost', channelId: 'c1' } as const, false],
  ])('is what pages show of %j: %s', (route, expected) => {
    expect(isPrivate(route)).toBe(expected);
  });
});
