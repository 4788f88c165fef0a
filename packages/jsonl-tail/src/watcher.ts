import { basename, join } from 'node:path';
import { watch } from 'chokidar';

/** What a watcher tells its follower. */
export interface WatchHandlers {
  /** Something happened to this path; what, a look will show. */
  readonly onHint: (path: string) => void;
  /** Watching works from now on; what happened before may have been missed. */
  readonly onReady: () => void;
  readonly onError: (error: unknown) => void;
}

/** What is watched: a directory tree. For a single file that is its directory alone: a watch on the file itself would be lost with its inode. */
export interface WatchTarget {
  readonly path: string;
  readonly followSymlinks: boolean;
  /** Below the root: which directories are entered, by base name. */
  readonly includeDirectory: (name: string) => boolean;
  /** Names whose changes matter. */
  readonly isOfInterest: (name: string) => boolean;
}

/** Starts watching; the result ends it. */
export type StartWatching = (target: WatchTarget, handlers: WatchHandlers) => { close(): Promise<void> };

/**
 * Watches with chokidar. Its `raw` event is the hint: it comes before chokidar's own stat and its 50 ms throttle, and
 * also for files it ignores. So all files are ignored, which keeps its picture of the tree small.
 */
export const watchWithChokidar: StartWatching = (target, handlers) => {
  const watcher = watch(target.path, {
    ignoreInitial: true,
    ignorePermissionErrors: true,
    followSymlinks: target.followSymlinks,
    atomic: false,
    ignored: (path, stats) => {
      if (stats === undefined || path === target.path) return false;
      return stats.isFile() || (stats.isDirectory() && !target.includeDirectory(basename(path)));
    },
  });
  watcher.on('raw', (_event, name, details) => {
    const directory = watchedPathOf(details);
    if (name === null || directory === undefined || !target.isOfInterest(basename(name))) return;
    handlers.onHint(join(directory, name));
  });
  watcher.on('addDir', handlers.onHint);
  watcher.on('unlinkDir', handlers.onHint);
  watcher.on('ready', handlers.onReady);
  watcher.on('error', handlers.onError);
  return watcher;
};

/** chokidar says in its event's details which directory it heard of. */
function watchedPathOf(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return undefined;
  return typeof details.watchedPath === 'string' ? details.watchedPath : undefined;
}
