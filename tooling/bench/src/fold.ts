import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { followFile } from '@live-status/jsonl-tail';
import { createTranscriptSource } from '@live-status/openclaw-transcripts';
import { BoxFold } from '@live-status/session-state';
import { type Benchmark, type Figure, OURS } from './benchmark.ts';
import { FOLD_PEERS, SPLIT2 } from './fold-peers.ts';

const SESSION_ID = '11111111-2222-4333-8444-555555555555';
const SESSION_KEY = 'agent:main:mattermost:channel:benchbenchbenchbenchbench1';
const HEADER = `${JSON.stringify({ type: 'session', version: 3, id: SESSION_ID, timestamp: new Date().toISOString(), cwd: '/' })}\n`;

interface Transcript {
  /** Directory of the agents. */
  readonly root: string;
  readonly path: string;
  readonly lines: number;
}

/** Folds one large transcript, as after a restart in the middle of a long run, beside peers that only parse it. */
export const fold: Benchmark = {
  name: 'fold',
  description:
    'read and fold a 150 MB transcript, beside split2, readline, @logdna/tail-file and tail, which only parse it',
  run: async ({ quick }) => {
    const root = await mkdtemp(join(tmpdir(), 'live-status-fold-'));
    try {
      return await measure(await generate(root, quick ? 20e6 : 150e6), quick ? 2 : 5);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  },
};

async function measure(transcript: Transcript, rounds: number): Promise<Figure[]> {
  const megabytes = (await stat(transcript.path)).size / 1e6;
  const peers = FOLD_PEERS.map(({ subject, read }) => ({
    subject,
    run: ({ path, lines }: Transcript) => read(path, lines),
  }));
  const follow = { subject: `${OURS}, follow only (lines as bytes)`, run: followAll };
  const ours = { subject: `${OURS}, follow + read + fold`, run: foldWhole };
  const all = [...peers, follow, ours];
  const rates = new Map(all.map(({ subject }) => [subject, { wall: [] as number[], cpu: [] as number[] }]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { subject, run } of all) {
      const [startedAt, before] = [performance.now(), process.cpuUsage()];
      await run(transcript);
      const { user, system } = process.cpuUsage(before);
      rates.get(subject)?.wall.push((megabytes / (performance.now() - startedAt)) * 1e3);
      rates.get(subject)?.cpu.push((megabytes / (user + system)) * 1e6);
    }
  }
  const what = `${Math.round(megabytes)} MB transcript`;
  const cpuOf = (subject: string): readonly number[] => rates.get(subject)?.cpu ?? [];
  return [
    ...[...rates].flatMap(([subject, { wall, cpu }]) => [
      { what, subject, unit: 'MB/s', samples: wall },
      { what: `${what}, per CPU second`, subject, unit: 'MB', samples: cpu },
    ]),
    {
      what: `${what}, per CPU second beside split2 + JSON.parse of the same round`,
      subject: ours.subject,
      unit: '×',
      samples: cpuOf(ours.subject).map((rate, round) => rate / (cpuOf(SPLIT2.subject)[round] ?? Number.NaN)),
    },
  ];
}

/** Lines as recorded ones: a call, then its output, mostly small, sometimes 200 KB; two thirds hold an emoji. */
async function generate(root: string, bytes: number): Promise<Transcript> {
  const path = join(root, 'main', 'sessions', `${SESSION_ID}.jsonl`);
  await mkdir(dirname(path), { recursive: true });
  const file = createWriteStream(path);
  let written = file.write(HEADER + message('aaaaaaaa', { role: 'user', content: 'go' })) ? HEADER.length : 0;
  let lines = 2;
  for (let n = 0; written < bytes; n += 1) {
    const size = n % 170 === 0 ? 200_000 : 400 + ((n * 7_919) % 2_600);
    const output = `${n % 3 === 0 ? '' : '🙂 '}${'npm test output line\n'.repeat(size / 21)}`;
    const text = call(n) + result(n, output);
    lines += 2;
    written += Buffer.byteLength(text);
    if (!file.write(text)) await once(file, 'drain');
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
  await writeFile(join(root, 'main', 'sessions', 'sessions.json'), JSON.stringify({ [SESSION_KEY]: entry }));
  return { root, path, lines };
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

async function followAll({ path }: Transcript): Promise<void> {
  const follower = followFile(path, { start: 'beginning', watch: false });
  const scanned = follower.scan();
  for await (const event of follower) if (event.type === 'caught-up') break;
  await follower.close();
  await scanned.catch(() => {});
}

async function foldWhole({ root, path }: Transcript): Promise<void> {
  const source = createTranscriptSource({
    transcriptDir: root,
    watch: false,
    resumeTokens: [
      JSON.stringify({ sessionKey: SESSION_KEY, from: { path, fingerprint: '', startOffset: HEADER.length } }),
    ],
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
