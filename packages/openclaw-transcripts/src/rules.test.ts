import type { SessionEvent } from '@live-status/session-state';
import { type CatalogEntry, parseCatalog, parseEntry } from '@live-status/transcript-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInterpreter, type Interpreter, type LockOwner } from './index.ts';
import { placesIn } from './resume-token.ts';

const DIR = '/agents/main/sessions';
const ROOM = 'agent:main:mattermost:channel:town';
/** Observation clock and recorded clock have nothing to do with each other. */
const NOW = Date.UTC(2031, 0, 1);
const RECORDED = Date.UTC(2026, 10, 22);

type Fields = Record<string, unknown>;

/** A gateway that is watched: each call is one thing that is seen, at a time in milliseconds from the start. */
class Watched {
  readonly interpreter: Interpreter;
  readonly events: SessionEvent[] = [];
  #offsets = new Map<string, number>();

  constructor(options: { live?: boolean; idleTimeoutMs?: number; resumeTokens?: readonly string[] } = {}) {
    const { resumeTokens = [], ...others } = options;
    this.interpreter = createInterpreter({ ...others, resumed: placesIn(resumeTokens) });
    if (options.live !== false) this.live(0);
  }

  live(ms: number): void {
    this.#see({ type: 'live', at: NOW + ms });
  }

  catalog(ms: number, entries: Record<string, Fields>): void {
    const parsed = parseCatalog(JSON.stringify(entries));
    if (!parsed.ok) throw new Error(parsed.reason);
    this.#see({ type: 'catalog', path: `${DIR}/sessions.json`, dir: DIR, entries: parsed.entries, at: NOW + ms });
  }

  /** One line; `fields.at` is its recorded time, else the time it is seen. */
  line(ms: number, fields: Fields, file = 's1.jsonl'): void {
    const { recordedMs = ms, ...rest } = fields;
    const raw = { timestamp: new Date(RECORDED + Number(recordedMs)).toISOString(), ...rest };
    const parsed = parseEntry(JSON.stringify(raw));
    if (!parsed.ok) throw new Error(parsed.reason);
    const startOffset = this.#offsets.get(file) ?? 0;
    this.#offsets.set(file, startOffset + 100);
    const { entry } = parsed;
    this.#see({ type: 'line', path: `${DIR}/${file}`, fingerprint: 'f', startOffset, entry, at: NOW + ms });
  }

  rewritten(ms: number, file = 's1.jsonl'): void {
    this.#offsets.set(file, 0);
    this.#see({ type: 'rewritten', path: `${DIR}/${file}`, fromOffset: 0, at: NOW + ms });
  }

  caughtUp(ms: number, file = 's1.jsonl'): void {
    this.#see({ type: 'caught-up', path: `${DIR}/${file}`, at: NOW + ms });
  }

  renamed(ms: number, to: string, file = 's1.jsonl'): void {
    this.#see({ type: 'file-gone', path: `${DIR}/${file}`, renamedTo: `${DIR}/${to}`, at: NOW + ms });
  }

  lock(ms: number, owner: Partial<LockOwner> = {}, file = 's1.jsonl'): void {
    const full = { pid: 7, createdAt: `lock-${ms}`, alive: true, ...owner };
    this.#see({ type: 'lock', path: `${DIR}/${file}`, at: NOW + ms, owner: full });
  }

  unlock(ms: number, file = 's1.jsonl'): void {
    this.#see({ type: 'lock-gone', path: `${DIR}/${file}`, at: NOW + ms });
  }

  ownerDied(ms: number, file = 's1.jsonl'): void {
    this.#see({ type: 'owner-died', path: `${DIR}/${file}`, at: NOW + ms });
  }

  /** Lets time pass, with ticks exactly when they are due. */
  until(ms: number): void {
    let now = NOW;
    for (let due = this.#due(); due !== undefined && due <= NOW + ms; due = this.#due()) {
      now = Math.max(now + 1, due);
      this.#see({ type: 'tick', at: now });
    }
  }

  of<T extends SessionEvent['type']>(type: T): Extract<SessionEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<SessionEvent, { type: T }> => event.type === type);
  }

  /** Ends of runs: outcome and when the work ended. */
  get ends(): [string, number][] {
    return this.of('run-ended').map((end) => [end.outcome, end.endedAt - NOW]);
  }

  get triggers(): string[] {
    return this.of('run-identified').map((run) => run.trigger);
  }

  #due(): number | undefined {
    return this.interpreter.nextDeadline();
  }

  #see(seen: Parameters<Interpreter['observe']>[0]): void {
    this.events.push(...this.interpreter.observe(seen));
  }
}

const message = (id: string, fields: Fields): Fields => ({ type: 'message', id, message: fields });
const user = (id: string, content = 'hello', more: Fields = {}) => message(id, { role: 'user', content, ...more });
const reply = (id: string, stopReason = 'stop', text = 'Done.', more: Fields = {}) =>
  message(id, { role: 'assistant', stopReason, content: text === '' ? [] : [{ type: 'text', text }], ...more });
const call = (id: string, callId = `call_${id}`, name = 'exec') =>
  message(id, {
    role: 'assistant',
    stopReason: 'toolUse',
    content: [{ type: 'toolCall', id: callId, name, arguments: {} }],
  });
const result = (id: string, callId: string, more: Fields = {}) =>
  message(id, { role: 'toolResult', toolCallId: callId, toolName: 'exec', content: [], isError: false, ...more });
const yielded = (id: string): Fields => ({
  type: 'custom_message',
  id,
  customType: 'openclaw.sessions_yield',
  content: 'w',
});
const promptError = (id: string): Fields => ({ type: 'custom', id, customType: 'openclaw:prompt-error', data: {} });
const header = (id: string, more: Fields = {}): Fields => ({ type: 'session', version: 3, id, ...more });

const s1 = { sessionId: 's1', sessionFile: '/other/mount/s1.jsonl' };
const running = { ...s1, status: 'running', startedAt: RECORDED };
const done = (endedMs: number) => ({ ...s1, status: 'done', startedAt: RECORDED, endedAt: RECORDED + endedMs });

/** A room with a run whose message was read at 100 under a lock. */
function busy(options: { idleTimeoutMs?: number } = {}): Watched {
  const watched = new Watched(options);
  watched.catalog(0, { [ROOM]: s1 });
  watched.lock(50);
  watched.line(100, user('u1'));
  return watched;
}

describe('evidence of a run', () => {
  it('a lock alone, a status that merely is running, and a new session that carries it are none', () => {
    const watched = new Watched();
    watched.catalog(0, { [ROOM]: running });
    watched.lock(10);
    watched.catalog(20, { [ROOM]: { ...running, sessionId: 's2' } });
    watched.unlock(30);
    watched.until(10_000);
    expect(watched.of('run-started')).toEqual([]);
  });

  it('a status that turns to running under a lock is one, counted from the lock', () => {
    const watched = new Watched();
    watched.catalog(0, { [ROOM]: s1 });
    watched.lock(50);
    watched.catalog(200, { [ROOM]: running });
    expect(watched.of('run-started')).toMatchObject([
      { runId: 's1/lock:lock-50', startedAt: NOW + 50, evidence: ['lock:lock-50'] },
    ]);
    watched.line(4_000, user('u1'));
    expect(watched.of('run-started')).toHaveLength(1);
    expect(watched.of('run-identified')).toMatchObject([
      { runId: 's1/lock:lock-50', trigger: 'message', evidence: ['lock:lock-50', 'entry:u1'] },
    ]);
  });

  it('a status that turns to running more than a second after the lock is none', () => {
    const watched = new Watched();
    watched.catalog(0, { [ROOM]: s1 });
    watched.lock(50);
    watched.unlock(60);
    watched.catalog(1_100, { [ROOM]: running });
    expect(watched.of('run-started')).toEqual([]);
  });

  it('a failed precheck leaves a run without an entry that ends as the catalog says', () => {
    const watched = new Watched();
    watched.catalog(0, { [ROOM]: s1 });
    watched.lock(50);
    watched.catalog(100, { [ROOM]: running });
    watched.unlock(150);
    watched.catalog(200, { [ROOM]: { ...done(200), status: 'failed' } });
    watched.until(5_000);
    expect(watched.ends).toEqual([['error', 150]]);
    expect(watched.of('run-identified')).toEqual([]);
  });

  it('counts from the first lock over short gaps, not over long ones, not before the last ending', () => {
    const watched = new Watched();
    watched.catalog(0, { [ROOM]: s1 });
    watched.lock(50);
    watched.unlock(60);
    watched.lock(1_000);
    watched.unlock(1_100);
    watched.lock(1_500);
    watched.line(1_600, user('u1'));
    watched.line(1_700, reply('a1'));
    watched.unlock(1_710);
    watched.catalog(1_720, { [ROOM]: done(1_700) });
    watched.lock(2_000);
    watched.line(2_100, user('u2'));
    expect(watched.of('run-started').map((run) => run.startedAt - NOW)).toEqual([1_000, 2_000]);
  });

  it('a tool result without its call is one', () => {
    const watched = new Watched();
    watched.catalog(0, { [ROOM]: s1 });
    watched.lock(50);
    watched.line(100, result('r1', 'call_x', { isError: true }));
    expect(watched.triggers).toEqual(['other']);
    expect(watched.of('tool-ended')).toMatchObject([{ callId: 'call_x', outcome: 'error' }]);
  });
});

