import type { HealthReport } from './health.ts';
import type { ServiceManager } from './service-manager.ts';

/** What a {@link ServiceReport} reports. */
export interface ServiceReportOptions {
  readonly manager: ServiceManager;
  readonly report: () => HealthReport;
  /** Resolves when sessions are followed. */
  readonly ready: Promise<void>;
}

/** Units that wait for this service should not wait longer for a gateway that is down, milliseconds. */
const READY_TIMEOUT_MS = 30_000;
const STATUS_INTERVAL_MS = 30_000;
const BEATS_PER_WATCHDOG = 3;

/**
 * Reports to the service manager until it is stopped: that the daemon is ready, its health, and a heartbeat from a timer of
 * the event loop that also answers `/livez`. If that loop hangs, the heartbeat stops and systemd restarts the daemon.
 */
export class ServiceReport {
  readonly #options: ServiceReportOptions;
  readonly #timers: readonly NodeJS.Timeout[];
  #lastStatus = '';
  #ready = false;
  #busy = false;

  constructor(options: ServiceReportOptions) {
    this.#options = options;
    const { watchdogMs } = options.manager;
    const intervalMs = watchdogMs === undefined ? STATUS_INTERVAL_MS : watchdogMs / BEATS_PER_WATCHDOG;
    this.#timers = [
      setInterval(() => void this.#beat(), intervalMs),
      setTimeout(() => void this.#beReady(), READY_TIMEOUT_MS),
    ];
    void options.ready.then(() => this.#beReady());
  }

  /** Reports that the service stops; resolves when that is done. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#options.manager.notify('STOPPING=1', 'STATUS=updating posts before the stop');
  }

  async #beReady(): Promise<void> {
    if (this.#ready) return;
    this.#ready = true;
    await this.#options.manager.notify('READY=1', ...this.#statusChange());
  }

  async #beat(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const alive = this.#options.manager.watchdogMs === undefined ? [] : ['WATCHDOG=1'];
    const assignments = [...alive, ...this.#statusChange()];
    if (assignments.length > 0) await this.#options.manager.notify(...assignments);
    this.#busy = false;
  }

  /** What `systemctl status` shows, if it has changed. */
  #statusChange(): readonly string[] {
    const { status, boxes, reasons } = this.#options.report();
    const text = [status, `${boxes.posted} posts, ${boxes.waiting} waiting`, ...reasons.map(({ what }) => what)];
    const news = `STATUS=${text.join('; ')}`;
    if (news === this.#lastStatus) return [];
    this.#lastStatus = news;
    return [news];
  }
}
