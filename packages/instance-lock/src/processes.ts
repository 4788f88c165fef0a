import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** What is asked of the operating system, so that tests can stand in for any. Nothing throws. */
export interface OperatingSystem {
  readonly platform: NodeJS.Platform;
  hostname(): string;
  /** The text of a file; `undefined` if it cannot be read. */
  readFile(path: string): string | undefined;
  /** Where a symbolic link points; `undefined` if it cannot be read. */
  readLink(path: string): string | undefined;
  /** What a program prints in the C locale and in UTC; `undefined` if it fails. Blocks until it has ended. */
  run(path: string, args: readonly string[]): string | undefined;
}

/** The one this process runs on. */
export const thisSystem: OperatingSystem = {
  platform: process.platform,
  hostname,
  readFile: (path) => orUndefined(() => readFileSync(path, 'utf8')),
  readLink: (path) => orUndefined(() => readlinkSync(path)),
  run: (path, args) =>
    orUndefined(() =>
      execFileSync(path, args, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { LC_ALL: 'C', TZ: 'UTC' },
        timeout: RUN_TIMEOUT_MS,
      }),
    ),
};

const RUN_TIMEOUT_MS = 5000;

function orUndefined(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** A process, as far as the system describes it. */
export interface ProcessFacts {
  /** Identifies the process together with its pid, since pids are reused. Only good for comparison. */
  readonly startTime: string;
  /** When it started, milliseconds since the epoch, in whole seconds. Not known from `/proc`. */
  readonly startedAt?: number;
  /** It has ended, and its parent has not noticed yet (a zombie). */
  readonly ended: boolean;
}

/**
 * A process by its pid; `undefined` if there is none.
 *
 * From `/proc/<pid>/stat` (proc_pid_stat(5)): field 22, the clock ticks between boot and its start. On systems without
 * `/proc`, such as macOS, from what `ps` prints.
 */
export function findProcess(pid: number, system: OperatingSystem = thisSystem): ProcessFacts | undefined {
  return hasProc(system) ? fromProc(pid, system) : fromPs(pid, system);
}

/** Whether the system has a `/proc`, and with it pid namespaces. */
export function hasProc(system: OperatingSystem = thisSystem): boolean {
  return fromProc('self', system) !== undefined;
}

/** When a process started, only good for comparison; `undefined` if there is no such process or it has ended. */
export function readStartTime(pid: number, system: OperatingSystem = thisSystem): string | undefined {
  const facts = findProcess(pid, system);
  return facts?.ended ? undefined : facts?.startTime;
}

function fromProc(pid: number | 'self', system: OperatingSystem): ProcessFacts | undefined {
  const stat = system.readFile(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name (field 2) is in brackets and may contain spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  return startTime === undefined ? undefined : { startTime, ended: state === 'Z' || state === 'X' };
}

/** `-o` is repeated because BSD takes everything behind `=` for the heading of one column. */
function fromPs(pid: number, system: OperatingSystem): ProcessFacts | undefined {
  const line = system.run('/bin/ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)])?.trim();
  const [, state, started] = /^(\S+)\s+(\S.*)$/s.exec(line ?? '') ?? [];
  if (state === undefined || started === undefined) return undefined;
  const startedAt = Date.parse(`${started} UTC`);
  const facts = { startTime: started.replaceAll(/\W+/g, '-'), ended: state.startsWith('Z') };
  return Number.isNaN(startedAt) ? facts : { ...facts, startedAt };
}

/** The initial pid namespace of a machine (`PROC_PID_INIT_INO` of Linux); every other one is a container. */
const FIRST_NAMESPACE = 'pid-4026531836';

/**
 * Identifies the host or container in which pids and start times are valid: the same text in every process that sees the
 * same ones. A Linux machine is identified by name and id, because machines copied from one image share an id and two
 * networks may share a name; a container by its name alone, because its id may be that of its image; a Mac by the id of
 * its hardware, because each network may give it another name.
 */
export function readPlace(system: OperatingSystem = thisSystem): string {
  const namespace = system.readLink('/proc/self/ns/pid');
  const parts =
    namespace === undefined
      ? [readHardwareId(system) ?? system.hostname(), 'pid']
      : describeNamespace(namespace.replaceAll(/[^\w]+/g, '-').replace(/-$/, ''), system);
  return parts.join('.').replaceAll(/[^\w.-]/g, '_');
}

function describeNamespace(namespace: string, system: OperatingSystem): readonly string[] {
  const machineId = namespace === FIRST_NAMESPACE ? system.readFile('/etc/machine-id')?.trim() : undefined;
  return [system.hostname(), ...(machineId ? [machineId] : []), namespace];
}

function readHardwareId(system: OperatingSystem): string | undefined {
  if (system.platform !== 'darwin') return undefined;
  const text = system.run('/usr/sbin/ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice']);
  return /"IOPlatformUUID" = "([\w-]+)"/.exec(text ?? '')?.[1];
}
