import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createSimulator, type Simulator } from '@live-status/simulators/mattermost';
import { type BenchSession, layOut } from './agent-dir.ts';
import { spawnDaemon } from './daemon-process.ts';
import { spread } from './stats.ts';

/**
 * Append → PATCH on the wire, on an idle lane (each session appends less often than THROTTLE_MS), beside
 * `@logdna/tail-file` + split2 in the same run. Times are of one clock: just before the append in this process, and
 * the arrival of the PATCH at the simulator in this process.
 *
 *     node --conditions=@live-status/source tooling/bench/src/latency.ts --active 1,20,100 --idle 5000 --seconds 10
 */
const { values } = parseArgs({
  options: {
    active: { type: 'string', default: '1,20,100' },
    idle: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '10' },
  },
});

const now = (): number => performance.timeOrigin + performance.now();
/** No session appends more often than `THROTTLE_MS`, and all together not more often than `MAX_UPDATES_PER_S`. */
const gapMs = (active: number): number => Math.max(700, active * 20);
const SETTLE_MS = 4_000;
const peerMain = fileURLToPath(new URL('./peer-tail-file.ts', import.meta.url));

console.log(`append → PATCH, milliseconds; ${values.idle} idle files; Node ${process.version}`);
console.log('| follower | active | p50 | p99 | max | appends | seen |\n|---|---|---|---|---|---|---|');
for (const active of values.active.split(',').map(Number)) {
  await measure('live-status', active, startDaemon);
  await measure('@logdna/tail-file + split2', active, startPeer);
}

type Starter = (simulator: Simulator, root: string, sessions: readonly BenchSession[]) => Promise<ChildProcess>;

async function measure(name: string, active: number, start: Starter): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'live-status-bench-'));
  const simulator = await createSimulator();
  try {
    await measureOn(simulator, { root, name, active, start });
  } finally {
    await simulator.close();
    await rm(root, { recursive: true, force: true });
  }
}

interface Measurement {
  /** Directory of the transcripts. */
  readonly root: string;
  readonly name: string;
  readonly active: number;
  readonly start: Starter;
}

async function measureOn(simulator: Simulator, { root, name, active, start }: Measurement): Promise<void> {
  const channels = Array.from({ length: active }, (_, i) =>
    simulator.addChannel({ teamId: simulator.team.id, name: `bench-${i}` }),
  );
  simulator.join(
    simulator.bot.user.id,
    channels.map((channel) => channel.id),
  );
  const sessions = await layOut(
    root,
    Number(values.idle),
    channels.map((channel) => channel.id),
  );
  const child = await start(simulator, root, sessions);
  try {
    const appendedAt = await append(sessions, Number(values.seconds));
    await delay(SETTLE_MS);
    const latencies = arrivals(simulator, appendedAt);
    console.log(`| ${name} | ${active} | ${spread(latencies)} | ${appendedAt.size} | ${latencies.length} |`);
  } finally {
    child.kill('SIGKILL');
  }
}

/** Every session appends a call each `gapMs`, out of step with the others. Returns when each was appended. */
async function append(sessions: readonly BenchSession[], seconds: number): Promise<Map<string, number>> {
  const appendedAt = new Map<string, number>();
  const gap = gapMs(sessions.length);
  const rounds = Math.floor((seconds * 1_000) / gap);
  await Promise.all(
    sessions.map(async (session, i) => {
      await delay((i * gap) / sessions.length);
      for (let round = 0; round < rounds; round += 1) {
        const command = `bench-${i}-${round}`;
        appendedAt.set(command, now());
        await session.call(command);
        await delay(gap);
      }
    }),
  );
  return appendedAt;
}

/** For each append, how long until the first edit that shows it. */
function arrivals(simulator: Simulator, appendedAt: ReadonlyMap<string, number>): number[] {
  const seen = new Map<string, number>();
  for (const { method, at, body } of simulator.requests()) {
    if (method !== 'PUT') continue;
    for (const [command] of JSON.stringify(body).matchAll(/bench-\d+-\d+/g)) {
      if (!seen.has(command)) seen.set(command, at);
    }
  }
  return [...appendedAt].flatMap(([command, at]) => (seen.get(command) ?? Number.NaN) - at).filter((ms) => ms >= 0);
}

async function startDaemon(
  simulator: Simulator,
  root: string,
  sessions: readonly BenchSession[],
): Promise<ChildProcess> {
  const settings = { MAX_UPDATES_PER_S: '100', MAX_ACTIVE_SESSIONS: '200' };
  const child = spawnDaemon(simulator, { root, transcriptDir: root }, settings);
  await Promise.all(sessions.map((session, i) => session.call(`warm-${i}`)));
  while (simulator.posts().length < sessions.length) {
    if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}; what it printed says why`);
    await delay(100);
  }
  await delay(1_000);
  return child;
}

async function startPeer(
  simulator: Simulator,
  _root: string,
  sessions: readonly BenchSession[],
): Promise<ChildProcess> {
  const channels = simulator.channels().filter((channel) => channel.name.startsWith('bench-'));
  const pairs = sessions.flatMap((session, i) => {
    const channelId = channels[i]?.id ?? '';
    return [session.path, simulator.writePost({ userId: simulator.bot.user.id, channelId, message: '-' }).id];
  });
  const child = fork(peerMain, [simulator.url, simulator.bot.token, ...pairs]);
  await new Promise((resolve) => child.once('message', resolve));
  return child;
}