describe('the end of a run', () => {
  it('comes at once when lock, last entry and a later catalog agree', () => {
    const watched = busy();
    watched.line(900, reply('a1'));
    watched.catalog(950, { [ROOM]: done(900) });
    expect(watched.ends).toEqual([]);
    watched.unlock(1_000);
    expect(watched.ends).toEqual([['done', 900]]);
  });

  it('comes with the catalog when that is read last', () => {
    const watched = busy();
    watched.line(900, reply('a1'));
    expect(watched.interpreter.awaitsCatalog()).toBe(false);
    watched.unlock(910);
    expect(watched.interpreter.awaitsCatalog()).toBe(true);
    watched.catalog(950, { [ROOM]: done(900) });
    expect(watched.ends).toEqual([['done', 900]]);
    expect(watched.interpreter.awaitsCatalog()).toBe(false);
  });

  it('waits for the lock, then comes a second after it by the last entry', () => {
    const watched = busy();
    watched.line(900, reply('a1'));
    watched.catalog(920, { [ROOM]: done(900) });
    watched.line(925, reply('a2'));
    watched.unlock(1_000);
    watched.until(1_999);
    expect(watched.ends).toEqual([]);
    watched.until(2_000);
    expect(watched.ends).toEqual([['done', 925]]);
  });

  it('does not come in a gap between two locks', () => {
    const watched = busy();
    watched.line(200, call('a1'));
    watched.unlock(300);
    watched.until(1_200);
    watched.lock(1_250);
    watched.until(60_000);
    expect(watched.ends).toEqual([]);
  });

  it('is not confirmed by a status of an older run', () => {
    const watched = busy();
    watched.line(900, reply('a1'));
    watched.unlock(910);
    watched.catalog(920, { [ROOM]: { ...s1, status: 'done', startedAt: RECORDED, endedAt: RECORDED + 50 } });
    watched.catalog(930, { [ROOM]: { ...s1, status: 'done', startedAt: RECORDED + 2_000, endedAt: RECORDED + 950 } });
    expect(watched.ends).toEqual([]);
  });

  it('is an interruption at the unlock when a call has no result', () => {
    const watched = busy();
    watched.line(200, call('a1'));
    watched.unlock(5_000);
    watched.until(10_000);
    expect(watched.of('run-ended')).toMatchObject([
      { outcome: 'interrupted', reason: 'the agent stopped', endedAt: NOW + 5_000 },
    ]);
  });

  it('a call that is only text ends the run', () => {
    const watched = busy();
    watched.line(200, reply('a1', 'toolUse', 'I cannot.'));
    watched.unlock(210);
    watched.until(5_000);
    expect(watched.ends).toEqual([['done', 200]]);
  });

  it('a late mirror starts and ends nothing', () => {
    const watched = busy();
    watched.line(200, reply('a1'));
    watched.unlock(210);
    watched.catalog(220, { [ROOM]: done(200) });
    watched.line(400, reply('m1', 'stop', 'Done.', { provider: 'openclaw', model: 'delivery-mirror' }));
    watched.until(60_000);
    expect(watched.ends).toEqual([['done', 200]]);
    expect(watched.of('run-started')).toHaveLength(1);
  });

  it('a result that comes after its run was over belongs to that run', () => {
    const watched = busy();
    watched.line(200, call('a1', 'call_1'));
    watched.line(300, promptError('p1'));
    watched.unlock(310);
    watched.until(1_500);
    watched.line(2_600, result('r1', 'call_1'));
    expect(watched.ends).toEqual([['aborted', 300]]);
    expect(watched.of('run-started')).toHaveLength(1);
    expect(watched.of('tool-ended')).toMatchObject([{ runId: watched.of('run-started')[0]?.runId }]);
  });

  it('a result inside an aborted run does not undo the abort', () => {
    const watched = busy();
    watched.line(200, call('a1', 'call_1'));
    watched.line(300, promptError('p1'));
    watched.line(310, result('r1', 'call_1'));
    watched.unlock(320);
    watched.until(5_000);
    expect(watched.ends).toEqual([['aborted', 300]]);
  });
});

describe('an answer that stopped for another reason', () => {
  const failed = (endedMs: number) => ({ ...done(endedMs), status: 'failed' });

  it.each(['end_turn', 'stop_sequence', 'STOP', 'max_tokens', 'something_new', undefined])(
    '%s: the run is done',
    (stopReason) => {
      const watched = busy();
      watched.line(200, message('a1', { role: 'assistant', stopReason, content: [{ type: 'text', text: 'Done.' }] }));
      watched.unlock(210);
      watched.until(10_000);
      expect(watched.ends).toEqual([['done', 200]]);
      expect(watched.of('run-ending')).toMatchObject([{ outcome: 'done', text: 'Done.' }]);
    },
  );

  it.each([
    ['refusal', done, 'done'],
    ['content_filter', failed, 'error'],
    ['something_new', done, 'done'],
    ['something_new', failed, 'error'],
    ['end_turn', failed, 'done'],
  ] as const)('%s, and the catalog says %o: %s', (stopReason, catalog, outcome) => {
    const watched = busy();
    watched.line(200, reply('a1', stopReason));
    watched.unlock(210);
    watched.catalog(220, { [ROOM]: catalog(200) });
    expect(watched.ends).toEqual([[outcome, 200]]);
  });

  it('a refusal of which the catalog says nothing is an error that is named', () => {
    const watched = busy();
    watched.line(200, reply('a1', 'content_filter', ''));
    watched.unlock(210);
    watched.until(10_000);
    expect(watched.of('run-ended')).toMatchObject([
      { outcome: 'error', reason: 'the model gave no answer: content filter' },
    ]);
  });
});

describe('calls and results of other shapes', () => {
  const answer = (id: string, content: unknown[], stopReason = 'tool_use') =>
    message(id, { role: 'assistant', stopReason, content });
  const results = (id: string, content: unknown[]) => message(id, { role: 'user', content });

  it('are lines while they run, and end with their results in one message', () => {
    const watched = busy();
    watched.line(
      200,
      answer('a1', [
        { type: 'tool_use', id: 'c1', name: 'exec', input: { command: 'npm test' } },
        { type: 'function_call', call_id: 2, name: 'read', arguments: '{"path":"a.md"}' },
        { functionCall: { name: 'write', args: { path: 'b.md' } } },
      ]),
    );
    expect(watched.of('tool-started').map(({ callId, tool, args }) => [callId, tool, args])).toEqual([
      ['c1', 'exec', { command: 'npm test' }],
      ['2', 'read', { path: 'a.md' }],
      ['a1#2', 'write', { path: 'b.md' }],
    ]);
    watched.line(
      300,
      results('r1', [
        { type: 'tool_result', tool_use_id: 'c1', content: 'no', is_error: true },
        { type: 'function_call_output', call_id: 2, output: 'fine' },
        { functionResponse: { name: 'write', response: { output: 'ok' } } },
      ]),
    );
    expect(watched.of('tool-ended').map(({ callId, tool, outcome }) => [callId, tool, outcome])).toEqual([
      ['c1', 'exec', 'error'],
      ['2', 'read', 'ok'],
      ['a1#2', 'write', 'ok'],
    ]);
    expect(watched.of('tool-ended')[2]?.filesChanged).toEqual(['b.md']);
    watched.line(400, reply('a2', 'end_turn'));
    watched.unlock(410);
    watched.until(10_000);
    expect(watched.ends).toEqual([['done', 400]]);
    expect(watched.triggers).toEqual(['message']);
  });

  it('two calls without ids end in their order', () => {
    const watched = busy();
    const call = { type: 'toolCall', name: 'exec', arguments: {} };
    watched.line(200, answer('a1', [call, call]));
    for (const id of ['r1', 'r2']) watched.line(300, result(id, ''));
    const ids = ['a1#0', 'a1#1'];
    expect(watched.of('tool-started').map(({ callId }) => callId)).toEqual(ids);
    expect(watched.of('tool-ended').map(({ callId }) => callId)).toEqual(ids);
  });

  it('a call with a stop reason that ends a turn still runs', () => {
    const watched = busy();
    watched.line(200, answer('a1', [{ type: 'toolCall', id: 'c1', name: 'exec', arguments: {} }], 'end_turn'));
    expect(watched.of('run-ending')).toEqual([]);
    watched.unlock(5_000);
    watched.until(10_000);
    expect(watched.ends).toEqual([['interrupted', 5_000]]);
  });
});

describe('errors and retries', () => {
  it('the same text again within five seconds is the same run, while the status stays running', () => {
    const watched = busy();
    watched.catalog(120, { [ROOM]: running });
    watched.line(1_000, reply('e1', 'error', '', { errorMessage: '500 no' }));
    watched.unlock(1_010);
    watched.until(4_300);
    watched.lock(4_400);
    watched.line(4_500, user('u2'));
    watched.line(4_600, reply('a1'));
    expect(watched.ends).toEqual([]);
    expect(watched.of('run-started')).toHaveLength(1);
    expect(watched.of('run-ending').map((ending) => ending.outcome)).toEqual(['error', null, 'done']);
  });

  it('five seconds after the error it has ended', () => {
    const watched = busy();
    watched.catalog(120, { [ROOM]: running });
    watched.line(1_000, reply('e1', 'error', '', { errorMessage: '500 no' }));
    watched.unlock(1_010);
    watched.until(5_999);
    expect(watched.ends).toEqual([]);
    watched.until(6_000);
    expect(watched.of('run-ended')).toMatchObject([{ outcome: 'error', reason: '500 no', endedAt: NOW + 1_000 }]);
  });

  it('a status of failure ends it at once', () => {
    const watched = busy();
    watched.line(1_000, reply('e1', 'error', '', { errorMessage: '429 slow' }));
    watched.unlock(1_010);
    watched.catalog(1_050, { [ROOM]: { ...done(1_040), status: 'failed' } });
    expect(watched.ends).toEqual([['error', 1_000]]);
  });

  it('error lines under one lock are one run', () => {
    const watched = busy();
    for (const [index, ms] of [1_000, 4_000, 9_000, 18_000].entries()) {
      watched.line(ms, reply(`e${index}`, 'error', ''));
      watched.catalog(ms + 20, { [ROOM]: { ...done(ms), status: 'failed' } });
    }
    watched.unlock(18_100);
    watched.until(30_000);
    expect(watched.ends).toEqual([['error', 18_000]]);
  });

  it('another text is another run', () => {
    const watched = busy();
    watched.line(1_000, reply('e1', 'error', ''));
    watched.line(1_200, user('u2', 'something else'));
    expect(watched.ends).toEqual([['error', 1_000]]);
    expect(watched.of('run-started')).toHaveLength(2);
  });
});

