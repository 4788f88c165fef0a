import type { Clock, TimerHandle } from '@live-status/resilience';
import type { PollIntervals } from './options.ts';
import { SHRINK_HOLD_MS } from './read-plan.ts';
import { pathJob, type ScanJob } from './scan-queue.ts';

const RETRY_WATCHES_MS = 60_000;
const POLLING_ALL_FILES_MS = 10_000;

/** Options of {@link PollTimers}. */
export interface PollTimersOptions {
  readonly clock: Clock;
  readonly intervals: Required<PollIntervals>;
  readonly addJob: (job: ScanJob) => void;
}

/** The timers of a follower: regular scans beside file system events, and scans that were put off. */
export class PollTimers {
  readonly #clock: Clock;
  readonly #intervals: Required<PollIntervals>;
  readonly #addJob: (job: ScanJob) => void;
  /** By name: starting a timer replaces an earlier one of the same name. */
  readonly #timers = new Map<string, TimerHandle>();
  #closed = false;

  constructor({ clock, intervals, addJob }: PollTimersOptions) {
    this.#clock = clock;
    this.#intervals = intervals;
    this.#addJob = addJob;
  }

  /** Scans active names and directories at their intervals. */
  start(): void {
    const { activeFilesMs, directoriesMs } = this.#intervals;
    this.#every({ type: 'active-names' }, () => activeFilesMs);
    this.#every({ type: 'directories' }, () => directoriesMs);
  }

  /** Scans all names from now on, more often while `isPolling()`. */
  scanAllNames(isPolling: () => boolean): void {
    const { allFilesMs } = this.#intervals;
    this.#every({ type: 'changed-names' }, () =>
      isPolling() ? Math.min(POLLING_ALL_FILES_MS, allFilesMs) : allFilesMs,
    );
  }

  /** Scans a file that shrank once its hold has ended. */
  scanAfterHold(path: string): void {
    this.#once(path, SHRINK_HOLD_MS, () => this.#addJob(pathJob(path)));
  }

  /** Calls `retry` when it is time to try failed watches again. */
  retryWatches(retry: () => void): void {
    this.#once('retry watches', RETRY_WATCHES_MS, retry);
  }

  /** Stops all timers. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) this.#clock.clearTimeout(timer);
    this.#timers.clear();
  }

  #once(name: string, delayMs: number, callback: () => void): void {
    if (this.#closed) return;
    const before = this.#timers.get(name);
    if (before !== undefined) this.#clock.clearTimeout(before);
    const fire = (): void => {
      this.#timers.delete(name);
      callback();
    };
    this.#timers.set(name, this.#clock.setTimeout(fire, delayMs));
  }

  /** The interval is asked for each time. */
  #every(job: ScanJob, intervalMs: () => number): void {
    this.#once(job.type, intervalMs(), () => {
      this.#every(job, intervalMs);
      this.#addJob({ ...job, isTimed: true });
    });
  }
}
