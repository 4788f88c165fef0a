import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, DeadlineTimer } from '@live-status/resilience';

/** An event may come this long after a timed scan found what it announces. Milliseconds. */
const LATE_MS = 1_000;
/** A directory that had an event within this time is not deaf: events may be slow to be worked off. Milliseconds. */
const HEARD_MS = 10_000;

/** Options of {@link MissedEvents}. */
export interface MissedEventsOptions {
  readonly clock: Clock;
  /** Called when the first directory without events is found, with its path. */
  readonly onMissing: (directory: string) => void;
  /** Called when no directory lacks events any more. */
  readonly onHeard: () => void;
}

/**
 * Finds out that file system events do not come although watching works, as on most network mounts: a timed scan finds a
 * change, and no event of its directory has announced it a moment later.
 */
export class MissedEvents {
  readonly #options: MissedEventsOptions;
  readonly #timer: DeadlineTimer;
  /** Directories in which a change was found without an event, and when. */
  readonly #suspects = new Map<string, number>();
  readonly #heardAt = new Map<string, number>();
  readonly #deaf = new Set<string>();

  constructor(options: MissedEventsOptions) {
    this.#options = options;
    this.#timer = new DeadlineTimer(options.clock, () => this.#confirm());
  }

  /** True while changes are found that no event announced. */
  get areMissing(): boolean {
    return this.#deaf.size > 0;
  }

  /** A timed scan found a change at this path. */
  found(path: string): void {
    const directory = dirname(path);
    const now = this.#options.clock.now();
    const heardAt = this.#heardAt.get(directory) ?? Number.NEGATIVE_INFINITY;
    if (this.#suspects.has(directory) || this.#deaf.has(directory) || now - heardAt <= HEARD_MS) return;
    // What a link leads to changes without an event in the directory of the link.
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return;
    this.#suspects.set(directory, now);
    this.#schedule();
  }

  /** An event came for this path. */
  heard(path: string): void {
    const directory = dirname(path);
    this.#heardAt.set(directory, this.#options.clock.now());
    this.#forget(directory);
    this.#forget(path);
  }

  /** Keeps only what is known of these directories. */
  keep(directories: { has(path: string): boolean }): void {
    for (const known of [this.#heardAt, this.#suspects, this.#deaf]) {
      for (const directory of known.keys()) if (!directories.has(directory)) this.#forget(directory);
    }
    for (const directory of this.#heardAt.keys()) if (!directories.has(directory)) this.#heardAt.delete(directory);
  }

  /** Idempotent. */
  close(): void {
    this.#timer.close();
  }

  #forget(directory: string): void {
    this.#suspects.delete(directory);
    if (this.#deaf.delete(directory) && this.#deaf.size === 0) this.#options.onHeard();
  }

  #confirm(): void {
    const now = this.#options.clock.now();
    const wasDeaf = this.areMissing;
    for (const [directory, foundAt] of this.#suspects) {
      if (now - foundAt < LATE_MS) continue;
      this.#suspects.delete(directory);
      this.#deaf.add(directory);
    }
    const [first] = this.#deaf;
    if (!wasDeaf && first !== undefined) this.#options.onMissing(first);
    this.#schedule();
  }

  #schedule(): void {
    const [oldest] = this.#suspects.values();
    this.#timer.set(oldest === undefined ? undefined : oldest + LATE_MS);
  }
}