describe('a message in the middle', () => {
  it.each([
    ['a pending call', (watched: Watched) => watched.line(200, call('a1'))],
    [
      'a tool result',
      (watched: Watched) => {
        watched.line(200, call('a1', 'call_1'));
        watched.line(300, result('r1', 'call_1'));
      },
    ],
  ])('after %s is steered into the run', (_what, work) => {
    const watched = busy();
    work(watched);
    watched.line(400, user('u2', 'hurry'));
    expect(watched.of('run-started')).toHaveLength(1);
    expect(watched.ends).toEqual([]);
  });

  it('after an ending entry starts a run, however short the gap', () => {
    const watched = busy();
    watched.line(200, reply('a1'));
    watched.line(201, user('u2'));
    expect(watched.ends).toEqual([['done', 200]]);
    expect(watched.of('run-started')).toHaveLength(2);
  });

  it('with which OpenClaw resumes ends the cut run and starts one that resumes', () => {
    const watched = busy();
    watched.line(200, call('a1'));
    watched.line(9_000, user('u2', '[System] Your previous turn was interrupted by a gateway restart.'));
    expect(watched.ends).toEqual([['interrupted', 200]]);
    expect(watched.triggers).toEqual(['message', 'resume']);
  });
});

describe('aborts reported by the catalog', () => {
  const flagged = { ...running, abortedLastRun: true };

  it('end an active run by its abort entry, before or after the flag', () => {
    const before = busy();
    before.catalog(110, { [ROOM]: running });
    before.line(200, promptError('p1'));
    before.catalog(210, { [ROOM]: flagged });
    expect(before.ends).toEqual([['aborted', 200]]);
    const after = busy();
    after.catalog(110, { [ROOM]: running });
    after.catalog(200, { [ROOM]: flagged });
    after.line(900, promptError('p1'));
    expect(after.ends).toEqual([['aborted', 900]]);
  });

  it('without an entry within a second mean that the run was cut, once nobody holds the lock', () => {
    const watched = busy();
    watched.catalog(110, { [ROOM]: running });
    watched.line(200, call('a1'));
    watched.catalog(5_000, { [ROOM]: flagged });
    watched.until(7_000);
    expect(watched.ends).toEqual([]);
    watched.unlock(7_000);
    watched.until(9_000);
    expect(watched.ends).toEqual([['interrupted', 5_000]]);
  });

  it('count only while the same snapshot says running, and only when they turn true', () => {
    const watched = busy();
    watched.catalog(110, { [ROOM]: { ...done(90), status: 'killed', abortedLastRun: true } });
    watched.catalog(120, { [ROOM]: flagged });
    watched.until(9_000);
    expect(watched.ends).toEqual([]);
  });

  it('abort a waiting run at once', () => {
    const watched = busy();
    watched.catalog(110, { [ROOM]: running });
    watched.line(200, yielded('y1'));
    watched.unlock(210);
    watched.until(2_000);
    watched.catalog(9_000, { [ROOM]: flagged });
    expect(watched.ends).toEqual([
      ['waiting', 200],
      ['aborted', 9_000],
    ]);
  });
});

describe('rewrites', () => {
  it('with the same entries, whatever their bytes, say nothing', () => {
    const watched = busy();
    watched.line(200, reply('e1', 'error', ''));
    const before = watched.events.length;
    watched.rewritten(300);
    watched.line(300, { ...user('u1'), recordedMs: 100 });
    watched.line(300, { ...reply('e1', 'error', '[failed]'), recordedMs: 200 });
    watched.caughtUp(300);
    watched.until(900);
    expect(watched.events).toHaveLength(before);
  });

  it('take back what they left out, and the yield decides', () => {
    const watched = busy();
    watched.line(200, reply('a1', 'aborted', ''));
    watched.rewritten(230);
    watched.line(230, { ...user('u1'), recordedMs: 100 });
    watched.caughtUp(230);
    watched.line(231, yielded('y1'));
    watched.unlock(240);
    watched.until(5_000);
    expect(watched.of('retracted')).toMatchObject([{ entryIds: ['a1'] }]);
    expect(watched.of('run-ending').map((ending) => ending.outcome)).toEqual(['aborted', null, 'waiting']);
    expect(watched.ends).toEqual([['waiting', 231]]);
  });

  it('that come late leave a run that yielded waiting: the abort is how OpenClaw ends its answer', () => {
    const watched = busy();
    watched.line(150, call('a1', 'c1', 'sessions_yield'));
    watched.line(190, result('r1', 'c1', { toolName: 'sessions_yield', details: { status: 'yielded' } }));
    watched.line(200, reply('a2', 'aborted', ''));
    watched.unlock(210);
    watched.until(2_000);
    expect(watched.ends).toEqual([['waiting', 200]]);
  });

  it('met in mid-write take nothing back', () => {
    const watched = busy();
    watched.line(200, call('a1'));
    watched.rewritten(230);
    watched.caughtUp(230);
    watched.line(235, { ...user('u1'), recordedMs: 100 });
    watched.line(235, { ...call('a1'), recordedMs: 200 });
    watched.caughtUp(235);
    watched.until(5_000);
    expect(watched.of('retracted')).toEqual([]);
    expect(watched.of('tool-started')).toHaveLength(1);
  });

  it('that bring a lost line back after its run has ended begin a run with a name of its own', () => {
    const watched = busy();
    watched.line(200, reply('a1'));
    watched.unlock(210);
    watched.until(2_000);
    watched.rewritten(2_300);
    watched.line(2_300, user('u2'));
    watched.line(2_400, reply('a2'));
    watched.line(2_500, user('u1'));
    const runs = watched.of('run-started').map((run) => run.runId);
    expect(runs).toHaveLength(3);
    expect(new Set(runs).size).toBe(3);
  });

  it('that show history never read before bring nothing', () => {
    const watched = busy();
    watched.rewritten(200);
    watched.line(200, { ...user('u0'), recordedMs: -900 });
    watched.line(200, { ...reply('a0'), recordedMs: -800 });
    watched.line(200, { ...user('u1'), recordedMs: 100 });
    watched.caughtUp(200);
    expect(watched.of('run-started')).toHaveLength(1);
    expect(watched.of('run-ending')).toEqual([]);
  });
});

