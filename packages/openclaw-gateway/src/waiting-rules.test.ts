import type { JsonObject } from '@live-status/transcript-parser';
import { describe, expect, it } from 'vitest';
import { KEY, Story } from './testing/story.ts';

const CHILD = 'agent:main:subagent:k1';
const waits = (approvalId: string, toolCallId: string): JsonObject => ({
  phase: 'waiting-approval',
  approvalId,
  toolCallId,
});
const resolved = (approvalId: string): JsonObject => ({ phase: 'approval-resolved', approvalId });
const failed = (failoverReason: string): JsonObject => ({
  phase: 'finishing',
  error: 'no',
  errorObservation: { failoverReason },
});

describe('an approval', () => {
  it('makes people wait for half an hour, each of several by itself', () => {
    const story = new Story().start().call('a').call('b').agent('lifecycle', waits('one', 'a'));
    story.agent('lifecycle', waits('two', 'b')).agent('lifecycle', waits('two', 'b'));
    const asked = { since: story.now, until: story.now + 1_800_000 };
    expect(story.box().box).toMatchObject({
      state: 'waiting',
      lines: [{ approval: { approvalId: 'one', ...asked } }, { approval: { approvalId: 'two', ...asked } }],
    });
    story.agent('lifecycle', resolved('two')).agent('lifecycle', resolved('unknown'));
    expect(story.box().box.state).toBe('waiting');
    story.result('a');
    expect(story.box().box).toMatchObject({ state: 'active', lines: [{ state: 'ok' }, { state: 'running' }] });
  });

  it('is over when its call goes on, although nobody saw it decided', () => {
    const story = new Story().start().call('a').agent('lifecycle', waits('one', 'a'));
    story.agent('tool', { phase: 'update', name: 'exec', toolCallId: 'a' });
    expect(story.box().box.state).toBe('active');
  });

  it.each([
    ['user-denied', 'denied'],
    ['approval-timeout', 'not-approved'],
  ])('that ends as %s leaves no error', (why, state) => {
    const text = `Exec denied (gateway id=one, ${why}): a`;
    const story = new Story()
      .start()
      .call('a')
      .agent('lifecycle', waits('one', 'a'))
      .agent('lifecycle', resolved('one'));
    story.result('a', 'exec', {
      isError: true,
      result: { content: [{ type: 'text', text }], details: { status: 'failed' } },
    });
    expect(story.box().box.lines).toEqual([expect.objectContaining({ state })]);
    expect(story.box().box.lines[0]).not.toHaveProperty('error');
  });

  it('is over with its run, and opens nothing when it is resolved afterwards', () => {
    const story = new Story().start().call('a').agent('lifecycle', waits('one', 'a'));
    story.end({ aborted: true, status: 'cancelled' }).wait(1_900).agent('lifecycle', resolved('one'));
    expect(story.box().box).toMatchObject({ state: 'aborted', lines: [{ state: 'aborted' }] });
    expect(story.box().resumeTokens.join()).not.toContain('one');
  });

  it.each([['approval-resolved'], ['fallback']])('of a run that is not known any more begins none: %s', (phase) => {
    expect(new Story().agent('lifecycle', { phase, approvalId: 'one' }).events).toEqual([]);
  });

  it('of a child makes the box wait', () => {
    const story = new Story().start().call('s', 'sessions_spawn');
    story.result('s', 'sessions_spawn', { result: { details: { childSessionKey: CHILD, runId: 'k' } } });
    const inChild = { sessionKey: CHILD, runId: 'k', spawnedBy: KEY };
    const start = { phase: 'start', name: 'exec', toolCallId: 'a', args: {} };
    story.agent('tool', start, inChild).agent('lifecycle', waits('one', 'a'), inChild);
    expect(story.box().box).toMatchObject({ state: 'waiting', lines: [{ kind: 'child', state: 'waiting' }] });
  });

  describe('that is open when the process restarts', () => {
    const running = { key: KEY, status: 'running', hasActiveRun: true };
    const flight: [string, JsonObject][] = [[KEY, { messages: [], inFlightRun: { runId: 'r1', events: [started()] } }]];
    const before = new Story().meet('b1').find([]).start().call('a').agent('lifecycle', waits('one', 'a'));
    const { resumeTokens } = before.box();

    it('goes on to wait since when it did', () => {
      const story = new Story({ resumeTokens }).wait(60_000).meet('b1').find([running], 'b1', flight);
      const approval = { approvalId: 'one', since: before.now, until: before.now + 1_800_000 };
      expect(story.box().box).toMatchObject({ state: 'waiting', lines: [{ approval }] });
      expect(story.box().resumeTokens).toEqual(resumeTokens);
      story.agent('lifecycle', resolved('one'));
      expect(story.box().box.state).toBe('active');
    });

    it('is over when the gateway was restarted, too', () => {
      const story = new Story({ resumeTokens }).wait(60_000).meet('b2').find([running], 'b2', flight);
      expect(story.box().box.state).toBe('active');
    });

    it('is over when its call went on meanwhile', () => {
      const update = { runId: 'r1', stream: 'tool', data: { phase: 'update', name: 'exec', toolCallId: 'a' } };
      const history = { messages: [], inFlightRun: { runId: 'r1', events: [started(), update] } };
      const story = new Story({ resumeTokens })
        .wait(60_000)
        .meet('b1')
        .find([running], 'b1', [[KEY, history]]);
      expect(story.box().box).toMatchObject({ state: 'active', lines: [{ state: 'running' }] });
    });

    it('is over when its call is, although nothing says how', () => {
      const result = { runId: 'r1', stream: 'tool', data: { phase: 'result', name: 'exec', toolCallId: 'a' } };
      const history = { messages: [], inFlightRun: { runId: 'r1', events: [started(), result] } };
      const story = new Story({ resumeTokens }).wait(60_000).meet('b1');
      story.find([running], 'b1', [[KEY, history]]);
      expect(story.box().box.state).toBe('active');
    });

    it('is over when its run is', () => {
      const story = new Story({ resumeTokens })
        .wait(60_000)
        .meet('b1')
        .find([{ key: KEY, status: 'done' }]);
      expect(story.box().box).toMatchObject({ state: 'done', lines: [] });
    });

    it('was decided when a frame that came meanwhile says so', () => {
      const payload = { sessionKey: KEY, runId: 'r1', stream: 'lifecycle', data: resolved('one') };
      const story = new Story({ resumeTokens }).wait(60_000).meet('b1');
      story.find([running], 'b1', flight, [{ type: 'frame', event: 'agent', payload, at: 0 }]);
      expect(story.box().box.state).toBe('active');
    });

    function started(): JsonObject {
      return { runId: 'r1', stream: 'tool', data: { phase: 'start', name: 'exec', toolCallId: 'a' } };
    }
  });

  it('was over when the history was given, whatever was held back', () => {
    const running = { key: KEY, status: 'running', hasActiveRun: true };
    const done = {
      runId: 'r1',
      stream: 'item',
      data: { kind: 'tool', phase: 'end', name: 'exec', toolCallId: 'a', status: 'completed' },
    };
    const history = { messages: [], inFlightRun: { runId: 'r1', events: [done] } };
    const payload = { sessionKey: KEY, runId: 'r1', stream: 'lifecycle', data: waits('one', 'a') };
    const story = new Story().meet('b1').find([]).start().call('a').lose();
    story.wait(1_000).find([running], 'b1', [[KEY, history]], [{ type: 'frame', event: 'agent', payload, at: 0 }]);
    expect(story.lines()).toEqual(['exec ok']);
    expect(story.box().box.state).toBe('active');
  });

  it('waits again when a gateway comes back that was given up', () => {
    const running = { key: KEY, status: 'running', hasActiveRun: true };
    const story = new Story().meet('b1').find([]).start().call('a').agent('lifecycle', waits('one', 'a'));
    story.lose().pass(130_000);
    expect(story.box().box.state).toBe('interrupted');
    story.meet('b1').find([running], 'b1', [[KEY, { messages: [], inFlightRun: { runId: 'r1', events: [] } }]]);
    expect(story.box().box).toMatchObject({ state: 'waiting', lines: [{ approval: { approvalId: 'one' } }] });
  });

  it.each([1_000, 130_000])('waits no longer when the gateway was started again within %i ms', (awayMs) => {
    const running = { key: KEY, status: 'running', hasActiveRun: true };
    const story = new Story().meet('b1').find([]).start().call('a').agent('lifecycle', waits('one', 'a'));
    story.lose().pass(awayMs).meet('b2');
    story.find([running], 'b2', [[KEY, { messages: [], inFlightRun: { runId: 'r1', events: [] } }]]);
    expect(story.box().box.state).toBe('active');
    expect(story.box().resumeTokens.join()).not.toContain('one');
  });
});

