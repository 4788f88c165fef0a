import { type Clock, systemClock } from '@live-status/resilience';
import type { Checkpoint } from './checkpoint.ts';

/** What a start function gets to know about a file. */
export interface StartInfo {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly sizeBytes: number;
  /** Milliseconds since the epoch. */
  readonly mtimeMs: number;
  /** False for a file that the first scan found, true for one that appeared since. */
  readonly isNew: boolean;
  /** Set when the file was skipped before and has changed since: its size and time back then. */
  readonly skippedAt?: { readonly sizeBytes: number; readonly mtimeMs: number };
}

/**
 * Where reading starts.
 * - `beginning` or `end`;
 * - `{ lastBytes }` or `{ offset }`: at the first line that starts there or later;
 * - a checkpoint: after the last line taken, if the bytes before it are unchanged; otherwise a `rewritten` event says
 *   how far back reading starts;
 * - `skip`: the file is only listed; the start function is asked again when it changes.
 */
export type StartPoint =
  | 'beginning'
  | 'end'
  | { readonly lastBytes: number }
  | { readonly offset: number }
  | Checkpoint
  | 'skip';

/** Decides per file. Return `beginning` for files that appeared later, unless their first lines may be missed. */
export type StartFunction = (path: string, info: StartInfo) => StartPoint;

/** How often things are scanned without an event, in milliseconds. */
export interface PollIntervals {
  /** Files and noticed names that changed within `activeMs`. Default 1000. */
  readonly activeFilesMs?: number;
  /** Directories: a stat each, and a listing of those that changed. Default 5000. */
  readonly directoriesMs?: number;
  /** Every file, in case events were lost. Default 300 000; at most 10 000 while there are no events. */
  readonly allFilesMs?: number;
}

/** Options of `followFile`. */
export interface FollowFileOptions {
  /** Aborting closes the follower; the iteration ends. */
  readonly signal?: AbortSignal;
  /** Only differences of its times are used. Default: `systemClock` of `@live-status/resilience`. */
  readonly clock?: Clock;
  /**
   * - `true` (default): file system events, with slow polling in case some are lost.
   * - `'polling'`: timed scans only, for file systems without events.
   * - `false`: nothing happens by itself; call `scan()`.
   */
  readonly watch?: boolean | 'polling';
  /** Where reading starts. A constant applies to files the first scan finds; later ones start at the beginning. Default `'beginning'`. */
  readonly start?: StartPoint | StartFunction;
  /** Longest line, in bytes; longer ones are reported as `bad-line`. Default 16 MiB. */
  readonly maxLineBytes?: number;
  /** Most bytes read at a time. Default 1 MiB. */
  readonly readBytes?: number;
  /** How long after its last change a file counts as active, in milliseconds. Default 600 000. */
  readonly activeMs?: number;
  /** Default: see {@link PollIntervals}. */
  readonly pollIntervals?: PollIntervals;
}

/**
 * Chooses names. `directory` is the absolute path of the directory that holds the name, as it is followed: below the root,
 * links in the root's own path not resolved.
 */
export type NameFilter = (name: string, directory: string) => boolean;

/** Options of `followDirectory`. */
export interface FollowDirectoryOptions extends FollowFileOptions {
  /** Which files are followed, by base name and directory. Default: names that end in `.jsonl`. */
  readonly include?: NameFilter;
  /** Which names are reported when they appear, change or go, without being read; asked before `include`. Default: none. */
  readonly notice?: NameFilter;
  /** Which directories below the root are entered, by base name and the directory above. Default: all. */
  readonly includeDirectory?: NameFilter;
  /** Whether symbolic links to files are followed and links to directories entered; each directory is followed once. Default true. */
  readonly followSymlinks?: boolean;
  /** Most files held open at a time. Default 256. */
  readonly maxOpenFiles?: number;
}

/** All options, defaults filled in. */
export type ResolvedOptions = Required<Omit<FollowDirectoryOptions, 'signal' | 'pollIntervals'>> & {
  readonly signal: AbortSignal | undefined;
  readonly pollIntervals: Required<PollIntervals>;
};

/**
 * Fills in the defaults.
 *
 * @throws RangeError for an option out of range.
 */
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
    pollIntervals: { activeFilesMs: 1000, directoriesMs: 5000, allFilesMs: 300_000, ...options.pollIntervals },
  };
  const { maxLineBytes, readBytes, activeMs, maxOpenFiles, pollIntervals } = resolved;
  for (const [name, value] of Object.entries({ maxLineBytes, readBytes, activeMs, maxOpenFiles, ...pollIntervals })) {
    if (!Number.isSafeInteger(value) || value <= 0)
      throw new RangeError(`${name} must be a positive integer, not ${value}`);
  }
  return Object.freeze(resolved);
}
