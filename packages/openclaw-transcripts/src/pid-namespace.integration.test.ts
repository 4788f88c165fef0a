import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** As a container: pids count from 1, and `/proc` shows its own processes only. */
const NAMESPACE = ['--user', '--map-root-user', '--pid', '--fork', '--mount-proc', '--kill-child'];
const canUnshare = await promisify(execFile)('unshare', [...NAMESPACE, 'true']).then(
  () => true,
  () => false,
);
const ROOM = 'agent:main:mattermost:channel:town';

/** Prints what a source reports, after a scan for each line of its input. */
const SOURCE = `
  import { createInterface } from 'node:readline';
  import { createTranscriptSource } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
  let now = Date.now();
  const clock = { now: () => now, setTimeout: () => 0, clearTimeout: () => {} };
  const source = createTranscriptSource({ transcriptDir: process.argv[1], watch: false, clock });
  const seen = [];
  (async () => { for await (const batch of source) seen.push(...batch); })();
  for await (const sleepMs of createInterface({ input: process.stdin })) {
    now += Number(sleepMs);
    await source.pass();
    console.log(JSON.stringify(seen.filter(({ type }) => type.startsWith('run-e')).map(({ type, outcome }) => [type, outcome])));
    seen.length = 0;
  }
`;
/** A gateway: says its pid and its start time as it sees them, and lives while its input is open. */
const OWNER = `
  import { readFileSync } from 'node:fs';
  const stat = readFileSync('/proc/self/stat', 'utf8');
  console.log(JSON.stringify({ pid: process.pid, starttime: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) }));
  process.stdin.resume();
`;

let root = '';
let transcript = '';
const children: ChildProcess[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'live-status-namespace-'));
  const sessions = join(root, 'main', 'sessions');
  mkdirSync(sessions, { recursive: true });
  writeFileSync(join(sessions, 'sessions.json'), JSON.stringify({ [ROOM]: { sessionId: 's1' } }));
  transcript = join(sessions, 's1.jsonl');
});
afterEach(async () => {
  for (const child of children.splice(0)) await end(child);
  rmSync(root, { recursive: true });
});

/** Runs a program here or in a pid namespace of its own; its answers, line by line. */
function run(program: string, where: 'here' | 'apart'): { child: ChildProcess; next(): Promise<string> } {
  const node = [process.execPath, '--input-type=module', '-C', '@live-status/source', '-e', program, root];
  const [command = '', ...args] = where === 'apart' ? ['unshare', ...NAMESPACE, ...node] : node;
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, next: async () => String((await lines.next()).value) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** A run under the lock of `owner` begins, the owner dies, a minute passes, the lock goes: what is reported each time. */
async function report(owner: ReturnType<typeof run>, source: ReturnType<typeof run>): Promise<unknown[]> {
  const scan = async (afterMs: number): Promise<unknown> => {
    source.child.stdin?.write(`${afterMs}\n`);
    return JSON.parse(await source.next());
  };
  const reported: unknown[] = [await scan(0)];
  const lock = { ...JSON.parse(await owner.next()), createdAt: new Date().toISOString() };
  writeFileSync(`${transcript}.lock`, JSON.stringify(lock));
  const message = { role: 'user', content: 'go' };
  const line = { type: 'message', id: 'u1', timestamp: new Date().toISOString(), message };
  appendFileSync(transcript, `${JSON.stringify(line)}\n`);
  reported.push(await scan(1_000));
  await end(owner.child);
  reported.push(await scan(60_000));
  rmSync(`${transcript}.lock`);
  reported.push(await scan(1_000), await scan(1_000));
  return reported;
}

const CUT = [['run-ended', 'interrupted']];

describe('a lock whose owner dies', () => {
  // Some containers and hardened systems forbid user namespaces.
  beforeEach(({ skip }) => skip(!canUnshare, 'unshare may not make a pid namespace'));

  it('ends its run at once in the same pid namespace', async () => {
    expect(await report(run(OWNER, 'here'), run(SOURCE, 'here'))).toEqual([[], [], CUT, [], []]);
  });

  it('counts on in a container beside the gateway, until the lock goes', async () => {
    expect(await report(run(OWNER, 'here'), run(SOURCE, 'apart'))).toEqual([[], [], [], [], CUT]);
  });

  it('counts on beside a gateway in a container, until the lock goes', async () => {
    expect(await report(run(OWNER, 'apart'), run(SOURCE, 'here'))).toEqual([[], [], [], [], CUT]);
  });

  it('counts on when both are the first process of their container', async () => {
    expect(await report(run(OWNER, 'apart'), run(SOURCE, 'apart'))).toEqual([[], [], [], [], CUT]);
  });
});
