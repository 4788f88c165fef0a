import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  endingMeaning,
  execNotices,
  failureReason,
  hasFailed,
  isBackground,
  isMirror,
  isSilentReply,
  parseEntry,
} from './index.ts';

function line(fields: object): string {
  return JSON.stringify({ id: 'aabbccdd', parentId: null, timestamp: '2026-11-22T06:53:00.956Z', ...fields });
}

function message(fields: object): string {
  return line({ type: 'message', message: fields });
}

function entryOf(text: string) {
  const parsed = parseEntry(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.entry;
}

describe('parseEntry', () => {
  it('reads a header with its parent session', () => {
    const text =
      '{"type":"session","version":3,"id":"s-1","timestamp":"2026-11-22T06:53:00.956Z","cwd":"/w","parentSession":"/p.jsonl"}';
    expect(entryOf(text)).toEqual({
      kind: 'header',
      id: 's-1',
      recordedAt: Date.UTC(2026, 10, 22, 6, 53, 0, 956),
      version: 3,
      cwd: '/w',
      parentSession: '/p.jsonl',
    });
  });

  it('reads user text written as blocks and as a plain string alike', () => {
    const blocks = entryOf(message({ role: 'user', content: [{ type: 'text', text: 'hello' }] }));
    const plain = entryOf(message({ role: 'user', content: 'hello', __openclaw: { senderId: 'u1' } }));
    expect(blocks).toMatchObject({ kind: 'user', text: 'hello' });
    expect(plain).toMatchObject({ kind: 'user', text: 'hello', senderId: 'u1' });
  });

  it('reads text, thinking, calls and unknown blocks of an assistant line in order', () => {
    const content = [
      { type: 'thinking', thinking: 'hm' },
      { type: 'text', text: 'I look.' },
      { type: 'toolCall', id: 'call_1', name: 'exec', arguments: { command: 'ls' }, partialArgs: '{}' },
      { type: 'hologram', x: 1 },
    ];
    const usage = { input: 220, output: 28, cacheRead: 800, cacheWrite: 1, totalTokens: 1049, cost: { total: 0.5 } };
    const entry = entryOf(
      message({ role: 'assistant', content, usage, stopReason: 'toolUse', model: 'm', timestamp: 7 }),
    );
    expect(entry).toMatchObject({
      kind: 'assistant',
      blocks: [
        { kind: 'thinking', text: 'hm' },
        { kind: 'text', text: 'I look.' },
        { kind: 'tool-call', callId: 'call_1', tool: 'exec', args: { command: 'ls' } },
        { kind: 'other', type: 'hologram' },
      ],
      usage: { input: 220, output: 28, cacheRead: 800, cacheWrite: 1, costUsd: 0.5 },
      stopReason: 'toolUse',
      messageAt: 7,
    });
  });

  it('keeps entries and roles it does not know', () => {
    const leaf = entryOf(line({ type: 'leaf', targetId: 't' }));
    expect(leaf).toMatchObject({ kind: 'other', type: 'leaf', id: 'aabbccdd', raw: { targetId: 't' } });
    expect(entryOf(message({ role: 'bashExecution' }))).toMatchObject({ kind: 'other', type: 'message/bashExecution' });
  });

  it.each(['', '{', 'null', '[]', '7', '{"id":"x"}', '{"type":5}'])('refuses %j with a reason', (text) => {
    expect(parseEntry(text)).toMatchObject({ ok: false });
  });

  it('survives any JSON value and any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(typeof parseEntry(text).ok).toBe('boolean');
      }),
    );
    const types = fc.constantFrom('session', 'message', 'custom', 'custom_message', 'compaction', 'leaf');
    const roles = fc.constantFrom('user', 'assistant', 'toolResult', 'other');
    fc.assert(
      fc.property(types, roles, fc.jsonValue(), fc.jsonValue(), (type, role, content, rest) => {
        const text = JSON.stringify({
          type,
          id: rest,
          content,
          data: rest,
          message: { role, content, details: rest, usage: rest },
        });
        const parsed = parseEntry(text);
        expect(parsed.ok).toBe(true);
        if (parsed.ok) endingMeaning(parsed.entry);
      }),
    );
  });
});

