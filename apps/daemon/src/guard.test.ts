import type { MattermostListening } from '@live-status/operations';
import { describe, expect, it } from 'vitest';
import { type Identity, refusal } from './guard.ts';

const bot = { userId: 'u1', username: 'status' };
const mentions: MattermostListening = {
  chatMode: 'oncall',
  prefixes: ['>', '!'],
  groupPolicy: 'open',
  senders: [],
  requireMention: {},
};

describe('refusal', () => {
  const listening = { ...mentions, chatMode: 'onmessage' };

  it('refuses another bot where agents answer without a mention, and says the cure', () => {
    const identity: Identity = { kind: 'other-bot', listening, bot };
    expect(refusal(identity, { channelId: 'c' })).toMatch(/Channel c: .*@status; use OpenClaw's own bot token/);
  });

  it('refuses a channel known by name when agents answer without a mention in any channel', () => {
    const identity: Identity = {
      kind: 'other-bot',
      listening: { ...mentions, requireMention: { c: false } },
      bot,
    };
    expect(refusal(identity, { channel: 'team/town' })).toContain('Channel team/town');
    expect(refusal({ ...identity, listening: mentions }, { channel: 'team/town' })).toBeUndefined();
  });

  it('lets it write to people, where OpenClaw does not listen', () => {
    const identity: Identity = { kind: 'other-bot', listening, bot };
    expect(refusal(identity, { userId: 'u' })).toBeUndefined();
    expect(refusal(identity, { username: 'anna' })).toBeUndefined();
  });

  it("lets OpenClaw's own bot post everywhere", () => {
    expect(refusal({ kind: 'own-bot' }, { channelId: 'c' })).toBeUndefined();
    expect(refusal({ kind: 'no-listener' }, { channelId: 'c' })).toBeUndefined();
  });
});
