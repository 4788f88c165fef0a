import { allFilesIntervalMs, type ResolvedOptions } from './options.ts';
import { SHRINK_HOLD_MS } from './plan-read.ts';
import { Timers } from './timers.ts';

const WATCH_AGAIN_MS = 60_000;

/** What is looked at by time alone, beside events: the slow safety passes, and looks that were put off. */
export class Passes {
  readonly #options: ResolvedOptions;
  readonly #timers: Timers;
  readonly #look: (job: string) => void;

  /** `look` asks for a look at followed files (`active`), directories, all names (`changed`), or a path. */
  constructor(options: ResolvedOptions, look: (job: string) => void) {
    this.#options = options;
    this.#timers = new Timers(options.clock);
    this.#look = look;
  }

  begin(): void {
    const { activeFilesMs, directoriesMs } = this.#options.passes;
    this.#timers.every(
      'active',
      () => activeFilesMs,
      () => this.#look('active'),
    );
    this.#timers.every(
      'directories',
      () => directoriesMs,
      () => this.#look('directories'),
    );
  }

  /** Every name from now on; more often while there are no events. */
  everyName(isPolling: () => boolean): void {
    this.#timers.every(
      'changed',
      () => allFilesIntervalMs(this.#options, isPolling()),
      () => this.#look('changed'),
    );
  }

  /** A file that shrank, after the hold; not for a follower that looks only when told to. */
  afterHold(path: string): void {
    if (this.#options.watch !== false) this.#timers.once(path, SHRINK_HOLD_MS, () => this.#look(path));
  }

  /** Calls back when it is time to try failed watches again. */
  whenToWatchAgain(retry: () => void): void {
    this.#timers.once('watch again', WATCH_AGAIN_MS, retry);
  }

  /** Nothing is looked at by time any more. Idempotent. */
  close(): void {
    this.#timers.close();
  }
}
