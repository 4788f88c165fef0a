import { readdir, readFile } from 'node:fs/promises';

const TICKS_PER_SECOND = 100;

/** What a process has used so far. */
export interface ProcessUsage {
  /** User and system time on all cores. */
  readonly cpuSeconds: number;
  readonly rssMb: number;
  readonly peakRssMb: number;
  readonly threads: number;
}

/**
 * Reads `/proc`, so this needs Linux.
 * @throws ENOENT when there is no such process.
 */
export async function usageOf(pid: number | undefined): Promise<ProcessUsage> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The process name in field 2 may hold spaces and brackets: count from the last closing one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const value = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  return { cpuSeconds, rssMb: value('VmRSS') / 1024, peakRssMb: value('VmHWM') / 1024, threads: value('Threads') };
}

/** How many files, sockets and pipes a process has open. Linux only. */
export async function openFilesOf(pid: number | undefined): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** Usage before and after some work. */
export async function usageDuring(
  pid: number | undefined,
  work: () => Promise<unknown>,
): Promise<{ readonly cpuPercent: number; readonly after: ProcessUsage }> {
  const [before, startedAt] = [await usageOf(pid), performance.now()];
  await work();
  const after = await usageOf(pid);
  const seconds = (performance.now() - startedAt) / 1000;
  return { cpuPercent: ((after.cpuSeconds - before.cpuSeconds) / seconds) * 100, after };
}
