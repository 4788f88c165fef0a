import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createSimulator, type Simulator } from '@live-status/simulators/mattermost';
import { type BenchSession, layOut } from './agent-dir.ts';
import { megabytes, spawnDaemon, usageOf } from './daemon-process.ts';

/**
 * What the daemon costs while many sessions work: CPU, and memory over a daemon without sessions. Each session appends
 * a call, with the end of the one before, every `--gap-ms`; `--posts` is MAX_ACTIVE_SESSIONS, all else has its default.
 * After `--warm-up-seconds` of work it is measured for `--seconds`.
 *
 *     node --conditions=@live-status/source tooling/bench/src/busy.ts --sessions 0,20 --gap-ms 1000 --seconds 30
 *     node --conditions=@live-status/source tooling/bench/src/busy.ts --sessions 0,1000 --posts 1000 --gap-ms 20000 --seconds 60
 */
const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '0,20' },
    posts: { type: 'string', default: '20' },
    'gap-ms': { type: 'string', default: '1000' },
    'warm-up-seconds': { type: 'string', default: '10' },
    seconds: { type: 'string', default: '30' },
  },
});
const gapMs = Number(values['gap-ms']);
const seconds = Number(values.seconds);
const SETTLE_MS = 3_000;

console.log(`a change every ${gapMs} ms a session, MAX_ACTIVE_SESSIONS=${values.posts}; Node ${process.version}`);
console.log('| sessions | changes | posts | edits a second | most and fewest edits a post | CPU of a core | RSS |');
console.log('|---|---|---|---|---|---|---|');
for (const sessions of values.sessions.split(',').map(Number)) await measure(sessions);

async function measure(count: number): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'live-status-busy-'));
  const transcriptDir = join(root, 'agents');
  const simulator = await createSimulator();
  try {
    const sessions = await layOut(transcriptDir, 0, joinChannels(simulator, count));
    const child = spawnDaemon(simulator, { root, transcriptDir }, { MAX_ACTIVE_SESSIONS: values.posts });
    try {
      await delay(SETTLE_MS);
      await work(sessions, Number(values['warm-up-seconds']));
      const before = await usageOf(child.pid);
      const editsBefore = edits(simulator).length;
      const changes = await work(sessions, seconds);
      const after = await usageOf(child.pid);
      const cpu = ((after.cpuSeconds - before.cpuSeconds) / seconds) * 100;
      const made = edits(simulator);
      const rate = (made.length - editsBefore) / seconds;
      console.log(
        `| ${count} | ${changes} | ${simulator.posts().length} | ${rate.toFixed(1)} | ${mostAndFewest(simulator, made)} | ${cpu.toFixed(1)} % | ${megabytes(after.rssBytes)} |`,
      );
    } finally {
      child.kill('SIGKILL');
    }
  } finally {
    await simulator.close();
    await rm(root, { recursive: true, force: true });
  }
}

function joinChannels(simulator: Simulator, count: number): string[] {
  const channels = Array.from({ length: count }, (_, i) =>
    simulator.addChannel({ teamId: simulator.team.id, name: `bench-${i}` }),
  );
  const ids = channels.map((channel) => channel.id);
  simulator.join(simulator.bot.user.id, ids);
  return ids;
}

/** Every session changes each `gapMs`, out of step with the others, for some seconds. Returns how many changes that made. */
async function work(sessions: readonly BenchSession[], forSeconds: number): Promise<number> {
  const endAt = performance.now() + forSeconds * 1_000;
  let changes = 0;
  const one = async (session: BenchSession, i: number): Promise<void> => {
    await delay((i * gapMs) / sessions.length);
    for (; performance.now() < endAt; changes += 1) {
      await session.call(`npm test -- --run part-${changes}`);
      await delay(gapMs);
    }
  };
  await Promise.all(sessions.map(one));
  await delay(Math.max(0, endAt - performance.now()));
  return changes;
}

/** The paths of the edits made so far. */
function edits(simulator: Simulator): string[] {
  return simulator.requests().flatMap(({ method, path }) => (method === 'PUT' ? [path] : []));
}

function mostAndFewest(simulator: Simulator, paths: readonly string[]): string {
  const counts = simulator.posts().map(({ id }) => paths.filter((path) => path.includes(id)).length);
  return counts.length === 0 ? '–' : `${Math.max(...counts)}, ${Math.min(...counts)}`;
}
