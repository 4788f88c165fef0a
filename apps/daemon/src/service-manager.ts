import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Environment } from '@live-status/openclaw-config';
import type { Logger } from 'pino';

/** The service manager that started this process and expects notifications: systemd with `Type=notify`. */
export interface ServiceManager {
  /** Longest time between two heartbeats, milliseconds; after that systemd considers the process hung. */
  readonly watchdogMs?: number;
  /** Sends assignments of sd_notify(3), such as `READY=1`, in one message. Never rejects. */
  notify(...assignments: readonly string[]): Promise<void>;
}

const TIMEOUT_MS = 10_000;
const run = promisify(execFile);

/**
 * The service manager named by `NOTIFY_SOCKET`, `undefined` if there is none. It is notified by the program
 * `systemd-notify`, which is part of systemd: Node has no Unix datagram sockets, and every library that adds them is
 * native code.
 */
export function findServiceManager(
  env: Environment,
  { pid, log }: { readonly pid: number; readonly log: Logger },
): ServiceManager | undefined {
  if (!env.NOTIFY_SOCKET) return undefined;
  const environment = { NOTIFY_SOCKET: env.NOTIFY_SOCKET, PATH: env.PATH };
  const watchdogMs = readWatchdog(env, pid);
  let failing = false;
  return {
    ...(watchdogMs !== undefined && { watchdogMs }),
    async notify(...assignments) {
      try {
        await run('systemd-notify', assignments.map(oneLine), { env: environment, timeout: TIMEOUT_MS });
        failing = false;
      } catch (error) {
        const fix = 'install the program systemd-notify, or use Type=exec without WatchdogSec in the unit';
        if (!failing) log.warn({ err: error, fix }, 'could not notify systemd');
        failing = true;
      }
    },
  };
}

/** Meant for another process when `WATCHDOG_PID` says so (sd_watchdog_enabled(3)). */
function readWatchdog({ WATCHDOG_USEC: usec, WATCHDOG_PID: watched }: Environment, pid: number): number | undefined {
  const watchdogMs = Number(usec) / 1_000;
  const meant = watched === undefined || watched === '' || Number(watched) === pid;
  return meant && watchdogMs > 0 ? watchdogMs : undefined;
}

/** A line break would start another assignment. */
function oneLine(assignment: string): string {
  return assignment.replaceAll(/\s+/g, ' ');
}
