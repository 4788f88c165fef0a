import { writeFileSync } from 'node:fs';

/** The part of a process that {@link keepMemoryPrivate} needs. */
export interface PrivateProcess {
  readonly platform: NodeJS.Platform;
  readonly report?: { excludeEnv?: boolean };
  on(signal: 'SIGUSR1', listener: () => void): unknown;
}

/** Which parts of the memory of this process Linux writes into a core file (core(5)). */
const CORE_FILTER = '/proc/self/coredump_filter';

/**
 * Keeps what this process has in memory, such as tokens, out of files and away from other users of the machine:
 *
 * - A core file has no memory in it. This also holds where a program collects core files, for which limits do not count.
 *   Only Linux can do this; elsewhere the size of core files has to be limited when the process is started.
 * - Diagnostic reports leave out the environment.
 * - `SIGUSR1` does not open Node's debugger, which every user of the machine could connect to.
 *
 * Child processes inherit the first. Never throws.
 */
export function keepMemoryPrivate(program: PrivateProcess): void {
  program.on('SIGUSR1', () => undefined);
  if (program.report !== undefined) program.report.excludeEnv = true;
  if (program.platform !== 'linux') return;
  try {
    writeFileSync(CORE_FILTER, '0');
  } catch {
    // A sandbox without a writable /proc.
  }
}
