import type { JsonObject } from '@live-status/transcript-parser';
import { describe, expect, it } from 'vitest';
import { toResumeToken } from './resume-token.ts';
import { KEY, Story } from './testing/story.ts';

const CHILD = 'agent:main:subagent:k1';

describe('a run', () => {
  it.each([
    ['a tool', (story: Story) => story.call('a')],
    ['an item', (story: Story) => story.agent('item', { kind: 'tool', phase: 'start', name: 'exec', toolCallId: 'a' })],
    [
      'a message',
      (story: Story) =>
        story.tell('session.message', {
          sessionKey: KEY,
          message: {
            role: 'assistant',
            content: [{ type: 'toolCall', id: 'a', name: 'exec', arguments: { command: 'a' } }],
            stopReason: 'toolUse',
            __openclaw: { runId: 'r1', id: 'm1' },
          },
        }),
    ],
  ])('is born by the first thing that is heard of it: %s', (_name, first) => {
    expect(first(new Story()).lines()).toEqual(['exec running']);
  });

  it('has one line for a call that several events tell of, with the arguments that one of them has', () => {
    const story = new Story().start();
    story.agent('item', { kind: 'tool', phase: 'start', name: 'exec', toolCallId: 'a' }).call('a').call('a');
    story.tell('session.tool', {
      sessionKey: KEY,
      runId: 'r1',
      stream: 'tool',
      data: { phase: 'start', name: 'exec', toolCallId: 'a' },
    });
    story.result('a').agent('item', { kind: 'tool', phase: 'end', name: 'exec', toolCallId: 'a', status: 'failed' });
    expect(story.lines()).toEqual(['exec ok']);
    expect(story.box().box.lines[0]).toMatchObject({ args: { command: 'a' } });
  });

  it('takes an id that was used before for another call, when it happens now', () => {
    expect(new Story().start().call('a').result('a').call('a').lines()).toEqual(['exec ok', 'exec running']);
  });

  it('ends a call by its item where the result is only summed up', () => {
    const story = new Story().start().call('a').agent('tool', { phase: 'result', name: 'exec', toolCallId: 'a' });
    expect(story.lines()).toEqual(['exec running']);
    const item = {
      kind: 'tool',
      phase: 'end',
      name: 'exec',
      toolCallId: 'a',
      status: 'failed',
      error: 'no',
      startedAt: 1,
      endedAt: 8,
    };
    story.agent('item', item);
    expect(story.box().box.lines).toMatchObject([{ state: 'error', error: 'no', durationMs: 7 }]);
  });

  it('shows a command that went to the background as such', () => {
    const story = new Story()
      .start()
      .call('a')
      .result('a', 'exec', { result: { details: { status: 'running' } } });
    expect(story.lines()).toEqual(['exec background']);
  });

  it('shows what a carrier carries, not the carrier', () => {
    const story = new Story().start().call('a', 'tool_call', { args: { id: 'cron', args: {} } });
    expect(story.lines()).toEqual([]);
    story.call('a1', 'cron', { parentToolCallId: 'a' }).result('a1', 'cron').result('a', 'tool_call');
    expect(story.lines()).toEqual(['cron ok']);
  });

  it('takes back the line of a call that turns out to carry others', () => {
    const story = new Story().start().call('a', 'tool_search_code');
    expect(story.lines()).toEqual(['tool_search_code running']);
    story.call('a1', 'read', { parentToolCallId: 'a' }).call('a2', 'exec', { parentToolCallId: 'a' });
    expect(story.lines()).toEqual(['read running', 'exec running']);
  });

  it('shows a carrier that failed by itself under the name of what it was to carry', () => {
    const story = new Story().start().call('a', 'tool_call', { args: { id: 'no_such_tool', args: {} } });
    story.result('a', 'tool_call', { isError: true, result: { content: [{ type: 'text', text: 'Unknown tool' }] } });
    expect(story.box().box.lines).toMatchObject([{ tool: 'no_such_tool', state: 'error', error: 'Unknown tool' }]);
  });

  it('adds nothing after its end, and ends once', () => {
    const story = new Story().start().call('a').end({ aborted: true, status: 'cancelled' });
    story.wait(100).result('a', 'exec', { isError: true }).call('b');
    story.agent('lifecycle', {
      phase: 'error',
      aborted: true,
      error: 'This operation was aborted',
      executionSettled: true,
    });
    expect(story.box().box).toMatchObject({ state: 'aborted', endedAt: 1_000_000 });
    expect(story.lines()).toEqual(['exec aborted']);
  });

  it('goes on when another model takes over after an error, and ends with it when none does', () => {
    const error = { phase: 'error', error: 'overloaded' };
    const story = new Story().start().call('a').result('a').agent('lifecycle', error).wait(3_000).call('b').pass(9_000);
    expect(story.box().box.state).toBe('active');
    story.agent('lifecycle', error).pass(5_000);
    expect(story.box().box).toMatchObject({ state: 'error', reason: 'overloaded' });
  });

  it('ends by its row when its own end was not told, unless more is heard of it', () => {
    const done = { status: 'done', hasActiveRun: false };
    const story = new Story().start().call('a').change({ reason: 'agent.input.settled' }, done).wait(1_000).result('a');
    expect(story.pass(10_000).box().box.state).toBe('active');
    expect(story.change({ phase: 'end', runId: 'r1' }, done).pass(2_000).box().box.state).toBe('done');
  });

  it.each(['constructor', '__proto__', 'toString', 'valueOf'])(
    'does not end by a status that nobody knows: %s',
    (status) => {
      const story = new Story().start().call('a').change({ reason: 'x' }, { status, hasActiveRun: false });
      story.tell('task', { task: { kind: 'exec', sourceId: 'b1', status, sessionKey: KEY } });
      expect(story.pass(10_000).box().box.state).toBe('active');
    },
  );

  it('has ids that can be kept and shown, whatever the gateway sends', () => {
    const [runId, toolCallId] = ['r\u001b]0;t\u0007'.repeat(50_000), '\u202e'.repeat(50_000)];
    const data = { phase: 'start', name: 'exec', toolCallId, args: { command: 'a' } };
    const story = new Story().tell('agent', { sessionKey: KEY, runId, stream: 'tool', data });
    story.tell('agent', {
      ...{ sessionKey: KEY, runId, stream: 'tool' },
      data: { ...data, phase: 'result', result: { details: { exitCode: 0 } } },
    });
    expect(story.lines()).toEqual(['exec ok']);
    const { boxId, evidence, resumeTokens, box } = story.box();
    const kept = [boxId, ...evidence, ...resumeTokens, ...box.lines.map(({ id }) => id)];
    expect(kept.filter((text) => text.length > 600 || /[\p{Cc}\p{Cf}]/u.test(text))).toEqual([]);
  });

  it.each([
    ['while the model was waited for', 'error', { timeoutPhase: 'provider', error: 'Request timed out.' }],
    ['in a call', 'end', { stopReason: 'toolUse', livenessState: 'paused' }],
  ])('is aborted when its time ran out: %s', (_when, phase, more) => {
    const story = new Story()
      .start()
      .call('a')
      .agent('lifecycle', { phase, aborted: false, ...more })
      .pass(5_000);
    expect(story.box().box).toMatchObject({ state: 'aborted' });
    expect(story.lines()).toEqual(['exec aborted']);
  });

  it('goes on when another model takes over from one that took too long', () => {
    const late = { phase: 'error', error: 'Request timed out.', timeoutPhase: 'provider' };
    const story = new Story().start().call('a').result('a').agent('lifecycle', late).wait(3_000).call('b').pass(9_000);
    expect(story.box().box.state).toBe('active');
  });

  it('is done when its time ran out after it had answered', () => {
    const message = {
      role: 'assistant',
      content: 'All good.',
      stopReason: 'stop',
      __openclaw: { runId: 'r1', id: 'm1' },
    };
    const late = { phase: 'end', timeoutPhase: 'post_turn' };
    const story = new Story().start().call('a').result('a').tell('session.message', { sessionKey: KEY, message });
    expect(story.agent('lifecycle', late).box().box).toMatchObject({ state: 'done', answer: 'All good.' });
  });

  it('counts from the first row that calls it active', () => {
    const story = new Story()
      .change({ reason: 'send' }, { status: 'running', hasActiveRun: true })
      .wait(4_000)
      .start()
      .call('a');
    expect(story.box().box.startedAt).toBe(1_000_000);
  });

  it('does not count from a row that lags behind the end of the run before', () => {
    const active = { status: 'running', hasActiveRun: true };
    const story = new Story().start().end().wait(600).change({ reason: 'participants' }, active).wait(30_000);
    story
      .start({ runId: 'r2' })
      .agent('item', { kind: 'preamble', phase: 'end', progressText: 'On it.' }, { runId: 'r2' });
    expect(story.boxes().at(-1)?.box.startedAt).toBe(1_030_600);
  });

  it('shows a compaction once, whoever reports it', () => {
    const story = new Story().start().call('a').result('a').agent('compaction', { phase: 'end', completed: true });
    story.tell('session.operation', { sessionKey: KEY, operation: 'compact', phase: 'end', completed: true });
    expect(story.lines()).toEqual(['exec ok', 'compaction']);
  });

  it('shows a compaction that runs of channels are not told of: the run begins again after it overflowed', () => {
    const overflow = {
      phase: 'finishing',
      error: 'Context overflow: prompt too large for the model.',
      errorObservation: { failoverReason: 'context_overflow' },
    };
    const story = new Story().start().call('a').result('a').agent('lifecycle', overflow).wait(800);
    expect(story.lines()).toEqual(['exec ok']);
    story.start().call('b');
    expect(story.lines()).toEqual(['exec ok', 'compaction', 'exec running']);
    story.result('b').agent('lifecycle', overflow).wait(9_000).agent('compaction', { phase: 'end', completed: true });
    expect(story.wait(9_000).start().call('c').lines()).toEqual([
      'exec ok',
      'compaction',
      'exec ok',
      'compaction',
      'exec running',
    ]);
  });

  it('takes no other second start for a compaction', () => {
    const limited = { phase: 'finishing', error: '429', errorObservation: { failoverReason: 'rate_limit' } };
    const story = new Story().start().call('a').result('a').agent('lifecycle', limited).wait(800).start();
    expect(story.lines()).toEqual(['exec ok']);
  });

  it('waits when it yielded', () => {
    expect(new Story().start().call('a').result('a').end({ yielded: true }).events.at(-1)).toMatchObject({
      type: 'run-ended',
      outcome: 'waiting',
    });
  });

  it('knows a failure by the exit code, whatever the gateway calls it', () => {
    const story = new Story().start().call('a');
    story.result('a', 'exec', { isError: false, result: { details: { status: 'completed', exitCode: 3 } } });
    story.agent('item', { kind: 'tool', phase: 'end', name: 'exec', toolCallId: 'a', status: 'completed' });
    expect(story.box().box.lines).toMatchObject([{ state: 'error', exitCode: 3 }]);
  });

  it('misses nothing for numbers that are left out, or come late', () => {
    const story = new Story().start({ seq: 1 }).call('a', 'exec', { seq: 5 });
    story.agent('item', { kind: 'tool', phase: 'start', name: 'exec', toolCallId: 'a' }, { seq: 4 });
    story.agent('tool', { phase: 'result', name: 'exec', toolCallId: 'a', result: { details: {} } }, { seq: 90 });
    story.agent('lifecycle', { phase: 'end' }, { seq: 200 });
    expect(story.box().box.state).toBe('done');
    expect(story.lines()).toEqual(['exec ok']);
  });

  it('is told of the end of a background command by a heartbeat, which is no work of its own', () => {
    const story = new Story().ask('go').start().call('a').pass(10_000);
    story
      .result('a', 'exec', { result: { details: { status: 'running' } } })
      .end()
      .pass(60_000);
    const heartbeat = { runId: 'h1', isHeartbeat: true };
    story.start({ ...heartbeat, seq: 5 }).pass(2_000);
    story.agent('lifecycle', { phase: 'end' }, { ...heartbeat, seq: 12 }).pass(60_000);
    expect(story.boxes().map(({ box, worthPost }) => [box.state, worthPost])).toEqual([
      ['done', true],
      ['done', false],
    ]);
    expect(story.boxes()[0]?.box.lines).toMatchObject([{ tool: 'exec', state: 'background' }]);
  });

  it('counts a nested call once, also where it is recorded as a message', () => {
    const story = new Story().start().call('a', 'tool_call', { args: { id: 'cron', args: {} } });
    const content = [{ type: 'toolCall', id: 'a1', name: 'cron', arguments: {} }, { type: 'toolResult' }];
    const nested = { role: 'custom', customType: 'openclaw.nested-tool.v1', content };
    story.call('a1', 'cron', { parentToolCallId: 'a' }).tell('session.message', { sessionKey: KEY, message: nested });
    story.result('a1', 'cron').tell('session.message', { sessionKey: KEY, message: nested });
    expect(story.lines()).toEqual(['cron ok']);
  });

  it('counts the tokens and the cost of each model call once', () => {
    const usage = { input: 10, output: 5, cacheRead: 3, cacheWrite: 2, cost: { total: 0.25 } };
    const message = {
      role: 'assistant',
      content: [],
      stopReason: 'stop',
      usage,
      __openclaw: { runId: 'r1', id: 'm1' },
    };
    const story = new Story().start().call('a').result('a');
    story.tell('session.message', { sessionKey: KEY, message }).tell('session.message', { sessionKey: KEY, message });
    story.end();
    expect(story.box().box.tokens).toEqual({ input: 10, output: 5, cacheRead: 3, cacheWrite: 2, costUsd: 0.25 });
  });

  it('is silent when it is a heartbeat', () => {
    const story = new Story().start({ isHeartbeat: true }).call('a').pass(60_000);
    expect(story.box().worthPost).toBe(false);
  });
});

