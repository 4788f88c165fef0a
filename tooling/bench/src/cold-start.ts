import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, usageDuring, usageOf } from '@live-status/stage';
import { type Benchmark, figure } from './benchmark.ts';
import { onStage, withDaemon } from './daemon.ts';

const MONTH_MS = 30 * 24 * 3_600_000;
const DIRECTORIES = 10;
/** The garbage of the start is collected some seconds later. */
const SETTLE_MS = 20_000;

/**
 * Starts the daemon beside many old transcripts. Old files are neither opened nor read, so their size does not matter
 * and is small here.
 */
export const coldStart: Benchmark = {
  name: 'cold-start',
  description: 'start beside 50 000 old files: time and CPU until ready, then memory and CPU while idle',
  run: ({ quick, say }) =>
    onStage(async (stage) => {
      const files = quick ? 5000 : 50_000;
      say(`writes ${files} files`);
      await layOutOld(stage.transcriptDir, files);
      const what = `start beside ${files} old files`;
      const [readyMs, readyCpu]: [number[], number[]] = [[], []];
      for (let round = 1; round < (quick ? 2 : 5); round += 1) {
        const { ms, cpuSeconds } = await start(stage);
        readyMs.push(ms);
        readyCpu.push(cpuSeconds);
      }
      const last = await start(stage, { idleSeconds: quick ? 5 : 30, settleMs: quick ? 3000 : SETTLE_MS });
      return [
        figure(`${what}: process start to ready`, 'ms', ...readyMs, last.ms),
        figure(`${what}: CPU until ready`, 's', ...readyCpu, last.cpuSeconds),
        ...(last.idle
          ? [
              figure(`${what}: RSS`, 'MB', last.idle.after.rssMb),
              figure(`${what}: peak RSS`, 'MB', last.idle.after.peakRssMb),
              figure(`${what}: CPU while idle`, '% of a core', last.idle.cpuPercent),
            ]
          : []),
      ];
    }),
};

interface Started {
  readonly ms: number;
  readonly cpuSeconds: number;
  readonly idle?: Awaited<ReturnType<typeof usageDuring>>;
}

async function start(
  stage: Parameters<typeof withDaemon>[0],
  watch?: { readonly settleMs: number; readonly idleSeconds: number },
): Promise<Started> {
  const port = await freePort();
  const startedAt = performance.now();
  return withDaemon(stage, { settings: { HEALTH_PORT: String(port) } }, async (daemon) => {
    while (!(await isReady(port))) {
      if (daemon.exitCode !== null) throw new Error(`The daemon ended with ${daemon.exitCode}; its output says why.`);
      await delay(10);
    }
    const ms = performance.now() - startedAt;
    const { cpuSeconds } = await usageOf(daemon.pid);
    if (watch === undefined) return { ms, cpuSeconds };
    await delay(watch.settleMs);
    return { ms, cpuSeconds, idle: await usageDuring(daemon.pid, () => delay(watch.idleSeconds * 1000)) };
  });
}

async function layOutOld(root: string, files: number): Promise<void> {
  const lastMonth = new Date(Date.now() - MONTH_MS);
  for (let d = 0; d < DIRECTORIES; d += 1) {
    const dir = join(root, `agent${d}`, 'sessions');
    await mkdir(dir, { recursive: true });
    for (let f = 0; f < files / DIRECTORIES; f += 1) {
      const path = join(dir, `${String(f).padStart(8, '0')}-0000-4000-8000-${String(d).padStart(12, '0')}.jsonl`);
      await writeFile(path, `{"type":"session","version":3,"id":"${f}","timestamp":"${lastMonth.toISOString()}"}\n`);
      await utimes(path, lastMonth, lastMonth);
    }
  }
}

function isReady(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/readyz`).then(
    (response) => response.ok,
    () => false,
  );
}
