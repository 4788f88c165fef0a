import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Log } from '@live-status/resilience';
import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import type { SessionEvent } from '@live-status/session-state';
import { afterEach, describe, expect, it } from 'vitest';
import { createTranscriptSource, type TranscriptSource, type TranscriptSourceOptions } from './index.ts';
import { toResumeToken } from './resume-token.ts';

const ROOM = 'agent:main:mattermost:channel:town';
const HOUR_MS = 3_600_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A gateway's directory on a real disk, seen by a source that scans when asked to, on a clock that stands still. */
class Gateway {
  readonly root: string = mkdtempSync(join(tmpdir(), 'live-status-source-'));
  readonly sessions: string = join(this.root, 'agents', 'main', 'sessions');
  readonly batches: (readonly SessionEvent[])[] = [];
  readonly warnings: string[] = [];
  readonly clock: FakeClock = createFakeClock(Date.now());
  #lines = 0;

  constructor() {
    mkdirSync(this.sessions, { recursive: true });
    cleanups.push(() => rmSync(this.root, { recursive: true, force: true }));
  }

  /** Starts a source and consumes it. */
  async watch(options: Partial<TranscriptSourceOptions> = {}): Promise<TranscriptSource> {
    const warn: Log['warn'] = (_fields, text) => void this.warnings.push(text);
    const log = { debug() {}, info() {}, warn, error: warn };
    const transcriptDir = join(this.root, 'agents');
    const source = createTranscriptSource({ transcriptDir, watch: false, clock: this.clock, log, ...options });
    cleanups.push(() => source.close());
    void (async () => {
      for await (const batch of source) {
        const events = batch.filter((event) => event.type !== 'caught-up');
        if (events.length > 0) this.batches.push(events);
      }
    })();
    await source.pass();
    return source;
  }

  get events(): SessionEvent[] {
    return this.batches.flat();
  }

