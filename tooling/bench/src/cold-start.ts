import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createSimulator } from '@live-status/simulators/mattermost';
import { megabytes, spawnDaemon, usageOf } from './daemon-process.ts';

/**
 * Starts the daemon beside many old transcripts: how long until `/readyz` says yes, memory, and CPU while nothing
 * changes. Old files are neither opened nor read, so their size does not matter and is small here.
 *
 *     node --conditions=@live-status/source tooling/bench/src/cold-start.ts --files 50000 --dirs 10 --idle-seconds 20
 */
const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '50000' },
    dirs: { type: 'string', default: '10' },
    'idle-seconds': { type: 'string', default: '20' },
  },
});
const MONTH_MS = 30 * 24 * 3_600_000;
const PORT = 19_090;
/** The garbage of the start is collected some seconds later. */
const SETTLE_MS = 30_000;
const idleSeconds = Number(values['idle-seconds']);

const root = await mkdtemp(join(tmpdir(), 'live-status-cold-'));
const simulator = await createSimulator();
try {
  await layOutOld(Number(values.files), Number(values.dirs));
  const startedAt = performance.now();
  const transcriptDir = join(root, 'agents');
  const child = spawnDaemon(simulator, { root, transcriptDir }, { HEALTH_PORT: String(PORT) });
  while (!(await isReady()) && child.exitCode === null) await delay(10);
  const readyMs = performance.now() - startedAt;
  const ready = await usageOf(child.pid);
  await delay(SETTLE_MS);
  const before = await usageOf(child.pid);
  await delay(idleSeconds * 1_000);
  const after = await usageOf(child.pid);
  const idle = ((after.cpuSeconds - before.cpuSeconds) / idleSeconds) * 100;
  console.log(`${values.files} old files in ${values.dirs} directories; Node ${process.version}`);
  console.log('| process start to ready | CPU until ready | RSS | peak RSS | idle CPU |\n|---|---|---|---|---|');
  console.log(
    `| ${Math.round(readyMs)} ms | ${ready.cpuSeconds.toFixed(2)} s | ${megabytes(after.rssBytes)} | ${megabytes(after.peakRssBytes)} | ${idle.toFixed(2)} % |`,
  );
  child.kill('SIGTERM');
} finally {
  await simulator.close();
  await rm(root, { recursive: true, force: true });
}

async function layOutOld(files: number, dirs: number): Promise<void> {
  const lastMonth = new Date(Date.now() - MONTH_MS);
  for (let d = 0; d < dirs; d += 1) {
    const dir = join(root, 'agents', `agent${d}`, 'sessions');
    await mkdir(dir, { recursive: true });
    for (let f = 0; f < files / dirs; f += 1) {
      const path = join(dir, `${String(f).padStart(8, '0')}-0000-4000-8000-${String(d).padStart(12, '0')}.jsonl`);
      await writeFile(path, `{"type":"session","version":3,"id":"${f}","timestamp":"${lastMonth.toISOString()}"}\n`);
      await utimes(path, lastMonth, lastMonth);
    }
  }
}

async function isReady(): Promise<boolean> {
  return fetch(`http://127.0.0.1:${PORT}/readyz`).then(
    (response) => response.ok,
    () => false,
  );
}
