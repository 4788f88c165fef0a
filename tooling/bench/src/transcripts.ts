import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const WEEK_MS = 7 * 24 * 3_600_000;

/** A session the benchmark writes as OpenClaw does: one open-append-close per line, a lock while it runs. */
export interface BenchSession {
  readonly path: string;
  /** Appends, in one write, the end of the call before and the announcement of one that shows `command`. */
  call(command: string): Promise<void>;
}

/**
 * Lays out `<root>/main/sessions` with `idle` transcripts of last week and `active` sessions in the middle of a run,
 * one for each channel id.
 */
export async function layOut(root: string, idle: number, channelIds: readonly string[]): Promise<BenchSession[]> {
  const dir = join(root, 'main', 'sessions');
  await mkdir(dir, { recursive: true });
  const lastWeek = new Date(Date.now() - WEEK_MS);
  for (let i = 0; i < idle; i += 1) {
    const path = join(dir, `${randomUUID()}.jsonl`);
    await writeFile(path, `${header(randomUUID(), lastWeek)}\n`);
    await utimes(path, lastWeek, lastWeek);
  }
  const sessions = channelIds.map((channelId) => ({ channelId, id: randomUUID() }));
  await writeCatalog(dir, sessions);
  return Promise.all(sessions.map(({ id }) => openSession(dir, id)));
}

async function writeCatalog(dir: string, sessions: readonly { channelId: string; id: string }[]): Promise<void> {
  const entries = sessions.map(({ channelId, id }) => {
    const to = `channel:${channelId}`;
    const deliveryContext = { channel: 'mattermost', to, accountId: 'default' };
    const place = { channel: 'mattermost', chatType: 'channel', groupId: channelId, lastTo: to, deliveryContext };
    const life = { sessionId: id, sessionFile: join(dir, `${id}.jsonl`), updatedAt: Date.now(), status: 'running' };
    return [`agent:main:mattermost:channel:${channelId}`, { ...life, ...place }];
  });
  const temp = join(dir, `sessions.json.${randomUUID()}.tmp`);
  await writeFile(temp, JSON.stringify(Object.fromEntries(entries), null, 2));
  await rename(temp, join(dir, 'sessions.json'));
}

async function openSession(dir: string, id: string): Promise<BenchSession> {
  const path = join(dir, `${id}.jsonl`);
  const lock = { pid: process.pid, createdAt: new Date().toISOString(), starttime: await startTime() };
  await writeFile(`${path}.lock`, JSON.stringify(lock));
  const user = { role: 'user', content: 'benchmark', timestamp: Date.now() };
  await writeFile(path, `${header(id, new Date())}\n${entry(user)}\n`);
  let calls = 0;
  return {
    path,
    async call(command) {
      const before = calls === 0 ? '' : `${result(`call_${calls}`)}\n`;
      calls += 1;
      await appendFile(path, `${before}${toolCall(`call_${calls}`, command)}\n`);
    },
  };
}

async function startTime(): Promise<number> {
  const stat = await readFile('/proc/self/stat', 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

function header(id: string, at: Date): string {
  return JSON.stringify({ type: 'session', version: 3, id, timestamp: at.toISOString(), cwd: '/home/node' });
}

function entry(message: object): string {
  const id = randomUUID().slice(0, 8);
  return JSON.stringify({ type: 'message', id, parentId: null, timestamp: new Date().toISOString(), message });
}

function toolCall(id: string, command: string): string {
  const content = [{ type: 'toolCall', id, name: 'exec', arguments: { command } }];
  const usage = { input: 220, output: 28, cacheRead: 800, cacheWrite: 0, totalTokens: 1048 };
  return entry({
    role: 'assistant',
    content,
    provider: 'mock',
    model: 'mock-1',
    usage,
    stopReason: 'toolUse',
    timestamp: Date.now(),
  });
}

function result(toolCallId: string): string {
  const details = { status: 'completed', exitCode: 0, durationMs: 5 };
  const content = [{ type: 'text', text: 'ok' }];
  return entry({
    role: 'toolResult',
    toolCallId,
    toolName: 'exec',
    content,
    details,
    isError: false,
    timestamp: Date.now(),
  });
}
