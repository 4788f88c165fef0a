import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AssistantEntry,
  callsOf,
  endingMeaning,
  parseEntry,
  readArguments,
  resultsIn,
  type TranscriptEntry,
} from './index.ts';

function entryOf(message: object): TranscriptEntry {
  const parsed = parseEntry(JSON.stringify({ type: 'message', id: 'e1', message }));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.entry;
}

function answerOf(message: object): AssistantEntry {
  const entry = entryOf({ role: 'assistant', ...message });
  if (entry.kind !== 'assistant') throw new Error(`a ${entry.kind}`);
  return entry;
}

const callsIn = (message: object) => callsOf(answerOf(message), 'e1').map(({ kind: _, ...call }) => call);

describe('a tool call', () => {
  const COMMAND = { command: 'npm test' };
  const CALL = { callId: 'c1', tool: 'exec', args: COMMAND };

  it.each([
    { type: 'toolCall', id: 'c1', name: 'exec', arguments: COMMAND },
    { type: 'toolcall', id: 'c1', name: 'exec', args: COMMAND },
    { type: 'tool_call', id: 'c1', name: 'exec', parameters: COMMAND },
    { type: 'toolUse', id: 'c1', name: 'exec', input: COMMAND },
    { type: 'tool_use', id: 'c1', name: 'exec', input: COMMAND },
    { type: 'tool-call', toolCallId: 'c1', toolName: 'exec', input: COMMAND },
    { type: 'server_tool_use', id: 'c1', name: 'exec', input: COMMAND },
    { type: 'mcp_tool_use', id: 'c1', name: 'exec', server_name: 's', input: COMMAND },
    { type: 'functionCall', id: 'c1', name: 'exec', arguments: COMMAND },
    { type: 'function_call', id: 'item', call_id: 'c1', name: 'exec', arguments: JSON.stringify(COMMAND) },
    { type: 'custom_tool_call', call_id: 'c1', name: 'exec', input: JSON.stringify(COMMAND) },
    { type: 'function', id: 'c1', function: { name: 'exec', arguments: JSON.stringify(COMMAND) } },
    { functionCall: { id: 'c1', name: 'exec', args: COMMAND } },
    { toolUse: { toolUseId: 'c1', name: 'exec', input: COMMAND } },
  ])('is read from %j', (block) => {
    expect(callsIn({ content: [block] })).toEqual([CALL]);
  });

  it.each([
    { tool_calls: [{ type: 'function', id: 'c1', function: { name: 'exec', arguments: JSON.stringify(COMMAND) } }] },
    { content: '', tool_calls: [{ id: 'c1', function: { name: 'exec', arguments: COMMAND } }] },
    { content: null, toolCalls: [{ id: 'c1', name: 'exec', arguments: COMMAND }] },
    { content: 'I look.', function_call: { id: 'c1', name: 'exec', arguments: COMMAND } },
  ])('beside the content is read from %j', (message) => {
    expect(callsIn(message)).toEqual([CALL]);
  });

  it('that runs a shell is one of it, with the command', () => {
    const action = { type: 'exec', command: ['git', 'log'] };
    const [call] = callsIn({ content: [{ type: 'local_shell_call', call_id: 'c1', action }] });
    expect(call).toEqual({ callId: 'c1', tool: 'local_shell', args: action });
  });

  it('may have a number for an id, none, and no name', () => {
    const content = [
      { type: 'toolCall', id: 7, name: 'exec', arguments: COMMAND },
      { type: 'toolCall', name: 'exec', arguments: COMMAND },
      { type: 'tool_use', id: '', input: COMMAND },
    ];
    expect(callsIn({ content })).toEqual([
      { callId: '7', tool: 'exec', args: COMMAND },
      { callId: 'e1#1', tool: 'exec', args: COMMAND },
      { callId: 'e1#2', tool: '', args: COMMAND },
    ]);
  });

  it('is not made by an answer that failed or was aborted', () => {
    const content = [{ type: 'tool_use', id: 'c1', name: 'exec', input: {} }];
    for (const stopReason of ['error', 'ERROR', 'aborted', 'cancelled']) {
      expect(callsIn({ stopReason, content })).toEqual([]);
    }
  });
});