describe('a run that yields while a call waits', () => {
  it('waits for nobody any more', () => {
    const story = new Story().start().call('a').agent('lifecycle', waits('one', 'a'));
    story
      .call('q', 'ask_user', { args: { question: 'Where?' } })
      .call('y', 'sessions_yield')
      .result('y', 'sessions_yield');
    story.end({ yielded: true });
    expect(story.lines()).toEqual(['exec aborted', 'ask_user aborted', 'sessions_yield ok']);
    expect(story.box().box.lines[0]).not.toHaveProperty('approval');
    expect(story.box().resumeTokens.join()).not.toContain('one');
  });
});

describe('a question', () => {
  it.each([
    [undefined, 900],
    [5, 30],
    [120, 120],
    [90_000, 3_600],
  ])('with a time of %s s ends after %i s', (timeoutSeconds, seconds) => {
    const args = { questions: [{ question: 'Where?', options: [{ label: 'Here' }, 'There'] }], timeoutSeconds };
    const story = new Story().start().call('q', 'ask_user', { args });
    const question = { asks: [{ text: 'Where?', options: ['Here', 'There'] }], secret: false };
    const until = story.now + seconds * 1_000;
    expect(story.box().box).toMatchObject({ state: 'waiting', lines: [{ question: { ...question, until } }] });
  });

  it('is known by its title where its arguments are not told', () => {
    const item = { kind: 'tool', phase: 'start', name: 'ask_user', toolCallId: 'q', title: 'Ask User Where?' };
    const { lines } = new Story().start().agent('item', item).box().box;
    expect(lines).toMatchObject([{ question: { asks: [{ text: 'Where?', options: [] }] } }]);
    expect(lines[0]).not.toHaveProperty('question.until');
  });

  it.each([
    ['answered', 'answered'],
    ['no_answer', 'no-answer'],
  ])('that is %s is no error', (status, state) => {
    const story = new Story().start().call('q', 'ask_user', { args: { question: 'Where?' } });
    story.result('q', 'ask_user', { result: { details: { status } } });
    expect(story.box().box).toMatchObject({ state: 'active', lines: [{ state }] });
  });

  it.each([
    ['secrets', { action: 'request', name: 'hunter2' }],
    ['mcp__openclaw__secrets', { action: 'request', name: 'hunter2' }],
    ['mcp__openclaw__ask_user', { questions: [{ question: 'The password for hunter2?', secret: true }] }],
    ['ask_user', { questions: [{ question: 'The password for hunter2?', secret: true }] }],
  ])('for a secret is not quoted: %s', (tool, args) => {
    const story = new Story().start().call('q', tool, { args });
    expect(story.box().box).toMatchObject({ state: 'waiting', lines: [{ question: { asks: [], secret: true } }] });
    expect(JSON.stringify(story.box())).not.toContain('hunter2');
  });
});