describe('sessions and their files', () => {
  const NEXT = '2026-11-22T00-00-05-000Z_s2.jsonl';

  it('a successor file continues the run; its copied history is not shown again', () => {
    const watched = busy();
    watched.line(200, call('a1', 'call_1'));
    watched.line(300, { ...header('s2', { parentSession: '/x/s1.jsonl' }) }, NEXT);
    watched.line(300, { ...user('u1'), recordedMs: 100 }, NEXT);
    watched.line(300, { ...call('a1', 'call_1'), recordedMs: 200 }, NEXT);
    watched.catalog(400, {
      [ROOM]: { sessionId: 's2', sessionFile: `/m/${NEXT}`, usageFamilySessionIds: ['s1', 's2'] },
    });
    watched.line(500, result('r1', 'call_1'), NEXT);
    watched.line(600, reply('a2'), NEXT);
    watched.unlock(610);
    watched.until(5_000);
    expect(watched.ends).toEqual([['done', 600]]);
    expect(watched.of('run-started')).toHaveLength(1);
    expect(watched.of('tool-started')).toHaveLength(1);
    expect(watched.of('session-gone')).toEqual([]);
  });

  it('another session id under the key ends the run and the session', () => {
    const watched = busy();
    watched.line(200, reply('a1'));
    watched.catalog(300, { [ROOM]: { sessionId: 's9' } });
    expect(watched.ends).toEqual([['done', 200]]);
    expect(watched.of('session-gone')).toHaveLength(1);
  });

  it.each(['s1.jsonl.reset.2026-11-22T00-00-01.000Z', 's1.jsonl.deleted.2026-11-22T00-00-01.000Z'])(
    'a rename to %s ends both',
    (to) => {
      const watched = busy();
      watched.line(200, call('a1'));
      watched.renamed(300, to);
      expect(watched.ends).toEqual([['interrupted', 300]]);
      expect(watched.of('session-gone')).toHaveLength(1);
    },
  );

  it('so does the removal of the catalog entry', () => {
    const watched = busy();
    watched.line(200, reply('a1'));
    watched.unlock(210);
    watched.catalog(300, {});
    expect(watched.ends).toEqual([['done', 200]]);
    expect(watched.of('session-gone')).toHaveLength(1);
  });

  it('under a lock, not before that goes, too', () => {
    const watched = busy();
    watched.line(200, call('a1'));
    watched.catalog(300, {});
    expect(watched.ends).toEqual([]);
    watched.unlock(400);
    expect(watched.ends).toEqual([['interrupted', 300]]);
    expect(watched.of('session-gone')).toHaveLength(1);
  });

  it('an entry that comes back before its lock goes was never gone', () => {
    const watched = busy();
    watched.line(200, call('a1'));
    watched.catalog(300, {});
    watched.catalog(350, { [ROOM]: running });
    watched.line(3_000, result('t1', 'call_a1'));
    watched.line(3_200, reply('a2'));
    watched.unlock(3_210);
    watched.catalog(3_300, { [ROOM]: done(3_250) });
    expect(watched.ends).toEqual([['done', 3_200]]);
    expect(watched.of('session-gone')).toEqual([]);
    expect(watched.triggers).toEqual(['message']);
  });

  it('a transcript that no catalog names after a second is the work of a command line', () => {
    const watched = new Watched();
    watched.lock(40, {}, 'own.jsonl');
    watched.line(50, header('own'), 'own.jsonl');
    watched.line(50, user('u1'), 'own.jsonl');
    watched.line(60, reply('a1'), 'own.jsonl');
    watched.unlock(70, 'own.jsonl');
    expect(watched.events).toEqual([]);
    watched.until(5_000);
    expect(watched.of('run-started')).toMatchObject([{ sessionKey: 'agent:main:cli:own', startedAt: NOW + 40 }]);
    expect(watched.of('run-routed')).toMatchObject([{ route: { kind: 'background', origin: 'cli' } }]);
    expect(watched.ends).toEqual([['done', 60]]);
  });

  it('unless it names a cron job of the catalog', () => {
    const watched = new Watched();
    watched.catalog(0, { 'agent:main:cron:job1': { label: 'Cron: nightly' } });
    watched.line(50, user('u1', '[cron:job1 nightly] go'), 'own.jsonl');
    watched.until(5_000);
    expect(watched.of('run-started')).toMatchObject([{ sessionKey: 'agent:main:cron:job1' }]);
  });

  it('the two keys of a cron run are one session', () => {
    const watched = new Watched();
    const entry = { sessionId: 's1', label: 'Cron: nightly' };
    watched.catalog(0, { 'agent:main:cron:job1': entry, 'agent:main:cron:job1:run:s1': entry });
    watched.line(50, user('u1', '[cron:job1 nightly] go'));
    watched.catalog(60, { 'agent:main:cron:job1': entry });
    expect(watched.of('session')).toMatchObject([{ sessionKey: 'agent:main:cron:job1', label: 'Cron: nightly' }]);
    expect(watched.of('session-gone')).toEqual([]);
  });

  it('a transcript named late belongs to its session from the next run on', () => {
    const watched = new Watched();
    watched.line(50, user('u1'));
    watched.line(60, reply('a1'));
    watched.until(3_000);
    watched.catalog(4_000, { [ROOM]: s1 });
    watched.line(5_000, user('u2'));
    expect(watched.of('run-started').map((run) => run.sessionKey)).toEqual(['agent:main:cli:s1', ROOM]);
  });

  it('a lock seen before the first line says whose transcript it is counts', () => {
    const watched = new Watched();
    watched.catalog(0, { [ROOM]: { sessionId: 's1' } });
    watched.lock(40, {}, 'other-name.jsonl');
    watched.line(50, header('s1'), 'other-name.jsonl');
    watched.line(60, user('u1'), 'other-name.jsonl');
    watched.line(70, reply('a1'), 'other-name.jsonl');
    watched.until(5_000);
    expect(watched.of('run-started')).toMatchObject([{ sessionKey: ROOM, startedAt: NOW + 40 }]);
    expect(watched.ends).toEqual([]);
  });

  it('two transcripts that are named at once are reported in the order they were written', () => {
    const watched = new Watched();
    watched.line(50, { ...header('s1'), recordedMs: 0 }, 'first.jsonl');
    watched.line(100, user('u1'), 'second.jsonl');
    watched.line(110, { ...header('s1'), recordedMs: 0 }, 'second.jsonl');
    watched.line(300, user('u2', '[System] Your previous turn was interrupted'), 'first.jsonl');
    watched.catalog(400, { [ROOM]: { sessionId: 's1' } });
    expect(watched.of('run-started').map((run) => run.startedAt - NOW)).toEqual([100, 300]);
    expect(watched.ends).toEqual([['interrupted', 100]]);
  });

  it('names nothing from another directory', () => {
    const watched = new Watched();
    watched.catalog(0, { [ROOM]: s1 });
    watched.line(50, user('u1'), '../../ops/sessions/s1.jsonl');
    expect(watched.events).toEqual([]);
  });
});

describe('children and announces', () => {
  const CHILD = 'agent:main:subagent:c1';
  const child = { sessionId: 'c1', spawnedBy: ROOM, label: 'worker' };
  const spawned = (id: string) =>
    result(id, 'call_a1', { toolName: 'sessions_spawn', details: { status: 'accepted', childSessionKey: CHILD } });
  const announce = (id: string, key: string) =>
    user(
      id,
      `OpenClaw runtime context (internal):\n\n[Internal task completion event]\nsource: subagent\nsession_key: ${key}\n`,
      {
        provenance: { sourceTool: 'subagent_announce', sourceSessionKey: 'agent:main:subagent:wrong' },
      },
    );

  /** The parent answered and waits; its child worked and answered. */
  function parentAndChild(): Watched {
    const watched = busy();
    watched.line(200, call('a1', 'call_a1', 'sessions_spawn'));
    watched.catalog(250, { [ROOM]: s1, [CHILD]: child });
    watched.line(300, spawned('r1'));
    watched.line(400, reply('a2', 'stop', 'It is on it.'));
    watched.unlock(410);
    watched.until(2_000);
    watched.lock(3_000, {}, 'c1.jsonl');
    watched.line(3_100, user('cu', '[Subagent Context] You are'), 'c1.jsonl');
    watched.line(3_200, reply('ca'), 'c1.jsonl');
    return watched;
  }

  it('the spawn is reported with its child, and the child with its parent', () => {
    const watched = parentAndChild();
    expect(watched.of('tool-ended')).toMatchObject([{ spawned: CHILD, outcome: 'ok' }]);
    const session = watched.of('session').findLast((seen) => seen.sessionKey === CHILD);
    expect(session).toMatchObject({ parentKey: ROOM, child: true, label: 'worker' });
  });

  it('a child is reported by its spawn when the catalog says nothing of it', () => {
    const watched = busy();
    watched.line(200, call('a1', 'call_a1', 'sessions_spawn'));
    watched.line(300, spawned('r1'));
    expect(watched.of('session').at(-1)).toMatchObject({ sessionKey: CHILD, parentKey: ROOM, child: true });
  });

  it('an answer without a message, after a child ended, is an announce run', () => {
    const watched = parentAndChild();
    watched.lock(5_000);
    watched.line(5_500, reply('a3', 'stop', 'It says 42.'));
    expect(watched.triggers).toEqual(['message', 'other', 'announce']);
    expect(watched.of('announced')).toEqual([{ type: 'announced', sessionKey: ROOM, at: NOW + 5_500 }]);
    expect(watched.of('run-started').at(-1)).toMatchObject({ sessionKey: ROOM, startedAt: NOW + 5_000 });
  });

  it('without an ended child it is none', () => {
    const watched = busy();
    watched.line(200, reply('a1'));
    watched.unlock(210);
    watched.until(3_000);
    watched.lock(4_000);
    watched.line(4_100, reply('a2'));
    expect(watched.triggers).toEqual(['message', 'other']);
  });

  it('a child that was aborted announces nothing', () => {
    const watched = parentAndChild();
    watched.line(3_300, promptError('cp'), 'c1.jsonl');
    watched.lock(5_000);
    watched.line(5_500, reply('a3'));
    expect(watched.triggers.at(-1)).toBe('other');
  });

  it('an announce with its own line settles the child its text names', () => {
    const watched = parentAndChild();
    watched.lock(5_000);
    watched.line(5_100, announce('u2', CHILD));
    expect(watched.triggers.at(-1)).toBe('announce');
    expect(watched.of('announced')).toMatchObject([{ childKey: CHILD }]);
  });

  it('one that is steered into a run starts none', () => {
    const watched = parentAndChild();
    watched.lock(5_000);
    watched.line(5_500, call('a3', 'call_9'));
    watched.line(5_600, announce('u2', 'agent:main:subagent:c2'));
    expect(watched.of('announced').map((event) => event.childKey)).toEqual([undefined, 'agent:main:subagent:c2']);
    expect(watched.of('run-started').filter((run) => run.sessionKey === ROOM)).toHaveLength(2);
  });
});

describe('locks and their owners', () => {
  it('a dead owner ends the run at its death', () => {
    const watched = busy();
    watched.line(200, call('a1'));
    watched.ownerDied(7_000);
    watched.unlock(95_000);
    watched.until(100_000);
    expect(watched.ends).toEqual([['interrupted', 7_000]]);
  });

  it('so does a lock of another process in its place', () => {
    const watched = busy();
    watched.line(200, call('a1'));
    watched.lock(9_000, { pid: 8 });
    expect(watched.ends).toEqual([['interrupted', 9_000]]);
  });

  it('a lock whose owner lives counts for ever, another one for half an hour without an append', () => {
    const alive = busy();
    alive.line(200, call('a1'));
    alive.until(5 * 3_600_000);
    expect(alive.ends).toEqual([]);
    const unknown = new Watched();
    unknown.catalog(0, { [ROOM]: s1 });
    unknown.lock(50, { alive: false });
    unknown.line(100, user('u1'));
    unknown.until(1_800_099);
    expect(unknown.ends).toEqual([]);
    unknown.until(1_800_100);
    expect(unknown.ends).toEqual([['interrupted', 100]]);
  });

  it('a lock that the watchdog drops ends nothing', () => {
    const watched = new Watched();
    watched.catalog(0, { [ROOM]: s1 });
    watched.lock(0, { maxHoldMs: 300_000 });
    watched.line(100, call('a1', 'call_1'));
    watched.unlock(300_010);
    watched.until(400_000);
    expect(watched.ends).toEqual([]);
    watched.line(400_000, result('r1', 'call_1'));
    watched.lock(400_020, { maxHoldMs: 300_000 });
    watched.line(400_100, reply('a2'));
    watched.unlock(400_110);
    watched.until(500_000);
    expect(watched.ends).toEqual([['done', 400_100]]);
  });
});

describe('writers without locks', () => {
  function lockless(): Watched {
    const watched = new Watched({ idleTimeoutMs: 60_000 });
    watched.catalog(0, { [ROOM]: s1 });
    watched.line(100, user('u1'));
    return watched;
  }

  it('end by their stop reasons', () => {
    const watched = lockless();
    watched.line(200, reply('a1'));
    watched.until(2_000);
    expect(watched.ends).toEqual([['done', 200]]);
  });

  it('end by silence, but not while a call is pending', () => {
    const silent = lockless();
    silent.until(60_100);
    expect(silent.ends).toEqual([['interrupted', 100]]);
    const pending = lockless();
    pending.line(200, call('a1'));
    pending.until(1_800_199);
    expect(pending.ends).toEqual([]);
    pending.until(1_800_200);
    expect(pending.ends).toEqual([['interrupted', 200]]);
  });
});

