import type { Checkpoint } from './checkpoint.ts';
import { systemClock, type TailClock } from './clock.ts';

/** What a start function is told about a file. */
export interface StartInfo {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly sizeBytes: number;
  /** Milliseconds since the epoch. */
  readonly mtimeMs: number;
  /** False for a file that was there at the first look, true for one that appeared since. */
  readonly isNew: boolean;
  /** Set when the file was skipped before and has changed since: what it was then. */
  readonly skippedAt?: { readonly sizeBytes: number; readonly mtimeMs: number };
}

/**
 * Where reading begins.
 * - `beginning`, `end`;
 * - `{ lastBytes }`, `{ offset }`: at the first line start at or after that place;
 * - a checkpoint: after the last line taken, if the bytes up to there are unchanged; else `rewritten` and from the beginning;
 * - `skip`: the file is only listed, and asked about again when it changes.
 */
export type StartPoint =
  | 'beginning'
  | 'end'
  | { readonly lastBytes: number }
  | { readonly offset: number }
  | Checkpoint
  | 'skip';

/** Decides per file. A file that appeared later and is not to be missed begins at the `beginning`. */
export type StartFunction = (path: string, info: StartInfo) => StartPoint;

/** How often is looked without an event, in milliseconds. */
export interface PassIntervals {
  /** Files changed within `activeMs`, and names under notice. Default 1000. */
  readonly activeFilesMs?: number;
  /** Directories: a stat, a listing when it changed. Default 5000. */
  readonly directoriesMs?: number;
  /** Every file, against lost events. Default 300 000; 10 000 while events are not to be had. */
  readonly allFilesMs?: number;
}

/** Options of both followers. */
export interface FollowFileOptions {
  /** Aborting closes the follower; the iteration ends. */
  readonly signal?: AbortSignal;
  /** Default: the system's monotonic clock and timers. */
  readonly clock?: TailClock;
  /**
   * - `true` (default): events of the file system, and slow passes beside them.
   * - `'polling'`: passes only, for file systems without events.
   * - `false`: nothing by itself; every look is a call of `pass()`.
   */
  readonly watch?: boolean | 'polling';
  /** Where reading begins. A constant holds for the files of the first look; later ones begin at the beginning. Default `'beginning'`. */
  readonly start?: StartPoint | StartFunction;
  /** Longest line, in bytes; longer ones are skipped and reported. Default 16 MiB. */
  readonly maxLineBytes?: number;
  /** Bytes read at once, at most. Default 1 MiB. */
  readonly readBytes?: number;
  /** How long after its last change a file stays in the fast pass, in milliseconds. Default 600 000. */
  readonly activeMs?: number;
  /** Default: see `PassIntervals`. */
  readonly passes?: PassIntervals;
}

/** Options of `followDirectory`. */
export interface FollowDirectoryOptions extends FollowFileOptions {
  /** Which files are followed, by base name. Default: names that end in `.jsonl`. */
  readonly include?: (name: string) => boolean;
  /** Which names are only noticed (appeared, changed, gone), by base name; asked before `include`. Default: none. */
  readonly notice?: (name: string) => boolean;
  /** Which directories below the root are entered, by base name. Default: all. */
  readonly includeDirectory?: (name: string) => boolean;
  /** Whether links to files are followed and links to directories entered (each directory once). Default true. */
  readonly followSymlinks?: boolean;
  /** Most files held open at once. Default 256. */
  readonly maxOpenFiles?: number;
}

/** All options with their defaults in place. */
export type ResolvedOptions = Required<Omit<FollowDirectoryOptions, 'signal' | 'passes'>> & {
  readonly signal: AbortSignal | undefined;
  readonly passes: Required<PassIntervals>;
};

const POLLING_ALL_FILES_MS = 10_000;

/** The interval of the pass over every file while there are no events. */
export function allFilesIntervalMs(options: ResolvedOptions, isPolling: boolean): number {
  return isPolling ? Math.min(POLLING_ALL_FILES_MS, options.passes.allFilesMs) : options.passes.allFilesMs;
}

/** Fills in the defaults. Throws a RangeError that names the option. */
export function resolveOptions(options: FollowDirectoryOptions): ResolvedOptions {
  const resolved: ResolvedOptions = {
    signal: options.signal,
    clock: options.clock ?? systemClock,
    watch: options.watch ?? true,
    start: options.start ?? 'beginning',
    maxLineBytes: options.maxLineBytes ?? 16 * 1024 * 1024,
    readBytes: options.readBytes ?? 1024 * 1024,
    activeMs: options.activeMs ?? 600_000,
    include: options.include ?? ((name) => name.endsWith('.jsonl')),
    notice: options.notice ?? (() => false),
    includeDirectory: options.includeDirectory ?? (() => true),
    followSymlinks: options.followSymlinks ?? true,
    maxOpenFiles: options.maxOpenFiles ?? 256,
    passes: { activeFilesMs: 1000, directoriesMs: 5000, allFilesMs: 300_000, ...options.passes },
  };
  const { maxLineBytes, readBytes, activeMs, maxOpenFiles, passes } = resolved;
  for (const [name, value] of Object.entries({ maxLineBytes, readBytes, activeMs, maxOpenFiles, ...passes })) {
    if (!Number.isSafeInteger(value) || value <= 0)
      throw new RangeError(`${name} must be a whole number above zero, not ${value}.`);
  }
  return Object.freeze(resolved);
}