describe('a call that carries another', () => {
  const carry = (story: Story, id: string, tool: string, carrier = 'tool_call'): Story =>
    story.call(id, carrier, { args: carrier === 'tool_call' ? { id: tool, args: { command: 'x' } } : { code: 'x' } });

  it.each([
    ['tool_call', 'named by the gateway', { parentToolCallId: 'c' }],
    ['tool_search_code', 'named by the gateway', { parentToolCallId: 'c' }],
    ['mcp__openclaw__tool_call', 'named by the gateway', { parentToolCallId: 'c' }],
    ['tool_call', 'named by the id alone', {}],
  ])('is shown as the one it carries: %s, %s', (carrier, _how, more) => {
    const story = carry(new Story().start(), 'c', 'web_search', carrier);
    story.call('tool_search_code:c:web_search:1', 'web_search', more);
    expect(story.lines()).toEqual(['web_search running']);
  });

  it.each([
    ['exec', 'exec'],
    ['read', 'exec'],
    ['ask_user', 'ask_user'],
  ])('is not one of which a model made up the id: %s', (tool, named) => {
    const story = new Story().start().call('c', tool);
    story.call(`tool_search_code:c:${named}:0`, named, { args: { command: 'y' } });
    expect(story.lines()).toEqual([`${tool} running`, `${named} running`]);
    story.result('c', tool);
    expect(story.box().box.lines[0]).toMatchObject({ tool, state: 'ok' });
  });

  it('is hidden by its own call only', () => {
    const story = carry(new Story().start(), 'c', 'ask_user').call('tool_search_code:c:exec:0', 'exec');
    // Fails by itself: its end is shown, under the name of what it was to carry.
    story.result('c', 'tool_call', { isError: true });
    expect(story.lines()).toEqual(['exec running', 'ask_user error']);
  });
});

