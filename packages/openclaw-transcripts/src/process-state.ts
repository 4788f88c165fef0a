import { existsSync, readFileSync } from 'node:fs';

/** A process as a lock names it. */
export interface ProcessName {
  readonly pid: number;
  /** Clock ticks between boot and its start; absent where the system of its writer does not say. */
  readonly startTime?: number;
}

/**
 * What can be said of another process from here.
 * - `alive`: it is that process. - `dead`: it was, and has ended without being reaped.
 * - `hidden`: no process, or another one, has its pid here: it is dead, or lives in another pid namespace.
 * - `unknown`: some process has its pid; whether it is that one is not known.
 */
export type ProcessState = 'alive' | 'dead' | 'hidden' | 'unknown';

/** What the system says of a pid. */
export interface PidFacts {
  /** `/proc/<pid>/stat`, when it can be read. */
  readonly stat: string | undefined;
  /** Whether the pid exists, as far as signals show. */
  readonly exists: boolean;
  /** Whether the system has a `/proc`, and so start times and pid namespaces. */
  readonly hasProc: boolean;
}

/** Whether a process is there, as far as the system says. */
export function probeProcess(name: ProcessName): ProcessState {
  const stat = readStat(name.pid);
  return judgeProcess(name, {
    stat,
    exists: stat !== undefined || canSignal(name.pid),
    hasProc: existsSync('/proc/self/stat'),
  });
}

/**
 * A pid alone identifies nothing: it is reused, and each pid namespace counts from 1. With its start time it does. Where
 * neither side knows start times (macOS) there are no pid namespaces either, and the pid has to do.
 */
export function judgeProcess({ startTime }: ProcessName, { stat, exists, hasProc }: PidFacts): ProcessState {
  if (!exists) return 'hidden';
  if (startTime === undefined) return hasProc ? 'unknown' : 'alive';
  if (stat === undefined) return 'unknown';
  // Field 2, the name, may hold spaces and brackets: the others follow its last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (Number(fields[19]) !== startTime) return 'hidden';
  return fields[0] === 'Z' || fields[0] === 'X' ? 'dead' : 'alive';
}

function readStat(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
}

/** A process that may not be signalled exists, too. */
function canSignal(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