describe('what happens in a run', () => {
  it('reports calls, results, commentary, tokens and the answer', () => {
    const watched = busy();
    const usage = { input: 10, output: 2, cacheRead: 5, cacheWrite: 0, cost: { total: 0.1 } };
    const content = [
      { type: 'thinking', thinking: 'hm' },
      { type: 'text', text: 'I look.' },
      { type: 'toolCall', id: 'c1', name: 'exec', arguments: { command: 'ls' } },
    ];
    watched.line(200, message('a1', { role: 'assistant', stopReason: 'toolUse', content, usage }));
    watched.line(
      300,
      result('r1', 'c1', {
        details: { status: 'completed', exitCode: 3, durationMs: 7 },
        content: [{ type: 'text', text: '\nno such file\nx' }],
      }),
    );
    watched.line(400, reply('a2', 'stop', 'All done.'));
    expect(watched.of('commentary').map((event) => event.text)).toEqual(['I look.']);
    expect(watched.of('tool-started')).toMatchObject([{ callId: 'c1', tool: 'exec', args: { command: 'ls' } }]);
    expect(watched.of('tool-ended')).toMatchObject([
      { outcome: 'error', exitCode: 3, durationMs: 7, error: 'no such file' },
    ]);
    expect(watched.of('usage')).toMatchObject([{ input: 10, output: 2, cacheRead: 5, cacheWrite: 0, costUsd: 0.1 }]);
    expect(watched.of('run-ending')).toMatchObject([{ outcome: 'done', text: 'All done.' }]);
  });

  it.each(['error', 'aborted'])('an answer that broke off (%s) makes no call', (stopReason) => {
    const watched = busy();
    const content = [
      { type: 'text', text: 'Now' },
      { type: 'toolCall', id: 'c1', name: 'exec', arguments: {} },
    ];
    watched.line(200, message('a1', { role: 'assistant', stopReason, content, errorMessage: 'terminated' }));
    expect(watched.of('tool-started')).toEqual([]);
    expect(watched.of('commentary')).toEqual([]);
    expect(watched.of('run-ending')).toMatchObject([{ outcome: stopReason }]);
  });

  it('a command that goes on is in the background, a poll that finds it running has ended', () => {
    const watched = busy();
    watched.line(200, call('a1', 'c1'));
    watched.line(300, result('r1', 'c1', { details: { status: 'running' } }));
    watched.line(400, call('a2', 'c2', 'process'));
    watched.line(500, result('r2', 'c2', { toolName: 'process', details: { status: 'running' } }));
    expect(watched.of('tool-ended').map((event) => event.outcome)).toEqual(['background', 'ok']);
  });

  it('heartbeats and memory flushes are silent, silent answers are marked', () => {
    const watched = new Watched();
    watched.catalog(0, { [ROOM]: s1 });
    watched.line(100, user('u1', 'Read HEARTBEAT.md if it exists.'));
    watched.line(200, reply('a1', 'stop', 'HEARTBEAT_OK'));
    expect(watched.of('run-identified')).toMatchObject([{ trigger: 'other', silent: true }]);
    expect(watched.of('run-ending')).toMatchObject([{ outcome: 'done', silent: true }]);
  });

  it('compaction counts in a run only', () => {
    const watched = busy();
    watched.line(200, { type: 'compaction', id: 'k1' });
    watched.line(300, reply('a1'));
    watched.unlock(310);
    watched.until(3_000);
    watched.lock(4_000);
    watched.line(5_000, { type: 'compaction', id: 'k2' });
    watched.unlock(5_010);
    watched.until(9_000);
    expect(watched.of('compacted')).toMatchObject([{ entryId: 'k1' }]);
    expect(watched.of('run-started')).toHaveLength(1);
  });
});

describe('start-up', () => {
  function history(): Watched {
    const watched = new Watched({ live: false });
    watched.catalog(0, { [ROOM]: running });
    watched.line(-9_000, user('u1'));
    watched.line(-8_000, reply('a1'));
    watched.line(-3_000, user('u2'));
    watched.line(-2_000, call('a2'));
    return watched;
  }

  it('reports nothing before it has ended', () => {
    expect(history().events).toEqual([]);
  });

  it('goes on with the run under a lock; what ended before is old', () => {
    const watched = history();
    watched.lock(0, { createdAt: 'L' });
    watched.live(0);
    expect(watched.of('run-started')).toMatchObject([
      { old: true, startedAt: NOW - 9_000 },
      { startedAt: NOW - 3_000, evidence: ['entry:u2', 'lock:L'] },
    ]);
    expect(watched.of('run-started')[1]?.old).toBeUndefined();
    expect(watched.ends).toEqual([['done', -8_000]]);
    expect(placesIn([watched.of('run-identified').at(-1)?.resumeToken ?? ''])).toEqual([
      { sessionKey: ROOM, path: `${DIR}/s1.jsonl`, fingerprint: 'f', startOffset: 200 },
    ]);
  });

  it('without a lock, a fresh entry is a moment between two locks, an older one the end', () => {
    const fresh = history();
    fresh.live(0);
    fresh.until(900);
    expect(fresh.ends).toHaveLength(1);
    fresh.until(1_000);
    expect(fresh.ends.at(-1)?.[0]).toBe('interrupted');
    const older = history();
    older.live(60_000);
    expect(older.ends.at(-1)).toEqual(['interrupted', -2_000]);
    expect(older.of('run-started').every((run) => run.old)).toBe(true);
  });

  it('separates a call cut by a crash from the message after it', () => {
    const watched = new Watched({ live: false });
    watched.catalog(0, { [ROOM]: s1 });
    watched.line(-9_000, user('u1'));
    watched.line(-8_000, call('a1'));
    watched.line(-3_000, user('u2'));
    watched.line(-2_000, reply('a2'));
    watched.live(0);
    expect(watched.ends).toEqual([
      ['interrupted', -8_000],
      ['done', -2_000],
    ]);
  });
});

