import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { usageDuring, usageOf } from '@live-status/stage';
import { type Benchmark, type Figure, figure } from './benchmark.ts';
import { onStage, withDaemon } from './daemon.ts';

const CLI = fileURLToPath(new URL('../../../apps/cli/dist/main.js', import.meta.url));

/** What a call of `live-status` costs beside an empty Node program. */
export const startup: Benchmark = {
  name: 'startup',
  description: 'CPU of live-status --version and create, beside node -e 0',
  run: ({ quick }) =>
    onStage(async ({ simulator, root }) => {
      const env = {
        PATH: process.env.PATH,
        HOME: root,
        MM_URL: simulator.url,
        MM_TOKEN: simulator.bot.token,
        DEFAULT_CHANNEL: simulator.channel.id,
        LIVE_STATUS_NO_DEPRECATION: '1',
      };
      const calls = {
        'node -e 0': ['-e', '0'],
        'live-status --version': [CLI, '--version'],
        'live-status create': [CLI, 'create', 'a status'],
      };
      const cpuMs = new Map<string, number[]>(Object.keys(calls).map((name) => [name, []]));
      for (let round = 0; round < (quick ? 5 : 30); round += 1) {
        for (const [name, args] of Object.entries(calls)) cpuMs.get(name)?.push(await cpuOf(args, env));
      }
      const base = cpuMs.get('node -e 0') ?? [];
      return [...cpuMs].flatMap(([name, samples]): Figure[] => [
        { what: 'CPU of a call', subject: name, unit: 'ms', samples },
        ...(samples === base
          ? []
          : [
              {
                what: 'CPU of a call, beside node -e 0 of the same round',
                subject: name,
                unit: '×',
                samples: samples.map((ms, round) => ms / (base[round] ?? Number.NaN)),
              },
            ]),
      ]);
    }),
};

/** Memory and CPU of a daemon that follows nothing, beside Node itself. */
export const idle: Benchmark = {
  name: 'idle',
  description: 'memory and CPU of a daemon without sessions, beside an idle Node',
  run: ({ quick }) =>
    onStage(async (stage) => {
      const [settleMs, seconds] = quick ? [3000, 5] : [30_000, 40];
      const node = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      const closed = once(node, 'close');
      try {
        const daemon = await withDaemon(stage, {}, async ({ pid }) => {
          await delay(settleMs);
          return usageDuring(pid, () => delay(seconds * 1000));
        });
        return [
          figure('idle: RSS', 'MB', daemon.after.rssMb),
          figure('idle: CPU', '% of a core', daemon.cpuPercent),
          { what: 'idle: RSS', subject: 'node', unit: 'MB', samples: [(await usageOf(node.pid)).rssMb] },
        ];
      } finally {
        node.kill('SIGKILL');
        await closed;
      }
    }),
};

/** Prints its own CPU time at its end, in milliseconds, on a channel of its own. */
const REPORT_CPU = join(import.meta.dirname, 'report-cpu.mjs');

/** CPU time of a Node program, user and system, in milliseconds. */
async function cpuOf(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const program = spawn(process.execPath, ['--import', REPORT_CPU, ...args], {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  let text = '';
  program.stdio[3]?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = (await once(program, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}; its output says why.`);
  return Number(text);
}
