import { describe, expect, it } from 'vitest';
import { findChannelId, isTarget, parseTarget } from './target.ts';

describe('parseTarget', () => {
  it.for([
    ['4xp9fdt77pncbef59f4k1qe83o', { channelId: '4xp9fdt77pncbef59f4k1qe83o' }],
    [' Main/Town-Square ', { channel: 'main/town-square' }],
    ['@Ann.Lee-1_', { username: 'ann.lee-1_' }],
  ] as const)('reads "%s"', ([text, target]) => {
    expect(parseTarget(text)).toEqual({ ok: true, target });
  });

  it.for(['', 'town-square', '~town-square', '@', 'a/b/c', '../x', '#x', 'https://x/y'])(
    'refuses "%s" with the fix',
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

describe('findChannelId', () => {
  const asked: string[] = [];
  const answer = (request: string, id: string) => {
    asked.push(request);
    return Promise.resolve({ id });
  };
  const lookups = {
    getMe: () => answer('me', 'bot'),
    getUserByUsername: (name: string) => answer(`user ${name}`, `id-of-${name}`),
    getChannelByName: (team: string, name: string) => answer(`channel ${team} ${name}`, 'c1'),
    createDirectChannel: (ids: readonly [string, string]) => answer(`direct ${ids.join(' ')}`, 'd1'),
  };

  it.for([
    [{ channelId: 'c' }, 'c', []],
    [{ channel: 'main/news' }, 'c1', ['channel main news']],
    [{ userId: 'u' }, 'd1', ['me', 'direct bot u']],
    [{ username: 'anna' }, 'd1', ['user anna', 'me', 'direct bot id-of-anna']],
  ] as const)('asks what it needs for %j', async ([target, id, requests]) => {
    asked.length = 0;
    expect(await findChannelId(target, lookups, {})).toBe(id);
    expect(asked).toEqual(requests);
  });
});