describe('a person who is waited for, and an end that nobody reports', () => {
  const APPROVAL_MS = 1_800_000;
  const LATE_MS = 60_000;
  const running = { key: KEY, status: 'running', hasActiveRun: true };
  const asked = (): Story => new Story().meet('b1').find([]).start().call('a').agent('lifecycle', waits('one', 'a'));
  const question = (timeoutSeconds?: number): Story =>
    new Story().start().call('q', 'ask_user', { args: { question: 'Where?', timeoutSeconds } });

  it('is not taken to have been asked in vain before every end is in', () => {
    const story = asked().pass(APPROVAL_MS + LATE_MS - 1);
    expect(story.box().box).toMatchObject({ state: 'waiting', lines: [{ approval: { approvalId: 'one' } }] });
    story.pass(1);
    expect(story.box().box).toMatchObject({ state: 'active', lines: [{ state: 'not-approved' }] });
    expect(story.box().box.lines[0]).not.toHaveProperty('approval');
    expect(story.box().resumeTokens.join()).not.toContain('one');
  });

  it.each([
    [30, 30],
    [undefined, 900],
    [3_600, 3_600],
  ])('was asked a question for %s s', (timeoutSeconds, seconds) => {
    const story = question(timeoutSeconds).pass(seconds * 1_000 + LATE_MS - 1);
    expect(story.box().box.state).toBe('waiting');
    expect(story.pass(1).box().box).toMatchObject({ state: 'active', lines: [{ state: 'no-answer' }] });
  });

  it('was asked for an hour at most, where nobody knows for how long', () => {
    const item = { kind: 'tool', phase: 'start', name: 'ask_user', toolCallId: 'q', title: 'Ask User Where?' };
    const story = new Story().start().agent('item', item);
    expect(story.pass(3_600_000 + LATE_MS - 1).lines()).toEqual(['ask_user running']);
    expect(story.pass(1).lines()).toEqual(['ask_user no-answer']);
  });

  it('of several is that of one of them', () => {
    const story = asked()
      .call('b')
      .pass(600_000)
      .agent('lifecycle', waits('two', 'b'))
      .pass(APPROVAL_MS - 500_000);
    expect(story.box().box).toMatchObject({
      state: 'waiting',
      lines: [{ state: 'not-approved' }, { state: 'running', approval: { approvalId: 'two' } }],
    });
    expect(story.pass(600_000).lines()).toEqual(['exec not-approved', 'exec not-approved']);
  });

  it.each([
    [{ result: { details: { exitCode: 0 } } }, { state: 'ok', exitCode: 0 }],
    [{ result: { details: { exitCode: 2 } } }, { state: 'error', exitCode: 2 }],
    [
      {
        isError: true,
        result: { content: [{ type: 'text', text: 'Exec denied (gateway id=one, user-denied): a' }] },
      },
      { state: 'denied' },
    ],
  ])('is corrected when it is reported after all: %o', (result, line) => {
    const story = asked()
      .call('b')
      .pass(APPROVAL_MS + LATE_MS);
    expect(story.lines()).toEqual(['exec not-approved', 'exec running']);
    story.result('a', 'exec', result);
    expect(story.box().box.lines).toMatchObject([{ id: 'a', ...line }, { id: 'b' }]);
    expect(story.box().box.lines).toHaveLength(2);
  });

  it('runs again when its call does', () => {
    const story = asked().pass(APPROVAL_MS + LATE_MS);
    story.agent('lifecycle', { ...resolved('one'), toolCallId: 'a' });
    expect(story.box().box.lines).toMatchObject([{ state: 'running', args: { command: 'a' } }]);
    expect(story.box().box.lines[0]).not.toHaveProperty('endedAt');
    const late = asked().pass(APPROVAL_MS + LATE_MS);
    late.agent('tool', { phase: 'update', name: 'exec', toolCallId: 'a' });
    expect(late.lines()).toEqual(['exec running']);
    expect(late.result('a').lines()).toEqual(['exec ok']);
  });

  it('is corrected for a question as well', () => {
    const story = question(30).pass(120_000);
    story.result('q', 'ask_user', { result: { details: { status: 'answered' } } });
    expect(story.box().box.lines).toMatchObject([{ state: 'answered', question: { asks: [{ text: 'Where?' }] } }]);
  });

  it('is not known while the gateway cannot be reached', () => {
    const story = asked().pass(APPROVAL_MS);
    story.lose().pass(LATE_MS + 1_000);
    expect(story.lines()).toEqual(['exec running']);
    expect(story.box().box.lines).toMatchObject([{ approval: { approvalId: 'one' } }]);
  });

  it('may have been reported while nobody was connected: then the call runs, as far as is known', () => {
    const flight: [string, JsonObject][] = [[KEY, { messages: [], inFlightRun: { runId: 'r1', events: [] } }]];
    const story = asked().pass(60_000).lose().wait(1_000).find([running], 'b1', flight);
    expect(story.pass(APPROVAL_MS - 10_000).box().box.state).toBe('waiting');
    story.pass(LATE_MS + 10_000);
    expect(story.box().box).toMatchObject({ state: 'active', lines: [{ state: 'running' }] });
    expect(story.box().box.lines[0]).not.toHaveProperty('approval');
    story.agent('lifecycle', waits('two', 'a')).pass(APPROVAL_MS + LATE_MS);
    expect(story.lines()).toEqual(['exec not-approved']);
  });

  it('is not that of a run that has ended', () => {
    const story = asked()
      .end({ aborted: true })
      .pass(APPROVAL_MS + LATE_MS);
    expect(story.lines()).toEqual(['exec aborted']);
  });
});