describe('arguments', () => {
  it.each([
    ['{"command":"npm test"}', { command: 'npm test' }],
    [' {"command":"npm test"}\n', { command: 'npm test' }],
    [JSON.stringify(JSON.stringify({ command: 'npm test' })), { command: 'npm test' }],
    ['["git","log"]', ['git', 'log']],
    ['"npm test"', 'npm test'],
    ['npm test', 'npm test'],
    ['{"command":"npm te', '{"command":"npm te'],
    ['', ''],
    [{ command: 'npm test' }, { command: 'npm test' }],
    [undefined, undefined],
    [null, null],
    [5, 5],
  ])('%j are %j', (given, args) => {
    expect(readArguments(given)).toEqual(args);
  });

  it('are decoded up to a size that only an attack would have', () => {
    const sized = (chars: number) => JSON.stringify({ path: 'a.md', content: 'x'.repeat(chars) });
    expect(readArguments(sized(3_000_000))).toMatchObject({ path: 'a.md' });
    expect(typeof readArguments(sized(16_000_000))).toBe('string');
  });
});

describe('a tool result', () => {
  const RESULT = { callId: 'c1', isError: true, text: 'gone' };

  it.each([
    { role: 'toolResult', toolCallId: 'c1', toolName: 'exec', content: 'gone', isError: true },
    { role: 'toolResult', toolUseId: 'c1', toolName: 'exec', content: [{ type: 'text', text: 'gone' }], isError: true },
    { role: 'tool_result', tool_use_id: 'c1', content: 'gone', is_error: true },
    { role: 'tool', tool_call_id: 'c1', content: 'gone', isError: true },
    { role: 'tool', call_id: 'c1', output: 'gone', status: 'failed' },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'gone', is_error: true }] },
    {
      role: 'user',
      content: [{ type: 'toolResult', toolCallId: 'c1', content: [{ type: 'text', text: 'gone' }], isError: true }],
    },
    { role: 'user', content: [{ functionResponse: { id: 'c1', name: 'exec', response: { error: 'gone' } } }] },
    { role: 'function', id: 'c1', name: 'exec', content: 'gone', isError: true },
    { role: 'user', content: [{ type: 'function_call_output', call_id: 'c1', output: 'gone', is_error: true }] },
    {
      role: 'user',
      content: [{ toolResult: { toolUseId: 'c1', content: [{ text: 'gone' }], status: 'error' } }],
    },
  ])('is read from %j', (message) => {
    const [result, ...others] = resultsIn(entryOf(message));
    expect(others).toEqual([]);
    expect({
      ...result,
      isError: result?.isError || result?.error !== undefined || result?.status !== undefined,
    }).toMatchObject({
      ...RESULT,
      text: expect.stringContaining('gone'),
    });
  });

  it('that names no call has none', () => {
    const [result] = resultsIn(
      entryOf({ role: 'user', content: [{ functionResponse: { name: 'exec', response: { output: 'fine' } } }] }),
    );
    expect(result).toMatchObject({ callId: '', tool: 'exec', isError: false, text: 'fine' });
  });

  it('stands beside others in one message', () => {
    const content = [7, 8].map((id) => ({ type: 'tool_result', tool_use_id: id, content: 'fine' }));
    expect(resultsIn(entryOf({ role: 'user', content })).map(({ callId }) => callId)).toEqual(['7', '8']);
  });

  it('stands in the answer that made the call, where the model service ran the tool', () => {
    const entry = answerOf({
      content: [
        { type: 'server_tool_use', id: 'c1', name: 'web_search', input: { query: 'cats' } },
        { type: 'web_search_tool_result', tool_use_id: 'c1', content: [{ type: 'web_search_result', url: 'u' }] },
        { type: 'text', text: 'Cats.' },
      ],
      stopReason: 'end_turn',
    });
    expect(callsOf(entry, 'e1')).toHaveLength(1);
    expect(resultsIn(entry)).toMatchObject([{ callId: 'c1', isError: false }]);
    expect(endingMeaning(entry)).toBe('done');
  });

  it('is not a message of a person', () => {
    expect(resultsIn(entryOf({ role: 'user', content: 'hello' }))).toEqual([]);
  });
});

