import type { Box, BoxEntry } from '@live-status/session-state';
import { describe, expect, it } from 'vitest';
import { endOfLost, leaving, readRemembered, remember } from './restart.ts';
import { box, child, tool } from './testing/boxes.ts';

const entry = (shown: Box): BoxEntry => ({
  boxId: 'b',
  sessionKey: 'agent:main:main',
  sessionId: 's',
  worthPost: true,
  ended: false,
  settled: false,
  silent: false,
  old: false,
  evidence: ['entry:1'],
  resumeTokens: [],
  box: shown,
});

const conversation = { target: { channelId: 'c' }, show: 'conversation' } as const;

describe('remember', () => {
  it('survives the ledger', () => {
    const remembered = remember(entry(box({ lines: [tool('a')] })), conversation, 5_000);
    expect(readRemembered(JSON.parse(JSON.stringify(remembered)))).toEqual(remembered);
  });

  it.for([undefined, null, 'text', {}, { sessionKey: 's', evidence: [], resumeFrom: [], show: 'all', shownAt: 1 }])(
    'is not fooled by %j',
    (data) => {
      expect(readRemembered(data)).toBeUndefined();
    },
  );
});

it.for(['startedAt', 'endedAt', 'filesChanged'])('does not take a box whose %s is beyond all numbers', (name) => {
  const remembered = JSON.stringify(remember(entry(box({ [name]: 4_711 })), conversation, 5_000));
  expect(readRemembered(JSON.parse(remembered))).toBeDefined();
  expect(readRemembered(JSON.parse(remembered.replace('4711', '1e999')))).toBeUndefined();
});

/** Written by the version before there were resume tokens, word for word. */
const BEFORE_TOKENS = `{
  "sessionKey": "agent:main:main", "sessionId": "s", "evidence": ["run:g1", "lock:L", "entry:u1"], "show": "all",
  "resumeFrom": [{ "sessionKey": "agent:main:main", "from": { "path": "/a/s.jsonl", "fingerprint": "f", "startOffset": 7 } }],
  "snapshot": {
    "boxId": "b", "title": "main", "state": "active", "startedAt": 1000, "earlierLines": 0, "lines": [], "thinking": true,
    "tokens": { "input": 1, "output": 2, "cacheRead": 0, "cacheWrite": 0 }
  },
  "shownAt": 5000
}`;

describe('an entry of a ledger from before there were resume tokens', () => {
  it('is read with what the sources wrote then, for each of them as a token', () => {
    const { resumeTokens = [], ...remembered } = readRemembered(JSON.parse(BEFORE_TOKENS)) ?? {};
    expect(remembered).toEqual({
      sessionKey: 'agent:main:main',
      sessionId: 's',
      evidence: ['run:g1', 'lock:L', 'entry:u1'],
      show: 'conversation',
      snapshot: box(),
      shownAt: 5_000,
    });
    expect(resumeTokens.map((token) => JSON.parse(token))).toEqual([
      { sessionKey: 'agent:main:main', from: { path: '/a/s.jsonl', fingerprint: 'f', startOffset: 7 } },
      { sessionKey: 'agent:main:main', evidence: ['run:g1', 'lock:L', 'entry:u1'], startedAt: 1_000 },
    ]);
  });
});

describe('endOfLost', () => {
  it('keeps an end that was known', () => {
    const done = box({ state: 'done', endedAt: 2_000 });
    expect(endOfLost(remember(entry(done), conversation, 5_000))).toEqual(done);
  });

  it('says that the agent stopped when it was last seen, and closes what ran', () => {
    const lines = [tool('a'), tool('b', { state: 'running' }), child({ lines: [tool('c', { state: 'running' })] })];
    const end = endOfLost(remember(entry(box({ lines })), conversation, 5_000));
    expect(end).toMatchObject({ state: 'interrupted', reason: 'the agent stopped', endedAt: 5_000, thinking: false });
    expect(end.lines).toMatchObject([
      { state: 'ok' },
      { state: 'aborted', endedAt: 5_000 },
      { state: 'interrupted', endedAt: 5_000, thinking: false, lines: [{ state: 'aborted' }] },
    ]);
  });
});

describe('leaving', () => {
  it('says that updates stop, and leaves an end as it is', () => {
    expect(leaving(box(), 9_000)).toMatchObject({
      state: 'interrupted',
      reason: 'status updates stopped, the agent may still be working',
      endedAt: 9_000,
    });
    const done = box({ state: 'done', endedAt: 2_000 });
    expect(leaving(done, 9_000)).toBe(done);
  });
});
