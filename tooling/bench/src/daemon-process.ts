import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Simulator } from '@live-status/simulators/mattermost';

const daemonMain = fileURLToPath(new URL('../../../apps/daemon/dist/main.js', import.meta.url));
const TICKS_PER_SECOND = 100;

/** Starts the built daemon on transcripts below `transcriptDir`; its own files go to `root`. */
export function spawnDaemon(
  simulator: Simulator,
  paths: { readonly root: string; readonly transcriptDir: string },
  settings: Readonly<Record<string, string>> = {},
): ChildProcess {
  const env = {
    ...process.env,
    MM_URL: simulator.url,
    MM_TOKEN: simulator.bot.token,
    TRANSCRIPT_DIR: paths.transcriptDir,
    STATE_DIR: join(paths.root, 'state'),
    PID_FILE: join(paths.root, 'daemon.pid'),
    HEALTH_PORT: '0',
    LOG_LEVEL: 'warn',
    ...settings,
  };
  return spawn(process.execPath, [daemonMain, 'run'], { env, stdio: ['ignore', 'inherit', 'inherit'] });
}

/** What a process has used so far. */
export interface Usage {
  /** Of all cores, user and system. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
}

/** Reads `/proc` (Linux). */
export async function usageOf(pid: number | undefined): Promise<Usage> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const bytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1_024;
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  return { cpuSeconds, rssBytes: bytes('VmRSS'), peakRssBytes: bytes('VmHWM') };
}

/** Megabytes as one table cell. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MB`;
}
