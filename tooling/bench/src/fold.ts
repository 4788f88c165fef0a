import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { followFile } from '@live-status/jsonl-tail';
import { createTranscriptSource } from '@live-status/openclaw-transcripts';
import { BoxFold } from '@live-status/session-state';
import split2 from 'split2';

/**
 * Folds one large transcript, as after a restart in the middle of a long run, beside split2 + JSON.parse in the same run.
 * Lines are like recorded ones: a call, then its output, mostly small, now and then 200 KB; two thirds hold an emoji.
 *
 *     node --conditions=@live-status/source tooling/bench/src/fold.ts --megabytes 200 --rounds 3
 */
const { values } = parseArgs({
  options: { megabytes: { type: 'string', default: '200' }, rounds: { type: 'string', default: '3' } },
});
const SESSION_ID = '11111111-2222-4333-8444-555555555555';
const SESSION_KEY = 'agent:main:mattermost:channel:benchbenchbenchbenchbench1';
const HEADER = `${JSON.stringify({ type: 'session', version: 3, id: SESSION_ID, timestamp: new Date().toISOString(), cwd: '/' })}\n`;

const root = await mkdtemp(join(tmpdir(), 'live-status-fold-'));
const dir = join(root, 'main', 'sessions');
const path = join(dir, `${SESSION_ID}.jsonl`);
try {
  await mkdir(dir, { recursive: true });
  await generate(Number(values.megabytes) * 1e6);
  const megabytes = (await stat(path)).size / 1e6;
  console.log(`${megabytes.toFixed(0)} MB; Node ${process.version}`);
  console.log('| | MB/s by round | MB per CPU second by round |\n|---|---|---|');
  const runs = {
    'split2 + JSON.parse': parseAll,
    'follow only (lines as bytes)': followAll,
    'follow + read + fold': foldWhole,
  };
  const rates = Object.entries(runs).map(([name, run]) => ({ name, run, wall: [] as number[], cpu: [] as number[] }));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const { run, wall, cpu } of rates) {
      const [startedAt, before] = [performance.now(), process.cpuUsage()];
      await run();
      const { user, system } = process.cpuUsage(before);
      wall.push((megabytes / (performance.now() - startedAt)) * 1e3);
      cpu.push((megabytes / (user + system)) * 1e6);
    }
  }
  const list = (numbers: readonly number[]): string => numbers.map((rate) => rate.toFixed(0)).join(', ');
  for (const { name, wall, cpu } of rates) console.log(`| ${name} | ${list(wall)} | ${list(cpu)} |`);
} finally {
  await rm(root, { recursive: true, force: true });
}

async function generate(bytes: number): Promise<void> {
  const file = createWriteStream(path);
  let written = file.write(HEADER + message('aaaaaaaa', { role: 'user', content: 'go' })) ? HEADER.length : 0;
  for (let n = 0; written < bytes; n += 1) {
    const size = n % 170 === 0 ? 200_000 : 400 + ((n * 7_919) % 2_600);
    const output = `${n % 3 === 0 ? '' : '🙂 '}${'npm test output line\n'.repeat(size / 21)}`;
    const lines = call(n) + result(n, output);
    written += Buffer.byteLength(lines);
    if (!file.write(lines)) await once(file, 'drain');
  }
  file.end();
  await finished(file);
  const entry = {
    sessionId: SESSION_ID,
    sessionFile: path,
    updatedAt: Date.now(),
    channel: 'mattermost',
    chatType: 'channel',
  };
  await writeFile(join(dir, 'sessions.json'), JSON.stringify({ [SESSION_KEY]: entry }));
}

function message(id: string, content: object): string {
  const timestamp = new Date().toISOString();
  return `${JSON.stringify({ type: 'message', id, parentId: null, timestamp, message: { ...content, timestamp: Date.now() } })}\n`;
}

function call(n: number): string {
  const content = [
    { type: 'toolCall', id: `call_${n}`, name: 'exec', arguments: { command: `npm test -- --run part-${n}` } },
  ];
  const usage = { input: 220, output: 28, cacheRead: 800, cacheWrite: 0, totalTokens: 1048 };
  return message(`c${n}`, {
    role: 'assistant',
    content,
    provider: 'mock',
    model: 'mock-1',
    usage,
    stopReason: 'toolUse',
  });
}

function result(n: number, text: string): string {
  const details = { status: 'completed', exitCode: 0, durationMs: 5, aggregated: text, cwd: '/' };
  const content = [{ type: 'text', text }];
  return message(`r${n}`, {
    role: 'toolResult',
    toolCallId: `call_${n}`,
    toolName: 'exec',
    content,
    details,
    isError: false,
  });
}

async function parseAll(): Promise<void> {
  const parsed = createReadStream(path).pipe(split2(JSON.parse)).resume();
  await finished(parsed);
}

async function followAll(): Promise<void> {
  const follower = followFile(path, { start: 'beginning', watch: false });
  const scanned = follower.scan();
  for await (const event of follower) if (event.type === 'caught-up') break;
  await follower.close();
  await scanned.catch(() => {});
}

async function foldWhole(): Promise<void> {
  const from = { path, fingerprint: '', startOffset: HEADER.length };
  const source = createTranscriptSource({
    transcriptDir: root,
    watch: false,
    resume: [{ sessionKey: SESSION_KEY, from }],
  });
  const boxes = new BoxFold();
  const folded = (async () => {
    for await (const batch of source) boxes.fold(batch);
  })();
  await source.pass();
  await source.close();
  await folded;
  if (boxes.counts().runs === 0) throw new Error('nothing was folded: the figures would mean nothing');
}