  of<T extends SessionEvent['type']>(type: T): Extract<SessionEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<SessionEvent, { type: T }> => event.type === type);
  }

  sleep(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  path(name: string): string {
    return join(this.sessions, name);
  }

  catalog(entries: object, path = this.path('sessions.json')): void {
    writeFileSync(`${path}.tmp`, JSON.stringify(entries));
    renameSync(`${path}.tmp`, path);
  }

  user(id: string, ageMs = 0, file = 's1.jsonl'): void {
    this.append({ type: 'message', id, message: { role: 'user', content: 'hello' } }, ageMs, file);
  }

  answer(id: string, ageMs = 0, file = 's1.jsonl'): void {
    const content = [{ type: 'text', text: 'Done.' }];
    this.append({ type: 'message', id, message: { role: 'assistant', stopReason: 'stop', content } }, ageMs, file);
  }

  append(raw: object, ageMs: number, file: string): void {
    this.#lines += 1;
    const timestamp = new Date(this.clock.now() - ageMs + this.#lines / 1_000).toISOString();
    appendFileSync(this.path(file), `${JSON.stringify({ timestamp, parentId: null, ...raw })}\n`);
  }

  age(file: string, ageMs: number): void {
    const at = new Date(Date.now() - ageMs);
    utimesSync(this.path(file), at, at);
  }

  lock(pid: number, more: object = {}, file = 's1.jsonl'): void {
    const content = { pid, createdAt: new Date(this.clock.now()).toISOString(), ...more };
    writeFileSync(this.path(`${file}.lock`), JSON.stringify(content), { flag: 'wx' });
  }

  unlock(file = 's1.jsonl'): void {
    rmSync(this.path(`${file}.lock`));
  }
}

/** As OpenClaw writes it: nothing where there is no `/proc`. */
function startTimeOf(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

const s1 = { sessionId: 's1' };

describe('a source of transcripts', () => {
  it('follows a session from its lock to its end, a scan at a time, one batch for each', async () => {
    const gateway = new Gateway();
    const source = await gateway.watch();
    gateway.catalog({ [ROOM]: s1 });
    await source.pass();
    gateway.lock(process.pid, { starttime: startTimeOf(process.pid) });
    await source.pass();
    await gateway.sleep(100);
    gateway.user('u1');
    gateway.answer('a1');
    await source.pass();
    expect(gateway.batches).toHaveLength(1);
    expect(gateway.events.map((event) => event.type)).toEqual([
      'session',
      'run-started',
      'run-routed',
      'run-identified',
      'run-ending',
    ]);
    gateway.unlock();
    await source.pass();
    await gateway.sleep(1_000);
    await source.pass();
    expect(gateway.of('run-ended')).toMatchObject([{ outcome: 'done' }]);
    const [started] = gateway.of('run-started');
    expect((gateway.of('run-identified')[0]?.at ?? 0) - (started?.startedAt ?? 0)).toBe(100);
    expect(source.status()).toMatchObject({ state: 'attached', reasons: [], runsSeen: 1 });
  });

  it('ends a run when the process that holds its lock dies', async () => {
    const gateway = new Gateway();
    const owner = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    cleanups.push(() => owner.kill('SIGKILL'));
    await once(owner, 'spawn');
    const pid = owner.pid ?? 0;
    gateway.catalog({ [ROOM]: s1 });
    const source = await gateway.watch();
    gateway.lock(pid, { starttime: startTimeOf(pid) });
    gateway.user('u1');
    await source.pass();
    expect(gateway.of('run-ended')).toEqual([]);
    const exited = once(owner, 'exit');
    owner.kill('SIGKILL');
    await exited;
    await gateway.sleep(700);
    await source.pass();
    expect(gateway.of('run-ended')).toMatchObject([{ outcome: 'interrupted', reason: 'the agent stopped' }]);
  });

  it.each([
    ['is unknown here', 2 ** 30, {}],
    ['is another one here', process.pid, { starttime: 1 }],
  ])('leaves a run to its lock when the pid %s', async (_what, pid, more) => {
    const gateway = new Gateway();
    gateway.catalog({ [ROOM]: s1 });
    const source = await gateway.watch();
    gateway.lock(pid, more);
    gateway.user('u1');
    await source.pass();
    await gateway.sleep(HOUR_MS / 3);
    await source.pass();
    expect(gateway.of('run-ended')).toEqual([]);
    gateway.unlock();
    await source.pass();
    await gateway.sleep(1_000);
    await source.pass();
    expect(gateway.of('run-ended')).toMatchObject([{ outcome: 'interrupted' }]);
  });

  it('reads a lock that was still empty when it appeared', async () => {
    const gateway = new Gateway();
    gateway.catalog({ [ROOM]: s1 });
    const source = await gateway.watch();
    writeFileSync(gateway.path('s1.jsonl.lock'), '');
    await source.pass();
    gateway.unlock();
    gateway.lock(process.pid, { createdAt: 'L1', starttime: startTimeOf(process.pid) });
    await source.pass();
    gateway.user('u1');
    await source.pass();
    expect(gateway.of('run-started')).toMatchObject([{ evidence: ['entry:u1', 'lock:L1'] }]);
  });

  it('skips lines that are not entries and goes on', async () => {
    const gateway = new Gateway();
    gateway.catalog({ [ROOM]: s1 });
    const source = await gateway.watch();
    gateway.user('u1');
    appendFileSync(gateway.path('s1.jsonl'), '{"type":"mess\n\n[1]\n');
    gateway.answer('a1');
    await source.pass();
    expect(gateway.of('run-ending')).toHaveLength(1);
    expect(gateway.warnings).toHaveLength(2);
  });

  it('knows the end of a call whose result is too long to read', async () => {
    const gateway = new Gateway();
    gateway.catalog({ [ROOM]: s1 });
    const source = await gateway.watch();
    gateway.user('u1');
    const content = [{ type: 'image', data: 'x'.repeat(17 * 1024 * 1024), mimeType: 'image/png' }];
    const message = { role: 'toolResult', toolCallId: 'c1', toolName: 'image', content, isError: false, timestamp: 1 };
    const timestamp = new Date().toISOString();
    const line = JSON.stringify({ type: 'message', id: 't1', parentId: null, timestamp, message });
    appendFileSync(gateway.path('s1.jsonl'), `${line}\n`);
    await source.pass();
    expect(gateway.of('tool-ended')).toMatchObject([{ callId: 'c1', tool: 'image', outcome: 'ok' }]);
    expect(gateway.warnings).toEqual([]);
  });
});

describe('start-up of a source', () => {
  it('reads recent work as old, and leaves older files alone', async () => {
    const gateway = new Gateway();
    gateway.catalog({ [ROOM]: s1, 'agent:main:main': { sessionId: 's2' } });
    gateway.user('u1', 60_000);
    gateway.answer('a1', 59_000);
    gateway.user('old', 2 * HOUR_MS, 's2.jsonl');
    gateway.age('s2.jsonl', 2 * HOUR_MS);
    await gateway.watch();
    expect(gateway.of('run-started')).toMatchObject([{ sessionKey: ROOM, old: true }]);
    expect(gateway.of('run-ended')).toMatchObject([{ outcome: 'done' }]);
  });

  it('sees only what is new when an old file wakes up, also when it is rewritten', async () => {
    const gateway = new Gateway();
    gateway.catalog({ [ROOM]: s1 });
    gateway.user('u0', 2 * HOUR_MS);
    gateway.answer('a0', 2 * HOUR_MS);
    gateway.age('s1.jsonl', 1.9 * HOUR_MS);
    const source = await gateway.watch();
    gateway.user('u1');
    await source.pass();
    expect(gateway.of('run-identified')).toMatchObject([{ evidence: ['entry:u1'] }]);
    const before = gateway.events.length;
    const text = readFileSync(gateway.path('s1.jsonl'), 'utf8');
    writeFileSync(`${gateway.path('s1.jsonl')}.repair.1.tmp`, text.replace('"Done."', '"[repaired]"'));
    renameSync(`${gateway.path('s1.jsonl')}.repair.1.tmp`, gateway.path('s1.jsonl'));
    await source.pass();
    await gateway.sleep(500);
    await source.pass();
    expect(gateway.events).toHaveLength(before);
    gateway.answer('a1');
    await source.pass();
    expect(gateway.of('run-ending')).toMatchObject([{ entryId: 'a1' }]);
  });

  it('reports sessions in the order in which they worked', async () => {
    const gateway = new Gateway();
    gateway.catalog({ [ROOM]: s1, 'agent:main:subagent:c': { sessionId: 'c', spawnedBy: ROOM } });
    gateway.user('u1', 9_000);
    gateway.answer('a1', 8_000);
    gateway.answer('a2', 5_000);
    gateway.user('cu', 7_500, 'c.jsonl');
    gateway.answer('ca', 7_000, 'c.jsonl');
    await gateway.watch();
    const runs = gateway.of('run-identified').map((run) => [run.sessionKey, run.trigger]);
    expect(runs).toEqual([
      [ROOM, 'message'],
      ['agent:main:subagent:c', 'message'],
      [ROOM, 'announce'],
    ]);
  });

  it('keeps the order of a file whose copied history is older than its header', async () => {
    const gateway = new Gateway();
    gateway.catalog({ [`${ROOM}:thread:r1`]: { sessionId: 'f' } });
    gateway.append({ type: 'session', id: 'f', parentSession: '/x/s1.jsonl' }, 9_000, 'f.jsonl');
    gateway.user('u1', 50_000, 'f.jsonl');
    gateway.answer('a1', 49_000, 'f.jsonl');
    gateway.user('u2', 8_000, 'f.jsonl');
    gateway.answer('a2', 7_000, 'f.jsonl');
    await gateway.watch();
    expect(gateway.of('run-identified').map((run) => run.evidence)).toEqual([['entry:u2']]);
  });

  it('reads a run again from where it began, however old the file', async () => {
    const gateway = new Gateway();
    gateway.catalog({ [ROOM]: s1 });
    for (let index = 0; index < 200; index += 1) gateway.user(`x${index}`, 3 * HOUR_MS);
    const startOffset = readFileSync(gateway.path('s1.jsonl')).length;
    gateway.answer('a0', 3 * HOUR_MS);
    gateway.user('u1', 2 * HOUR_MS);
    gateway.answer('a1', 2 * HOUR_MS);
    gateway.age('s1.jsonl', 2 * HOUR_MS);
    const place = { sessionKey: ROOM, path: gateway.path('s1.jsonl'), fingerprint: 'f', startOffset };
    await gateway.watch({ resumeTokens: [toResumeToken(place)] });
    expect(gateway.of('run-identified').some((run) => run.evidence.includes('entry:u1'))).toBe(true);
    expect(gateway.of('run-started').every((run) => run.old)).toBe(true);
    expect(gateway.of('run-identified').some((run) => run.evidence.includes('entry:x0'))).toBe(false);
  });

  it.each([
    ['/new', 'reset.2026-11-22T06-55-54.199Z'],
    ['a deletion', 'deleted.2026-11-22T06-55-54.199Z'],
  ])(
    'reads a run again whose transcript was archived by %s meanwhile, beside the session that took its key',
    async (_what, suffix) => {
      const gateway = new Gateway();
      gateway.catalog({ [ROOM]: s1 });
      gateway.append({ type: 'session', id: 's1' }, 60_000, 's1.jsonl');
      const earlier = await gateway.watch();
      gateway.user('u1', 40_000);
      await earlier.pass();
      const [begun] = gateway.of('run-identified');
      await earlier.close();
      gateway.batches.length = 0;
      gateway.answer('a1', 30_000);
      renameSync(gateway.path('s1.jsonl'), gateway.path(`s1.jsonl.${suffix}`));
      gateway.catalog({ [ROOM]: { sessionId: 's2' } });
      gateway.append({ type: 'session', id: 's2' }, 20_000, 's2.jsonl');
      gateway.user('u2', 10_000, 's2.jsonl');
      gateway.lock(process.pid, { starttime: startTimeOf(process.pid) }, 's2.jsonl');
      if (begun?.resumeToken === undefined) throw new Error('no token to resume with');
      await gateway.watch({ resumeTokens: [begun.resumeToken] });
      expect(gateway.of('run-started')).toMatchObject([
        { sessionKey: ROOM, evidence: ['entry:u1'], old: true },
        { sessionKey: ROOM, evidence: expect.arrayContaining(['entry:u2']) },
      ]);
      expect(gateway.of('run-ended')).toMatchObject([{ outcome: 'done' }]);
      expect(gateway.events.map(({ type }) => type).indexOf('session-gone')).toBeGreaterThan(
        gateway.events.map(({ type }) => type).indexOf('run-ended'),
      );
      expect(gateway.of('session').at(-1)).toMatchObject({ sessionId: 's2' });
      const times = gateway.events.map(({ at }) => at);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    },
  );

  it('leaves an archive alone that is not of the transcript it read before', async () => {
    const gateway = new Gateway();
    gateway.append({ type: 'session', id: 'other' }, 60_000, 's1.jsonl.reset.2026-11-22T06-55-54.199Z');
    gateway.user('u1', 40_000, 's1.jsonl.reset.2026-11-22T06-55-54.199Z');
    const fingerprint = '1-1-0123456789abcdef';
    const place = { sessionKey: ROOM, path: gateway.path('s1.jsonl'), fingerprint, startOffset: 0 };
    await gateway.watch({ resumeTokens: [toResumeToken(place)] });
    expect(gateway.events).toEqual([]);
  });

  it('goes on with a run whose lock exists', async () => {
    const gateway = new Gateway();
    gateway.catalog({ [ROOM]: s1 });
    gateway.user('u1', 20_000);
    gateway.lock(process.pid, { starttime: startTimeOf(process.pid), createdAt: 'L1' });
    await gateway.watch();
    const [run] = gateway.of('run-started');
    expect(run).toMatchObject({ evidence: ['entry:u1', 'lock:L1'] });
    expect(run?.old).toBeUndefined();
    expect(gateway.of('run-ended')).toEqual([]);
  });
});

describe('what a source opens', () => {
  it('resolves a session file of another mount by its name, and follows no link', async () => {
    const gateway = new Gateway();
    const outside = join(gateway.root, 'outside.jsonl');
    const line = {
      type: 'message',
      id: 'x1',
      timestamp: new Date().toISOString(),
      message: { role: 'user', content: 'secret' },
    };
    writeFileSync(outside, `${JSON.stringify(line)}\n`);
    symlinkSync(outside, gateway.path('s2.jsonl'));
    gateway.catalog({
      [ROOM]: { sessionId: 'other', sessionFile: '/data/container/s1.jsonl' },
      'agent:main:main': { sessionId: 's2', sessionFile: outside },
    });
    const source = await gateway.watch();
    gateway.user('u1');
    await source.pass();
    await gateway.sleep(2_000);
    await source.pass();
    expect(gateway.of('run-started').map((run) => run.sessionKey)).toEqual([ROOM]);
  });

  it('ignores sidecars, backups and hidden files', async () => {
    const gateway = new Gateway();
    const source = await gateway.watch();
    for (const name of ['s1.trajectory.jsonl', '.s1.jsonl', 's1.checkpoint.1.jsonl', 's1.jsonl.bak-1-2']) {
      gateway.user('u1', 0, name);
    }
    await source.pass();
    await gateway.sleep(2_000);
    await source.pass();
    expect(gateway.events).toEqual([]);
  });
});

describe('the catalog of a source', () => {
  it('is the configured one, wherever it is', async () => {
    const gateway = new Gateway();
    const own = join(gateway.root, 'elsewhere', 'my.json');
    mkdirSync(dirname(own));
    gateway.catalog({ [ROOM]: s1 }, own);
    gateway.catalog({ 'agent:main:main': s1 });
    const source = await gateway.watch({ sessionsJson: own });
    gateway.user('u1');
    await source.pass();
    expect(gateway.of('run-started')).toMatchObject([{ sessionKey: ROOM }]);
    gateway.catalog({}, own);
    await source.pass();
    expect(gateway.of('session-gone')).toHaveLength(1);
  });

  it('is found beside the transcripts when the configured one does not exist, and that is said', async () => {
    const gateway = new Gateway();
    gateway.catalog({ [ROOM]: s1 });
    const missing = join(gateway.root, 'missing.json');
    const source = await gateway.watch({ sessionsJson: missing });
    gateway.user('u1');
    await source.pass();
    expect(gateway.of('run-started')).toMatchObject([{ sessionKey: ROOM }]);
    expect(source.status()).toMatchObject({ state: 'degraded', reasons: [expect.stringContaining(missing)] });
    expect(gateway.warnings).toHaveLength(1);
  });

  it('stays as it was while it cannot be parsed, and that is said until it can', async () => {
    const gateway = new Gateway();
    gateway.catalog({ [ROOM]: s1 });
    const source = await gateway.watch();
    writeFileSync(gateway.path('sessions.json'), '{"half":');
    await source.pass();
    expect(source.status().reasons).toEqual([expect.stringContaining('is not a catalog')]);
    gateway.user('u1');
    await source.pass();
    expect(gateway.of('run-started')).toMatchObject([{ sessionKey: ROOM }]);
    gateway.catalog({ [ROOM]: s1 });
    await source.pass();
    expect(source.status().reasons).toEqual([]);
  });
});

describe('what keeps a source from seeing', () => {
  it('a directory that does not exist is named, and followed once it does', async () => {
    const gateway = new Gateway();
    const transcriptDir = join(gateway.root, 'later');
    const source = await gateway.watch({ transcriptDir });
    expect(source.status()).toMatchObject({ state: 'degraded', reasons: [expect.stringContaining('TRANSCRIPT_DIR')] });
    mkdirSync(join(transcriptDir, 'main', 'sessions'), { recursive: true });
    renameSync(gateway.sessions, join(transcriptDir, 'main', 'sessions'));
    await source.pass();
    const line = {
      type: 'message',
      id: 'u1',
      timestamp: new Date().toISOString(),
      message: { role: 'user', content: 'x' },
    };
    writeFileSync(join(transcriptDir, 'main', 'sessions', 'n.jsonl'), `${JSON.stringify(line)}\n`);
    await source.pass();
    await gateway.sleep(2_000);
    await source.pass();
    expect(gateway.of('run-started')).toHaveLength(1);
  });

  it('a store newer than every transcript means a newer OpenClaw', async () => {
    const gateway = new Gateway();
    gateway.user('u1', 2 * HOUR_MS);
    gateway.age('s1.jsonl', 2 * HOUR_MS);
    mkdirSync(join(gateway.root, 'agents', 'main', 'agent'));
    writeFileSync(join(gateway.root, 'agents', 'main', 'agent', 'openclaw-agent.sqlite'), '');
    const source = await gateway.watch();
    expect(source.status()).toMatchObject({ state: 'degraded', reasons: [expect.stringContaining('SOURCE=gateway')] });
    const beside = await gateway.watch({ databaseIsTrouble: false });
    expect(beside.status()).toMatchObject({ state: 'attached', reasons: [] });
  });
});

describe('the end of a source', () => {
  it('closing ends the iteration after what was read, and can be repeated', async () => {
    const gateway = new Gateway();
    const source = createTranscriptSource({ transcriptDir: gateway.root, watch: false });
    const taken = (async () => {
      let events = 0;
      for await (const batch of source) events += batch.filter(({ type }) => type !== 'caught-up').length;
      return events;
    })();
    await source.pass();
    gateway.user('u1');
    await source.pass();
    await source.close();
    await source.close();
    expect(await taken).toBe(0);
    expect(source.status().state).toBe('closed');
  });

  it('closing does not wait for a consumer that never came', async () => {
    const gateway = new Gateway();
    gateway.catalog({ [ROOM]: s1 });
    gateway.user('u1', 1_000);
    const source = createTranscriptSource({ transcriptDir: gateway.root, watch: false });
    void source.pass();
    while (source.status().runsSeen === 0) await setImmediate();
    await source.close();
    expect(source.status().state).toBe('closed');
  });

  it('an abort closes, before and after the start', async () => {
    const gateway = new Gateway();
    const aborted = createTranscriptSource({ transcriptDir: gateway.root, signal: AbortSignal.abort() });
    expect(await aborted[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
    const controller = new AbortController();
    const source = createTranscriptSource({ transcriptDir: gateway.root, watch: false, signal: controller.signal });
    const next = source[Symbol.asyncIterator]().next();
    controller.abort();
    expect(await next).toMatchObject({ done: true });
  });

  it('leaving the loop closes', async () => {
    const gateway = new Gateway();
    gateway.catalog({ [ROOM]: s1 });
    gateway.user('u1', 1_000);
    const source = createTranscriptSource({ transcriptDir: gateway.root, watch: false });
    void source.pass();
    for await (const batch of source) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    expect(source.status().state).toBe('closed');
  });
});
