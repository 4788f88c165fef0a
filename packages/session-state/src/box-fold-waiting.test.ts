import { describe, expect, it } from 'vitest';
import type { Box, BoxEntry, RunIdentified, SessionEvent, ToolLine } from './index.ts';
import { BoxFold, DEFAULT_RULES } from './index.ts';

const ROOT = 'agent:main:mattermost:channel:c1';
const CHILD = 'agent:main:subagent:k1';
const APPROVAL = '1eab147f-5967-40d9-a906-7d38116a6a99';

/** An event of the run `r` of the root session, unless it says otherwise. */
type Said = {
  [T in SessionEvent['type']]: { type: T } & Partial<Extract<SessionEvent, { type: T }>>;
}[SessionEvent['type']];

class Work {
  readonly fold = new BoxFold({ rules: DEFAULT_RULES });
  readonly settled = new Map<string, Box>();

  constructor(identified: Partial<RunIdentified> = { trigger: 'message' }) {
    this.say(0, { type: 'session', agentId: 'main', child: false });
    this.say(0, { type: 'run-started', startedAt: 0, evidence: [] });
    this.say(0, { type: 'run-identified', evidence: [], ...identified });
  }

  say(at: number, ...events: Said[]): this {
    const whole = events.map(
      (event) => ({ sessionKey: ROOT, runId: 'r', entryId: `e${at}`, at, ...event }) as SessionEvent,
    );
    for (const { boxId, box } of this.fold.fold(whole).settled) this.settled.set(boxId, box);
    return this;
  }

  call(at: number, callId: string, tool = 'exec'): this {
    return this.say(at, { type: 'tool-started', callId, tool, args: { command: callId } });
  }

  tick(at: number): this {
    for (const { boxId, box } of this.fold.fold([{ type: 'tick', at }]).settled) this.settled.set(boxId, box);
    return this;
  }

  get box(): Box {
    const box = this.fold.view('r')?.box ?? this.settled.get('r');
    if (box === undefined) throw new Error('there is no box');
    return box;
  }

  get calls(): ToolLine[] {
    return this.box.lines.filter((line) => line.kind === 'tool');
  }

  get worthPost(): boolean | undefined {
    return this.fold.view('r')?.worthPost;
  }

  /** What the keeper of the box knows of its end. */
  get end(): Pick<BoxEntry, 'ended' | 'settled'> | undefined {
    const entry = this.fold.view('r');
    return entry && { ended: entry.ended, settled: entry.settled };
  }
}