describe('where answers go', () => {
  const DM = { channel: 'mattermost', to: 'user:ualice' };
  const ALICE = 'a1ice000000000000000000000';
  const BOB = 'b0b00000000000000000000000';
  const dm = (userId: string, more: Fields = {}) => entry({ channel: 'mattermost', to: `user:${userId}`, ...more });
  const entry = (delivery: Fields): Fields => ({ ...s1, deliveryContext: delivery });
  const info = (fields: Fields) =>
    `Conversation info (untrusted metadata):\n\`\`\`json\n${JSON.stringify(fields)}\n\`\`\`\n\nhello`;
  const wrapped = (sender: string, channel?: string) =>
    user('u1', info({ sender_id: sender, ...(channel ? { conversation_label: `x id:${channel}` } : {}) }));
  const plain = (senderId?: string) => user('u1', 'hello', senderId ? { __openclaw: { senderId } } : {});

  function routes(key: string, fields: Fields, line: Fields): unknown[] {
    const watched = new Watched();
    watched.catalog(0, { [key]: fields as CatalogEntry & Fields });
    watched.line(100, line);
    return watched.of('run-routed').map((routed) => routed.route);
  }

  it.each([
    ['a channel', ROOM, entry({}), plain(), [{ kind: 'mattermost', channelId: 'town' }]],
    [
      'a thread',
      `${ROOM}:thread:root1`,
      entry({}),
      plain(),
      [{ kind: 'mattermost', channelId: 'town', rootId: 'root1' }],
    ],
    [
      'a thread the catalog names',
      ROOM,
      entry({ channel: 'mattermost', to: 'channel:town', threadId: 'r2' }),
      plain(),
      [{ kind: 'mattermost', channelId: 'town', rootId: 'r2' }],
    ],
    [
      'a channel whose catalog target went elsewhere',
      ROOM,
      entry({ channel: 'telegram', to: '42', threadId: 'r2' }),
      plain(),
      [{ kind: 'mattermost', channelId: 'town' }],
    ],
    [
      'a person',
      `agent:main:mattermost:direct:${ALICE}`,
      entry({}),
      plain(),
      [{ kind: 'mattermost-user', userId: ALICE }],
    ],
    [
      'a person whose accounts are linked',
      'agent:main:mattermost:direct:alice',
      dm(ALICE),
      plain(),
      [{ kind: 'mattermost-user', userId: ALICE }],
    ],
    [
      'a person whose accounts are linked, who wrote it',
      'agent:main:mattermost:direct:alice',
      dm(ALICE, { accountId: 'ops' }),
      plain(ALICE),
      [{ kind: 'mattermost-user', userId: ALICE, accountId: 'ops' }],
    ],
    ['a linked person who wrote from another account', 'agent:main:mattermost:direct:alice', dm(BOB), plain(ALICE), []],
    ['a linked person of whom nothing else is known', 'agent:main:mattermost:direct:alice', entry({}), plain(), []],
    [
      'a linked person who was last met elsewhere',
      'agent:main:mattermost:direct:alice',
      entry({ channel: 'telegram', to: 'user:42' }),
      plain(),
      [],
    ],
    [
      'a person whom the catalog does not name',
      `agent:main:mattermost:direct:${ALICE}`,
      dm(BOB),
      plain(),
      [{ kind: 'mattermost-user', userId: ALICE }],
    ],
    [
      'a person and an account',
      `agent:main:mattermost:ops:direct:${ALICE}`,
      dm(ALICE, { accountId: 'default' }),
      plain(),
      [{ kind: 'mattermost-user', userId: ALICE, accountId: 'ops' }],
    ],
    [
      'a linked person and an account',
      'agent:main:mattermost:ops:direct:alice',
      dm(ALICE),
      plain(),
      [{ kind: 'mattermost-user', userId: ALICE, accountId: 'ops' }],
    ],
    [
      'a person in capitals',
      `agent:main:Mattermost:Direct:${ALICE.toUpperCase()}`,
      dm(ALICE),
      plain(),
      [{ kind: 'mattermost-user', userId: ALICE }],
    ],
    [
      'a linked person over all channels',
      'agent:main:direct:alice',
      dm(ALICE, { accountId: 'Ops' }),
      plain(ALICE),
      [{ kind: 'mattermost-user', userId: ALICE, accountId: 'ops' }],
    ],
    [
      'a channel and its account',
      ROOM,
      entry({ channel: 'mattermost', to: 'channel:town', accountId: 'ops' }),
      plain(),
      [{ kind: 'mattermost', channelId: 'town', accountId: 'ops' }],
    ],
    [
      'a channel beside the account of another channel',
      ROOM,
      entry({ channel: 'telegram', to: '42', accountId: 'ops' }),
      plain(),
      [{ kind: 'mattermost', channelId: 'town' }],
    ],
    [
      'a channel and the account of the last fields',
      ROOM,
      { ...s1, lastChannel: 'mattermost', lastTo: 'channel:town', lastAccountId: 'ops' },
      plain(),
      [{ kind: 'mattermost', channelId: 'town', accountId: 'ops' }],
    ],
    [
      'another channel',
      'agent:main:telegram:direct:42',
      entry({}),
      plain(),
      [{ kind: 'elsewhere', origin: 'telegram' }],
    ],
    ['a hook', 'agent:main:hook:x', entry({}), plain(), [{ kind: 'background', origin: 'hook' }]],
    ['an API client', 'agent:main:openai-user:bob', entry({}), plain(), [{ kind: 'elsewhere', origin: 'openai' }]],
    ['a child', 'agent:main:subagent:c', entry({ channel: 'mattermost', to: 'channel:town' }), plain(), []],
    [
      'the shared key, the person the catalog names (2026.3.28)',
      'agent:main:main',
      entry(DM),
      wrapped('ualice'),
      [{ kind: 'mattermost-user', userId: 'ualice' }],
    ],
    ['the shared key, another person (2026.3.28)', 'agent:main:main', entry(DM), wrapped('ubob'), []],
    [
      'the shared key, the person in a channel (2026.3.28)',
      'agent:main:main',
      entry(DM),
      wrapped('ualice', 'town'),
      [],
    ],
    [
      'the shared key, the channel the catalog names (2026.3.28)',
      'agent:main:main',
      entry({ channel: 'mattermost', to: 'channel:town' }),
      wrapped('ualice', 'town'),
      [{ kind: 'mattermost', channelId: 'town' }],
    ],
    [
      'the shared key, the person the catalog names (2026.7.1)',
      'agent:main:main',
      entry(DM),
      plain('ualice'),
      [{ kind: 'mattermost-user', userId: 'ualice' }],
    ],
    ['the shared key, another person (2026.7.1)', 'agent:main:main', entry(DM), plain('ubob'), []],
    [
      'the shared key, a channel that the sender alone cannot confirm (2026.7.1)',
      'agent:main:main',
      entry({ channel: 'mattermost', to: 'channel:town' }),
      plain('ualice'),
      [],
    ],
    [
      'the shared key, a run without metadata while a person is the target',
      'agent:main:main',
      entry(DM),
      plain(),
      [{ kind: 'elsewhere', origin: 'webchat' }],
    ],
    [
      'the shared key, web chat',
      'agent:main:main',
      entry({ channel: 'webchat' }),
      plain(),
      [{ kind: 'elsewhere', origin: 'webchat' }],
    ],
    ['the shared key, a heartbeat', 'agent:main:main', entry(DM), user('u1', 'Read HEARTBEAT.md'), []],
    [
      'direct messages of one person over all channels',
      'agent:main:direct:ualice',
      entry(DM),
      plain('ualice'),
      [{ kind: 'mattermost-user', userId: 'ualice' }],
    ],
    ['a target that is no id', 'agent:main:main', entry({ channel: 'mattermost', to: 'user:../x' }), plain('../x'), []],
  ])('%s', (_what, key, fields, line, expected) => {
    expect(routes(key, fields, line)).toEqual(expected);
  });

  it.each([
    ['by another person', plain('ubob'), { kind: 'elsewhere', origin: 'shared' }],
    ['from the command line', plain(), { kind: 'elsewhere', origin: 'shared' }],
    ['by the same person', plain('ualice'), undefined],
  ])('a run on a shared key that is joined %s', (_who, joining, rerouted) => {
    const watched = new Watched();
    watched.catalog(0, { 'agent:main:main': entry(DM) });
    watched.line(100, plain('ualice'));
    watched.line(200, { ...joining, id: 'u2' });
    const [own, next] = watched.of('run-routed').map((routed) => routed.route);
    expect(own).toEqual({ kind: 'mattermost-user', userId: 'ualice' });
    expect(next).toEqual(rerouted);
  });

  it('a shared key is routed when the catalog comes round to the sender', () => {
    const watched = new Watched();
    const main = 'agent:main:main';
    watched.catalog(0, { [main]: entry({ channel: 'mattermost', to: 'user:ubob' }) });
    watched.line(100, plain('ualice'));
    expect(watched.of('run-routed')).toEqual([]);
    watched.catalog(200, { [main]: entry(DM) });
    expect(watched.of('run-routed')).toMatchObject([{ route: { userId: 'ualice' } }]);
    watched.catalog(300, { [main]: entry({ channel: 'mattermost', to: 'user:ubob' }) });
    expect(watched.of('run-routed')).toHaveLength(1);
  });
});

