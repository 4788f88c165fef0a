import { describe, expect, it } from 'vitest';
import type { AdoptedBox, BoxEntry, ChildLine, Rules, SessionEvent, Tick, ToolLine } from './index.ts';
import { BoxFold, DEFAULT_RULES } from './index.ts';

const ROOT = 'agent:main:mattermost:channel:c1';
const CHILD = 'agent:main:subagent:k1';

type Draft<T extends SessionEvent['type']> = Omit<Extract<SessionEvent, { type: T }>, 'type' | 'at' | 'sessionKey'>;

/** A hand-written story: events of one or two sessions with their times. */
class Story {
  readonly boxes: BoxFold;
  readonly settled = new Map<string, BoxEntry>();
  readonly #sessionKeys = new Map<string, string>();
  constructor(rules: Partial<Rules> = {}, adopted: readonly AdoptedBox[] = []) {
    this.boxes = new BoxFold({ rules: { ...DEFAULT_RULES, ...rules }, adopted });
  }
  fold(...events: (SessionEvent | Tick)[]): ReadonlySet<string> {
    for (const event of events) if (event.type === 'run-started') this.#sessionKeys.set(event.runId, event.sessionKey);
    const folded = this.boxes.fold(events);
    for (const entry of folded.settled) this.settled.set(entry.boxId, entry);
    return folded.changed;
  }
  tick(at: number): ReadonlySet<string> {
    return this.fold({ type: 'tick', at });
  }
  session(at: number, sessionKey = ROOT, more: Partial<Draft<'session'>> = {}): this {
    this.fold({ type: 'session', at, sessionKey, agentId: 'main', child: sessionKey === CHILD, ...more });
    return this;
  }
  run(at: number, runId: string, trigger: Draft<'run-identified'>['trigger'] = 'message', sessionKey = ROOT): this {
    this.fold(
      { type: 'run-started', at, sessionKey, runId, startedAt: at, evidence: [`lock:${runId}`] },
      { type: 'run-identified', at, sessionKey, runId, trigger, evidence: [`entry:${runId}`] },
    );
    return this;
  }
  /** A heartbeat or memory flush begins. */
  housekeeping(at: number, runId: string): this {
    this.fold(
      { type: 'run-started', at, sessionKey: ROOT, runId, startedAt: at, evidence: [] },
      { type: 'run-identified', at, sessionKey: ROOT, runId, trigger: 'other', silent: true, evidence: [] },
    );
    return this;
  }
  call(at: number, runId: string, callId: string, tool = 'exec', args: unknown = { command: callId }): this {
    this.fold({
      type: 'tool-started',
      at,
      sessionKey: this.#key(runId),
      runId,
      entryId: `e-${callId}`,
      callId,
      tool,
      args,
    });
    return this;
  }
  result(at: number, runId: string, callId: string, more: Partial<Draft<'tool-ended'>> = {}): this {
    this.fold({
      type: 'tool-ended',
      at,
      sessionKey: this.#key(runId),
      runId,
      entryId: `r-${callId}`,
      callId,
      tool: 'exec',
      outcome: 'ok',
      ...more,
    });
    return this;
  }
  ending(at: number, runId: string, outcome: Draft<'run-ending'>['outcome'], text?: string): this {
    const more = text === undefined ? {} : { text };
    this.fold({ type: 'run-ending', at, sessionKey: this.#key(runId), runId, entryId: `x-${at}`, outcome, ...more });
    return this;
  }
  end(at: number, runId: string, outcome: Draft<'run-ended'>['outcome'] = 'done', reason?: string): this {
    const more = reason === undefined ? {} : { reason };
    this.fold({ type: 'run-ended', at, sessionKey: this.#key(runId), runId, outcome, endedAt: at, ...more });
    return this;
  }
  announced(at: number, childKey?: string): this {
    this.fold({ type: 'announced', at, sessionKey: ROOT, ...(childKey === undefined ? {} : { childKey }) });
    return this;
  }
  entry(boxId: string) {
    const entry = this.boxes.view(boxId) ?? this.settled.get(boxId);
    if (entry === undefined) throw new Error(`no box ${boxId}; there are ${this.boxes.boxIds().join(', ')}`);
    return entry;
  }
  box(boxId: string) {
    return this.entry(boxId).box;
  }
  #key(runId: string): string {
    return this.#sessionKeys.get(runId) ?? ROOT;
  }
}

const tools = (story: Story, boxId: string): ToolLine[] =>
  story.box(boxId).lines.filter((line) => line.kind === 'tool');
const child = (story: Story, boxId: string): ChildLine => {
  const line = story.box(boxId).lines.find((known) => known.kind === 'child');
  if (line?.kind !== 'child') throw new Error('no child line');
  return line;
};

describe('a run and its box', () => {
  it('shows a running call, then its end, in one line', () => {
    const story = new Story().session(0).run(1_000, 'r').call(1_100, 'r', 'a');
    expect(story.box('r')).toMatchObject({ state: 'active', title: 'main', startedAt: 1_000, thinking: false });
    expect(tools(story, 'r')).toMatchObject([{ tool: 'exec', args: { command: 'a' }, state: 'running' }]);
    story.result(3_100, 'r', 'a', { exitCode: 0 });
    expect(tools(story, 'r')).toMatchObject([{ state: 'ok', exitCode: 0, durationMs: 2_000, count: 1 }]);
    expect(story.box('r').thinking).toBe(true);
  });

  it('keeps parallel calls apart by their ids', () => {
    const story = new Story().session(0).run(0, 'r').call(10, 'r', 'a').call(10, 'r', 'b').result(900, 'r', 'b');
    expect(tools(story, 'r').map((line) => line.state)).toEqual(['running', 'ok']);
  });

  it('takes two calls of one entry under one id for two', () => {
    const story = new Story().session(0).run(0, 'r').call(10, 'r', '', 'exec', 'one').call(10, 'r', '', 'exec', 'two');
    story.result(100, 'r', '').result(200, 'r', '', { outcome: 'error' });
    expect(tools(story, 'r')).toMatchObject([
      { args: 'one', state: 'ok' },
      { args: 'two', state: 'error' },
    ]);
  });

  it('names a child as its spawn does, until its own session says otherwise', () => {
    const named = (args: unknown): string => {
      const story = new Story().session(0).run(0, 'r').call(30, 'r', 's', 'sessions_spawn', args);
      return child(story.result(40, 'r', 's', { spawned: CHILD }), 'r').label;
    };
    expect(named({ label: 'w1', taskName: 'tests', agentId: 'coder' })).toBe('w1');
    expect(named({ label: '', taskName: 'tests', agentId: 'coder' })).toBe('tests');
    expect(named({ agentId: 'coder' })).toBe('coder');
    expect(named({ task: 'Run all tests' })).toBe('sub-agent');
  });

  it('fills in arguments that come after their call', () => {
    const story = new Story().session(0).run(0, 'r').call(10, 'r', 'a', 'exec', null).call(20, 'r', 'a');
    expect(tools(story, 'r')).toMatchObject([{ args: { command: 'a' }, state: 'running', startedAt: 10 }]);
  });

  it('shows a child in the place of its own call, not of an earlier one that had the same id', () => {
    const story = new Story().session(0).run(0, 'r').call(10, 'r', 'call_0').result(20, 'r', 'call_0');
    story.call(30, 'r', 'call_0', 'sessions_spawn', { label: 'w1' }).result(40, 'r', 'call_0', { spawned: CHILD });
    expect(story.box('r').lines).toMatchObject([
      { kind: 'tool', state: 'ok' },
      { kind: 'child', label: 'w1' },
    ]);
  });

  it('prefers the measurement of the tool over what was observed', () => {
    const story = new Story().session(0).run(0, 'r').call(10, 'r', 'a').result(3_100, 'r', 'a', { durationMs: 1_202 });
    expect(tools(story, 'r')[0]?.durationMs).toBe(1_202);
  });

  it('folds equal finished neighbours into one line', () => {
    const story = new Story().session(0).run(0, 'r');
    for (let i = 0; i < 12; i += 1) {
      story.result(100 + i, 'r', `n${i}`, { tool: 'no_such_tool', outcome: 'error', error: 'not found' });
    }
    expect(tools(story, 'r')).toMatchObject([{ tool: 'no_such_tool', state: 'error', count: 12 }]);
  });

  it('closes open calls as aborted when the run ends, and adds nothing afterwards', () => {
    const story = new Story().session(0).run(0, 'r').call(10, 'r', 'a').call(11, 'r', 'b').end(500, 'r', 'aborted');
    story.result(1_800, 'r', 'a', { outcome: 'error' }).call(1_900, 'r', 'late');
    expect(tools(story, 'r').map((line) => line.state)).toEqual(['aborted', 'aborted']);
    expect(story.box('r')).toMatchObject({ state: 'aborted', endedAt: 500 });
  });

  it('lets the first terminal outcome win', () => {
    const story = new Story()
      .session(0)
      .run(0, 'r')
      .call(1, 'r', 'a')
      .end(500, 'r', 'aborted')
      .end(600, 'r', 'error', 'x');
    expect(story.box('r')).toMatchObject({ state: 'aborted' });
    expect(story.box('r').reason).toBeUndefined();
  });

  it('says why a run cannot be seen while it goes on, and goes on when it was given up too early', () => {
    const story = new Story().session(0).run(0, 'r').call(10, 'r', 'a').call(11, 'r', 'b').result(12, 'r', 'b');
    const sight = { type: 'run-sight', sessionKey: ROOT, runId: 'r' } as const;
    story.fold({ ...sight, at: 5_000, lost: 'gateway unreachable' });
    expect(story.box('r')).toMatchObject({ state: 'active', reason: 'gateway unreachable' });
    story.end(120_000, 'r', 'interrupted', 'gateway unreachable');
    expect(story.box('r')).toMatchObject({ state: 'interrupted', reason: 'gateway unreachable' });
    expect(tools(story, 'r').map((line) => line.state)).toEqual(['aborted', 'ok']);
    story.fold({ ...sight, at: 130_000, lost: null });
    expect(story.box('r')).toMatchObject({ state: 'active' });
    expect(story.box('r').reason).toBeUndefined();
    story.result(131_000, 'r', 'a').end(132_000, 'r');
    expect(story.box('r')).toMatchObject({ state: 'done', endedAt: 132_000 });
    expect(tools(story, 'r').map((line) => line.state)).toEqual(['ok', 'ok']);
  });

  it('stays as it ended when a run that was not given up is seen', () => {
    const story = new Story().session(0).run(0, 'r').call(10, 'r', 'a').end(500, 'r', 'aborted');
    story.fold({ type: 'run-sight', sessionKey: ROOT, runId: 'r', at: 600, lost: null });
    expect(story.box('r')).toMatchObject({ state: 'aborted', endedAt: 500 });
  });

  it('ends with the first line of the answer, never in the middle', () => {
    const story = new Story().session(0).run(0, 'r').call(1, 'r', 'a').result(5, 'r', 'a');
    story.ending(900, 'r', 'done', '\n  All good.\nMore.');
    expect(story.box('r').answer).toBeUndefined();
    story.end(950, 'r');
    expect(story.box('r').answer).toBe('All good.');
  });

  it('takes the reason of an error from its last entry', () => {
    const story = new Story().session(0).run(0, 'r').ending(10, 'r', 'error', '500 upstream').end(20, 'r', 'error');
    expect(story.box('r')).toMatchObject({ state: 'error', reason: '500 upstream' });
  });

  it('redacts and bounds what it keeps', () => {
    const story = new Story().session(0).run(0, 'r');
    story.call(1, 'r', 'a', 'exec', {
      command: `curl -H "Authorization: Bearer sk-ant-${'a'.repeat(60)}" ${'x'.repeat(9_000)}`,
    });
    const args = JSON.stringify(tools(story, 'r')[0]?.args);
    expect(args).not.toContain('sk-ant-aaaa');
    expect(new TextEncoder().encode(args).length).toBeLessThanOrEqual(1_024);
  });

  it('sums tokens over the tree and takes back what a rewrite removed', () => {
    const story = new Story().session(0).run(0, 'r');
    const usage = { type: 'usage', at: 5, sessionKey: ROOT, runId: 'r', cacheRead: 800, cacheWrite: 7 } as const;
    story.fold(
      { ...usage, entryId: 'u1', input: 220, output: 28 },
      { ...usage, entryId: 'u2', input: 1, output: 2, costUsd: 0.5 },
    );
    expect(story.box('r').tokens).toEqual({ input: 221, output: 30, cacheRead: 1_600, cacheWrite: 14, costUsd: 0.5 });
    story.call(6, 'r', 'a').fold({ type: 'retracted', at: 7, sessionKey: ROOT, entryIds: ['u2', 'e-a'] });
    expect(story.box('r').tokens).toEqual({ input: 220, output: 28, cacheRead: 800, cacheWrite: 7 });
    expect(tools(story, 'r')).toEqual([]);
  });

  it('counts more usage entries than it remembers', () => {
    const story = new Story().session(0).run(0, 'r');
    for (let i = 0; i < 50; i += 1) {
      story.fold({
        type: 'usage',
        at: i,
        sessionKey: ROOT,
        runId: 'r',
        entryId: `u${i}`,
        input: 1,
        output: 1,
        cacheRead: 0,
        cacheWrite: 0,
      });
    }
    expect(story.box('r').tokens).toMatchObject({ input: 50, output: 50 });
  });

  it('stays bounded under ten thousand different calls and keeps what runs', () => {
    const story = new Story().session(0).run(0, 'r').call(1, 'r', 'slow');
    for (let i = 0; i < 10_000; i += 1) story.call(2, 'r', `c${i}`).result(2, 'r', `c${i}`);
    const box = story.box('r');
    expect(box.lines.length).toBeLessThanOrEqual(30);
    expect(box.lines[0]).toMatchObject({ id: 'slow', state: 'running' });
    expect(box.earlierLines + box.lines.length).toBe(10_001);
  });
});

describe('worth a post', () => {
  it('is not a plain answer', () => {
    const story = new Story().session(0).run(0, 'r').ending(600, 'r', 'done', 'hi').end(700, 'r');
    expect(story.entry('r').worthPost).toBe(false);
  });
  it('is not a quick run with tools, however late the tick', () => {
    const story = new Story()
      .session(0)
      .run(0, 'r')
      .call(100, 'r', 'a')
      .result(400, 'r', 'a')
      .ending(900, 'r', 'done', 'ok');
    story.tick(60_000);
    expect(story.entry('r').worthPost).toBe(false);
  });
  it('is a run with tools that goes on 1.5 s after its first call', () => {
    const story = new Story().session(0).run(0, 'r').call(100, 'r', 'a');
    expect(story.boxes.nextDeadline()).toBe(1_600);
    story.tick(1_599);
    expect(story.entry('r').worthPost).toBe(false);
    expect([...story.tick(1_600)]).toEqual(['r']);
    expect(story.entry('r').worthPost).toBe(true);
  });
  it('is one that went on past the delay, also when its end is folded before any tick', () => {
    const story = new Story().session(0).run(0, 'r').call(100, 'r', 'a').result(4_000, 'r', 'a').end(4_100, 'r');
    expect(story.entry('r').worthPost).toBe(true);
  });
  it('is a run without tools older than 30 s', () => {
    const story = new Story().session(0).run(0, 'r');
    expect(story.boxes.nextDeadline()).toBe(30_000);
    story.tick(30_000);
    expect(story.entry('r').worthPost).toBe(true);
  });
  it('is every run that ends in error, and every spawn', () => {
    const failed = new Story().session(0).run(0, 'r').end(10, 'r', 'error', '429');
    expect(failed.entry('r').worthPost).toBe(true);
    const spawned = new Story()
      .session(0)
      .run(0, 'r')
      .call(1, 'r', 's', 'sessions_spawn')
      .result(2, 'r', 's', { spawned: CHILD });
    expect(spawned.entry('r').worthPost).toBe(true);
  });
  it('is every run with a call when the delay is 0, even one that arrives finished', () => {
    const story = new Story({ postDelayMs: 0 })
      .session(0)
      .run(0, 'r')
      .result(0, 'r', 'a')
      .ending(0, 'r', 'done', 'x')
      .end(0, 'r');
    expect(story.entry('r').worthPost).toBe(true);
  });
  it('is never a heartbeat, and never an answer for nobody', () => {
    const story = new Story({ postDelayMs: 0 }).session(0);
    story.housekeeping(0, 'h').call(10, 'h', 'a').tick(60_000);
    expect(story.entry('h').worthPost).toBe(false);
  });
  it('is nothing that was over before start-up', () => {
    const story = new Story().session(0);
    story.fold({ type: 'run-started', at: 0, sessionKey: ROOT, runId: 'o', startedAt: 0, old: true, evidence: [] });
    story.fold({ type: 'run-identified', at: 0, sessionKey: ROOT, runId: 'o', trigger: 'message', evidence: [] });
    story.end(5_000, 'o', 'error', 'x');
    expect(story.entry('o')).toMatchObject({ worthPost: false, old: true });
  });
});

describe('which box a run belongs to', () => {
  it('is a new one for a new message, however short the gap', () => {
    const story = new Story().session(0).run(0, 'r1').end(1_000, 'r1').run(1_001, 'r2');
    expect(story.boxes.boxIds()).toEqual(['r1', 'r2']);
  });
  it('is the last one for a follow-up within the settle time, and reopens it', () => {
    const story = new Story().session(0).run(0, 'r1').call(1, 'r1', 'a').end(2_000, 'r1');
    expect(story.box('r1').state).toBe('done');
    story.run(3_400, 'r2', 'other');
    expect(story.box('r1')).toMatchObject({ state: 'active', startedAt: 0 });
    story.end(3_900, 'r2');
    expect(story.box('r1')).toMatchObject({ state: 'done', endedAt: 3_900 });
  });
  it('is none that is finished for a heartbeat or memory flush, which does not reopen it', () => {
    const story = new Story().session(0).run(0, 'r1').call(1, 'r1', 'a').ending(2_000, 'r1', 'done', 'All good.');
    story.end(2_000, 'r1').housekeeping(2_600, 'h').call(2_700, 'h', 'b').end(9_000, 'h').tick(60_000);
    expect(story.box('r1')).toMatchObject({ state: 'done', answer: 'All good.', endedAt: 2_000 });
    expect(tools(story, 'r1')).toHaveLength(1);
    expect(story.entry('h').worthPost).toBe(false);
  });
  it('is an open one for a heartbeat, which leaves its answer and outcome alone', () => {
    const story = new Story().session(0).run(0, 'r1').call(1, 'r1', 's', 'sessions_spawn');
    story.result(600, 'r1', 's', { spawned: CHILD }).ending(1_000, 'r1', 'done', 'Started.').end(1_000, 'r1');
    story.housekeeping(1_500, 'h').end(2_000, 'h', 'error', '429').tick(200_000);
    expect(story.box('r1')).toMatchObject({ state: 'done', answer: 'Started.' });
  });
  it('is a new one for a follow-up after the settle time', () => {
    const story = new Story().session(0).run(0, 'r1').end(2_000, 'r1').run(3_600, 'r2', 'other');
    expect(story.boxes.view('r2')).toBeDefined();
  });
  it('is none for a run of which nothing was read, until it was quiet for too long', () => {
    const story = new Story().session(0);
    story.fold({ type: 'run-started', at: 10, sessionKey: ROOT, runId: 'q', startedAt: 0, evidence: ['lock:1'] });
    expect(story.boxes.boxIds()).toEqual([]);
    expect(story.boxes.nextDeadline()).toBe(30_000);
    story.tick(30_000);
    expect(story.entry('q')).toMatchObject({ worthPost: true, evidence: ['lock:1'] });
    expect(story.box('q').thinking).toBe(true);
  });
  it('is not a box of its own for an announce that began long before it was heard of', () => {
    const story = new Story().session(0).session(0, CHILD).run(0, 'r').call(1, 'r', 's', 'sessions_spawn');
    story.result(2, 'r', 's', { spawned: CHILD }).end(10, 'r');
    const at = 60_000;
    story.fold({ type: 'run-started', at, sessionKey: ROOT, runId: 'a', startedAt: 1_000, evidence: [] });
    story.announced(at, CHILD);
    story.fold({ type: 'run-identified', at, sessionKey: ROOT, runId: 'a', trigger: 'announce', evidence: [] });
    expect(story.boxes.boxIds()).toEqual(['r']);
  });
  it('is none for a run that ended without an entry', () => {
    const story = new Story().session(0);
    story.fold({ type: 'run-started', at: 10, sessionKey: ROOT, runId: 'q', startedAt: 0, evidence: [] });
    story.end(50, 'q', 'interrupted').tick(60_000);
    expect(story.boxes.boxIds()).toEqual([]);
    expect(story.boxes.counts().runs).toBe(0);
  });
  it('is the cut one for a resumed run, long after', () => {
    const story = new Story()
      .session(0)
      .run(0, 'r1')
      .call(1, 'r1', 'a')
      .end(5_000, 'r1', 'interrupted', 'the agent stopped');
    story.tick(120_000);
    expect(story.box('r1')).toMatchObject({ state: 'interrupted', reason: 'the agent stopped' });
    story.run(120_000, 'r2', 'resume');
    expect(story.box('r1').state).toBe('active');
  });
  it('leaves the cut box behind once the session goes on otherwise', () => {
    const story = new Story().session(0).run(0, 'r1').call(1, 'r1', 'a').end(5_000, 'r1', 'interrupted');
    story.run(9_000, 'r2', 'message');
    expect(story.entry('r1').settled).toBe(true);
  });
  it('leaves it behind before anything else happens at that moment', () => {
    const story = new Story().session(0).run(0, 'r1').call(1, 'r1', 'a').end(5_000, 'r1', 'interrupted');
    story.fold({ type: 'run-started', at: 9_000, sessionKey: ROOT, runId: 'q', startedAt: 9_000, evidence: [] });
    story.fold({ type: 'retracted', at: 39_000, sessionKey: ROOT, entryIds: ['e-a'] });
    expect(story.entry('r1')).toMatchObject({ settled: true, box: { lines: [{ id: 'a' }] } });
  });
  it('is that of an earlier life when any evidence matches', () => {
    const story = new Story({}, [{ boxId: 'old-box', sessionKey: ROOT, evidence: ['entry:r1', 'lock:x'] }]);
    story.session(0).run(0, 'r1');
    expect(story.entry('old-box')).toMatchObject({ worthPost: true });
    expect(story.boxes.counts().adopted).toBe(0);
  });
});

describe('children', () => {
  const spawned = (): Story =>
    new Story()
      .session(0)
      .run(0, 'r')
      .call(100, 'r', 's', 'sessions_spawn', { label: 'worker-one', task: 'x' })
      .result(600, 'r', 's', { spawned: CHILD })
      .ending(1_000, 'r', 'done', 'spawned')
      .end(1_100, 'r');

  it('take the place of their spawn, waiting to start', () => {
    const story = spawned();
    expect(tools(story, 'r')).toEqual([]);
    expect(child(story, 'r')).toMatchObject({ label: 'worker-one', state: 'starting', lines: [] });
    expect(story.box('r').state).toBe('active');
  });

  it('keep the box open until their announce, wherever it lands', () => {
    const story = spawned().session(1_200, CHILD, { parentKey: ROOT, label: 'w1' }).run(1_300, 'k', 'other', CHILD);
    story.call(1_400, 'k', 'ka').result(4_000, 'k', 'ka').ending(5_000, 'k', 'done', 'child done').end(5_100, 'k');
    expect(child(story, 'r')).toMatchObject({ label: 'w1', state: 'done', startedAt: 1_300, endedAt: 5_100 });
    expect(story.box('r').state).toBe('active');
    story
      .announced(8_000, CHILD)
      .run(8_000, 'an', 'announce')
      .ending(8_500, 'an', 'done', 'both done')
      .end(8_600, 'an');
    expect(story.box('r')).toMatchObject({ state: 'done', endedAt: 8_600, answer: 'both done' });
    expect(story.boxes.boxIds()).toEqual(['r']);
  });

  it('are settled first come first served by an announce that names nobody', () => {
    const other = 'agent:main:subagent:k2';
    const story = spawned();
    story
      .run(1_500, 'r2')
      .call(1_500, 'r2', 't', 'sessions_spawn')
      .result(1_600, 'r2', 't', { spawned: other })
      .end(1_700, 'r2');
    for (const [key, run, at] of [
      [other, 'k2', 3_000],
      [CHILD, 'k1', 4_000],
    ] as const) {
      story.session(2_000, key, { parentKey: ROOT, child: true }).run(2_100, run, 'other', key).end(at, run);
    }
    story.announced(5_000).run(5_000, 'an', 'announce').end(5_500, 'an');
    expect(story.box('r2').state).toBe('done');
    expect(story.box('r').state).toBe('active');
  });

  it('are given up after the time they may stay pending; a waiting parent is then done', () => {
    const story = new Story()
      .session(0)
      .run(0, 'r')
      .call(1, 'r', 's', 'sessions_spawn')
      .result(2, 'r', 's', { spawned: CHILD });
    story.ending(10, 'r', 'waiting').end(20, 'r', 'waiting');
    story.session(30, CHILD, { parentKey: ROOT }).run(40, 'k', 'other', CHILD).end(9_000, 'k');
    story.tick(128_999);
    expect(story.box('r').state).toBe('active');
    story.tick(129_000);
    expect(story.box('r')).toMatchObject({ state: 'done', endedAt: 9_000 });
  });

  it('owe nothing once aborted, and nothing to an aborted parent', () => {
    const aborted = spawned()
      .session(1_200, CHILD, { parentKey: ROOT })
      .run(1_300, 'k', 'other', CHILD)
      .end(2_000, 'k', 'aborted');
    expect(aborted.box('r').state).toBe('done');
    const waiting = new Story()
      .session(0)
      .run(0, 'r')
      .call(1, 'r', 's', 'sessions_spawn')
      .result(2, 'r', 's', { spawned: CHILD });
    waiting.end(20, 'r', 'waiting').end(5_000, 'r', 'aborted');
    expect(waiting.box('r').state).toBe('aborted');
  });

  it('never open a box of their own, and find their parent late', () => {
    const story = new Story()
      .session(0)
      .run(0, 'r')
      .session(10, CHILD)
      .run(20, 'k', 'other', CHILD)
      .call(30, 'k', 'ka');
    story.tick(60_000);
    expect(story.boxes.boxIds()).toEqual(['r']);
    story.session(60_100, CHILD, { parentKey: ROOT });
    expect(child(story, 'r').lines).toMatchObject([{ kind: 'tool', state: 'running' }]);
  });

  it('show failures on their own line only', () => {
    const story = spawned()
      .session(1_200, CHILD, { parentKey: ROOT })
      .run(1_300, 'k', 'other', CHILD)
      .end(3_000, 'k', 'error', '500');
    story.announced(4_000, CHILD).run(4_000, 'an', 'announce').end(4_500, 'an');
    expect(story.box('r').state).toBe('done');
    expect(child(story, 'r')).toMatchObject({ state: 'error', reason: '500' });
  });

  it('shown before their spawn was read take its place once it is', () => {
    const story = new Story().session(0).session(0, CHILD, { parentKey: ROOT }).run(0, 'r');
    story.call(1, 'r', 's', 'sessions_spawn').call(2, 'r', 'a').run(3, 'k', 'message', CHILD);
    story.result(4, 'r', 's', { spawned: CHILD });
    expect(story.box('r').lines.map(({ kind }) => kind)).toEqual(['child', 'tool']);
  });
  it('shown before their spawn was read are not shown twice', () => {
    const story = new Story().session(0).run(0, 'r').call(1, 'r', 's', 'sessions_spawn', { label: 'w' });
    story.session(10, CHILD, { parentKey: ROOT }).run(20, 'k', 'other', CHILD).result(30, 'r', 's', { spawned: CHILD });
    expect(story.box('r').lines).toHaveLength(1);
    expect(child(story, 'r').state).toBe('active');
  });

  it('are shown once, whatever transcripts claim of each other', () => {
    const story = spawned().session(1_200, CHILD, { parentKey: ROOT }).run(1_300, 'k', 'other', CHILD);
    for (const [call, spawnedKey] of [
      ['up', ROOT],
      ['self', CHILD],
    ] as const) {
      story.call(1_400, 'k', call, 'sessions_spawn').result(1_500, 'k', call, { spawned: spawnedKey });
    }
    expect(story.box('r').lines).toHaveLength(1);
    expect(child(story, 'r').lines).toEqual([]);
  });

  it('go on in the box that owns them while a person writes again', () => {
    const story = spawned().run(2_000, 'r2').session(2_100, CHILD, { parentKey: ROOT }).run(2_200, 'k', 'other', CHILD);
    expect(child(story, 'r').state).toBe('active');
    expect(story.box('r2').lines).toEqual([]);
  });
});

describe('the life of a box', () => {
  it('settles after the settle time and leaves the state', () => {
    const story = new Story().session(0).run(0, 'r').call(1, 'r', 'a').end(2_000, 'r');
    expect(story.entry('r').settled).toBe(false);
    story.tick(3_500);
    expect(story.entry('r').settled).toBe(true);
    story.tick(3_600);
    expect(story.boxes.boxIds()).toEqual([]);
    expect(story.boxes.counts().runs).toBe(0);
    expect(story.boxes.nextDeadline()).toBeUndefined();
  });
  it('leaves nothing behind once its sessions are gone, before or after it settles', () => {
    for (const goneAt of [3_000, 5_000]) {
      const story = new Story().session(0).run(0, 'r').call(1, 'r', 's', 'sessions_spawn');
      story.result(2, 'r', 's', { spawned: CHILD }).session(3, CHILD, { parentKey: ROOT }).end(2_000, 'r', 'aborted');
      story.tick(goneAt);
      for (const sessionKey of [CHILD, ROOT]) story.fold({ type: 'session-gone', at: goneAt, sessionKey });
      story.tick(9_000);
      expect(story.boxes.counts()).toEqual({ sessions: 0, runs: 0, boxes: 0, adopted: 0 });
    }
  });
  it('is followed at most the session duration, and corrected by the real end', () => {
    const story = new Story().session(0).run(0, 'r').call(1, 'r', 'a');
    story.tick(1_800_000);
    expect(story.box('r')).toMatchObject({ state: 'timeout', endedAt: 1_800_000 });
    story.tick(3_000_000);
    expect(story.entry('r').settled).toBe(false);
    story.end(4_000_000, 'r');
    expect(story.box('r')).toMatchObject({ state: 'done', endedAt: 4_000_000 });
  });
  it('ends with the outcome of its last root run', () => {
    const story = new Story()
      .session(0)
      .run(0, 'r1')
      .call(1, 'r1', 'a')
      .end(2_000, 'r1', 'error', 'x')
      .run(2_500, 'r2', 'other')
      .end(3_000, 'r2');
    expect(story.box('r1').state).toBe('done');
  });
  it('carries where to read its sessions again', () => {
    const story = new Story().session(0, ROOT, { sessionId: 's1' });
    story.fold({ type: 'run-started', at: 0, sessionKey: ROOT, runId: 'r', startedAt: 0, evidence: ['lock:1'] });
    story.fold({
      type: 'run-identified',
      at: 1,
      sessionKey: ROOT,
      runId: 'r',
      trigger: 'message',
      evidence: ['entry:e'],
      resumeToken: 'only its source reads this',
    });
    story.fold({
      type: 'run-routed',
      at: 1,
      sessionKey: ROOT,
      runId: 'r',
      route: { kind: 'mattermost', channelId: 'c1' },
    });
    expect(story.entry('r')).toMatchObject({
      sessionKey: ROOT,
      sessionId: 's1',
      evidence: ['lock:1', 'entry:e'],
      resumeTokens: ['only its source reads this'],
      route: { kind: 'mattermost', channelId: 'c1' },
    });
  });
});