describe('an approval', () => {
  it('makes the box wait for a person, and worth a post, at once', () => {
    const work = new Work().call(100, 'a');
    expect(work.worthPost).toBe(false);
    work.say(200, { type: 'approval-requested', callId: 'a', approvalId: APPROVAL, until: 1_800_200 });
    expect(work.worthPost).toBe(true);
    expect(work.box.state).toBe('waiting');
    expect(work.calls).toMatchObject([
      { state: 'running', approval: { approvalId: APPROVAL, since: 200, until: 1_800_200 } },
    ]);
  });

  it('said again, keeps its time', () => {
    const work = new Work().call(100, 'a');
    for (const at of [200, 900]) work.say(at, { type: 'approval-requested', callId: 'a', approvalId: APPROVAL });
    expect(work.calls[0]?.approval).toEqual({ approvalId: APPROVAL, since: 200 });
  });

  it('is waited for past the session duration, which counts from its answer', () => {
    const [asked, until] = [1_500_000, 3_300_000];
    const work = new Work()
      .call(100, 'a')
      .say(asked, { type: 'approval-requested', callId: 'a', approvalId: APPROVAL, until });
    expect(work.tick(1_800_000).box.state).toBe('waiting');
    work.say(3_299_500, { type: 'approval-closed', approvalId: APPROVAL });
    expect(work.box.state).toBe('active');
    expect(work.tick(3_299_500 + 1_799_999).box.state).toBe('active');
    expect(work.tick(3_299_500 + 1_800_000).box.state).toBe('timeout');
  });

  it('whose end was never told times out after its own end and the session duration', () => {
    const work = new Work()
      .call(100, 'a')
      .say(200, { type: 'approval-requested', callId: 'a', approvalId: APPROVAL, until: 900_000 });
    for (let at = 60_000; at < 2_700_000; at += 60_000) expect(work.tick(at).box.state).toBe('waiting');
    expect(work.tick(2_700_000).box.state).toBe('timeout');
  });

  it('waits while one of several is open, whatever else runs', () => {
    const work = new Work().call(100, 'a').call(100, 'b').call(100, 'c');
    work.say(200, { type: 'approval-requested', callId: 'a', approvalId: 'one' });
    work.say(200, { type: 'approval-requested', callId: 'b', approvalId: 'two' });
    work.say(300, { type: 'approval-closed', approvalId: 'two' });
    expect(work.box.state).toBe('waiting');
    work.say(400, { type: 'approval-closed', approvalId: 'one' });
    expect(work.box.state).toBe('active');
    expect(work.calls.map(({ state, approval }) => [state, approval])).toEqual(Array(3).fill(['running', undefined]));
  });

  it.for(['denied', 'not-approved', 'ok'] as const)('ends with its call: %s', (outcome) => {
    const work = new Work().call(100, 'a').say(200, { type: 'approval-requested', callId: 'a', approvalId: APPROVAL });
    work.say(900, { type: 'tool-ended', callId: 'a', tool: 'exec', outcome });
    expect(work.calls).toMatchObject([{ state: outcome, durationMs: 800 }]);
    expect(work.calls[0]).not.toHaveProperty('approval');
    expect(work.box.state).toBe('active');
  });

  it('ends with its run, and comes too late after it', () => {
    const work = new Work().call(100, 'a').say(200, { type: 'approval-requested', callId: 'a', approvalId: APPROVAL });
    work.say(300, { type: 'run-ended', outcome: 'aborted', endedAt: 300 });
    expect(work.box.state).toBe('aborted');
    expect(work.calls).toEqual([expect.objectContaining({ state: 'aborted' })]);
    expect(work.calls[0]).not.toHaveProperty('approval');
    work.say(2_200, { type: 'approval-closed', approvalId: APPROVAL });
    work.say(2_300, { type: 'approval-requested', callId: 'a', approvalId: 'other' });
    expect(work.box.state).toBe('aborted');
  });

  it('of a call that was never seen is a line of its own', () => {
    const work = new Work().say(200, { type: 'approval-requested', callId: 'a', approvalId: APPROVAL });
    expect(work.calls).toMatchObject([{ tool: 'exec', state: 'running', approval: { since: 200 } }]);
  });

  it('of a child makes the child and the box wait', () => {
    const work = new Work().call(100, 's', 'sessions_spawn');
    work.say(200, { type: 'tool-ended', callId: 's', tool: 'sessions_spawn', outcome: 'ok', spawned: CHILD });
    const inChild = { sessionKey: CHILD, runId: 'k' };
    work.say(210, { type: 'session', sessionKey: CHILD, agentId: 'main', child: true, parentKey: ROOT });
    work.say(220, { type: 'run-started', ...inChild, startedAt: 220, evidence: [] });
    work.say(230, { type: 'run-identified', ...inChild, trigger: 'other', evidence: [] });
    work.say(300, { type: 'tool-started', ...inChild, callId: 'a', tool: 'exec', args: {} });
    work.say(400, { type: 'approval-requested', ...inChild, callId: 'a', approvalId: APPROVAL });
    expect(work.box).toMatchObject({ state: 'waiting', lines: [{ kind: 'child', state: 'waiting' }] });
  });
});

describe('a heartbeat that waits for a person', () => {
  const heartbeat = { trigger: 'other', silent: true } as const;
  const ask: Said = { type: 'approval-requested', callId: 'a', approvalId: APPROVAL };

  it('opens a box, as nobody would know of it else, and notifies nobody', () => {
    const work = new Work(heartbeat).call(100, 'a');
    expect(work.tick(60_000).worthPost).toBe(false);
    work.say(60_100, ask);
    expect([work.worthPost, work.box.state]).toEqual([true, 'waiting']);
    expect(work.fold.view('r')?.silent).toBe(true);
    expect(work.calls).toMatchObject([{ approval: { quiet: true } }]);
  });

  it('is told from the work whose box it joins', () => {
    const work = new Work().call(100, 'b').say(100, { ...ask, callId: 'b', approvalId: 'other' });
    const inBeat = { runId: 'h' };
    work.say(200, { type: 'run-started', ...inBeat, startedAt: 200, evidence: [] });
    work.say(200, { type: 'run-identified', ...inBeat, ...heartbeat, evidence: [] });
    work.say(300, { type: 'tool-started', ...inBeat, callId: 'a', tool: 'exec', args: {} }, { ...ask, ...inBeat });
    expect(work.fold.view('r')?.silent).toBe(false);
    expect(work.calls.map(({ approval }) => approval?.quiet)).toEqual([undefined, true]);
  });
});