describe('direct messages that do not say whose they are (2026.7.1)', () => {
  const MAIN = 'agent:main:main';
  const ALICE = 'a1ice000000000000000000000';
  const BOB = 'b0b00000000000000000000000';
  const CAROL = 'car01000000000000000000000';
  const to = (userId: string, accountId = 'default') => ({ kind: 'mattermost-user', userId, accountId });

  /** What the gateway writes of direct messages: the catalog when one arrives, when its turn begins, when its run does. */
  class DirectMessages {
    readonly watched: Watched;
    row: Fields = { ...s1 };

    constructor(watched = new Watched()) {
      this.watched = watched;
    }

    arrives(ms: number, userId: string, { accountId = 'default', channel = 'mattermost' } = {}): this {
      return this.writes(ms, {
        chatType: 'direct',
        origin: { provider: channel, chatType: 'direct', accountId },
        deliveryContext: { channel, to: `user:${userId}`, accountId },
      });
    }

    turns(ms: number): this {
      return this.writes(ms, { lastInteractionAt: RECORDED + ms });
    }

    runs(ms: number): this {
      this.watched.lock(ms - 10);
      return this.writes(ms, { status: 'running', startedAt: RECORDED + ms, endedAt: undefined });
    }

    writes(ms: number, fields: Fields): this {
      this.row = { ...this.row, ...fields };
      this.reads(ms);
      return this;
    }

    reads(ms: number): void {
      this.watched.catalog(ms, { [MAIN]: this.row });
    }

    /** What is written from the arrival of a message to its line. */
    asks(ms: number, userId: string, account?: { accountId?: string; channel?: string }): this {
      const arrived = this.arrives(ms, userId, account);
      return arrived
        .turns(ms + 100)
        .runs(ms + 200)
        .says(ms + 210)
        .seen(ms + 220);
    }

    /** The source reads the catalog again when a message awaits it. */
    seen(ms: number): this {
      if (this.watched.interpreter.awaitsCatalog()) this.reads(ms);
      return this;
    }

    says(ms: number, { isOwner = false, text = `at ${ms}` } = {}): this {
      this.watched.line(ms, user(`u${ms}`, text, { __openclaw: { senderIsOwner: isOwner } }));
      return this;
    }

    answers(ms: number): this {
      this.watched.line(ms, reply(`a${ms}`));
      this.watched.unlock(ms + 10);
      return this.writes(ms + 20, { status: 'done', endedAt: RECORDED + ms });
    }

    /** Routes of each run, in the order of their beginnings. */
    get routes(): unknown[][] {
      const routed = this.watched.of('run-routed');
      return this.watched
        .of('run-started')
        .map((run) => routed.filter(({ runId }) => runId === run.runId).map(({ route }) => route));
    }
  }

  it('are those of the person whom the catalog names, one at a time', () => {
    const direct = new DirectMessages().asks(0, ALICE).answers(1_000);
    direct.asks(5_000, BOB).answers(6_000).asks(10_000, ALICE).answers(11_000).asks(15_000, ALICE);
    expect(direct.routes).toEqual([[to(ALICE)], [to(BOB)], [to(ALICE)], [to(ALICE)]]);
  });

  it('stay with the account to which they were written', () => {
    const direct = new DirectMessages().asks(0, ALICE, { accountId: 'ops' }).answers(1_000);
    direct.asks(5_000, ALICE).arrives(5_500, ALICE, { accountId: 'ops' });
    expect(direct.routes).toEqual([[to(ALICE, 'ops')], [to(ALICE)]]);
  });

  it('of another channel are not shown', () => {
    const direct = new DirectMessages().asks(0, ALICE).answers(1_000).asks(5_000, 'x', { channel: 'telegram' });
    expect(direct.routes).toEqual([[to(ALICE)], [{ kind: 'elsewhere', origin: 'telegram' }]]);
  });

  it('are found when the catalog is read after the line, not before', () => {
    const direct = new DirectMessages().asks(0, ALICE).answers(1_000).says(5_000);
    expect(direct.watched.interpreter.awaitsCatalog()).toBe(true);
    expect(direct.routes).toEqual([[to(ALICE)], []]);
    direct.arrives(4_700, ALICE).turns(4_800);
    expect(direct.routes).toEqual([[to(ALICE)], [to(ALICE)]]);
    expect(direct.watched.interpreter.awaitsCatalog()).toBe(false);
  });

  it('are not those of the person before, when the catalog is read late', () => {
    const direct = new DirectMessages().asks(0, ALICE).answers(1_000).says(5_000);
    direct.reads(5_010);
    direct.arrives(4_700, BOB).turns(4_800).runs(4_900);
    expect(direct.routes).toEqual([[to(ALICE)], []]);
  });

  it('are not those of a person of whose message nothing was recorded', () => {
    const direct = new DirectMessages().arrives(0, BOB).turns(100).says(5_000);
    expect(direct.routes).toEqual([[]]);
    direct.arrives(4_700, ALICE).turns(4_800);
    expect(direct.routes).toEqual([[]]);
  });

  it('keep their person when another one writes, whose message waits and is nobody’s', () => {
    const direct = new DirectMessages().asks(0, ALICE).arrives(500, BOB).answers(1_000);
    direct.turns(1_100).runs(1_200).says(1_210).seen(1_220).answers(2_000);
    expect(direct.routes).toEqual([[to(ALICE)], []]);
    direct.asks(5_000, BOB).answers(6_000).asks(10_000, ALICE);
    expect(direct.routes).toEqual([[to(ALICE)], [], [to(BOB)], [to(ALICE)]]);
  });

  it('are nobody’s when another one writes before the line is there', () => {
    const direct = new DirectMessages().arrives(0, ALICE).turns(100).runs(200).arrives(205, BOB).says(210).seen(220);
    expect(direct.routes).toEqual([[]]);
  });

  it('are nobody’s when two people wrote before the turn of one began', () => {
    const direct = new DirectMessages().asks(0, CAROL).answers(1_000);
    direct
      .arrives(5_000, ALICE)
      .arrives(5_050, BOB)
      .arrives(5_060, ALICE)
      .turns(5_100)
      .runs(5_200)
      .says(5_210)
      .seen(5_220);
    expect(direct.routes).toEqual([[to(CAROL)], []]);
  });

  it('whose turn began while a run went on are nobody’s', () => {
    const direct = new DirectMessages().asks(0, ALICE).turns(500).answers(1_000).runs(1_200).says(1_210).seen(1_220);
    expect(direct.routes).toEqual([[to(ALICE)], []]);
  });

  it('first seen when their run goes on are nobody’s, unless nobody else ever wrote', () => {
    const late = (direct: DirectMessages, userId: string, ms: number): DirectMessages => {
      const { row } = new DirectMessages(new Watched())
        .arrives(ms, userId)
        .turns(ms + 100)
        .runs(ms + 200);
      return direct
        .writes(ms + 300, row)
        .says(ms + 310)
        .seen(ms + 320);
    };
    const direct = new DirectMessages().asks(0, ALICE).answers(1_000);
    late(direct, ALICE, 5_000).answers(6_000);
    late(direct, BOB, 10_000).answers(11_000);
    late(direct, BOB, 15_000);
    expect(direct.routes).toEqual([[to(ALICE)], [to(ALICE)], [], []]);
  });

  it('by an owner are not those of somebody who was none', () => {
    const direct = new DirectMessages().asks(0, ALICE).answers(1_000);
    direct.arrives(5_000, ALICE).turns(5_100).runs(5_200).says(5_210, { isOwner: true }).seen(5_220);
    expect(direct.routes).toEqual([[to(ALICE)], []]);
  });

  it.each([
    ['the web chat', { deliveryContext: { channel: 'webchat' } }, [{ kind: 'elsewhere', origin: 'webchat' }]],
    ['a web chat that left the target', { origin: { provider: 'webchat' } }, []],
    ['a channel', { chatType: 'channel', deliveryContext: { channel: 'mattermost', to: 'channel:town' } }, []],
    ['nobody', { deliveryContext: undefined }, []],
  ])('are not shown while the catalog names %s', (_what, fields, expected) => {
    const direct = new DirectMessages().arrives(0, ALICE).writes(50, fields).turns(100).runs(200).says(210).seen(220);
    expect(direct.routes).toEqual([expected]);
  });

  it('a web chat is none, whomever the catalog names', () => {
    const direct = new DirectMessages().arrives(0, ALICE).turns(100).runs(200);
    direct.watched.line(210, user('u1', 'hello', { idempotencyKey: 'k1:user' }));
    expect(direct.routes).toEqual([[{ kind: 'elsewhere', origin: 'webchat' }]]);
  });

  it.each([
    ['of the same person', (direct: DirectMessages) => direct.turns(400).says(500), []],
    ['of another person', (direct: DirectMessages) => direct.arrives(400, BOB).says(500), ['shared']],
    ['of another person, read late', (direct: DirectMessages) => direct.says(500).arrives(510, BOB), ['shared']],
    ['of another owner', (direct: DirectMessages) => direct.says(500, { isOwner: true }), ['shared']],
  ])('a message %s joins', (_whose, join, origins) => {
    const direct = new DirectMessages().asks(0, ALICE);
    join(direct);
    expect(direct.routes).toEqual([[to(ALICE), ...origins.map((origin) => ({ kind: 'elsewhere', origin }))]]);
  });

  it('a web chat that joins is for others', () => {
    const direct = new DirectMessages().asks(0, ALICE);
    direct.watched.line(500, user('w1', 'me too', { idempotencyKey: 'k1:user' }));
    expect(direct.routes).toEqual([[to(ALICE), { kind: 'elsewhere', origin: 'shared' }]]);
  });

  it('are never those of somebody else, however people write and whenever files are read', () => {
    const message = fc.record({ who: fc.constantFrom(ALICE, BOB, CAROL), gapMs: fc.integer({ min: 1, max: 3_000 }) });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.infiniteStream(fc.boolean()), (messages, isPrompt) => {
        const direct = new DirectMessages();
        const authors = playAtOnce(direct, messages, () => isPrompt.next().value);
        const entries = new Map(
          direct.watched
            .of('run-identified')
            .map((run) => [run.runId, run.evidence.find((name) => name.startsWith('entry:'))]),
        );
        for (const { runId, route } of direct.watched.of('run-routed')) {
          if (route.kind === 'mattermost-user') expect(route.userId).toBe(authors.get(entries.get(runId) ?? ''));
        }
      }),
    );
  });

  /** People write while runs go on; one message after the other gets its turn. Returns who wrote which entry. */
  function playAtOnce(
    direct: DirectMessages,
    messages: readonly { readonly who: string; readonly gapMs: number }[],
    isPrompt: () => boolean,
  ): Map<string, string> {
    const authors = new Map<string, string>();
    const steps: { readonly at: number; readonly play: () => void }[] = [];
    const unread: (() => void)[] = [];
    const place = (userId: string): Fields => ({
      chatType: 'direct',
      origin: { provider: 'mattermost', chatType: 'direct' },
      deliveryContext: { channel: 'mattermost', to: `user:${userId}`, accountId: 'default' },
    });
    let arrivesAt = 0;
    let freeAt = 0;
    for (const { gapMs, who } of messages) {
      arrivesAt += gapMs;
      const turnAt = Math.max(arrivesAt + 100, freeAt + 120);
      const entry = `u${turnAt + 210}`;
      freeAt = turnAt + 1_000;
      authors.set(`entry:${entry}`, who);
      const write = (at: number, fields: Fields, isRead: () => boolean): void => {
        const play = (): void => {
          direct.row = { ...direct.row, ...fields };
          if (isRead()) direct.reads(at);
        };
        steps.push({ at, play });
      };
      write(arrivesAt, place(who), isPrompt);
      write(turnAt, { ...place(who), lastInteractionAt: RECORDED + turnAt }, () => true);
      steps.push({ at: turnAt + 190, play: () => direct.watched.lock(turnAt + 190) });
      write(turnAt + 200, { status: 'running', startedAt: RECORDED + turnAt + 200, endedAt: undefined }, isPrompt);
      steps.push({ at: turnAt + 210, play: () => unread.push(() => direct.says(turnAt + 210)) });
      steps.push({
        at: turnAt + 900,
        play: () => unread.push(() => direct.watched.line(turnAt + 900, reply(`a${entry}`))),
      });
      steps.push({ at: turnAt + 910, play: () => direct.watched.unlock(turnAt + 910) });
      write(turnAt + 920, { status: 'done', endedAt: RECORDED + turnAt + 900 }, isPrompt);
    }
    for (const { at, play } of steps.sort((a, b) => a.at - b.at)) {
      play();
      if (isPrompt()) for (const line of unread.splice(0)) line();
      direct.seen(at);
    }
    return authors;
  }

  describe('after a restart', () => {
    /** A daemon that starts while Alice's run goes on. Bob's message waits. */
    function restarted(tokens: readonly string[]): DirectMessages {
      const direct = new DirectMessages(new Watched({ live: false, resumeTokens: tokens }));
      const { row } = new DirectMessages(new Watched()).asks(0, ALICE).arrives(500, BOB);
      direct.writes(900, row).says(210);
      direct.watched.lock(950);
      direct.watched.live(1_000);
      direct.seen(1_010);
      return direct;
    }

    it('the person is the one who was known before', () => {
      const before = new DirectMessages().asks(0, ALICE);
      const tokens = before.watched.of('run-resumable').map(({ resumeToken }) => resumeToken);
      expect(restarted(tokens).routes).toEqual([[to(ALICE)]]);
    });

    it('or nobody', () => {
      expect(restarted([]).routes).toEqual([[]]);
    });

    it('the next messages are shown', () => {
      const direct = restarted([]).answers(2_000).asks(5_000, BOB).answers(6_000).asks(10_000, ALICE);
      expect(direct.routes).toEqual([[], [to(BOB)], [to(ALICE)]]);
    });
  });
});

