import { join } from 'node:path';
import { watch } from 'chokidar';

/** What a watcher of one directory tells. */
export interface WatchHandlers {
  /** Something happened to this path; what, a look will show. */
  readonly onHint: (path: string, isRename: boolean) => void;
  /** Watching works from now on; what happened before may have been missed. Also called after an error. */
  readonly onReady: () => void;
  readonly onError: (error: unknown) => void;
}

/** Starts watching one directory, not those below it; the result ends it. */
export type WatchDirectory = (directory: string, handlers: WatchHandlers) => { close(): Promise<void> };

/**
 * Watches with chokidar. Its `raw` event is the hint: it comes before chokidar's own stat and its 50 ms throttle, and
 * also for names it ignores. So everything but the directory itself is ignored, which keeps chokidar's memory small;
 * its start still stats every name of the directory once. (`depth: 0` would do the same, but then a directory of which
 * the parent is missing too is never found.)
 */
export const watchWithChokidar: WatchDirectory = (directory, handlers) => {
  const watcher = watch(directory, {
    atomic: false,
    backend: 'native',
    ignoreInitial: true,
    ignorePermissionErrors: true,
    ignored: (path) => path !== directory,
  });
  watcher.on('raw', (event, name, details) => {
    if (name !== null) handlers.onHint(join(watchedPathOf(details) ?? directory, name), event === 'rename');
  });
  watcher.on('addDir', (path) => handlers.onHint(path, true));
  watcher.on('unlinkDir', (path) => handlers.onHint(path, true));
  watcher.on('ready', handlers.onReady);
  watcher.on('error', handlers.onError);
  return watcher;
};

/** Where chokidar heard of it: while the directory does not exist that is one above it. */
function watchedPathOf(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return undefined;
  return typeof details.watchedPath === 'string' ? details.watchedPath : undefined;
}