describe('the end of a box', () => {
  const end: Said = { type: 'run-ended', outcome: 'interrupted', endedAt: 1_000 };

  it('is known when nothing joined it in time, however long it may still change', () => {
    const work = new Work().call(100, 'a').say(1_000, end);
    expect(work.end).toEqual({ ended: false, settled: false });
    expect(work.fold.nextDeadline()).toBe(2_500);
    expect(work.tick(2_499).end).toEqual({ ended: false, settled: false });
    expect(work.tick(2_500).end).toEqual({ ended: true, settled: false });
    expect(work.fold.fold([{ type: 'tick', at: 2_501 }]).changed.size).toBe(0);
  });

  it('is none when OpenClaw resumes the work', () => {
    const work = new Work().call(100, 'a').say(1_000, end).tick(5_000);
    work.say(6_000, { type: 'run-started', runId: 's', startedAt: 6_000, evidence: [] });
    work.say(6_000, { type: 'run-identified', runId: 's', trigger: 'resume', evidence: [] });
    expect(work.end).toEqual({ ended: false, settled: false });
  });

  it('is known while a command still runs in the background', () => {
    const work = new Work().call(100, 'a');
    work.say(200, { type: 'tool-ended', callId: 'a', tool: 'exec', outcome: 'background', backgroundId: 'x' });
    work.say(1_000, { ...end, outcome: 'done' });
    expect(work.tick(2_500).end).toEqual({ ended: true, settled: false });
  });
});

describe('an end that was reported too soon', () => {
  const ended = (outcome: 'not-approved' | 'no-answer' | 'ok'): Work => {
    const work = new Work().call(100, 'a').call(100, 'b');
    return work.say(900, { type: 'tool-ended', callId: 'a', tool: 'exec', entryId: 'e100', outcome });
  };
  const end = { type: 'tool-ended', callId: 'a', tool: 'exec', entryId: 'e100', reopens: true } as const;

  it.for(['not-approved', 'no-answer', 'ok'] as const)('is corrected in its place: %s', (outcome) => {
    const work = ended(outcome).say(1_100, { ...end, outcome: 'error', exitCode: 2 });
    expect(work.calls).toMatchObject([{ id: 'a', state: 'error', exitCode: 2, durationMs: 1_000 }, { id: 'b' }]);
  });

  it('is taken back when the call goes on', () => {
    const work = ended('not-approved');
    const start = { type: 'tool-started', callId: 'a', tool: 'exec', entryId: 'e100' } as const;
    work.say(1_100, { ...start, args: { command: 'a' }, reopens: true });
    expect(work.calls).toMatchObject([{ id: 'a', state: 'running', startedAt: 100 }, { id: 'b' }]);
    for (const name of ['endedAt', 'durationMs']) expect(work.calls[0]).not.toHaveProperty(name);
    work.say(1_200, { type: 'run-ended', outcome: 'done', endedAt: 1_200 });
    expect(work.calls.map(({ state }) => state)).toEqual(['aborted', 'aborted']);
  });

  it('shows the child that the call spawned in its place', () => {
    const work = ended('ok').say(1_100, { ...end, outcome: 'ok', spawned: CHILD });
    expect(work.box.lines).toMatchObject([{ kind: 'child', state: 'starting' }, { id: 'b' }]);
  });

  it('adds nothing where its line is gone, or stands for several', () => {
    const work = ended('ok').say(1_100, { ...end, callId: 'other', outcome: 'error' });
    expect(work.calls.map(({ state }) => state)).toEqual(['ok', 'running']);
  });
});

describe('a question', () => {
  const asks = [{ text: 'Where shall I deploy?', options: ['Staging', 'Production'] }];

  it('waits for its answer', () => {
    const work = new Work().call(100, 'q', 'ask_user');
    work.say(100, { type: 'question-asked', callId: 'q', question: { asks, secret: false, until: 120_100 } });
    expect(work.worthPost).toBe(true);
    expect(work.box).toMatchObject({ state: 'waiting', lines: [{ question: { asks, until: 120_100 } }] });
    work.say(8_100, { type: 'tool-ended', callId: 'q', tool: 'ask_user', outcome: 'answered' });
    expect(work.box).toMatchObject({ state: 'active', lines: [{ state: 'answered', question: { asks } }] });
  });

  it('keeps nothing of what asks for a secret', () => {
    const work = new Work().call(100, 'q', 'secrets');
    work.say(100, { type: 'question-asked', callId: 'q', question: { asks, secret: true } });
    expect(work.calls[0]?.question).toEqual({ asks: [], secret: true });
  });
});

