import { parseSessionKey } from '@live-status/transcript-parser';
import { describe, expect, it } from 'vitest';
import { type KnownDelivery, routeOfKey } from './index.ts';

const ALICE = 'a1ice000000000000000000000';
const BOB = 'b0b00000000000000000000000';
const to = (userId: string, more: KnownDelivery = {}): KnownDelivery => ({
  channel: 'mattermost',
  to: `user:${userId}`,
  ...more,
});
const person = (userId: string, accountId?: string) => ({
  kind: 'mattermost-user',
  userId,
  ...(accountId === undefined ? {} : { accountId }),
});

describe('routeOfKey', () => {
  it.each([
    ['the id of a person', `agent:main:mattermost:direct:${ALICE}`, {}, [], person(ALICE)],
    ['an id, whatever the delivery context says', `agent:main:mattermost:direct:${ALICE}`, to(BOB), [], person(ALICE)],
    ['the name of a linked person', 'agent:main:mattermost:direct:alice', to(ALICE), [], person(ALICE)],
    ['a name with dots', 'agent:main:mattermost:direct:alice.w-2', to(ALICE), [], person(ALICE)],
    ['a name and who wrote', 'agent:main:mattermost:direct:alice', to(ALICE), [ALICE], person(ALICE)],
    ['a name, written by another of its accounts', 'agent:main:mattermost:direct:alice', to(ALICE), [BOB], undefined],
    ['a name and nothing else', 'agent:main:mattermost:direct:alice', {}, [ALICE], undefined],
    [
      'a name met on another channel',
      'agent:main:mattermost:direct:alice',
      to('42', { channel: 'slack' }),
      [],
      undefined,
    ],
    [
      'a name in a channel',
      'agent:main:mattermost:direct:alice',
      { channel: 'mattermost', to: 'channel:x' },
      [],
      undefined,
    ],
    [
      'an account of its own',
      `agent:main:mattermost:ops:direct:${ALICE}`,
      to(ALICE, { accountId: 'x' }),
      [],
      person(ALICE, 'ops'),
    ],
    ['an account and a name', 'agent:main:mattermost:ops:direct:alice', to(ALICE), [], person(ALICE, 'ops')],
    [
      'the delivery context for the account',
      'agent:main:mattermost:direct:alice',
      to(ALICE, { accountId: 'On Call' }),
      [],
      person(ALICE, 'on-call'),
    ],
    ['capitals', `AGENT:Main:MATTERMOST:OPS:DIRECT:${ALICE.toUpperCase()}`, {}, [], person(ALICE, 'ops')],
    ['one person over all channels', 'agent:main:direct:alice', to(ALICE), [], 'shared'],
  ] as const)('follows %s', (_what, key, delivery, senders, expected) => {
    expect(routeOfKey(parseSessionKey(key), delivery, senders)).toEqual(expected);
  });
});