describe('commands in the background', () => {
  const started = { details: { status: 'running', sessionId: 'brisk-wharf' } };
  const process = (id: string, callId: string, details: Fields, text = '') =>
    result(id, callId, { toolName: 'process', details, content: [{ type: 'text', text }] });

  function inBackground(): Watched {
    const watched = busy();
    watched.line(200, call('a1', 'c1'));
    watched.line(300, result('r1', 'c1', started));
    return watched;
  }

  it('carry their name, and end once, with what `process` says of it first', () => {
    const watched = inBackground();
    expect(watched.of('tool-ended')).toMatchObject([{ outcome: 'background', backgroundId: 'brisk-wharf' }]);
    watched.line(400, call('a2', 'c2', 'process'));
    watched.line(500, process('r2', 'c2', { status: 'running', sessionId: 'brisk-wharf' }));
    watched.line(600, process('r3', 'c3', { status: 'failed', sessionId: 'brisk-wharf', exitCode: 7 }));
    watched.line(700, process('r4', 'c4', { status: 'failed', sessionId: 'brisk-wharf', exitCode: 7 }));
    const { of } = watched;
    expect(of.call(watched, 'background-ended')).toEqual([
      {
        ...{ type: 'background-ended', sessionKey: ROOM, at: NOW + 600, endedAt: NOW + 600 },
        ...{ backgroundId: 'brisk-wharf', outcome: 'error', exitCode: 7 },
      },
    ]);
  });

  it.each<[string, Fields, string, object | undefined]>([
    ['exit code 0', { status: 'completed', exitCode: 0 }, '', { outcome: 'ok', exitCode: 0 }],
    ['a signal', { status: 'failed' }, 'x\n\nProcess exited with signal SIGKILL.', { error: 'signal SIGKILL' }],
    ['the log of one that ended just now', { status: 'completed', total: 3 }, 'x', undefined],
    ['a call that failed for itself', { status: 'failed', sessionId: undefined }, 'No session found', undefined],
    ['killed', { status: 'failed', sessionId: undefined }, 'Killed session brisk-wharf.', { outcome: 'aborted' }],
    ['removed', { status: 'failed', sessionId: undefined }, 'Removed session brisk-wharf.', { outcome: 'aborted' }],
    ['removed afterwards', { status: 'completed', sessionId: undefined }, 'Removed session brisk-wharf.', undefined],
  ])('end as a result says: %s', (_name, details, text, end) => {
    const watched = inBackground();
    watched.line(400, call('a2', 'c2', 'process'));
    watched.line(500, process('r2', 'c2', { sessionId: 'brisk-wharf', ...details }, text));
    expect(watched.of('background-ended')).toMatchObject(end === undefined ? [] : [end]);
  });

  it('end when a later run of their session finds out', () => {
    const watched = inBackground();
    watched.line(400, reply('a2'));
    watched.unlock(410);
    watched.until(3_000);
    watched.lock(9_000);
    watched.line(9_100, user('u2'));
    watched.line(9_200, call('a3', 'c3', 'process'));
    watched.line(9_300, process('r3', 'c3', { status: 'completed', sessionId: 'brisk-wharf', exitCode: 0 }));
    expect(watched.of('background-ended')).toMatchObject([{ outcome: 'ok', endedAt: NOW + 9_300 }]);
  });
});

describe('how the model fares', () => {
  const fail = (id: string, errorMessage: string, model = 'm1') =>
    message(id, { role: 'assistant', stopReason: 'error', content: [], errorMessage, model });
  const statuses = (watched: Watched) => watched.of('model-status').map(({ status }) => status);

  it('says of each call that failed why, of no next attempt, and of the first answer that it works', () => {
    const watched = busy();
    watched.line(200, fail('a1', '429 Rate limit reached'));
    watched.line(300, fail('a2', 'terminated'));
    watched.line(400, reply('a3', 'stop', 'Done.', { model: 'm1' }));
    watched.line(500, reply('a4', 'stop', 'Again.', { model: 'm1' }));
    expect(statuses(watched)).toEqual([
      { kind: 'failed', reason: 'rate limit' },
      { kind: 'failed', reason: 'connection lost' },
      { kind: 'working' },
    ]);
  });

  it('leaves the last error to the end of the run', () => {
    const watched = busy();
    watched.line(200, fail('a1', '500 The server had an error'));
    watched.unlock(210);
    watched.until(9_000);
    expect(statuses(watched)).toEqual([{ kind: 'failed', reason: 'server error' }]);
    expect(watched.of('run-ending').at(-1)?.text).toBe('500 The server had an error');
    expect(watched.ends).toEqual([['error', 200]]);
  });

  it('is compacting after a context that is too large', () => {
    const watched = busy();
    watched.line(200, fail('a1', "400 This model's maximum context length is 1000"));
    watched.line(300, { type: 'compaction', id: 'k1' });
    watched.line(400, reply('a2', 'stop', 'Done.', { model: 'm1' }));
    expect(statuses(watched)).toEqual([{ kind: 'compacting' }, { kind: 'working' }]);
  });

  const snapshot = { type: 'custom', id: 'm', customType: 'model-snapshot', data: { modelId: 'm2' } };
  it.each<[string, Fields]>([
    ['its own failure', fail('a2', '500 x', 'm2')],
    ['an answer', reply('a2', 'stop', 'Done.', { model: 'm2' })],
    ['a model change', { type: 'model_change', id: 'm', provider: 'p', modelId: 'p/m2' }],
    ['a model snapshot', snapshot],
  ])('names another model after a failure, at the first entry that does: %s', (_name, entry) => {
    const watched = busy();
    watched.line(200, fail('a1', '402 Payment required'));
    watched.line(300, entry);
    expect(statuses(watched).slice(0, 2)).toEqual([
      { kind: 'failed', reason: 'billing' },
      { kind: 'fallback', reason: 'billing', model: 'm2' },
    ]);
  });

  it('names another model that answers without a failure', () => {
    const watched = busy();
    watched.line(200, reply('a1', 'toolUse', 'Hm.', { model: 'm1' }));
    watched.line(250, snapshot);
    watched.line(300, reply('a2', 'stop', 'Done.', { model: 'm2' }));
    expect(statuses(watched)).toEqual([{ kind: 'working', model: 'm2' }]);
  });

  it('says how full the context is only where the catalog knows how much fits into that model', () => {
    const usage = { input: 1, output: 1, totalTokens: 900 };
    const known = { ...s1, model: 'm1', contextTokens: 1_000 };
    const usesOf = (entry: Fields): unknown => {
      const watched = new Watched();
      watched.catalog(0, { [ROOM]: entry });
      watched.line(100, user('u1'));
      watched.line(200, reply('a1', 'toolUse', 'Hm.', { model: 'm1', usage }));
      watched.line(300, reply('a2', 'toolUse', 'Hm.', { model: 'm2', usage }));
      watched.line(400, reply('a3', 'error', '', { model: 'm1', usage: { totalTokens: 0 } }));
      return watched.of('context-used').map(({ at, usedTokens, windowTokens }) => [at - NOW, usedTokens, windowTokens]);
    };
    expect([usesOf(known), usesOf(s1)]).toEqual([[[200, 900, 1_000]], []]);
  });
});

describe('what arguments say besides', () => {
  const calls = (id: string, callId: string, name: string, args: Fields) =>
    message(id, {
      role: 'assistant',
      stopReason: 'toolUse',
      content: [{ type: 'toolCall', id: callId, name, arguments: args }],
    });

  it('a plan is no call: neither its call nor its result is reported, and it keeps its run open', () => {
    const watched = busy();
    watched.line(200, calls('a1', 'c1', 'TodoWrite', { todos: [{ content: 'Read', status: 'in_progress' }] }));
    watched.line(300, result('r1', 'c1', { toolName: 'TodoWrite' }));
    watched.line(400, calls('a2', 'c2', 'my_plan', { items: [{ step: 'Read', status: 'done' }] }));
    watched.line(500, result('r2', 'c2', { toolName: 'my_plan' }));
    expect(watched.of('plan-changed').map(({ steps }) => steps)).toEqual([
      [{ text: 'Read', status: 'current' }],
      [{ text: 'Read', status: 'done' }],
    ]);
    expect([watched.of('tool-started'), watched.of('tool-ended')]).toEqual([[], []]);
    watched.unlock(600);
    watched.until(9_000);
    expect(watched.ends).toMatchObject([['interrupted', expect.any(Number)]]);
  });

  it('files count once their call has succeeded', () => {
    const watched = busy();
    for (const [n, exitCode] of [0, 1].entries()) {
      watched.line(200 + n, calls(`a${n}`, `c${n}`, 'edit', { file_path: `${n}.txt` }));
      watched.line(300 + n, result(`r${n}`, `c${n}`, { toolName: 'edit', details: { exitCode } }));
    }
    watched.line(400, calls('a3', 'c3', 'apply_patch', { input: '*** Update File: b.txt\n*** Delete File: c.txt' }));
    watched.line(500, result('r3', 'c3', { toolName: 'apply_patch' }));
    expect(watched.of('tool-ended').map(({ filesChanged }) => filesChanged)).toEqual([
      ['0.txt'],
      undefined,
      ['b.txt', 'c.txt'],
    ]);
  });

  it('a question is asked while its call runs, and one for a secret is not quoted', () => {
    const watched = busy();
    watched.line(200, calls('a1', 'c1', 'ask_user', { question: 'Where?', options: ['Here'] }));
    watched.line(300, result('r1', 'c1', { toolName: 'ask_user', details: { status: 'no_answer' } }));
    watched.line(400, calls('a2', 'c2', 'secrets', { action: 'request', name: 'TOKEN' }));
    expect(
      watched.of('question-asked').map(({ callId, question }) => [callId, question.asks, question.secret]),
    ).toEqual([
      ['c1', [{ text: 'Where?', options: ['Here'] }], false],
      ['c2', [], true],
    ]);
    expect(watched.of('tool-started').map(({ args }) => args)).toEqual([expect.anything(), {}]);
    expect(watched.of('tool-ended').map(({ outcome }) => outcome)).toEqual(['no-answer']);
  });
});