describe('a plan', () => {
  it('is replaced as a whole, and kept as it was last', () => {
    const work = new Work();
    work.say(100, { type: 'plan-changed', steps: [{ text: 'One', status: 'current' }] });
    work.say(200, {
      type: 'plan-changed',
      steps: [
        { text: 'One', status: 'done' },
        { text: 'Two', status: 'current' },
      ],
    });
    work.say(300, { type: 'run-ended', outcome: 'done', endedAt: 300 });
    expect(work.box.plan).toEqual([
      { text: 'One', status: 'done' },
      { text: 'Two', status: 'current' },
    ]);
  });

  it('makes a run one with work to show', () => {
    const work = new Work().say(100, { type: 'plan-changed', steps: [{ text: 'One', status: 'current' }] });
    expect(work.worthPost).toBe(false);
    expect(work.tick(1_600).worthPost).toBe(true);
    expect(work.say(1_700, { type: 'plan-changed', steps: [] }).box).not.toHaveProperty('plan');
  });
});

describe('model calls', () => {
  const failed = (attempt: number, more: object = {}): Said => ({
    type: 'model-status',
    status: { kind: 'failed', reason: 'rate limit', attempt, ...more },
  });
  const working: Said = { type: 'model-status', status: { kind: 'working' } };

  it('that fail say so; the second failure is worth a post', () => {
    const work = new Work().say(100, failed(2));
    expect(work.box.trouble).toEqual({ kind: 'retry', reason: 'rate limit', attempt: 2 });
    work.say(150, failed(2, { retryAt: 3_100 }));
    expect(work.box.trouble).toEqual({ kind: 'retry', reason: 'rate limit', attempt: 2, retryAt: 3_100 });
    expect(work.worthPost).toBe(false);
    expect(work.say(3_200, failed(3)).worthPost).toBe(true);
  });

  it('that failed before the run was followed count by the number of the next attempt', () => {
    const work = new Work().say(100, failed(4));
    expect(work.worthPost).toBe(true);
    expect(work.say(9_000, working).box.lines).toMatchObject([{ kind: 'model', failures: 3 }]);
    expect(work.say(9_100, failed(2)).say(20_000, working).box.lines).toMatchObject([{ failures: 3 }, { failures: 1 }]);
  });

  it('that recover leave one line', () => {
    const work = new Work().say(100, failed(2)).say(3_000, failed(3)).say(9_000, working).say(9_100, working);
    expect(work.box).not.toHaveProperty('trouble');
    expect(work.box.lines).toMatchObject([{ kind: 'model', reason: 'rate limit', failures: 2 }]);
  });

  it('that recover at once leave none', () => {
    expect(new Work().say(100, failed(2)).say(2_000, working).box.lines).toEqual([]);
    expect(new Work().say(100, failed(2)).say(6_000, working).box.lines).toHaveLength(1);
  });

  it('that another model answers name it', () => {
    const work = new Work().say(100, { type: 'model-status', status: { kind: 'failed', reason: 'billing' } });
    expect(work.box.trouble).toEqual({ kind: 'retry', reason: 'billing' });
    work.say(200, { type: 'model-status', status: { kind: 'fallback', reason: 'billing', model: 'mock-2' } });
    expect(work.box.trouble).toEqual({ kind: 'fallback', reason: 'billing', model: 'mock-2' });
    expect(work.box).not.toHaveProperty('model');
    work.say(300, working);
    expect(work.box).toMatchObject({ model: 'mock-2', lines: [{ kind: 'model', failures: 1, fallback: 'mock-2' }] });
  });

  it('of a model that nobody selected name it, too', () => {
    const work = new Work().say(100, { type: 'model-status', status: { kind: 'working', model: 'mock-2' } });
    expect(work.box).toMatchObject({ model: 'mock-2', lines: [] });
  });

  it('wait while the conversation is compacted', () => {
    const work = new Work().say(100, { type: 'model-status', status: { kind: 'compacting' } });
    expect(work.box.trouble).toEqual({ kind: 'compacting' });
    work.say(5_000, { type: 'compacted' }).say(5_100, working);
    expect(work.box).not.toHaveProperty('trouble');
    expect(work.box.lines).toMatchObject([{ kind: 'compaction' }]);
  });

  it('are no trouble of a run that ended', () => {
    const work = new Work().say(100, failed(2)).say(3_000, failed(3));
    work.say(4_000, { type: 'run-ended', outcome: 'error', reason: '429', endedAt: 4_000 });
    expect(work.box).toMatchObject({ state: 'error', reason: '429', lines: [] });
    expect(work.box).not.toHaveProperty('trouble');
  });
});