describe('a plan', () => {
  const steps = [
    { step: 'one', status: 'completed' },
    { step: 'two', status: 'in_progress' },
    { step: 'three', status: 'pending' },
  ];
  const plan = [
    { text: 'one', status: 'done' },
    { text: 'two', status: 'current' },
    { text: 'three', status: 'open' },
  ];

  it.each([
    ['progress_card', { plan: steps, markdown: 'So far.' }],
    ['update_plan', { explanation: 'x', plan: steps }],
    ['TodoWrite', { todos: steps.map(({ step, status }) => ({ content: step, status, activeForm: 'x' })) }],
    ['mcp__list__write', { items: steps.map(({ step, status }) => ({ title: step, status })) }],
  ])('is written by %s, which leaves no line', (tool, args) => {
    const story = new Story().start().call('p', tool, { args }).result('p', tool);
    expect(story.box().box).toMatchObject({ plan, lines: [] });
  });

  it('takes back the line of a call whose arguments turn out to be one', () => {
    const item = { kind: 'tool', phase: 'start', name: 'mcp__list__write', toolCallId: 'p' };
    const story = new Story().start().agent('item', item);
    expect(story.lines()).toEqual(['mcp__list__write running']);
    story.call('p', 'mcp__list__write', { args: { todos: steps } });
    expect(story.box().box).toMatchObject({ plan, lines: [] });
  });

  it('is not what a call is given with other states, or a card of text alone', () => {
    const tickets = { items: [{ title: 'a bug', status: 'wontfix' }] };
    const story = new Story().start().call('t', 'create_tickets', { args: tickets });
    story.call('p', 'progress_card', { args: { markdown: 'Half done.' } });
    expect(story.lines()).toEqual(['create_tickets running']);
    expect(story.box().box).not.toHaveProperty('plan');
  });

  it('is asked for when its call was not seen, and not taken from an earlier run', () => {
    const story = new Story().start().call('a').tell('progressCard.changed', { sessionKey: KEY, revision: 3 });
    expect(story.requests).toEqual([{ method: 'progressCard.get', params: { sessionKey: KEY } }]);
    story.answer({ card: { updatedAt: story.now - 60_000, steps } });
    expect(story.box().box).not.toHaveProperty('plan');
    story.answer({ card: { updatedAt: story.now, steps } });
    expect(story.box().box).toMatchObject({ plan });
    story.tell('progressCard.changed', { sessionKey: KEY, revision: null });
    expect(story.box().box).not.toHaveProperty('plan');
  });

  it('is in the history of the run in flight', () => {
    const history = { messages: [], inFlightRun: { runId: 'r1', events: [], plan: { steps } } };
    const story = new Story().find([{ key: KEY, status: 'running', hasActiveRun: true }], 'b1', [[KEY, history]]);
    story.call('a');
    expect(story.box().box).toMatchObject({ plan });
  });
});

