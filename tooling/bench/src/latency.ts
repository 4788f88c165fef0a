import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@live-status/resilience';
import type { Simulator } from '@live-status/simulators/mattermost';
import { type Benchmark, type Figure, OURS } from './benchmark.ts';
import { addChannels, onStage, type Stage, withDaemon } from './daemon.ts';
import { versionOf } from './report.ts';
import { type BenchSession, layOut } from './transcripts.ts';

const IDLE_FILES = 5000;
const SETTLE_MS = 4000;
const PEER = fileURLToPath(new URL('./peer-tail-file.ts', import.meta.url));

/** One clock for both ends: just before the append, and the arrival of the edit at the simulator in this process. */
const now = (): number => performance.timeOrigin + performance.now();

/**
 * No session appends more often than `THROTTLE_MS`, and all together no more often than the daemon may edit, so that
 * only the leading edge is measured.
 */
const gapMs = (active: number): number => Math.max(700, active * 20);

/** Append → edit on the wire, beside `@logdna/tail-file` + split2 + undici. */
export const latency: Benchmark = {
  name: 'latency',
  description: 'append to edit on the wire with 1, 20 and 100 active of 5 000 files, beside @logdna/tail-file',
  run: async ({ quick, say }) => {
    const peer = `@logdna/tail-file ${versionOf('@logdna/tail-file')} + split2`;
    const figures: Figure[] = [];
    for (const active of quick ? [20] : [1, 20, 100]) {
      const seconds = quick ? 5 : active === 1 ? 60 : 15;
      const what = `append → edit, ${active} active of ${IDLE_FILES} files`;
      say(`${active} active, ${OURS}`);
      figures.push({ what, subject: OURS, unit: 'ms', samples: await measure({ active, seconds, with: withOurs }) });
      say(`${active} active, peer`);
      figures.push({ what, subject: peer, unit: 'ms', samples: await measure({ active, seconds, with: withPeer }) });
    }
    return figures;
  },
};

/** Runs a follower on a stage while something is measured. */
type WithFollower = (
  stage: Stage,
  sessions: readonly BenchSession[],
  during: () => Promise<number[]>,
) => Promise<number[]>;

interface Measurement {
  readonly active: number;
  readonly seconds: number;
  readonly with: WithFollower;
}

function measure({ active, seconds, with: withFollower }: Measurement): Promise<number[]> {
  const clock = { ...systemClock, now };
  return onStage(
    async (stage) => {
      const sessions = await layOut(stage.transcriptDir, IDLE_FILES, addChannels(stage.simulator, active));
      return withFollower(stage, sessions, async () => {
        const appendedAt = await append(sessions, seconds);
        await delay(SETTLE_MS);
        return latencies(stage.simulator, appendedAt);
      });
    },
    { clock },
  );
}

/** Every session appends a call each gap, out of step with the others. Returns when each call was appended. */
async function append(sessions: readonly BenchSession[], seconds: number): Promise<Map<string, number>> {
  const appendedAt = new Map<string, number>();
  const gap = gapMs(sessions.length);
  const rounds = Math.max(1, Math.floor((seconds * 1000) / gap));
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
function latencies(simulator: Simulator, appendedAt: ReadonlyMap<string, number>): number[] {
  const shownAt = new Map<string, number>();
  for (const { method, at, body } of simulator.requests()) {
    if (method !== 'PUT') continue;
    for (const [command] of JSON.stringify(body).matchAll(/bench-\d+-\d+/g)) {
      if (!shownAt.has(command)) shownAt.set(command, at);
    }
  }
  const missing = [...appendedAt.keys()].filter((command) => !shownAt.has(command));
  if (missing.length > 0) throw new Error(`${missing.length} of ${appendedAt.size} appends were never shown.`);
  return [...appendedAt].map(([command, at]) => (shownAt.get(command) ?? Number.NaN) - at);
}

const withOurs: WithFollower = (stage, sessions, during) =>
  withDaemon(stage, { settings: { MAX_UPDATES_PER_S: '100', MAX_ACTIVE_SESSIONS: '200' } }, async (daemon) => {
    await Promise.all(sessions.map((session, i) => session.call(`warm-${i}`)));
    while (stage.simulator.posts().length < sessions.length) {
      if (daemon.exitCode !== null) throw new Error(`The daemon ended with ${daemon.exitCode}; its output says why.`);
      await delay(100);
    }
    await delay(1000);
    return during();
  });

/** The peer cannot discover files or create posts, so it gets both. */
const withPeer: WithFollower = async ({ simulator }, sessions, during) => {
  const channels = simulator.channels().filter((channel) => channel.name.startsWith('bench-'));
  const pairs = sessions.flatMap((session, i) => {
    const channelId = channels[i]?.id ?? '';
    return [session.path, simulator.writePost({ userId: simulator.bot.user.id, channelId, message: '-' }).id];
  });
  const peer: ChildProcess = fork(PEER, [simulator.url, simulator.bot.token, ...pairs]);
  try {
    await new Promise((resolve) => peer.once('message', resolve));
    return await during();
  } finally {
    peer.kill('SIGKILL');
  }
};
