import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Benchmark, figure } from './benchmark.ts';
import { addChannels, onStage, withDaemon } from './daemon.ts';
import { layOut } from './transcripts.ts';

const REPORT_HEAP = join(import.meta.dirname, 'report-heap.mjs');
const SETTLE_MS = 5000;
/** Calls that each session made; more are folded into a count. */
const CALLS = 12;

/** Live objects per session: the heap after a full collection, with and without sessions. */
export const heap: Benchmark = {
  name: 'heap',
  description: 'live heap per session at 1 000 sessions, after a full garbage collection',
  run: ({ quick, say }) =>
    onStage(async (stage) => {
      const count = quick ? 100 : 1000;
      const sessions = await layOut(stage.transcriptDir, 0, addChannels(stage.simulator, count));
      const start = {
        settings: { MAX_ACTIVE_SESSIONS: String(count), MAX_UPDATES_PER_S: '100' },
        nodeOptions: ['--expose-gc', '--import', REPORT_HEAP],
      };
      return withDaemon(stage, start, async (daemon) => {
        await delay(SETTLE_MS);
        const before = await liveBytes(daemon);
        for (let call = 0; call < CALLS; call += 1) {
          for (const session of sessions) await session.call(`npm test -- --run part-${call}`);
        }
        say(`waits for ${count} posts`);
        while (stage.simulator.posts().length < count) await delay(500);
        await delay(SETTLE_MS);
        const after = await liveBytes(daemon);
        return [
          figure(`${count} sessions of ${CALLS} calls: live heap`, 'MB', after / 2 ** 20),
          figure(`${count} sessions of ${CALLS} calls: live heap a session`, 'KB', (after - before) / count / 1024),
        ];
      });
    }),
};

async function liveBytes(daemon: ChildProcess): Promise<number> {
  const pipe = daemon.stdio[3];
  if (!pipe) throw new Error('The daemon has no fourth pipe.');
  const answer = once(pipe, 'data');
  daemon.kill('SIGUSR2');
  const [text] = (await answer) as [Buffer];
  return Number(text.toString());
}
