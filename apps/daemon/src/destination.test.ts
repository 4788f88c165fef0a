import type { Route } from '@live-status/session-state';
import { describe, expect, it } from 'vitest';
import { chooseBoardVisibility, chooseDestination } from './destination.ts';

const target = { channelId: 'default' };
const kinds = ['cron', 'hook', 'cli'];

describe('chooseDestination', () => {
  it.for<[string, Route, object]>([
    ['a channel', { kind: 'mattermost', channelId: 'c' }, { target: { channelId: 'c' }, show: 'conversation' }],
    [
      'a thread',
      { kind: 'mattermost', channelId: 'c', rootId: 'r' },
      { target: { channelId: 'c', rootId: 'r' }, show: 'conversation' },
    ],
    ['a person', { kind: 'mattermost-user', userId: 'u' }, { target: { userId: 'u' }, show: 'conversation' }],
  ])('shows the work for %s there, default channel or not', ([, route, expected]) => {
    expect(chooseDestination(route, { target, kinds })).toEqual(expected);
    expect(chooseDestination(route, { target: undefined, kinds })).toEqual(expected);
  });

  it('shows background work in the default channel', () => {
    for (const origin of ['cron', 'hook', 'cli'] as const) {
      expect(chooseDestination({ kind: 'background', origin }, { target, kinds })).toEqual({
        target,
        show: 'background',
        workKind: origin,
      });
    }
  });

  it('keeps kinds out that the operator did not name', () => {
    const onlyCron = { target, kinds: ['cron'] };
    expect(chooseDestination({ kind: 'background', origin: 'cli' }, onlyCron)).toBeUndefined();
    expect(chooseDestination({ kind: 'elsewhere', origin: 'telegram' }, { target, kinds })).toBeUndefined();
  });

  it('shows only labels of a conversation in another channel, once the operator names it', () => {
    expect(
      chooseDestination({ kind: 'elsewhere', origin: 'telegram' }, { target, kinds: [...kinds, 'telegram'] }),
    ).toEqual({ target, show: 'labels', workKind: 'telegram' });
  });

  it('shows background work nowhere without a default channel, and nothing of an unknown route', () => {
    expect(chooseDestination({ kind: 'background', origin: 'cron' }, { target: undefined, kinds })).toBeUndefined();
    expect(chooseDestination(undefined, { target, kinds })).toBeUndefined();
  });
});

describe('chooseBoardVisibility', () => {
  const canBeRead = (channelId: string): boolean => channelId === 'open';
  const full = { show: 'full', arguments: true } as const;
  const routes: Record<string, Route | undefined> = {
    open: { kind: 'mattermost', channelId: 'open' },
    closed: { kind: 'mattermost', channelId: 'closed' },
    direct: { kind: 'mattermost-user', userId: 'u' },
    cron: { kind: 'background', origin: 'cron' },
    telegram: { kind: 'elsewhere', origin: 'telegram' },
    unknown: undefined,
  };

  it('shows words only where readers of the board may read them anyway', () => {
    const chosen = Object.entries(routes).map(([name, route]) => [
      name,
      chooseBoardVisibility(route, { canBeRead, rule: full }),
    ]);
    expect(Object.fromEntries(chosen)).toEqual({
      open: 'full',
      closed: 'labels',
      direct: 'labels',
      cron: 'full',
      telegram: 'labels',
      unknown: 'labels',
    });
  });

  it('shows no more than a rule allows', () => {
    for (const route of Object.values(routes)) {
      expect(chooseBoardVisibility(route, { canBeRead, rule: { ...full, arguments: false } })).toBe('labels');
      expect(chooseBoardVisibility(route, { canBeRead, rule: { ...full, show: 'off' } })).toBe('off');
    }
  });
});
