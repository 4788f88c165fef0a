import type { JsonObject } from '@live-status/transcript-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KEY, Story } from './testing/story.ts';

const item = (story: Story, more: JsonObject): Story =>
  story.agent('item', { kind: 'tool', phase: 'end', name: 'exec', toolCallId: 'a', ...more });

const answer = (story: Story, message: JsonObject): Story =>
  story.tell('session.message', {
    sessionKey: KEY,
    message: { role: 'assistant', stopReason: 'toolUse', __openclaw: { runId: 'r1', id: 'm1' }, ...message },
  });

describe('an end that is only summed up', () => {
  it.each([
    ['completed', 'ok', undefined],
    ['success', 'ok', undefined],
    ['failed', 'error', undefined],
    ['blocked', 'error', 'blocked'],
    ['timed_out', 'error', 'timed out'],
    ['forbidden', 'error', 'forbidden'],
    ['skipped', 'aborted', undefined],
    ['cancelled', 'aborted', undefined],
    ['aborted', 'aborted', undefined],
    ['declined', 'denied', undefined],
    ['running', 'background', undefined],
    ['in_progress', 'background', undefined],
    ['inProgress', 'background', undefined],
    ['COMPLETED', 'ok', undefined],
    ['timedOut', 'error', 'timed out'],
    ['something_new', 'ended', undefined],
    [undefined, 'ended', undefined],
    [5, 'ended', undefined],
  ])('with the status %s is %s', (status, state, error) => {
    const story = item(new Story().start().call('a'), { status });
    expect(story.lines()).toEqual([`exec ${state}`]);
    expect(story.box().box.lines).toMatchObject([error === undefined ? {} : { error }]);
  });

  it('with an error and no status has failed', () => {
    const story = item(new Story().start().call('a'), { error: 'no room' });
    expect(story.box().box.lines).toMatchObject([{ state: 'error', error: 'no room' }]);
  });

  it('is not believed against a result that is told', () => {
    expect(item(new Story().start().call('a').result('a'), { status: 'blocked' }).lines()).toEqual(['exec ok']);
  });

  it('in the history is not taken for a success', () => {
    const event = { kind: 'tool', phase: 'end', name: 'exec', toolCallId: 'a', status: 'blocked' };
    const history = {
      messages: [
        { role: 'user', content: 'go' },
        {
          role: 'assistant',
          content: [{ type: 'toolCall', id: 'a', name: 'exec', arguments: {} }],
          __openclaw: { runId: 'r1', id: 'm1' },
        },
        { role: 'toolResult', toolCallId: 'a', toolName: 'exec', content: [{ type: 'text', text: 'no' }] },
      ],
      inFlightRun: { runId: 'r1', events: [{ runId: 'r1', seq: 1, stream: 'item', ts: 1_000_000, data: event }] },
    };
    const story = new Story().find([{ key: KEY, status: 'running', hasActiveRun: true }], 'b1', [[KEY, history]]);
    expect(story.lines()).toEqual(['exec error']);
  });
});

describe('a result', () => {
  it.each([
    [{ details: { status: 'cancelled' } }, 'aborted'],
    [{ details: { status: 'skipped' } }, 'aborted'],
    [{ details: { status: 'declined' } }, 'denied'],
    [{ details: { status: 'blocked' } }, 'error'],
    [{ details: { status: 'accepted' } }, 'ok'],
    [{ details: {} }, 'ok'],
    ['plain text', 'ok'],
  ])('%j: %s', (result, state) => {
    expect(new Story().start().call('a').result('a', 'exec', { result }).lines()).toEqual([`exec ${state}`]);
  });

  it('names its call by a number, or not at all', () => {
    const story = new Story().start();
    story.agent('tool', { phase: 'start', name: 'read', toolCallId: 7, args: { path: 'a.md' } });
    story.agent('tool', { phase: 'start', name: 'exec', args: '{"command":"npm test"}' });
    expect(story.lines()).toEqual(['read running', 'exec running']);
    expect(story.box().box.lines).toMatchObject([{}, { args: { command: 'npm test' } }]);
    story.agent('tool', { phase: 'result', name: 'exec', result: {} });
    story.agent('tool', { phase: 'result', name: 'read', toolCallId: 7, result: {} });
    expect(story.lines()).toEqual(['read ok', 'exec ok']);
  });
});

describe('calls in messages of other shapes', () => {
  it('have a line, and end with their results', () => {
    const story = answer(new Story().start(), {
      content: [
        { type: 'tool_use', id: 'c1', name: 'exec', input: { command: 'npm test' } },
        { type: 'function_call', call_id: 2, name: 'read', arguments: '{"path":"a.md"}' },
        { type: 'functionCall', name: 'write', args: { path: 'b.md' } },
      ],
    });
    expect(story.lines()).toEqual(['exec running', 'read running', 'write running']);
    story.tell('session.message', {
      sessionKey: KEY,
      message: {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'c1', content: 'no', is_error: true },
          { type: 'function_call_output', call_id: 2, output: 'fine' },
          { functionResponse: { name: 'write', response: { output: 'ok' } } },
        ],
      },
    });
    expect(story.lines()).toEqual(['exec error', 'read ok', 'write ok']);
    expect(story.end().pass(5_000).box().box.state).toBe('done');
  });

  it.each(['refusal', 'content_filter', 'something_new', undefined])(
    'an answer that stopped for %s ends as the gateway says',
    (stopReason) => {
      const text = [{ type: 'text', text: 'No.' }];
      const told = (): Story => answer(new Story().start().call('a').result('a'), { content: text, stopReason });
      expect(told().end().pass(5_000).box().box.state).toBe('done');
      const failed = told().agent('lifecycle', { phase: 'error', error: 'refused', executionSettled: true });
      expect(failed.box().box).toMatchObject({ state: 'error', reason: 'refused' });
    },
  );

  it('never end the reading, whatever they hold', () => {
    const names = fc.constantFrom('type', 'id', 'name', 'input', 'toolCallId', 'content', 'functionCall', 'output');
    const types = fc.constantFrom('toolCall', 'tool_use', 'tool_result', 'text', 'function_call_output');
    const blocks = fc.array(fc.dictionary(names, fc.oneof(types, fc.jsonValue()), { maxKeys: 5 }), { maxLength: 4 });
    const roles = fc.constantFrom('assistant', 'user', 'toolResult', 'tool');
    fc.assert(
      fc.property(roles, blocks, fc.jsonValue(), fc.jsonValue(), (role, content, status, args) => {
        const story = new Story().start().call('a', 'exec', { args: args as JsonObject });
        answer(story, { role, content, stopReason: status });
        item(story, { status, name: args });
        expect(story.lines().length).toBeGreaterThan(0);
      }),
    );
  });
});