describe('a model that fails', () => {
  it('has failed once, though the gateway tells of it under two names', () => {
    const story = new Story().ask('go').start();
    const error = { error: 'x', errorObservation: { failoverReason: 'server_error' } };
    for (const seq of [2, 2]) story.agent('lifecycle', { phase: 'finishing', ...error }, { seq });
    story.wait(40_000).agent('lifecycle', { phase: 'start' }, { seq: 3 });
    story.wait(1_000).call('c1').result('c1').end().pass(10_000);
    expect(story.box().box.lines).toMatchObject([{ kind: 'model', failures: 1 }, { kind: 'tool' }]);
  });

  const retrying = (attempt: number, delayMs: number): JsonObject => ({
    runId: 'r1',
    stream: 'run_status',
    data: { phase: 'retrying', attempt, delayMs, reason: 'rate_limit' },
  });

  it('is asked about once for each attempt, and says when the next one is made', () => {
    const story = new Story().start().call('a').agent('lifecycle', failed('rate_limit'));
    const request = { method: 'chat.history', params: { sessionKey: KEY, limit: 1 }, afterMs: 100 };
    expect(story.requests).toEqual([request]);
    const failedAt = story.now;
    story.wait(200).answer({ inFlightRun: { runId: 'r1', events: [retrying(2, 3_000)] } });
    expect(story.box().box.trouble).toEqual({
      kind: 'retry',
      reason: 'rate limit',
      attempt: 2,
      retryAt: failedAt + 3_000,
    });
    story.start().agent('lifecycle', failed('rate_limit'));
    expect(story.requests).toEqual([request, request]);
    // Still that of the attempt before.
    story.answer({ inFlightRun: { runId: 'r1', events: [retrying(2, 3_000)] } });
    expect(story.box().box.trouble).toEqual({ kind: 'retry', reason: 'rate limit', attempt: 3 });
  });

  it('is not asked about when the gateway tells by itself, or will not ask it again', () => {
    const story = new Story().start().call('a').agent('run_status', { phase: 'starting_model' });
    story.agent('lifecycle', failed('rate_limit'));
    expect(new Story().start().call('a').agent('lifecycle', failed('billing')).requests).toEqual([]);
    expect(story.requests).toEqual([]);
    story.agent('run_status', { phase: 'retrying', attempt: 2, delayMs: 3_000, reason: 'rate_limit' });
    expect(story.box().box.trouble).toMatchObject({ attempt: 2, retryAt: story.now + 3_000 });
  });

  it('works again when it says something, not when it is only asked', () => {
    const story = new Story()
      .start()
      .call('a')
      .result('a')
      .agent('lifecycle', failed('server_error'))
      .wait(6_000)
      .start();
    story.agent('lifecycle', { phase: 'model', provider: 'p', model: 'm' });
    expect(story.box().box).toMatchObject({ trouble: { kind: 'retry', reason: 'server error' } });
    story.tell('chat', { sessionKey: KEY, runId: 'r1', state: 'delta', deltaText: 'So' });
    expect(story.box().box).not.toHaveProperty('trouble');
    expect(story.lines()).toEqual(['exec ok', 'model']);
  });

  it('worked again before the call of its answer began', () => {
    const story = new Story().start().agent('lifecycle', failed('billing')).wait(6_000).start();
    const content = [{ type: 'toolCall', id: 'a', name: 'exec', arguments: { command: 'a' } }];
    const message = { role: 'assistant', content, stopReason: 'toolUse', __openclaw: { id: 'm1', runId: 'r1' } };
    story.tell('session.message', { sessionKey: KEY, message });
    expect(story.lines()).toEqual(['model', 'exec running']);
  });

  it('is named when it is another one than was selected from the beginning', () => {
    const story = new Story().change({ reason: 'send' }, { model: 'm-1' }).start();
    story.agent('lifecycle', { phase: 'model', provider: 'p', model: 'm-2' }).call('a');
    expect(story.box().box).toMatchObject({ model: 'm-2' });
  });

  it('begins no run by a chat event', () => {
    const story = new Story();
    for (const state of ['delta', 'final']) story.tell('chat', { sessionKey: KEY, runId: 'r9', state });
    expect(story.events).toEqual([]);
  });
});

