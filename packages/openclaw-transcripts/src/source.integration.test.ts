import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionEvent } from '@live-status/session-state';
import { expect, it } from 'vitest';
import { createTranscriptSource } from './index.ts';

const ROOM = 'agent:main:mattermost:channel:town';

function line(id: string, message: object): string {
  return `${JSON.stringify({ type: 'message', id, timestamp: new Date().toISOString(), message })}\n`;
}

/** Directories that inotify watches for this process. */
function watchCount(): number {
  const descriptors = readdirSync('/proc/self/fdinfo').flatMap((fd) => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').split('\n');
    } catch {
      return [];
    }
  });
  return descriptors.filter((line) => line.startsWith('inotify ')).length;
}

it.skipIf(process.platform !== 'linux')("a source watches only OpenClaw's own folders", async () => {
  const root = mkdtempSync(join(tmpdir(), 'live-status-watch-'));
  for (let index = 0; index < 300; index += 1) {
    mkdirSync(join(root, 'main', 'workspace', `data-${index}`, 'sessions'), { recursive: true });
    mkdirSync(join(root, 'main', 'sessions', '2026', `rollouts-${index}`), { recursive: true });
  }
  mkdirSync(join(root, 'ops', 'sessions'), { recursive: true });
  const before = watchCount();
  await using source = createTranscriptSource({ transcriptDir: root });
  try {
    await source.pass();
    // The root, and of each agent its directory and the one of its sessions.
    await expect.poll(() => watchCount() - before, { timeout: 10_000 }).toBe(5);
    expect(source.status().reasons).toEqual([]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

it('a source reports a run from its lock to its end by itself', async () => {
  const root = mkdtempSync(join(tmpdir(), 'live-status-watch-'));
  const sessions = join(root, 'main', 'sessions');
  mkdirSync(sessions, { recursive: true });
  writeFileSync(join(sessions, 'sessions.json'), JSON.stringify({ [ROOM]: { sessionId: 's1' } }));
  await using source = createTranscriptSource({ transcriptDir: root });
  const batches = source[Symbol.asyncIterator]();
  const seen: SessionEvent[] = [];
  const until = async (type: SessionEvent['type']): Promise<void> => {
    while (!seen.some((event) => event.type === type)) {
      const { value, done } = await batches.next();
      if (done) throw new Error(`ended before ${type}`);
      seen.push(...value.filter((event) => event.type !== 'caught-up'));
    }
  };
  try {
    await source.pass();
    const lock = join(sessions, 's1.jsonl.lock');
    writeFileSync(lock, JSON.stringify({ pid: process.pid, createdAt: 'L1' }));
    appendFileSync(join(sessions, 's1.jsonl'), line('u1', { role: 'user', content: 'go' }));
    await until('run-identified');
    appendFileSync(join(sessions, 's1.jsonl'), line('a1', { role: 'assistant', stopReason: 'stop', content: 'Done.' }));
    await until('run-ending');
    rmSync(lock);
    await until('run-ended');
    expect(seen.find((event) => event.type === 'run-ended')).toMatchObject({ outcome: 'done' });
    expect(seen.find((event) => event.type === 'run-started')).toMatchObject({ sessionKey: ROOM });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
