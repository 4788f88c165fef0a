import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * When a process started, in a form that is only good for comparison; `undefined` when there is no such process (a
 * zombie counts as none). Together with the pid it names one process: pids are used again.
 *
 * Field 22 of `/proc/<pid>/stat` (proc_pid_stat(5)); where there is no `/proc`, the start time `ps` prints.
 */
export function readStartTime(pid: number): string | undefined {
  return hasProc() ? fromProc(pid) : fromPs(pid);
}

function hasProc(): boolean {
  return fromProc('self') !== undefined;
}

function fromProc(pid: number | 'self'): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name (field 2) is in brackets and may hold spaces and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTime] = [fields[0], fields[19]];
    return state === 'Z' || state === 'X' ? undefined : startTime;
  } catch {
    return undefined;
  }
}

function fromPs(pid: number): string | undefined {
  try {
    const started = execFileSync('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { LC_ALL: 'C', TZ: 'UTC' },
    });
    return started.trim().replaceAll(/\s+/g, '-');
  } catch {
    return undefined;
  }
}