describe('a command in the background', () => {
  const task = (status: string, more: JsonObject = {}): JsonObject => ({
    task: { kind: 'exec', sessionKey: KEY, sourceId: 'ember', runId: 'exec:ember', status, ...more },
  });
  const goOn = (story: Story): Story =>
    story.result('a', 'exec', { result: { details: { status: 'running', sessionId: 'ember' } } });

  it.each([
    ['completed', {}, { state: 'ok', exitCode: 0 }],
    ['failed', { error: 'Command failed (exit code 3)' }, { state: 'error', exitCode: 3 }],
    ['failed', { error: 'No space left' }, { state: 'error', error: 'No space left' }],
    ['cancelled', {}, { state: 'aborted' }],
  ])('ends after its run as its task: %s %o', (status, more, line) => {
    const story = goOn(new Story().start().call('a')).tell('task', task('running')).end().wait(20_000);
    expect(story.box().box).toMatchObject({ state: 'done', inBackground: 1 });
    story.tell('task', task(status, { ...more, endedAt: story.now - 10 }));
    expect(story.box().box.lines).toEqual([expect.objectContaining(line)]);
    // An exit code needs no words.
    if ('exitCode' in line) expect(story.box().box.lines[0]).not.toHaveProperty('error');
    expect(story.box().box).not.toHaveProperty('inBackground');
  });

  it('leaves its run the time that it took, however late a new process finds it', () => {
    const before = goOn(new Story().meet('b1').find([]).start().call('a')).wait(5_000);
    const [answeredAt, message] = [before.now, { role: 'assistant', content: 'Started.', stopReason: 'stop' }];
    const { resumeTokens } = before.end().box();
    const told = { ...message, __openclaw: { id: 'm', runId: 'r1', recordTimestampMs: answeredAt } };
    for (const endedAt of [answeredAt + 900_000, undefined]) {
      const story = new Story({ resumeTokens }).wait(1_800_000).meet('b1');
      story.find([{ key: KEY, status: 'done', endedAt }], 'b1', [[KEY, { messages: [told] }]]);
      expect(story.box().box).toMatchObject({ state: 'done', endedAt: answeredAt });
    }
  });

  it('may have ended before its call has', () => {
    const story = goOn(
      new Story()
        .start()
        .call('a')
        .tell('task', task('failed', { error: 'x (exit code 1)' })),
    );
    expect(story.lines()).toEqual(['exec error']);
    story.tell('task', task('failed', { error: 'x (exit code 1)' }));
    expect(story.events.filter(({ type }) => type === 'background-ended')).toHaveLength(1);
  });

  it('ended while nobody was connected', () => {
    const story = goOn(new Story().find([]).start().call('a')).end().wait(5_000).lose();
    const { task: ended } = task('completed', { endedAt: story.now + 1_000 });
    story.wait(9_000).observe({
      ...{ type: 'caught-up', bootId: 'b1', rows: [], histories: new Map(), frames: [], at: story.now },
      tasks: [ended as JsonObject],
    });
    expect(story.box().box.lines).toMatchObject([{ state: 'ok', endedAt: story.now - 8_000 }]);
  });
});

