import type { JsonObject } from '@live-status/transcript-parser';
import { describe, expect, it } from 'vitest';
import type { EventFrame } from './observation.ts';
import { toResumeToken } from './resume-token.ts';
import { CutPlay } from './testing/disturbed-play.ts';
import { RecordedGateway } from './testing/recorded-gateway.ts';
import { KEY, Story } from './testing/story.ts';
import { writeFrames } from './testing/written-gateway.ts';

describe('a gateway that cannot be reached', () => {
  const running = { key: KEY, status: 'running', hasActiveRun: true };

  it('changes nothing when it is back within 5 s', () => {
    const story = new Story().find([]).start().call('a').lose().pass(4_000).find([running], 'b1', flight());
    expect(story.events.filter(({ type }) => type === 'run-sight')).toEqual([]);
    expect(story.box().box.state).toBe('active');
  });

  it('gives its runs up after the grace, and sees them again by the first thing it hears', () => {
    const story = new Story().find([]).start().call('a').lose().pass(5_000);
    expect(story.box().box).toMatchObject({ state: 'active', reason: 'gateway unreachable' });
    story.pass(115_000);
    expect(story.box().box).toMatchObject({ state: 'interrupted', reason: 'gateway unreachable' });
    story.result('a').call('b');
    expect(story.box().box.state).toBe('active');
    expect(story.lines()).toEqual(['exec ok', 'exec running']);
  });

  it.each([
    ['done', 'done'],
    ['failed', 'error'],
    ['killed', 'aborted'],
    ['timeout', 'aborted'],
  ])('ends a run that is %s meanwhile as %s', (status, state) => {
    const story = new Story()
      .find([])
      .start()
      .call('a')
      .lose()
      .pass(20_000)
      .find([{ key: KEY, status }]);
    expect(story.box().box.state).toBe(state);
  });

  it('calls a run interrupted that its restart cut, and continues the box when it is resumed', () => {
    const story = new Story()
      .find([])
      .ask('go')
      .start()
      .call('a')
      .lose()
      .pass(20_000)
      .find([{ key: KEY, status: 'running' }], 'b2');
    expect(story.box().box).toMatchObject({ state: 'interrupted', reason: 'the agent stopped' });
    story.pass(10_000).agent('tool', { phase: 'start', name: 'exec', toolCallId: 'b' }, { runId: 'r2' });
    expect(story.box().box.state).toBe('active');
    expect(story.lines()).toEqual(['exec aborted', 'exec running']);
  });

  it('sees a cut run go on by the message with which it is resumed, before the model answers', () => {
    const story = new Story().find([]).ask('go').start().call('a').lose().pass(20_000).find([running], 'b2');
    expect(story.box().box.state).toBe('interrupted');
    const content = '[System] Your previous turn was interrupted by a gateway restart while OpenClaw was waiting.';
    story.pass(5_000).ask(content, { idempotencyKey: 'r2:user' });
    expect(story.box().box).toMatchObject({ state: 'active' });
    story.pass(45_000).agent('lifecycle', { phase: 'end' }, { runId: 'r2' });
    expect(story.box().box).toMatchObject({ state: 'done' });
  });

  it.each([4_000, 20_000, 130_000])('knows a resumed run by a connection that was lost before it stood: %i', (away) => {
    const call = (toolCallId: string): JsonObject => ({ phase: 'start', name: 'exec', toolCallId });
    const told = { messages: [], inFlightRun: { runId: 'r2', events: [] } };
    const story = new Story().find([]).ask('go').start().call('a').lose().pass(away).meet('b2');
    story
      .agent('tool', call('b'), { runId: 'r2' })
      .lose()
      .pass(9_000)
      .meet('b2')
      .find([running], 'b2', [[KEY, told]]);
    story.agent('tool', call('c'), { runId: 'r2' }).pass(9_000);
    expect(story.box().box.state).toBe('active');
    expect(story.lines()).toEqual(['exec aborted', 'exec running', 'exec running']);
  });

  it('ends no run that began after the restart, when its history does not come', () => {
    const story = new Story().find([]).start().call('a').lose().pass(9_000).meet('b2');
    story.agent('lifecycle', { phase: 'start' }, { runId: 'r2' }).lose().pass(9_000).find([running], 'b2');
    const ended = story.pass(9_000).events.flatMap((event) => (event.type === 'run-ended' ? event.runId : []));
    expect(new Set(ended)).toEqual(new Set([`${KEY}/r1`]));
  });

  it('takes nothing from a history but what belongs to known runs and the one under way', () => {
    const told = {
      messages: [{ role: 'user', content: 'an old message' }],
      inFlightRun: {
        events: [{ runId: 'other', stream: 'tool', data: { phase: 'start', name: 'exec', toolCallId: 'a' } }],
      },
    };
    const story = new Story().find([running], 'b1', [[KEY, told]]);
    expect(story.events).toEqual([]);
    expect(story.start().call('a').events).toContainEqual(
      expect.objectContaining({ type: 'run-identified', trigger: 'other' }),
    );
  });

  it('finds a run of an earlier life again, with what its session did since', () => {
    const content = [{ type: 'toolCall', id: 'a', name: 'exec', arguments: { command: 'a' } }];
    const __openclaw = { runId: 'r1', id: 'm1' };
    const messages = [
      { role: 'user', content: 'go' },
      { role: 'assistant', content, stopReason: 'toolUse', __openclaw },
      { role: 'toolResult', toolCallId: 'a', toolName: 'exec', content: [], details: { exitCode: 0 } },
      { role: 'assistant', content: 'All good.', stopReason: 'stop', __openclaw: { ...__openclaw, id: 'm2' } },
      { role: 'user', content: 'the next one' },
      { role: 'assistant', content: 'Sure.', stopReason: 'stop', __openclaw: { runId: 'r2', id: 'm3' } },
    ];
    const resumeTokens = [toResumeToken({ sessionKey: KEY, gatewayId: 'r1', startedAt: 900_000 })];
    const story = new Story({ resumeTokens }).find([{ key: KEY, status: 'failed', endedAt: 990_000 }], 'b1', [
      [KEY, { messages }],
    ]);
    const { box, evidence } = story.box();
    expect(box).toMatchObject({ state: 'done', startedAt: 900_000, endedAt: 990_000, answer: 'All good.' });
    expect(story.lines()).toEqual(['exec ok']);
    expect(evidence).toContain('run:r1');
  });

  describe('with frames that came before the history', () => {
    const item = (phase: 'start' | 'end', toolCallId: string): JsonObject => ({
      ...{ kind: 'tool', phase, name: 'exec', toolCallId },
      status: phase === 'end' ? 'completed' : 'running',
    });
    const frame = (stream: string, data: JsonObject): EventFrame => ({
      type: 'frame',
      event: 'agent',
      payload: { sessionKey: KEY, runId: 'r1', stream, data },
      at: 0,
    });
    const call = (id: string): JsonObject => ({
      role: 'assistant',
      content: [{ type: 'toolCall', id, name: 'exec', arguments: { command: id } }],
      stopReason: 'toolUse',
      __openclaw: { runId: 'r1', id: `m-${id}` },
    });
    const result = (toolCallId: string): JsonObject => ({
      role: 'toolResult',
      toolCallId,
      toolName: 'exec',
      content: [],
    });
    const resumeTokens = [toResumeToken({ sessionKey: KEY, gatewayId: 'r1', startedAt: 900_000 })];
    const inFlightRun = { runId: 'r1', events: [] };

    it('tells what was before, then what they tell', () => {
      const frames = [frame('item', item('end', 'a')), frame('item', item('start', 'b'))];
      const messages = [{ role: 'user', content: 'go' }, call('a')];
      const story = new Story({ resumeTokens }).find([running], 'b1', [[KEY, { messages, inFlightRun }]], frames);
      expect(story.box().box).toMatchObject({ state: 'active', startedAt: 900_000 });
      expect(story.lines()).toEqual(['exec ok', 'exec running']);
      expect(story.box().box.lines[0]).toMatchObject({ args: { command: 'a' } });
    });

    it('reads a message that the history gives in two parts of one id, and its tokens once', () => {
      const whole: JsonObject = { ...call('a'), usage: { input: 1_200, output: 40 } };
      const { __openclaw } = whole;
      const said = { role: 'assistant', content: [{ type: 'text', text: 'I look.' }], __openclaw };
      const messages = [{ role: 'user', content: 'go' }, said, whole, result('a')];
      const again: EventFrame = {
        type: 'frame',
        event: 'session.message',
        payload: { sessionKey: KEY, message: whole },
        at: 0,
      };
      const story = new Story({ resumeTokens }).find([running], 'b1', [[KEY, { messages, inFlightRun }]], [again]);
      expect(story.box().box.lines).toMatchObject([{ args: { command: 'a' }, state: 'ok' }]);
      expect(story.box().box.tokens).toMatchObject({ input: 1_200, output: 40 });
    });

    it('tells nothing twice that the history tells, too', () => {
      const frames = [frame('item', item('start', 'a')), frame('item', item('end', 'a'))];
      const messages = [{ role: 'user', content: 'go' }, call('a'), result('a')];
      const story = new Story({ resumeTokens }).find([running], 'b1', [[KEY, { messages, inFlightRun }]], frames);
      expect(story.lines()).toEqual(['exec ok']);
    });

    it('ends a run as they say, not as one that is gone', () => {
      const frames = [frame('lifecycle', { phase: 'end', aborted: true })];
      const told: [string, JsonObject][] = [[KEY, { messages: [{ role: 'user', content: 'go' }, call('a')] }]];
      const story = new Story({ resumeTokens }).find([running], 'b1', told, frames);
      expect(story.box().box.state).toBe('aborted');
    });

    it.each([
      ['chat', { state: 'final' }],
      ['sessions.changed', { phase: 'model' }],
    ])('ends a run of which only comes what follows its end: %s', (event, more) => {
      const late: EventFrame = { type: 'frame', event, payload: { sessionKey: KEY, runId: 'r1', ...more }, at: 0 };
      const rows = [{ key: KEY, status: 'done', hasActiveRun: false }];
      const story = new Story().find([]).start().call('a').lose().pass(20_000).find(rows, 'b1', [], [late]);
      expect(story.pass(10_000).box().box.state).toBe('done');
    });

    it('goes on with the run under way when they tell of one before it', () => {
      const call = { stream: 'tool', data: { phase: 'start', name: 'exec', toolCallId: 'a' } };
      const inFlight = { runId: 'r2', startedAt: 1_000_500, events: [{ runId: 'r2', ts: 1_000_600, ...call }] };
      const story = new Story()
        .wait(1_000)
        .find(
          [running],
          'b1',
          [[KEY, { messages: [], inFlightRun: inFlight }]],
          [{ ...frame('lifecycle', { phase: 'end' }), at: 1_000_200 }],
        );
      const ended = story.pass(10_000).events.filter(({ type }) => type === 'run-ended');
      expect(ended).toMatchObject([{ runId: `${KEY}/r1` }]);
    });

    it('begins a run that the history does not know yet', () => {
      const story = new Story().find(
        [running],
        'b1',
        [],
        [frame('tool', { ...item('start', 'a'), args: { command: 'a' } })],
      );
      expect(story.lines()).toEqual(['exec running']);
    });
  });

  it('ends calls by results that name their run, too', () => {
    const __openclaw = { runId: 'r1', id: 'm2' };
    const result = { role: 'toolResult', toolCallId: 'a', toolName: 'exec', content: [], __openclaw };
    const told: [string, JsonObject][] = [[KEY, { messages: [result], inFlightRun: { runId: 'r1', events: [] } }]];
    const story = new Story().find([]).start().call('a').lose().find([running], 'b1', told);
    expect(story.lines()).toEqual(['exec ok']);
  });

  it.each([
    ['ls: no such file\n\n(Command exited with code 3)', 'exec error'],
    ['Command still running (session calm-owl, pid 7).', 'exec background'],
    ['3 files', 'exec ok'],
  ])('reads how a command ended from its text, where the history has nothing else: %j', (text, line) => {
    const messages = [{ role: 'toolResult', toolCallId: 'a', toolName: 'exec', content: [{ type: 'text', text }] }];
    const rows = [{ key: KEY, status: 'done' }];
    const story = new Story()
      .find([])
      .start()
      .call('a')
      .lose()
      .find(rows, 'b1', [[KEY, { messages }]]);
    expect(story.lines()).toEqual([line]);
  });

  it('reads how a command ended from what says most: its text, or an event where the text was cut short', () => {
    const content = (text: string): JsonObject[] => [{ type: 'text', text }];
    const messages = ['(Command exited with code 3)', 'a very long te'].map((text, index) => ({
      role: 'toolResult',
      toolCallId: `c${index}`,
      toolName: 'exec',
      content: content(text),
      __openclaw: { runId: 'r1', recordTimestampMs: 1_000_000 },
    }));
    const events = ['c0', 'c1', 'c2'].map((toolCallId) => ({
      runId: 'r1',
      stream: 'item',
      ts: 999_990,
      data: { kind: 'tool', phase: 'end', name: 'exec', toolCallId, status: 'failed' },
    }));
    const story = new Story().find([]).start().call('c0').call('c1').call('c2').lose();
    story.find([running], 'b1', [[KEY, { messages, inFlightRun: { runId: 'r1', events } }]]);
    expect(story.lines()).toEqual(['exec error', 'exec error', 'exec error']);
    expect(story.box().box.lines).toMatchObject([{ exitCode: 3 }, {}, {}]);
  });

  it.each([
    ['r1', 'r2'],
    ['r2', 'r1'],
  ])('goes on with the run under way, in whichever order runs are resumed: %s, %s', (...runs) => {
    const resumeTokens = runs.map((gatewayId) => toResumeToken({ sessionKey: KEY, gatewayId, startedAt: 900_000 }));
    const told = { messages: [], inFlightRun: { runId: 'r2', events: [] } };
    const story = new Story({ resumeTokens }).find([running], 'b1', [[KEY, told]]).pass(10_000);
    expect(story.events.filter(({ type }) => type === 'run-ended')).toMatchObject([{ runId: `${KEY}/r1` }]);
  });

  it('ends the run before the one under way, however the clock of the gateway goes', () => {
    const told = { messages: [], inFlightRun: { runId: 'r2', startedAt: 1_000, events: [] } };
    const story = new Story()
      .find([])
      .start()
      .call('a')
      .lose()
      .pass(9_000)
      .find([running], 'b1', [[KEY, told]]);
    const ended = story.pass(10_000).events.filter(({ type }) => type === 'run-ended');
    expect(ended).toMatchObject([{ runId: `${KEY}/r1` }]);
  });

  describe('when another run ended after the one that was not seen to end', () => {
    const answer = (runId: string, content: unknown, stopReason: string): JsonObject => ({
      ...{ role: 'assistant', content, stopReason, __openclaw: { runId, id: `answer of ${runId}` } },
    });
    const rows = [{ key: KEY, status: 'done', lastRunId: 'r2' }];
    const later = [{ role: 'user', content: 'and now?' }, answer('r2', 'Sure.', 'stop')];
    const stateBy = (messages: readonly JsonObject[]): unknown => {
      const story = new Story().find([]).ask('go').start().call('a').lose().pass(20_000);
      return story.find(rows, 'b1', [[KEY, { messages: [{ role: 'user', content: 'go' }, ...messages] }]]).box().box
        .state;
    };

    it.each([
      ['error', 'error'],
      ['stop', 'done'],
      ['aborted', 'aborted'],
    ])('ends by its own answer: %s', (stopReason, state) => {
      expect(stateBy([answer('r1', 'Well.', stopReason), ...later])).toBe(state);
    });

    it('does not end as the other one did', () => {
      expect(stateBy(later)).toBe('interrupted');
      expect(stateBy([])).toBe('interrupted');
    });

    it('ends as its row says when that is about itself', () => {
      const story = new Story().find([]).ask('go').start().call('a').lose().pass(20_000);
      story.find([{ key: KEY, status: 'failed', lastRunId: 'r1' }], 'b1', [[KEY, { messages: [] }]]);
      expect(story.box().box.state).toBe('error');
    });
  });

  it('does not take text before a call for an answer', () => {
    const __openclaw = { runId: 'r1', id: 'm1' };
    const text = [{ type: 'text', text: 'I look.' }];
    const content = [{ type: 'toolCall', id: 'a', name: 'exec', arguments: { command: 'a' } }];
    const failed = { role: 'assistant', content: [], stopReason: 'error', __openclaw: { runId: 'r1', id: 'm2' } };
    const said = { role: 'assistant', content: text, __openclaw };
    const segment = {
      ...said,
      openclawStreamFallback: { replacementText: 'I look.', source: 'segment', itemId: 'c1' },
    };
    const called = { role: 'assistant', content, stopReason: 'toolUse', __openclaw };
    const messages = [{ role: 'user', content: 'go' }, segment, called, failed];
    const story = new Story().find([]).ask('go').start();
    for (const message of [called, failed]) story.tell('session.message', { sessionKey: KEY, message });
    story.lose().find([{ key: KEY, status: 'done', lastRunId: 'r2' }], 'b1', [[KEY, { messages }]]);
    expect(story.box().box.state).toBe('error');
  });

  describe('while a checklist is written', () => {
    const steps = (step: string): JsonObject[] => [{ step, status: 'in_progress' }];
    const call = (id: string, plan: unknown): JsonObject => ({
      role: 'assistant',
      content: [{ type: 'toolCall', id, name: 'progress_card', arguments: { plan } }],
      stopReason: 'toolUse',
      __openclaw: { runId: 'r1', id: `m-${id}` },
    });
    const event = (stream: string, data: JsonObject): JsonObject => ({ runId: 'r1', stream, data });
    const start = (toolCallId: string): JsonObject =>
      event('tool', { phase: 'start', name: 'progress_card', toolCallId });
    const end = (toolCallId: string): JsonObject =>
      event('item', { kind: 'tool', phase: 'end', name: 'progress_card', toolCallId, status: 'completed' });
    const planBy = (inFlight: JsonObject): unknown => {
      const messages = [{ role: 'user', content: 'go' }, call('p1', steps('one')), call('p2', steps('two'))];
      const told = { messages, inFlightRun: { runId: 'r1', ...inFlight } };
      return new Story().find([running], 'b1', [[KEY, told]]).box().box.plan;
    };

    it('keeps the newer one, of a call that is still to write it', () => {
      const plan = { steps: steps('one') };
      expect(planBy({ plan, events: [start('p1'), end('p1')] })).toMatchObject([{ text: 'two' }]);
      expect(planBy({ plan, events: [start('p1'), end('p1'), start('p2')] })).toMatchObject([{ text: 'two' }]);
    });

    it('takes one that was written by a call which is not told', () => {
      const events = [start('p1'), end('p1'), start('p2'), end('p2')];
      expect(planBy({ plan: { steps: steps('three') }, events })).toMatchObject([{ text: 'three' }]);
    });
  });

  describe('with a command that was left in the background while other calls of the batch go on', () => {
    const calls = ['a', 'b'].map((id) => ({ type: 'toolCall', id, name: 'exec', arguments: { command: `do  ${id}` } }));
    const __openclaw = { runId: 'r1', id: 'm1' };
    const messages = [
      { role: 'user', content: 'go' },
      { role: 'assistant', content: calls, stopReason: 'toolUse', __openclaw },
    ];
    const ended = { kind: 'tool', phase: 'end', name: 'exec', toolCallId: 'b', status: 'completed' };
    const span = { startedAt: 500_000, endedAt: 500_900 };
    const events = [{ runId: 'r1', stream: 'item', data: { ...ended, ...span } }];
    const told: [string, JsonObject][] = [[KEY, { messages, inFlightRun: { runId: 'r1', events } }]];
    const task = (more: JsonObject): JsonObject => ({
      ...{ id: 't', kind: 'exec', sessionKey: KEY, sourceId: 'calm-owl', title: 'do b', status: 'running' },
      ...{ startedAt: 500_400, ...more },
    });
    const find = (...tasks: JsonObject[]): Story => {
      const story = new Story();
      const seen = { type: 'caught-up', bootId: 'b1', rows: [running], frames: [], at: story.now } as const;
      return story.observe({ ...seen, histories: new Map(told), tasks });
    };

    it('shows it in the background, and then how it ended', () => {
      const story = find(task({}));
      expect(story.lines()).toEqual(['exec running', 'exec background']);
      expect(story.box().box.inBackground).toBe(1);
      story.tell('task', { task: task({ status: 'failed', error: 'Command failed (exit code 3)' }) });
      expect(story.box().box.lines).toMatchObject([{ state: 'running' }, { state: 'error', exitCode: 3 }]);
    });

    it('shows how it ended when it has', () => {
      expect(find(task({ status: 'completed' })).lines()).toEqual(['exec running', 'exec ok']);
      expect(find(task({ status: 'failed' })).lines()).toEqual(['exec running', 'exec error']);
    });

    it('knows it by a task that is told later, and by a title that is cut short', () => {
      expect(
        find()
          .tell('task', { task: task({}) })
          .lines(),
      ).toEqual(['exec running', 'exec background']);
      expect(find(task({ title: 'do …' })).lines()).toEqual(['exec running', 'exec background']);
    });

    it.each([
      ['of another command', { title: 'do c' }],
      ['that began before the call', { startedAt: 499_000 }],
      ['that began after the call', { startedAt: 501_000 }],
      ['of another session', { sessionKey: 'agent:main:t2' }],
      ['that is no command', { kind: 'cron' }],
    ])('shows what its summary says beside a task %s', (_which, more) => {
      expect(find(task(more)).lines()).toEqual(['exec running', 'exec ok']);
    });
  });

  it('leaves alone what had ended before', () => {
    const story = new Story().find([]).start().call('a').result('a').end().lose().pass(500_000).find([], 'b2');
    expect(story.box().box.state).toBe('done');
  });

  function flight(): [string, JsonObject][] {
    return [[KEY, { messages: [], inFlightRun: { runId: 'r1', events: [] } }]];
  }
});

