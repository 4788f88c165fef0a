import type { HealthReport } from './health.ts';
import type { ServiceManager } from './service-manager.ts';

/** What a {@link ServiceReport} tells about. */
export interface ServiceReportOptions {
  readonly manager: ServiceManager;
  readonly report: () => HealthReport;
  /** Resolves when sessions are followed. */
  readonly ready: Promise<void>;
}

/** What waits for this service need not wait longer for a gateway that is down, milliseconds. */
const READY_TIMEOUT_MS = 30_000;
const STATUS_INTERVAL_MS = 30_000;
const BEATS_PER_WATCHDOG = 3;

/**
 * Keeps the service manager informed until it is stopped: ready, how it is, and, from a timer of the event loop that
 * answers `/livez`, that it lives. A hung loop is silent, and is restarted.
 */
export class ServiceReport {
  readonly #options: ServiceReportOptions;
  readonly #timers: readonly NodeJS.Timeout[];
  #told = '';
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

  /** Says that the service stops; resolves when that is said. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#options.manager.tell('STOPPING=1', 'STATUS=bringing posts up to date');
  }

  async #beReady(): Promise<void> {
    if (this.#ready) return;
    this.#ready = true;
    await this.#options.manager.tell('READY=1', ...this.#news());
  }

  async #beat(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const alive = this.#options.manager.watchdogMs === undefined ? [] : ['WATCHDOG=1'];
    const assignments = [...alive, ...this.#news()];
    if (assignments.length > 0) await this.#options.manager.tell(...assignments);
    this.#busy = false;
  }

  /** What `systemctl status` shows, when that has changed. */
  #news(): readonly string[] {
    const { status, boxes, reasons } = this.#options.report();
    const text = [status, `${boxes.posted} posts, ${boxes.waiting} waiting`, ...reasons.map(({ what }) => what)];
    const news = `STATUS=${text.join('; ')}`;
    if (news === this.#told) return [];
    this.#told = news;
    return [news];
  }
}