describe('what else a post says', () => {
  it.each([
    [KEY, 'https://gw.example.com/ui/chat/main/t1'],
    ['agent:main:main', 'https://gw.example.com/ui/chat/main'],
    [
      'agent:main:mattermost:channel:abc:thread:def',
      'https://gw.example.com/ui/chat/main/mattermost/channel/abc/thread/def',
    ],
    [
      'agent:main:hook:0b947e6e-c689-4f38-944b-2cfc23697314',
      'https://gw.example.com/ui/chat/main/0b947e6ec6894f38944b2cfc23697314',
    ],
  ])('links %s to its page where there is one', (sessionKey, url) => {
    const story = new Story().observe({ type: 'met', controlUiUrl: 'https://gw.example.com/ui/', at: 1 });
    expect(story.call('a', 'exec', {}).boxes()).toHaveLength(1);
    story
      .agent('lifecycle', { phase: 'start' }, { sessionKey })
      .agent('tool', { phase: 'start', name: 'x', toolCallId: 'b' }, { sessionKey });
    expect(story.boxes().find((entry) => entry.sessionKey === sessionKey)?.box.url).toBe(url);
    expect(new Story().start().call('a').box().box).not.toHaveProperty('url');
  });

  it('names who asked in Mattermost', () => {
    const __openclaw = { senderId: 'u1', senderName: '@alice', transport: { channel: 'mattermost' } };
    expect(new Story().ask('go', { __openclaw }).start().call('a').box().askedBy).toBe('alice');
  });

  it.each([
    ['a user name and an id', 'mattermost', '@alice', { askedBy: 'alice', askedById: 'a1ice000000000000000000000' }],
    ['a name that a webhook chose', 'mattermost', 'Build Robot', { askedById: 'a1ice000000000000000000000' }],
    [
      'the id for want of a name',
      'mattermost',
      'a1ice000000000000000000000',
      { askedById: 'a1ice000000000000000000000' },
    ],
    ['somebody elsewhere', 'telegram', '@alice', {}],
  ])('knows who asked by %s', (_what, channel, senderName, expected) => {
    const __openclaw = { senderId: 'a1ice000000000000000000000', senderName, transport: { channel } };
    const { askedBy, askedById } = new Story().ask('go', { __openclaw }).start().call('a').box();
    expect(JSON.parse(JSON.stringify({ askedBy, askedById }))).toEqual(expected);
  });

  it('counts changed files once, and none that a call left as they were', () => {
    const story = new Story().start();
    const write = (id: string, tool: string, args: JsonObject, details: JsonObject): void =>
      void story.call(id, tool, { args }).result(id, tool, { result: { details } });
    write('a', 'write', { path: 'a.txt' }, { changed: true });
    write('b', 'edit', { path: 'a.txt' }, { changed: true });
    write('c', 'edit', { path: 'c.txt' }, { changed: false });
    write('d', 'apply_patch', {}, { summary: { added: ['d.txt'], modified: ['a.txt'], deleted: ['e.txt'] } });
    expect(story.box().box.filesChanged).toBe(3);
  });

  it('says how full the context is, of the selected model', () => {
    const answer = (model: string, totalTokens: number): JsonObject => ({
      sessionKey: KEY,
      message: {
        ...{ role: 'assistant', content: [], model, usage: { input: 1, output: 1, totalTokens } },
        __openclaw: { runId: 'r1', id: `m${totalTokens}` },
      },
    });
    const story = new Story().change({ reason: 'send' }, { model: 'm-1', contextTokens: 1_000 }).start().call('a');
    story.tell('session.message', answer('m-1', 800)).tell('session.message', answer('m-2', 900));
    expect(story.box().box.context).toEqual({ usedTokens: 800, windowTokens: 1_000 });
  });
});