describe('a session', () => {
  it('ends its run when it is reset or deleted', () => {
    for (const reason of ['reset', 'delete']) {
      const story = new Story().start().call('a').tell('sessions.changed', { sessionKey: KEY, reason });
      expect(story.box().box).toMatchObject({ state: 'interrupted' });
      expect(story.events.at(-1)).toMatchObject({ type: 'session-gone', sessionKey: KEY });
    }
  });

  it('opens a box for each message, and none of its own for what was steered into a run', () => {
    const story = new Story().ask('one').start().call('a').ask('steered').result('a').end();
    expect(story.boxes()).toHaveLength(1);
    story.ask('two').start({ runId: 'r2' }).agent('lifecycle', { phase: 'end' }, { runId: 'r2' });
    expect(story.boxes()).toHaveLength(2);
  });

  it('routes a direct message to its sender, when the row says so too', () => {
    const to = (user: string) => ({ deliveryContext: { channel: 'mattermost', to: `user:${user}` } });
    const from = { __openclaw: { senderId: 'alice', transport: { channel: 'mattermost' } } };
    const story = new Story().change({ reason: 'create' }, to('bob')).ask('hello', from).start().call('a');
    expect(story.box().route).toBeUndefined();
    story.change({ reason: 'participants' }, to('alice'));
    expect(story.box().route).toEqual({ kind: 'mattermost-user', userId: 'alice' });
  });

  it('routes a linked person by the row, unless another of the linked accounts wrote', () => {
    const [alice, bob] = ['a1ice000000000000000000000', 'b0b00000000000000000000000'];
    const sessionKey = 'agent:main:mattermost:direct:alice';
    const row = (userId: string) => ({
      deliveryContext: { channel: 'mattermost', to: `user:${userId}`, accountId: 'ops' },
    });
    const from = { __openclaw: { senderId: alice, transport: { channel: 'mattermost' } } };
    const at = { sessionKey };
    const change = (reason: string, userId: string) => ({
      ...at,
      reason,
      session: { key: sessionKey, ...row(userId) },
    });
    const story = new Story().tell('sessions.changed', change('create', bob));
    story.tell('session.message', { ...at, message: { role: 'user', content: 'hello', ...from } });
    story.start(at).agent('tool', { phase: 'start', name: 'exec', toolCallId: 'a', args: {} }, at);
    expect(story.box().route).toBeUndefined();
    story.tell('sessions.changed', change('participants', alice));
    expect(story.box().route).toEqual({ kind: 'mattermost-user', userId: alice, accountId: 'ops' });
  });

  it('shows nobody what a run does for two people', () => {
    const from = (senderId: string) => ({ __openclaw: { senderId, transport: { channel: 'mattermost' } } });
    const story = new Story().change(
      { reason: 'create' },
      { deliveryContext: { channel: 'mattermost', to: 'user:alice' } },
    );
    story.ask('hello', from('alice')).start().call('a').ask('me again', from('alice'));
    expect(story.box().route).toEqual({ kind: 'mattermost-user', userId: 'alice' });
    story.ask('me too', from('bob'));
    expect(story.box().route).toEqual({ kind: 'elsewhere', origin: 'shared' });
  });

  it('routes what the command line asked to the background, and what the web asked elsewhere', () => {
    const by = (mode: string) => ({ __openclaw: { transport: { clients: [{ id: mode, mode }] } } });
    expect(new Story().ask('hello', by('cli')).start().box().route).toEqual({ kind: 'background', origin: 'cli' });
    expect(new Story().ask('hello', by('webchat')).start().box().route).toEqual({
      kind: 'elsewhere',
      origin: 'webchat',
    });
  });

  it('waits for the result of a child until it was delivered', () => {
    const spawned = { details: { status: 'accepted', childSessionKey: CHILD } };
    const task = {
      kind: 'subagent',
      status: 'running',
      sessionKey: KEY,
      childSessionKey: CHILD,
      runId: 'c1',
      title: 'helper',
    };
    const of = { sessionKey: CHILD, runId: 'c1', spawnedBy: KEY };
    const story = new Story().ask('go').start().call('s', 'sessions_spawn').tell('task', { task });
    story.result('s', 'sessions_spawn', { result: spawned }).end();
    story
      .agent('lifecycle', { phase: 'start' }, of)
      .agent('tool', { phase: 'start', name: 'exec', toolCallId: 'x' }, of);
    expect(story.box().box).toMatchObject({
      state: 'active',
      lines: [{ kind: 'child', label: 'helper', state: 'active' }],
    });
    story.agent('lifecycle', { phase: 'end' }, of);
    expect(story.box().box).toMatchObject({ state: 'active', lines: [{ state: 'done' }] });
    story.tell('task', { task: { ...task, status: 'completed', deliveryStatus: 'delivered' } });
    expect(story.box().box).toMatchObject({ state: 'done' });
    story.start({ runId: `announce:v1:${CHILD}:c1` });
    expect(story.events.filter(({ type }) => type === 'announced')).toHaveLength(1);
  });

  it('waits for what is announced of a child whose time ran out, and of no child that was stopped', () => {
    const spawned = { details: { status: 'accepted', childSessionKey: CHILD } };
    const of = { sessionKey: CHILD, runId: 'c1', spawnedBy: KEY };
    const spawning = (): Story => {
      const story = new Story().ask('go').start().call('s', 'sessions_spawn');
      story.result('s', 'sessions_spawn', { result: spawned }).end().agent('lifecycle', { phase: 'start' }, of);
      return story.agent('tool', { phase: 'start', name: 'exec', toolCallId: 'x' }, of);
    };
    const stopped = spawning().agent('lifecycle', { phase: 'end', aborted: true }, of);
    expect(stopped.box().box).toMatchObject({ state: 'done', lines: [{ state: 'aborted' }] });
    const late = { phase: 'error', error: 'Request timed out.', timeoutPhase: 'provider', executionSettled: true };
    const story = spawning().agent('lifecycle', late, of);
    expect(story.box().box).toMatchObject({ state: 'active', lines: [{ state: 'aborted' }] });
    const announce = { runId: `announce:v1:${CHILD}:c1` };
    story.pass(5_000).start(announce).agent('lifecycle', { phase: 'end' }, announce);
    expect(story.pass(5_000).box().box).toMatchObject({ state: 'done' });
  });

  it.each(['', ':yield-1'])('takes the results of several children from one run (name ends in "%s")', (yielded) => {
    const other = 'agent:main:subagent:other';
    const story = new Story().ask('go').start();
    for (const [child, runId] of [
      [CHILD, 'c1'],
      [other, 'c2'],
    ] as const) {
      const spawned = { details: { status: 'accepted', childSessionKey: child } };
      story.call(runId, 'sessions_spawn').result(runId, 'sessions_spawn', { result: spawned });
      const of = { sessionKey: child, runId, spawnedBy: KEY };
      story.agent('lifecycle', { phase: 'start' }, of).agent('lifecycle', { phase: 'end' }, of);
    }
    const settle = { runId: `announce:requester-settle:main:${KEY}:c1,c2${yielded}` };
    story
      .end()
      .start(settle)
      .agent('lifecycle', { phase: 'end', terminalReply: { text: 'Both are done.' } }, settle);
    expect(story.events.filter(({ type }) => type === 'announced')).toHaveLength(2);
    expect(story.boxes()).toHaveLength(1);
    expect(story.box().box).toMatchObject({ state: 'done' });
  });

  it.each([
    ['knows whose they are', ['c1', 'c2']],
    ['knows whose one of them is', ['', 'c2']],
    ['knows of none whose it is', ['', '']],
  ])('takes the results of several children whose runs it did not see from one run, if it %s', (_name, known) => {
    const calls = ['c1', 'c2'].map((id) => ({ type: 'toolCall', id, name: 'sessions_spawn', arguments: {} }));
    const messages = [
      { role: 'user', content: 'go' },
      { role: 'assistant', content: calls, stopReason: 'toolUse', __openclaw: { runId: 'r1', id: 'm1' } },
      ...['c1', 'c2'].map((id, index) => {
        const details = { status: 'accepted', childSessionKey: `agent:main:subagent:${id}`, runId: known[index] };
        return { role: 'toolResult', toolCallId: id, toolName: 'sessions_spawn', content: [], details };
      }),
    ];
    const story = new Story({
      resumeTokens: [toResumeToken({ sessionKey: KEY, gatewayId: 'r1', startedAt: 900_000 })],
    });
    story.find([{ key: KEY, status: 'done' }], 'b1', [[KEY, { messages }]]);
    expect(story.box().box.state).toBe('active');
    const settle = { runId: `announce:requester-settle:main:${KEY}:c1,c2:yield-1` };
    story.start(settle).agent('lifecycle', { phase: 'end', terminalReply: { text: 'Both are done.' } }, settle);
    expect(story.box().box).toMatchObject({ state: 'done' });
  });
});

describe('hostile payloads', () => {
  it.each([
    ['agent', { sessionKey: KEY, runId: 'r', stream: 'tool', data: { phase: 'start', toolCallId: 7, name: {} } }],
    ['agent', { sessionKey: 7, runId: null }],
    ['agent', { sessionKey: KEY, runId: 'r', stream: 'item', data: [] }],
    ['session.message', { sessionKey: KEY, message: { role: 'assistant', content: 'x', __openclaw: { runId: 'r' } } }],
    ['session.message', { sessionKey: KEY, message: { role: 'user', content: [null, 7] } }],
    ['sessions.changed', { sessionKey: '', reason: 'reset' }],
    ['sessions.changed', {}],
    ['task', { task: { kind: 'subagent', sessionKey: 7 } }],
    ['constructor', { sessionKey: '__proto__' }],
  ])('are passed over: %s', (event, payload) => {
    expect(() => new Story().tell(event, payload as JsonObject)).not.toThrow();
  });
});