describe('a stop reason', () => {
  const text = [{ type: 'text', text: 'Done.' }];
  const call = [{ type: 'tool_use', id: 'c1', name: 'exec', input: {} }];

  it.each([
    'stop',
    'STOP',
    'end_turn',
    'endTurn',
    'stop_sequence',
    'max_tokens',
    'MAX_TOKENS',
    'length',
    'toolUse',
    'tool_calls',
  ])('%s ends an answer without calls', (stopReason) => {
    expect(endingMeaning(answerOf({ stopReason, content: text }))).toBe('done');
  });

  it.each([undefined, null, '', 'pause_turn', 'something_new', 5])('%j ends it as the catalog says', (stopReason) => {
    expect(endingMeaning(answerOf({ stopReason, content: text }))).toBe('unclear');
  });

  it.each(['refusal', 'content_filter', 'SAFETY', 'PROHIBITED_CONTENT', 'RECITATION', 'guardrail_intervened'])(
    '%s is a refusal, which the catalog may not call an error',
    (stopReason) => {
      expect(endingMeaning(answerOf({ stopReason, content: text }))).toBe('refused');
      expect(endingMeaning(answerOf({ stopReason, content: [] }))).toBe('refused');
    },
  );

  it.each([
    ['error', 'error'],
    ['failed', 'error'],
    ['aborted', 'aborted'],
    ['cancelled', 'aborted'],
  ])('%s says %s', (stopReason, meaning) => {
    expect(endingMeaning(answerOf({ stopReason, content: text }))).toBe(meaning);
  });

  it.each(['stop', 'STOP', 'end_turn', 'toolUse', 'tool_use', undefined, 'something_new'])(
    '%s of an answer that makes calls does not end the run',
    (stopReason) => {
      expect(endingMeaning(answerOf({ stopReason, content: call }))).toBe('open');
    },
  );

  it('may have another name', () => {
    for (const name of ['stop_reason', 'finishReason', 'finish_reason']) {
      expect(answerOf({ [name]: 'end_turn', content: text }).stopReason).toBe('end_turn');
    }
  });
});

describe('any shape', () => {
  const names = fc.constantFrom(
    ...['type', 'id', 'name', 'arguments', 'input', 'functionCall', 'function', 'tool_use_id', 'content', 'text'],
    ...['toolCallId', 'call_id', 'args', 'output', 'functionResponse', 'toolResult', 'response', 'action'],
  );
  const types = fc.constantFrom(
    'toolCall',
    'tool_use',
    'function_call',
    'tool_result',
    'text',
    'functionResponse',
    'x',
  );
  const values = fc.oneof(types, fc.jsonValue({ maxDepth: 3 }));
  const blocks = fc.array(fc.dictionary(names, values, { maxKeys: 5 }), { maxLength: 4 });
  const messages = fc.record(
    {
      role: fc.constantFrom('user', 'assistant', 'tool', 'toolResult', 'function', 'x'),
      content: fc.oneof(blocks, fc.jsonValue()),
      stopReason: fc.oneof(fc.constantFrom('stop', 'refusal', 'toolUse'), fc.jsonValue()),
      tool_calls: fc.oneof(blocks, fc.jsonValue()),
    },
    { requiredKeys: ['role'] },
  );

  it('is read without an error: calls have an id, and an answer with calls does not end its run', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const entry = entryOf(message);
        const meaning = endingMeaning(entry);
        for (const { callId, tool } of resultsIn(entry))
          expect([typeof callId, typeof tool]).toEqual(['string', 'string']);
        if (entry.kind !== 'assistant') return;
        const calls = callsOf(entry, 'e1');
        for (const { callId } of calls) expect(callId).not.toBe('');
        const answered = new Set(resultsIn(entry).map(({ callId }) => callId));
        // A result without an id may be that of any call.
        if (answered.has('')) return;
        if (calls.some(({ callId }) => !answered.has(callId))) expect(meaning).toBe('open');
      }),
    );
  });
});
