import { setTimeout as delay } from 'node:timers/promises';
import type { Simulator } from '@live-status/simulators/mattermost';
import { usageDuring } from '@live-status/stage';
import { type Benchmark, type BenchmarkOptions, changeInTurn, type Figure, figure } from './benchmark.ts';
import { addChannels, editPaths, onStage, withDaemon } from './daemon.ts';
import { layOut } from './transcripts.ts';

const SETTLE_MS = 3000;

/** CPU and memory of the daemon while 20 sessions work. */
export const busy: Benchmark = {
  name: 'busy',
  description: 'CPU and memory while 20 sessions change once a second',
  run: ({ quick }) => measure({ sessions: 20, gapMs: 1000, warmUpS: 10, seconds: quick ? 10 : 45 }),
};

/** The same with 1 000 sessions, each of which has a post, and as many writes as a Mattermost server allows by default. */
export const manySessions: Benchmark = {
  name: 'many-sessions',
  description: 'CPU, memory and fairness while 1 000 sessions change once in 20 s',
  run: ({ quick }: BenchmarkOptions) =>
    // Every session gets its post in the warm-up, and an edit or two afterwards.
    measure({ sessions: 1000, gapMs: 20_000, warmUpS: quick ? 30 : 105, seconds: quick ? 30 : 100, updatesPerS: 10 }),
};

interface Load {
  readonly sessions: number;
  readonly gapMs: number;
  readonly warmUpS: number;
  readonly seconds: number;
  /** `MAX_UPDATES_PER_S`. Default: the daemon's own, 4. */
  readonly updatesPerS?: number;
}

function measure({ sessions: count, gapMs, warmUpS, seconds, updatesPerS = 4 }: Load): Promise<readonly Figure[]> {
  return onStage(async (stage) => {
    const { simulator, transcriptDir } = stage;
    const sessions = await layOut(transcriptDir, 0, addChannels(simulator, count));
    const settings = { MAX_ACTIVE_SESSIONS: String(count), MAX_UPDATES_PER_S: String(updatesPerS) };
    return withDaemon(stage, { settings }, async ({ pid }) => {
      const work = (forSeconds: number): Promise<number> =>
        changeInTurn(sessions, { gapMs, seconds: forSeconds }, (session, i) => session.call(`npm test -- part-${i}`));
      await delay(SETTLE_MS);
      await work(warmUpS);
      const editsBefore = editPaths(simulator).length;
      const { cpuPercent, after } = await usageDuring(pid, () => work(seconds));
      const edits = editPaths(simulator);
      const what = `${count} sessions, a change in ${gapMs / 1000} s each, ${updatesPerS} writes a second allowed`;
      return [
        figure(`${what}: CPU`, '% of a core', cpuPercent),
        figure(`${what}: RSS`, 'MB', after.rssMb),
        figure(`${what}: edits a second`, '/s', (edits.length - editsBefore) / seconds),
        figure(`${what}: edits a post`, 'edits', ...editsPerPost(simulator, edits)),
      ];
    });
  });
}

/** How many edits each post got: the range shows how fairly they are shared. */
function editsPerPost(simulator: Simulator, paths: readonly string[]): number[] {
  const counts = new Map(simulator.posts().map(({ id }) => [id, 0]));
  for (const path of paths) {
    const id = path.split('/').find((part) => counts.has(part));
    if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts.values()];
}
