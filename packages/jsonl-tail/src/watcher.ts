import { join } from 'node:path';
import { watch } from 'chokidar';

/** What a watch of one directory reports. */
export interface WatchHandlers {
  /** Something happened to this path; scanning it shows what. */
  readonly onHint: (path: string, isRename: boolean) => void;
  /** The watch works from now on; what happened before may have been missed. Also called after an error. */
  readonly onReady: () => void;
  readonly onError: (error: unknown) => void;
}

/** Starts to watch one directory, not those below it; `close` ends that. */
export type WatchDirectory = (directory: string, handlers: WatchHandlers) => { close(): Promise<void> };

/**
 * Watches with chokidar. Its `raw` event is the hint: it comes before chokidar's own stat and its 50 ms throttle, and
 * also for names it ignores. So everything but the directory itself is ignored, which keeps chokidar's memory small;
 * its start still stats every name of the directory once. (`depth: 0` would do the same, but then a directory whose
 * parent is missing too is never found.)
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

/** The directory chokidar got the event from: while the watched one does not exist, a directory above it. */
function watchedPathOf(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return undefined;
  return typeof details.watchedPath === 'string' ? details.watchedPath : undefined;
}

/** Handlers of a {@link Watcher}. */
export interface WatcherHandlers {
  readonly onHint: (path: string, isRename: boolean) => void;
  /** A directory is watched from now on. */
  readonly onWatching: (directory: string) => void;
  /** Every directory that can be watched is. */
  readonly onSettled: () => void;
  readonly onError: (error: unknown) => void;
}

interface Watch {
  /** The directory that is watched: a watch stays with it when it is moved away. */
  readonly directory: unknown;
  close(): Promise<void>;
}

/** Watches many directories with one watch each, started one after another: many at once would take much memory. */
export class Watcher {
  readonly #watchDirectory: WatchDirectory;
  readonly #handlers: WatcherHandlers;
  readonly #watches = new Map<string, Watch>();
  readonly #failed = new Set<string>();
  readonly #waiting = new Set<string>();
  #directories: ReadonlyMap<string, unknown> = new Map();
  #starting: string | undefined;
  #closed = false;

  constructor(watchDirectory: WatchDirectory, handlers: WatcherHandlers) {
    this.#watchDirectory = watchDirectory;
    this.#handlers = handlers;
  }

  /** True while a directory cannot be watched. */
  get hasFailures(): boolean {
    return this.#failed.size > 0;
  }

  /** True once the watch of this directory works. */
  isWatching(directory: string): boolean {
    return this.#watches.has(directory) && this.#starting !== directory;
  }

  /** Watches exactly these directories, except those that failed. A new value at a path means a new directory. */
  async sync(directories: ReadonlyMap<string, unknown>): Promise<void> {
    this.#directories = directories;
    const isOutdated = ([path, { directory }]: [string, Watch]): boolean => directories.get(path) !== directory;
    await Promise.all([...this.#watches].filter(isOutdated).map(([path]) => this.#end(path)));
    if (this.#closed) return;
    for (const path of directories.keys()) {
      if (!this.#watches.has(path) && !this.#failed.has(path)) this.#waiting.add(path);
    }
    const isGone = (path: string): boolean => !directories.has(path);
    for (const path of [...this.#waiting, ...this.#failed].filter(isGone)) {
      this.#waiting.delete(path);
      this.#failed.delete(path);
    }
    this.#startNext();
  }

  /** Tries the failed ones again. */
  retry(): void {
    for (const path of this.#failed) this.#waiting.add(path);
    this.#failed.clear();
    this.#startNext();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    await Promise.all([...this.#watches.keys()].map((path) => this.#end(path)));
  }

  #startNext(): void {
    if (this.#starting !== undefined || this.#closed) return;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.#starting = next;
    const watch = this.#watchDirectory(next, {
      onHint: this.#handlers.onHint,
      onReady: () => this.#ready(next),
      onError: (error) => this.#fail(next, error),
    });
    this.#watches.set(next, { directory: this.#directories.get(next), close: () => watch.close() });
    if (this.#failed.has(next)) void this.#end(next);
  }

  #ready(path: string): void {
    if (!this.#failed.has(path)) this.#handlers.onWatching(path);
    this.#advance(path);
  }

  #fail(path: string, error: unknown): void {
    if (this.#failed.has(path)) return;
    this.#failed.add(path);
    this.#handlers.onError(error);
    void this.#end(path);
  }

  async #end(path: string): Promise<void> {
    const watch = this.#watches.get(path);
    this.#watches.delete(path);
    const isStarting = this.#starting === path;
    await watch?.close();
    if (isStarting) this.#advance(path);
  }

  /** A watch that started, failed or was ended makes room for the next. */
  #advance(path: string): void {
    if (this.#starting !== path) return;
    this.#starting = undefined;
    this.#startNext();
    if (this.#starting === undefined && !this.#closed) this.#handlers.onSettled();
  }
}
