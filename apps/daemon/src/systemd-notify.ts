import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { counted } from '@live-status/basics';
import type { Environment } from '@live-status/openclaw-config';
import type { Logger } from 'pino';
import type { HealthReport } from './health.ts';

/** A systemd that started this process with `Type=notify` and waits for its notifications. */
export interface Systemd {
  /** Longest time between two heartbeats, milliseconds; after that systemd considers the process hung. */
  readonly watchdogMs?: number;
  /**
   * Sends assignments of sd_notify(3), such as `READY=1`, in one message. Resolves to whether that worked, never rejects.
   * Even then the message may be lost: systemd before 246 drops those of a sender that has already exited.
   */
  notify(...assignments: readonly string[]): Promise<boolean>;
}

/** How long `systemd-notify` may take, milliseconds. */
const NOTIFY_TIMEOUT_MS = 10_000;
/** Units that wait for this service should not wait longer for a gateway that is down, milliseconds. */
const READY_TIMEOUT_MS = 30_000;
/** How often the status is updated without a watchdog, milliseconds. */
const STATUS_INTERVAL_MS = 30_000;
const HEARTBEATS_PER_WATCHDOG = 3;
/** How often systemd is told without a watchdog that the daemon is ready, because messages may be lost. */
const READY_REPEATS = 10;

const run = promisify(execFile);

/**
 * Returns the systemd named by `NOTIFY_SOCKET`, `undefined` if there is none. It is notified through the program
 * `systemd-notify`, which is part of systemd: Node has no Unix datagram sockets, and every library that adds them is
 * native code.
 */
export function findSystemd(
  env: Environment,
  { pid, log }: { readonly pid: number; readonly log: Logger },
): Systemd | undefined {
  if (!env.NOTIFY_SOCKET) return undefined;
  const environment = { NOTIFY_SOCKET: env.NOTIFY_SOCKET, PATH: env.PATH };
  const watchdogMs = readWatchdog(env, pid);
  let failing = false;
  return {
    ...(watchdogMs !== undefined && { watchdogMs }),
    async notify(...assignments) {
      try {
        await run('systemd-notify', assignments.map(oneLine), { env: environment, timeout: NOTIFY_TIMEOUT_MS });
        failing = false;
        return true;
      } catch (error) {
        const fix = 'install the program systemd-notify, or use Type=exec without WatchdogSec in the unit';
        if (!failing) log.warn({ err: error, fix }, 'could not notify systemd');
        failing = true;
        return false;
      }
    },
  };
}

/** The watchdog may be meant for another process: see `WATCHDOG_PID` in sd_watchdog_enabled(3). */
function readWatchdog({ WATCHDOG_USEC: usec, WATCHDOG_PID: watched }: Environment, pid: number): number | undefined {
  const watchdogMs = Number(usec) / 1_000;
  const isMeant = watched === undefined || watched === '' || Number(watched) === pid;
  return isMeant && watchdogMs > 0 ? watchdogMs : undefined;
}

/** A line break would start another assignment. */
function oneLine(assignment: string): string {
  return assignment.replaceAll(/\s+/g, ' ');
}

/** What a {@link SystemdReporter} needs. */
export interface SystemdReporterOptions {
  readonly systemd: Systemd;
  readonly report: () => HealthReport;
  /** Resolves once sessions are followed. */
  readonly ready: Promise<void>;
}

/**
 * Keeps systemd informed until it is stopped: when the daemon is ready, how healthy it is, and that it is alive. Each
 * message says all of that again, so that a lost one costs nothing but time. The heartbeat comes from a timer of the
 * event loop, so if that loop hangs, systemd restarts the daemon.
 */
export class SystemdReporter {
  readonly #options: SystemdReporterOptions;
  readonly #timers: readonly NodeJS.Timeout[];
  /** The status that was sent last; empty if that failed. */
  #lastStatus = '';
  /** How often it was sent that the daemon is ready; `undefined` until it is. */
  #readySent: number | undefined;
  #isBusy = false;

  constructor(options: SystemdReporterOptions) {
    this.#options = options;
    const { watchdogMs } = options.systemd;
    const intervalMs = watchdogMs === undefined ? STATUS_INTERVAL_MS : watchdogMs / HEARTBEATS_PER_WATCHDOG;
    this.#timers = [
      setInterval(() => void this.#beat(), intervalMs),
      setTimeout(() => void this.#reportReady(), READY_TIMEOUT_MS),
    ];
    void options.ready.then(() => this.#reportReady());
  }

  /** Reports that the service is stopping; resolves once systemd has been notified. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#options.systemd.notify('STOPPING=1', 'STATUS=updating posts before the stop');
  }

  async #reportReady(): Promise<void> {
    if (this.#readySent !== undefined) return;
    this.#readySent = 0;
    await this.#send();
  }

  async #beat(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    const isNews = this.#status() !== this.#lastStatus || (this.#readySent ?? READY_REPEATS) < READY_REPEATS;
    if (isNews || this.#options.systemd.watchdogMs !== undefined) await this.#send();
    this.#isBusy = false;
  }

  async #send(): Promise<void> {
    const { systemd } = this.#options;
    const status = this.#status();
    const isReady = this.#readySent !== undefined;
    const alive = systemd.watchdogMs === undefined ? [] : ['WATCHDOG=1'];
    const sent = await systemd.notify(...(isReady ? ['READY=1'] : []), ...alive, status);
    this.#lastStatus = sent ? status : '';
    if (sent && isReady) this.#readySent = (this.#readySent ?? 0) + 1;
  }

  /** What `systemctl status` shows. */
  #status(): string {
    const { status, boxes, reasons } = this.#options.report();
    const text = [
      status,
      `${counted(boxes.posted, 'post')}, ${boxes.waiting} waiting`,
      ...reasons.map(({ what }) => what),
    ];
    return `STATUS=${text.join('; ')}`;
  }
}