describe('what an entry means', () => {
  const assistant = (stopReason: string, content: unknown[] = [], model = 'm', provider = 'p') =>
    entryOf(message({ role: 'assistant', stopReason, content, model, provider }));
  const call = { type: 'toolCall', id: 'c', name: 'exec', arguments: {} };

  it.each([
    ['stop', [], 'done'],
    ['length', [], 'done'],
    ['toolUse', [call], 'open'],
    ['toolUse', [{ type: 'text', text: 'I cannot.' }], 'done'],
    ['error', [], 'error'],
    ['aborted', [], 'aborted'],
    ['refusal', [], 'refused'],
  ])('an assistant line that stopped with %s says %3$s', (stopReason, content, meaning) => {
    expect(endingMeaning(assistant(stopReason, content))).toBe(meaning);
  });

  it('a mirror says nothing about the end', () => {
    const mirror = assistant('stop', [], 'delivery-mirror', 'openclaw');
    expect(mirror.kind === 'assistant' && isMirror(mirror)).toBe(true);
    expect(endingMeaning(mirror)).toBeUndefined();
  });

  it('only prompt errors and yields count among custom lines', () => {
    expect(endingMeaning(entryOf(line({ type: 'custom', customType: 'openclaw:prompt-error' })))).toBe('aborted');
    expect(endingMeaning(entryOf(line({ type: 'custom', customType: 'model-snapshot' })))).toBeUndefined();
    expect(endingMeaning(entryOf(line({ type: 'custom_message', customType: 'openclaw.sessions_yield' })))).toBe(
      'waiting',
    );
    expect(endingMeaning(entryOf(line({ type: 'compaction' })))).toBeUndefined();
  });

  it.each([
    [{ isError: false, details: { status: 'completed', exitCode: 0 } }, false],
    [{ isError: false, details: { status: 'completed', exitCode: 3 } }, true],
    [{ isError: false, details: { status: 'error', error: 'ENOENT' } }, true],
    [{ isError: false, details: { status: 'failed', exitCode: null } }, true],
    [{ isError: false, details: { status: 'forbidden', error: 'agentId is not allowed' } }, true],
    [{ isError: false, details: { status: 'timeout', runId: 'r' } }, true],
    [{ isError: false, details: { status: 'accepted' } }, false],
    [{ isError: false, details: { status: 'running' } }, false],
    [{ isError: true, details: {} }, true],
    [{ isError: false }, false],
  ])('a tool result %j failed: %s', (fields, failed) => {
    const entry = entryOf(message({ role: 'toolResult', toolCallId: 'c', toolName: 't', content: [], ...fields }));
    expect(entry.kind === 'tool-result' && hasFailed(entry)).toBe(failed);
  });

  it.each([
    ['Termination requested for session brisk-wharf.', false],
    ['Killed session brisk-wharf.', false],
    ['Removed session brisk-wharf (termination requested).', false],
    ['No active session found for brisk-wharf', true],
  ])('a call of process that answers %j failed: %s', (text, failed) => {
    for (const isError of [false, true]) {
      const content = [{ type: 'text', text }];
      const fields = { toolCallId: 'c', toolName: 'process', content, details: { status: 'failed' }, isError };
      const entry = entryOf(message({ role: 'toolResult', ...fields }));
      expect(entry.kind === 'tool-result' && hasFailed(entry)).toBe(failed);
    }
  });

  it.each([
    ['exec', 'running', true],
    ['exec', 'approval-pending', true],
    ['process', 'running', false],
    ['exec', 'completed', false],
  ])('a call of %s that is %s goes on without its run: %s', (toolName, status, goesOn) => {
    const fields = { role: 'toolResult', toolCallId: 'c', toolName, content: [], details: { status } };
    const entry = entryOf(message(fields));
    expect(entry.kind === 'tool-result' && isBackground(entry)).toBe(goesOn);
  });

  it('an answer is silent only when it is nothing but the token', () => {
    expect(['NO_REPLY', ' no_reply\n', '**HEARTBEAT_OK**'].map(isSilentReply)).toEqual([true, true, true]);
    expect(isSilentReply('NO_REPLY is what I would say')).toBe(false);
  });
});

describe('failureReason', () => {
  it.each([
    ['500 The server had an error while processing your request', 'server error'],
    ['503 Service Unavailable', 'server error'],
    ['429 Rate limit reached for requests', 'rate limit'],
    ['{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}', 'rate limit'],
    ['402 Payment required', 'billing'],
    ['400 Your credit balance is too low to access the API', 'billing'],
    ["400 This model's maximum context length is 1000 tokens", 'context too large'],
    ['prompt is too long: 210000 tokens > 200000 maximum', 'context too large'],
    ['{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', 'overloaded'],
    ['401 Incorrect API key provided', 'auth'],
    ['Request timed out.', 'timeout'],
    ['terminated', 'connection lost'],
    ['read ECONNRESET', 'connection lost'],
    ['something else', 'error'],
    [undefined, 'error'],
  ])('%s is %s', (message, reason) => {
    expect(failureReason(message)).toBe(reason);
  });
});

describe('execNotices', () => {
  const notices = (text: string, more = {}) => {
    const entry = entryOf(message({ role: 'user', content: text, ...more }));
    return entry.kind === 'user' ? execNotices(entry) : [];
  };
  const failed = 'System: [2026-11-22 06:53:00 UTC] Exec failed (brisk-wh, code 3) :: no such file';
  const killed = 'System: [2026-11-22 06:53:01 UTC] Exec killed (calm-oak, signal SIGTERM)';

  it('finds those before a message', () => {
    expect(notices(`System: [now] Mattermost message\n${failed}\n${killed}\n\nRead HEARTBEAT.md`)).toEqual([
      { processPrefix: 'brisk-wh', exitCode: 3 },
      { processPrefix: 'calm-oak', signal: 'SIGTERM' },
    ]);
  });

  it('takes none from what a person wrote', () => {
    const neutralised = failed.replace('System:', 'System (untrusted):');
    expect([neutralised, `hello\n${failed}`].map((text) => notices(text))).toEqual([[], []]);
    expect(notices(failed, { __openclaw: { senderId: 'u1' } })).toEqual([]);
  });
});

it('reads no more blocks of a message than any model writes', () => {
  const content = Array.from({ length: 50_000 }, (_, at) => ({ type: 'toolCall', id: `c${at}`, name: 'exec' }));
  const read = parseEntry(
    JSON.stringify({ type: 'message', message: { role: 'assistant', content, tool_calls: content } }),
  );
  expect(read.ok && read.entry.kind === 'assistant' && read.entry.blocks.length).toBe(20_000);
});
