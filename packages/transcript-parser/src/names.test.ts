import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCatalog, parseFileName, parseSessionKey, toAccountId } from './index.ts';

describe('parseSessionKey', () => {
  it.each([
    ['agent:main:main', { kind: 'main', agentId: 'main' }],
    ['agent:coder:mattermost:channel:abc', { kind: 'channel', agentId: 'coder', channel: 'mattermost', peerId: 'abc' }],
    ['agent:main:mattermost:group:abc', { kind: 'group', channel: 'mattermost', peerId: 'abc' }],
    ['agent:main:mattermost:direct:u1', { kind: 'direct', channel: 'mattermost', peerId: 'u1' }],
    ['agent:main:mattermost:work:direct:u1', { kind: 'direct', channel: 'mattermost', peerId: 'u1' }],
    ['agent:main:mattermost:work:direct:u1', { accountId: 'work' }],
    ['agent:main:mattermost:direct:direct:u1', { kind: 'direct', accountId: 'direct', peerId: 'u1' }],
    ['agent:main:mattermost:direct:alice', { kind: 'direct', channel: 'mattermost', peerId: 'alice' }],
    ['Agent:main:Mattermost:Ops:Direct:U1', { kind: 'direct', channel: 'mattermost', accountId: 'ops', peerId: 'u1' }],
    ['agent:main:MATTERMOST:CHANNEL:ABC:THREAD:r1', { kind: 'channel', peerId: 'abc', threadId: 'r1' }],
    ['agent:main:MAIN', { kind: 'main' }],
    ['agent:main:CRON:Job', { kind: 'cron', peerId: 'Job' }],
    ['agent:main:SubAgent:X', { kind: 'subagent', peerId: 'X' }],
    ['agent:main:direct:u1', { kind: 'direct', peerId: 'u1' }],
    ['agent:main:mattermost:channel:abc:thread:r1', { kind: 'channel', peerId: 'abc', threadId: 'r1' }],
    ['agent:main:subagent:x:subagent:y', { kind: 'subagent', peerId: 'y' }],
    ['agent:main:cron:job', { kind: 'cron', peerId: 'job', key: 'agent:main:cron:job' }],
    ['agent:main:cron:job:run:id', { kind: 'cron', peerId: 'job', key: 'agent:main:cron:job' }],
    ['agent:main:hook:x', { kind: 'hook', peerId: 'x' }],
    ['agent:main:openai-user:bob', { kind: 'openai', peerId: 'bob' }],
    ['global', { kind: 'other', agentId: 'main', key: 'global' }],
    ['agent:main:whatever', { kind: 'other' }],
  ])('reads %s', (key, expected) => {
    expect(parseSessionKey(key)).toMatchObject(expected);
  });

  it('survives any text', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseSessionKey(text).kind === 'string'));
    fc.assert(fc.property(fc.string(), (text) => typeof parseFileName(text).kind === 'string'));
  });
});

describe('toAccountId', () => {
  it.each([
    ['ops', 'ops'],
    [' Ops ', 'ops'],
    ['On Call', 'on-call'],
    ['on.call!', 'on-call'],
    ['ops-', 'ops-'],
    ['Ärger', 'rger'],
    ['', 'default'],
    ['!!', 'default'],
    ['x'.repeat(70), 'x'.repeat(64)],
  ])('spells %j as OpenClaw does', (text, id) => {
    expect(toAccountId(text)).toBe(id);
  });
});

describe('parseFileName', () => {
  const id = '228f4aac-5bc0-4a4c-9452-e23853da4408';
  it.each([
    [`${id}.jsonl`, { kind: 'transcript', sessionId: id, copied: false }],
    [`${id}-topic-root1.jsonl`, { kind: 'transcript', sessionId: id, topic: 'root1', copied: false }],
    [`2026-11-22T06-59-54-394Z_${id}.jsonl`, { kind: 'transcript', sessionId: id, copied: true }],
    ['probe-cli-session.jsonl', { kind: 'transcript', sessionId: 'probe-cli-session', copied: false }],
    [`${id}.jsonl.lock`, { kind: 'lock', transcript: `${id}.jsonl` }],
    [`${id}.jsonl.reset.2026-11-22T06-55-54.199Z`, { kind: 'archived', transcript: `${id}.jsonl`, reason: 'reset' }],
    [
      `${id}.jsonl.deleted.2026-11-22T06-55-54.199Z`,
      { kind: 'archived', transcript: `${id}.jsonl`, reason: 'deleted' },
    ],
    ['sessions.json', { kind: 'catalog' }],
    ['sessions.json.lock', { kind: 'other' }],
    ['sessions.json.1141.ab.tmp', { kind: 'other' }],
    [`${id}.jsonl.bak-12-1795`, { kind: 'other' }],
    [`${id}.jsonl.repair-12-1795.tmp`, { kind: 'other' }],
    [`${id}.jsonl.repair.12.${id}.tmp`, { kind: 'other' }],
    [`${id}.trajectory.jsonl`, { kind: 'other' }],
    [`${id}.trajectory-path.json`, { kind: 'other' }],
    [`${id}.checkpoint.3.jsonl`, { kind: 'other' }],
    [`.${id}.jsonl`, { kind: 'other' }],
    ['.jsonl', { kind: 'other' }],
  ])('%s', (name, expected) => {
    expect(parseFileName(name)).toEqual(expected);
  });
});

describe('parseCatalog', () => {
  it('keeps the used fields, prefers the delivery context, and counts what is not an entry', () => {
    const text = JSON.stringify({
      a: {
        sessionId: 's1',
        status: 'running',
        startedAt: 5,
        abortedLastRun: false,
        skillsSnapshot: { huge: true },
        deliveryContext: { channel: 'mattermost', to: 'channel:c1' },
        route: { channel: 'telegram', target: { to: 'x' }, thread: { id: 42 } },
        lastTo: 'channel:old',
        usageFamilySessionIds: ['s0', 's1', 7],
      },
      b: 'broken',
      c: { spawnedBy: 'a', label: 'worker', startedAt: 'soon' },
    });
    const catalog = parseCatalog(text);
    if (!catalog.ok) throw new Error(catalog.reason);
    expect(catalog.malformed).toBe(1);
    expect(catalog.entries.get('a')).toEqual({
      sessionId: 's1',
      status: 'running',
      startedAt: 5,
      abortedLastRun: false,
      delivery: { channel: 'mattermost', to: 'channel:c1', threadId: '42' },
      origin: {},
      usageFamilySessionIds: ['s0', 's1'],
    });
    expect(catalog.entries.get('c')).toMatchObject({ spawnedBy: 'a', label: 'worker' });
    expect(catalog.entries.get('c')).not.toHaveProperty('startedAt');
  });

  it('refuses what is not an object and survives any JSON', () => {
    expect(parseCatalog('[]').ok).toBe(false);
    expect(parseCatalog('{"a":').ok).toBe(false);
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        expect(parseCatalog(JSON.stringify(value)).ok).toBe(true);
      }),
    );
  });
});
