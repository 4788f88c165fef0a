import { describe, expect, it } from 'vitest';
import { isTarget, parseTarget } from './target.ts';

describe('parseTarget', () => {
  it.for([
    ['4xp9fdt77pncbef59f4k1qe83o', { channelId: '4xp9fdt77pncbef59f4k1qe83o' }],
    [' Main/Town-Square ', { channel: 'main/town-square' }],
    ['@Ann.Lee-1_', { username: 'ann.lee-1_' }],
  ] as const)('reads "%s"', ([text, target]) => {
    expect(parseTarget(text)).toEqual({ ok: true, target });
  });

  it.for(['', 'town-square', '~town-square', '@', 'a/b/c', '../x', '#x', 'https://x/y'])(
    'refuses "%s" with the cure',
    (text) => {
      expect(parseTarget(text)).toEqual({ ok: false, reason: expect.stringContaining('team/name') });
    },
  );
});

describe('isTarget', () => {
  it('knows each kind of target, and nothing else', () => {
    const good = [
      { channelId: 'c' },
      { channelId: 'c', rootId: 'r' },
      { userId: 'u' },
      { channel: 'a/b' },
      { username: 'u' },
    ];
    const bad = [null, 1, {}, { channelId: '' }, { channelId: 'c', userId: 'u' }, { channelId: 'c', rootId: 1 }];
    expect(good.every(isTarget)).toBe(true);
    expect(bad.some(isTarget)).toBe(false);
  });
});
