import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Benchmark, type Figure, OURS } from './benchmark.ts';
import { BOTH_ENDS, measureCalls } from './call-latency.ts';
import { addChannels, onStage, type Stage, withDaemon } from './daemon.ts';
import { versionOf } from './report.ts';
import { type BenchSession, layOut } from './transcripts.ts';

const IDLE_FILES = 5000;
const PEER = fileURLToPath(new URL('./peer-follower.ts', import.meta.url));
/** What is followed with, by the name that the program of the peers knows. */
const PEERS = {
  'tail-file': `@logdna/tail-file ${versionOf('@logdna/tail-file')} + split2`,
  chokidar: `chokidar ${versionOf('chokidar')}, change event`,
  tail: `tail ${versionOf('tail')}`,
} as const;

/** Append → edit on the wire, beside followers that hand each call to undici. */
export const latency: Benchmark = {
  name: 'latency',
  description:
    'append to edit on the wire with 1, 20 and 100 active of 5 000 files, beside @logdna/tail-file, chokidar and tail',
  run: async ({ quick, say }) => {
    const figures: Figure[] = [];
    for (const active of quick ? [20] : [1, 20, 100]) {
      const what = `append → edit, ${active} active of ${IDLE_FILES} files`;
      say(`${active} active, ${OURS}`);
      const seconds = quick ? 5 : active === 1 ? 60 : 12;
      figures.push({ what, subject: OURS, unit: 'ms', samples: await measure({ active, seconds, with: withOurs }) });
      for (const [name, subject] of Object.entries(PEERS)) {
        say(`${active} active, ${subject}`);
        const samples = await measure({ active, seconds: Math.min(seconds, 20), with: withPeer(name) });
        figures.push({ what, subject, unit: 'ms', samples });
      }
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
  return onStage(
    async (stage) => {
      const sessions = await layOut(stage.transcriptDir, IDLE_FILES, addChannels(stage.simulator, active));
      return withFollower(stage, sessions, () => measureCalls(stage.simulator, sessions, seconds));
    },
    { clock: BOTH_ENDS },
  );
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

/** A peer does not know which files are sessions, and cannot create posts, so it gets both. */
const withPeer =
  (name: string): WithFollower =>
  async ({ simulator }, sessions, during) => {
    const channels = simulator.channels().filter((channel) => channel.name.startsWith('bench-'));
    const pairs = sessions.flatMap((session, i) => {
      const channelId = channels[i]?.id ?? '';
      return [session.path, simulator.writePost({ userId: simulator.bot.user.id, channelId, message: '-' }).id];
    });
    const peer: ChildProcess = fork(PEER, [name, simulator.url, simulator.bot.token, ...pairs]);
    try {
      await new Promise((resolve) => peer.once('message', resolve));
      return await during();
    } finally {
      peer.kill('SIGKILL');
    }
  };