describe('a process that ends while the end of a child is announced', () => {
  const calls = [{ kind: 'child', calls: 1 }] as const;
  const turns = [{ do: 'calls', text: '', calls, ms: 400 }] as const;
  const gateway = new RecordedGateway(writeFrames([{ isOfChannel: true, turns, end: 'done', pauseMs: 2_500 }]));
  const begins = gateway.frames.findIndex(({ payload }) => /^announce:/.test(String(payload?.runId)));
  const tokensOf = (play: CutPlay): unknown => play.finish().map(({ boxId, box }) => [boxId, box.tokens]);

  it.each([1, 2, 3])('leaves the announce to the box of the child, %i frames after it began', (frames) => {
    const lostAt = begins + frames;
    const play = new CutPlay(gateway).cut({ lostAt, heldFrom: lostAt, toldAt: lostAt, isRestart: true });
    expect(tokensOf(play)).toEqual(tokensOf(new CutPlay(gateway)));
  });

  it('leaves it there also when the next one begins long after', () => {
    const next = { isOfChannel: true, turns: [], end: 'done', pauseMs: 20_000 } as const;
    const all = new RecordedGateway(writeFrames([{ isOfChannel: true, turns, end: 'done', pauseMs: 2_500 }, next]));
    const lostAt = begins + 3;
    const places = { lostAt, heldFrom: lostAt, toldAt: all.frames.length, isRestart: true };
    expect(tokensOf(new CutPlay(all).cut(places))).toEqual(tokensOf(new CutPlay(all)));
  });

  it('leaves one that began and ended while the histories were asked for to the box of the child', () => {
    const lostAt = begins - 1;
    const play = new CutPlay(gateway).cut({ lostAt, heldFrom: lostAt, toldAt: begins + 5, isRestart: true });
    expect(tokensOf(play)).toEqual(tokensOf(new CutPlay(gateway)));
  });
});
