import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * When a process started, in a form that is only good for comparison; `undefined` if there is no such process (a
 * zombie does not count). Together with the pid it identifies one process, since pids are reused.
 *
 * Field 22 of `/proc/<pid>/stat` (proc_pid_stat(5)); without `/proc`, the start time that `ps` prints.
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
    // The name (field 2) is in brackets and may contain spaces and brackets itself.
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

/** The initial pid namespace of a machine (`PROC_PID_INIT_INO` of Linux); every other one is a container. */
const FIRST_NAMESPACE = 'pid-4026531836';

/**
 * Identifies the host or container in which pids and start times are valid: the same text in every process that sees the
 * same ones. A machine is identified by name and id, because machines copied from one image share an id and two networks
 * may share a name. A container is identified by name alone, because its id may be that of its image.
 */
export function readPlace(): string {
  const namespace = readNamespace();
  const machineId = namespace === FIRST_NAMESPACE ? readMachineId() : undefined;
  const parts = [hostname(), machineId, namespace].filter((part) => part !== undefined);
  return parts.join('.').replaceAll(/[^\w.-]/g, '_');
}

function readNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
      .replaceAll(/[^\w]+/g, '-')
      .replace(/-$/, '');
  } catch {
    return 'pid';
  }
}

function readMachineId(): string | undefined {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