describe('a command in the background', () => {
  const started = (): Work =>
    new Work()
      .call(100, 'a')
      .say(200, { type: 'tool-ended', callId: 'a', tool: 'exec', outcome: 'background', backgroundId: 'ember-prairie' })
      .say(2_000, { type: 'run-ended', outcome: 'done', endedAt: 2_000 });
  const ended: Said = {
    type: 'background-ended',
    backgroundId: 'ember-prairie',
    outcome: 'error',
    exitCode: 3,
    endedAt: 45_100,
  };

  it('keeps no box open, and is counted', () => {
    const work = started();
    expect(work.box).toMatchObject({ state: 'done', endedAt: 2_000, inBackground: 1 });
  });

  it('shows its real end in the finished box', () => {
    const work = started().tick(10_000).say(45_200, ended);
    expect(work.settled.get('r')).toMatchObject({
      state: 'done',
      endedAt: 2_000,
      lines: [{ state: 'error', exitCode: 3, durationMs: 45_000 }],
    });
    expect(work.settled.get('r')).not.toHaveProperty('inBackground');
  });

  it('that never ends is left after the longest time a box is followed', () => {
    const work = started().tick(1_801_999);
    expect(work.fold.boxIds()).toEqual(['r']);
    expect(work.tick(1_802_000).fold.boxIds()).toEqual([]);
    expect(work.settled.get('r')).toMatchObject({ inBackground: 1 });
  });

  it('is told apart from its like', () => {
    const work = new Work();
    for (const id of ['one', 'two']) {
      work.say(100, { type: 'tool-started', callId: id, tool: 'exec', args: { command: 'sleep 9' } });
      work.say(200, { type: 'tool-ended', callId: id, tool: 'exec', outcome: 'background', backgroundId: id });
    }
    work.say(300, { type: 'background-ended', backgroundId: 'two', outcome: 'ok', exitCode: 0, endedAt: 300 });
    work.say(300, { type: 'background-ended', backgroundId: 'unknown', outcome: 'ok', endedAt: 300 });
    expect(work.calls.map(({ state }) => state)).toEqual(['background', 'ok']);
  });
});

describe('facts for the head', () => {
  it('count each changed file once over the whole tree', () => {
    const work = new Work();
    for (const [callId, paths] of [
      ['a', ['x.ts']],
      ['b', ['x.ts', 'y.ts']],
    ] as const) {
      work.call(100, callId, 'edit');
      work.say(200, { type: 'tool-ended', callId, tool: 'edit', outcome: 'ok', filesChanged: paths });
    }
    expect(work.box.filesChanged).toBe(2);
  });

  it('name the files of a call whose arguments were never told', () => {
    const work = new Work();
    const ended = { type: 'tool-ended', tool: 'apply_patch', outcome: 'ok', filesChanged: ['x.ts'] } as const;
    for (const [callId, args] of [
      ['a', undefined],
      ['b', { input: 'patch' }],
    ] as const) {
      work.say(100, { type: 'tool-started', callId, tool: 'apply_patch', args }).say(200, { ...ended, callId });
    }
    work.say(200, { ...ended, callId: 'c' });
    expect(work.calls.map(({ args }) => args)).toEqual([{ paths: ['x.ts'] }, { input: 'patch' }, { paths: ['x.ts'] }]);
  });

  it('tell endless paths apart by their ends, and keep no more of them', () => {
    const work = new Work();
    const paths = Array.from({ length: 3 }, (_, n) => `${'x'.repeat(1_000_000)}/${n % 2}`);
    work
      .call(100, 'a', 'edit')
      .say(200, { type: 'tool-ended', callId: 'a', tool: 'edit', outcome: 'ok', filesChanged: paths });
    expect(work.box.filesChanged).toBe(2);
  });

  it('know how full the context is, and where the session is shown', () => {
    const work = new Work().say(100, { type: 'context-used', usedTokens: 90_000, windowTokens: 128_000 });
    work.say(100, { type: 'session', agentId: 'main', child: false, url: 'https://gateway.example.com/chat/main' });
    expect(work.box).toMatchObject({
      context: { usedTokens: 90_000, windowTokens: 128_000 },
      url: 'https://gateway.example.com/chat/main',
    });
  });
});
