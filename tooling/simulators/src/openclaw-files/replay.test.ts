import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listScenarios, type Recording, readRecording } from '@live-status/fixtures';
import { createFakeClock } from '@live-status/resilience/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReplay, type Replay } from './replay.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'replay-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function transcripts(sessionsDir: string): Map<string, string> {
  const names = readdirSync(sessionsDir).filter((name) => name !== 'sessions.json' && !name.endsWith('.lock'));
  return new Map(names.map((name) => [name, readFileSync(join(sessionsDir, name), 'utf8')]));
}

function expected(recording: Recording): Map<string, string> {
  return new Map([...recording.finalFiles].map(([name, bytes]) => [name, bytes.toString()]));
}

async function stepUntil(replay: Replay, op: string): Promise<void> {
  while (replay.peek() !== undefined && replay.peek()?.op !== op) await replay.step();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function idsOf(text: string): string[] {
  const entries = text
    .trimEnd()
    .split('\n')
    .map((line): { id: string } => JSON.parse(line));
  return entries.map(({ id }) => id);
}

describe('createReplay', () => {
  it.for(listScenarios())(
    'reproduces every file of $version/$scenario byte for byte',
    async ({ version, scenario }) => {
      const recording = readRecording(version, scenario);
      await using replay = createReplay(recording, dir, { speed: Number.POSITIVE_INFINITY });
      const catalogs: string[] = [];
      for (let event = replay.peek(); event !== undefined; event = replay.peek()) {
        await replay.step();
        if (event.op === 'replace') catalogs.push(readFileSync(join(replay.sessionsDir, 'sessions.json'), 'utf8'));
      }
      expect(transcripts(replay.sessionsDir)).toEqual(expected(recording));
      let last = '{}\n';
      const captured = recording.events
        .filter((event) => event.op === 'replace')
        .map(({ content }) => (last = content?.toString() ?? last));
      expect(catalogs).toEqual(captured);
    },
  );

  it('keeps every catalog version readable as JSON that ends as recorded', async () => {
    const recording = readRecording('2026.7.1', 'subagent');
    await using replay = createReplay(recording, dir, { speed: Number.POSITIVE_INFINITY });
    await replay.play();
    const catalog = JSON.parse(readFileSync(join(replay.sessionsDir, 'sessions.json'), 'utf8'));
    expect(catalog).toEqual(JSON.parse(recording.finalCatalog.toString()));
  });

  it('lets a live process own the locks, whose pid is dead after the recorded kill -9 while the lock stays', async () => {
    await using replay = createReplay(readRecording('2026.7.1', 'crash-kill9'), dir);
    await stepUntil(replay, 'kill');
    const [lockName = ''] = readdirSync(replay.sessionsDir).filter((name) => name.endsWith('.lock'));
    const lock = JSON.parse(readFileSync(join(replay.sessionsDir, lockName), 'utf8'));
    expect(lock).toMatchObject({ pid: replay.ownerPid, maxHoldMs: 300_000 });
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${lock.pid}/stat`, 'utf8');
      expect(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]).toBe(String(lock.starttime));
    }
    expect(isAlive(lock.pid)).toBe(true);

    await replay.step();
    expect(isAlive(lock.pid)).toBe(false);
    expect(readdirSync(replay.sessionsDir)).toContain(lockName);

    await stepUntil(replay, 'lock');
    expect(readdirSync(replay.sessionsDir)).not.toContain(lockName);
    await replay.step();
    expect(replay.ownerPid).not.toBe(lock.pid);
  });

  it('leaves no lock behind when the gateway was terminated', async () => {
    await using replay = createReplay(readRecording('2026.3.28', 'sigterm-midtool'), dir);
    await stepUntil(replay, 'kill');
    const pid = replay.ownerPid ?? 0;
    await replay.step();
    expect(isAlive(pid)).toBe(false);
    expect(readdirSync(replay.sessionsDir).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  it('writes locks as the recorded version does', async () => {
    await using replay = createReplay(readRecording('2026.3.28', 'tools'), dir);
    await stepUntil(replay, 'lock');
    await replay.step();
    const [lockName = ''] = readdirSync(replay.sessionsDir).filter((name) => name.endsWith('.lock'));
    const text = readFileSync(join(replay.sessionsDir, lockName), 'utf8');
    expect(text).not.toContain('\n');
    expect(Object.keys(JSON.parse(text))).toEqual(['pid', 'createdAt', 'starttime']);
  });

  it('plays in time, faster by the speed', async () => {
    const clock = createFakeClock();
    const recording = readRecording('2026.3.28', 'no-reply');
    await using replay = createReplay(recording, dir, { clock, speed: 2 });
    const played = replay.play();
    const pendingAfter = async (ms: number): Promise<number | undefined> => {
      await clock.advance(ms);
      return replay.peek()?.tMs;
    };
    // The last event before 1000 ms of recorded time is applied after 500 ms, and not the first one after it.
    expect(await pendingAfter(500)).toBe(recording.events.find(({ tMs }) => tMs > 1000)?.tMs);
    while (replay.peek() !== undefined) {
      await clock.advance(100);
      // The lock owner is a real process: let it start.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await played;
    expect(clock.now() - createFakeClock().now()).toBeGreaterThanOrEqual(recording.durationMs / 2);
  });

  it('stops playing when aborted', async () => {
    const stop = new AbortController();
    await using replay = createReplay(readRecording('2026.7.1', 'subagent'), dir, { signal: stop.signal });
    const played = replay.play();
    stop.abort(new Error('enough'));
    await expect(played).rejects.toThrow('enough');
  });

  it('shifts recorded times to the replay without changing a length', async () => {
    const clock = createFakeClock(Date.UTC(2030, 5, 1));
    const recording = readRecording('2026.7.1', 'subagent');
    await using replay = createReplay(recording, dir, { clock, speed: 1, shiftTimes: true });
    while ((await replay.step()) !== undefined);
    const shifted = transcripts(replay.sessionsDir);
    for (const [name, bytes] of recording.finalFiles) expect(shifted.get(name)?.length).toBe(bytes.toString().length);
    const text = [...shifted.values()].join('');
    // The final answer is on disk 10514.5 ms after the start of the recording.
    const answeredAt = Date.parse(text.match(/"id":"0c3d3658".*?"timestamp":"([^"]+)"/)?.[1] ?? '');
    expect(Math.abs(answeredAt - clock.now() - 10_514.5)).toBeLessThan(50);
    expect(text).not.toContain('"2026-11-22T');
    expect(text).not.toMatch(/\b17953\d{8}\b/);
  });

  it('gives each repetition other session and entry ids that hang together as before', async () => {
    const recording = readRecording('2026.7.1', 'subagent');
    const seen = new Set([...recording.finalFiles].flatMap(([name, bytes]) => [name, ...idsOf(bytes.toString())]));
    for (const round of [1, 2]) {
      await using replay = createReplay(recording, join(dir, `${round}`), { speed: Number.POSITIVE_INFINITY, round });
      await replay.play();
      const files = transcripts(replay.sessionsDir);
      const catalog = readFileSync(join(replay.sessionsDir, 'sessions.json'), 'utf8');
      expect(files.size).toBe(recording.finalFiles.size);
      for (const [name, text] of files) {
        expect(catalog).toContain(name);
        const ids = new Set(idsOf(text));
        for (const [, parentId = ''] of text.matchAll(/"parentId":"([^"]+)"/g)) expect(ids).toContain(parentId);
        for (const id of [name, ...ids]) {
          expect(seen).not.toContain(id);
          seen.add(id);
        }
      }
    }
  });

  it('replaces recorded ids in names and contents on request', async () => {
    const root = 'rootthrrrrrrrrrrrrrrrrrrrr';
    await using replay = createReplay(readRecording('2026.7.1', 'thread-replytomode-all'), dir, {
      speed: Number.POSITIVE_INFINITY,
      replacements: new Map([[root, 'another']]),
    });
    await replay.play();
    expect([...transcripts(replay.sessionsDir).keys()].join()).toContain('-topic-another.jsonl');
    const catalog = readFileSync(join(replay.sessionsDir, 'sessions.json'), 'utf8');
    expect(catalog).toContain(':thread:another"');
    expect(catalog).not.toContain(root);
  });

  it('names the replay directory in the catalog on request', async () => {
    await using replay = createReplay(readRecording('2026.7.1', 'tools'), dir, {
      speed: Number.POSITIVE_INFINITY,
      rewritePaths: true,
    });
    await replay.play();
    const catalog = readFileSync(join(replay.sessionsDir, 'sessions.json'), 'utf8');
    expect(catalog).toContain(`"${replay.sessionsDir}/`);
    expect(catalog).not.toContain('/home/node/.openclaw/agents/main/sessions');
  });
});
