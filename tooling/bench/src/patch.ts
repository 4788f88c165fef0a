import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Simulator } from '@live-status/simulators/mattermost';
import { type Benchmark, type Figure, OURS } from './benchmark.ts';
import { onStage } from './daemon.ts';
import type { PatchReport } from './patch-client.ts';
import { versionOf } from './report.ts';

const CLIENT = fileURLToPath(new URL('./patch-client.ts', import.meta.url));
/** What is measured of, by the name that the program of the client knows. */
const CLIENTS = {
  ours: OURS,
  undici: `undici ${versionOf('undici')} request`,
  fetch: 'fetch of Node',
  client4: `Client4 of @mattermost/client ${versionOf('@mattermost/client')}`,
} as const;

/** One edit of a post: latency and CPU of each client, one request after the other over a kept connection. */
export const patch: Benchmark = {
  name: 'patch',
  description: 'latency and CPU of one edit, beside undici, fetch and Client4 of @mattermost/client',
  run: ({ quick, say }) =>
    onStage(async ({ simulator }) => {
      const samples = new Map(
        Object.keys(CLIENTS).map((name) => [name, { ms: [] as number[], cpuMs: [] as number[] }]),
      );
      for (let round = 1; round <= (quick ? 1 : 5); round += 1) {
        say(`round ${round}`);
        for (const [name, { ms, cpuMs }] of samples) {
          const report = await measure(simulator, name, quick ? 200 : 500);
          ms.push(...report.ms);
          cpuMs.push(report.cpuMs);
        }
      }
      return Object.entries(CLIENTS).flatMap(([name, subject]): Figure[] => {
        const { ms = [], cpuMs = [] } = samples.get(name) ?? {};
        return [
          { what: 'edit of a post: request to answer', subject, unit: 'ms', samples: ms },
          { what: 'edit of a post: CPU of the client', subject, unit: 'ms', samples: cpuMs },
        ];
      });
    }),
};

/** Every client runs in a process of its own, so that its CPU is its own. */
async function measure(simulator: Simulator, name: string, requests: number): Promise<PatchReport> {
  const { bot, channel, url } = simulator;
  const { id } = simulator.writePost({ userId: bot.user.id, channelId: channel.id, message: '-' });
  const client = fork(CLIENT, [name, url, bot.token, id, String(requests)]);
  const [report] = await Promise.race([
    once(client, 'message'),
    once(client, 'exit').then(([code]) => Promise.reject(new Error(`The client ${name} ended with ${code}.`))),
  ]);
  client.kill('SIGKILL');
  return report as PatchReport;
}
