import type { Box, BoxState } from '@live-status/session-state';
import { describe, expect, it } from 'vitest';
import { createLabels, isStatusPost, postStateOf, renderBox, withoutTimes } from './index.ts';

const STATES: readonly BoxState[] = ['active', 'waiting', 'done', 'error', 'aborted', 'interrupted', 'timeout'];

function box(state: BoxState, title: string): Box {
  const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  return { boxId: 'b', title, state, startedAt: 0, endedAt: 1, tokens, earlierLines: 0, lines: [], thinking: false };
}

describe('a status post', () => {
  it('is known by its first line, in any style, state and length', () => {
    for (const state of STATES) {
      for (const style of ['list', 'fence', 'card'] as const) {
        for (const title of ['main', '', '#1 [x]', '**']) {
          for (const maxChars of [15_000, 20]) {
            const { message } = renderBox(box(state, title), { nowMs: 0, labels: createLabels(), style, maxChars });
            expect(postStateOf(message)).toBe(state);
            expect(isStatusPost(message)).toBe(true);
          }
        }
      }
    }
  });

  it('goes on in a newer one, or names its page', () => {
    expect(isStatusPost('**[CONTINUED] main** | 38s')).toBe(true);
    expect(postStateOf('**[CONTINUED] main** | 38s')).toBeUndefined();
    expect(postStateOf('**[DONE] [main](https://gateway.example.com/chat/main)** | 38s')).toBe('done');
  });

  it.each(['', 'Hello [ACTIVE]', '[WHATEVER] main', '[ACTIVE', '[active] main', '[x] todo', '**[constructor] x**'])(
    'is not %j',
    (text) => {
      expect(isStatusPost(text)).toBe(false);
    },
  );

  it('reads the same at any time, and differently when anything else changes', () => {
    const run = { kind: 'tool', id: 'a', tool: 'exec', state: 'running', startedAt: 0, count: 1 } as const;
    const show = (nowMs: number, command: string, style: 'list' | 'fence' | 'card') => {
      const lines = [{ ...run, args: { command } }];
      const { message, props } = renderBox(
        { ...box('active', 'main'), lines },
        { nowMs, labels: createLabels(), style },
      );
      return withoutTimes(message) + withoutTimes(JSON.stringify(props ?? {}));
    };
    for (const style of ['list', 'fence', 'card'] as const) {
      const first = show(0, 'npm test', style);
      for (const nowMs of [999, 12_000, 61_000, 3_700_000]) {
        expect(show(nowMs, 'npm test', style)).toBe(first);
      }
      expect(show(0, 'npm run lint', style)).not.toBe(first);
    }
    expect(withoutTimes('exec: `sleep 3s` ... 12s')).toBe('exec: `sleep 3s` ...');
    expect(withoutTimes('**[ACTIVE] \\`** | 1m 42s | \\`')).toBe('**[ACTIVE] \\`** | | \\`');
  });
});
