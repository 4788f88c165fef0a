import type { Route } from '@live-status/session-state';
import { describe, expect, it } from 'vitest';
import { chooseDestination, type Place } from './targets.ts';

const place: Place = { kind: 'channel', channelId: 'default' };
const kinds = ['cron', 'hook', 'cli'];

describe('chooseDestination', () => {
  it.for<[string, Route, object]>([
    ['a channel', { kind: 'mattermost', channelId: 'c' }, { place: { kind: 'channel', channelId: 'c' }, show: 'all' }],
    [
      'a thread',
      { kind: 'mattermost', channelId: 'c', rootId: 'r' },
      { place: { kind: 'channel', channelId: 'c', rootId: 'r' }, show: 'all' },
    ],
    ['a person', { kind: 'mattermost-user', userId: 'u' }, { place: { kind: 'user', userId: 'u' }, show: 'all' }],
  ])('shows the work for %s there, default channel or not', ([, route, expected]) => {
    expect(chooseDestination(route, { place, kinds })).toEqual(expected);
    expect(chooseDestination(route, { place: undefined, kinds })).toEqual(expected);
  });

  it('shows background work in the default channel, without its answer', () => {
    for (const origin of ['cron', 'hook', 'cli'] as const) {
      expect(chooseDestination({ kind: 'background', origin }, { place, kinds })).toEqual({ place, show: 'no-answer' });
    }
  });

  it('keeps kinds out that the operator did not name', () => {
    const onlyCron = { place, kinds: ['cron'] };
    expect(chooseDestination({ kind: 'background', origin: 'cli' }, onlyCron)).toBeUndefined();
    expect(chooseDestination({ kind: 'elsewhere', origin: 'telegram' }, { place, kinds })).toBeUndefined();
  });

  it('shows only labels of a conversation in another channel, once the operator names it', () => {
    expect(
      chooseDestination({ kind: 'elsewhere', origin: 'telegram' }, { place, kinds: [...kinds, 'telegram'] }),
    ).toEqual({ place, show: 'labels' });
  });

  it('shows background work nowhere without a default channel, and nothing of an unknown route', () => {
    expect(chooseDestination({ kind: 'background', origin: 'cron' }, { place: undefined, kinds })).toBeUndefined();
    expect(chooseDestination(undefined, { place, kinds })).toBeUndefined();
  });
});
