import { describe, expect, it } from 'vitest';
import { wouldAnswer } from './listening.ts';
import type { MattermostListening } from './openclaw-fields.ts';

const bot = { userId: 'u1', username: 'status' };
const mentions: MattermostListening = {
  chatMode: 'oncall',
  prefixes: ['>', '!'],
  groupPolicy: 'open',
  senders: [],
  requireMention: {},
};

describe('wouldAnswer', () => {
  it.for<[string, Partial<MattermostListening>, boolean]>([
    ['mentions only', {}, false],
    ['every message', { chatMode: 'onmessage' }, true],
    ['every message, by its other name', { chatMode: 'always' }, true],
    ['prefixes that no post begins with', { chatMode: 'onchar' }, false],
    ['a prefix that posts begin with', { chatMode: 'onchar', prefixes: ['*'] }, true],
    ['mentions only, but not in this channel', { requireMention: { c: false } }, true],
    ['mentions only, but nowhere', { requireMention: { '*': false } }, true],
    ['every message, but not in this channel', { chatMode: 'always', requireMention: { c: true } }, false],
    ['every message of named senders', { chatMode: 'always', groupPolicy: 'allowlist', senders: ['anna'] }, false],
    ['every message, the bot named', { chatMode: 'always', groupPolicy: 'allowlist', senders: ['@status'] }, true],
    ['every message of everybody', { chatMode: 'always', groupPolicy: 'allowlist', senders: ['*'] }, true],
    ['nobody', { chatMode: 'always', groupPolicy: 'disabled' }, false],
  ])('knows agents that listen to %s', ([, change, expected]) => {
    expect(wouldAnswer({ ...mentions, ...change }, 'c', bot)).toBe(expected);
  });

  it('takes any named sender for the bot while it is not known who posts', () => {
    const named: MattermostListening = {
      ...mentions,
      chatMode: 'always',
      groupPolicy: 'allowlist',
      senders: ['anna'],
    };
    expect(wouldAnswer(named, 'c', undefined)).toBe(true);
    expect(wouldAnswer({ ...named, senders: [] }, 'c', undefined)).toBe(false);
  });
});
