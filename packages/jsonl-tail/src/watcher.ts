import { existsSync, type FSWatcher, watch } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { isMissing } from './problems.ts';

/** What a watch of one directory reports. */
export interface WatchHandlers {
  /** Something happened to this path; scanning it shows what. */
  readonly onHint: (path: string, isRename: boolean) => void;
  /** The watch has stopped working. */
  readonly onError: (error: unknown) => void;
}

/** Starts to watch one directory, not those below it. Throws when that is not possible. */
export type WatchDirectory = (directory: string, handlers: WatchHandlers) => { close(): void };

/**
 * Watches with `fs.watch`. While the directory does not exist, the nearest existing one above it is watched. Watching
 * libraries stat every name of a directory at the start, and again with each event; here a hint is enough, because a
 * scan finds out what happened.
 */
export const watchDirectory: WatchDirectory = (directory, handlers) => new DirectoryWatch(directory, handlers);

class DirectoryWatch {
  readonly #directory: string;
  readonly #handlers: WatchHandlers;
  #watcher: FSWatcher | undefined;
  /** The directory, or the one above it that is watched instead. */
  #watched = '';

  constructor(directory: string, handlers: WatchHandlers) {
    this.#directory = directory;
    this.#handlers = handlers;
    this.#start();
  }

  /** Idempotent. */
  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #start(): void {
    for (let path = this.#directory; ; ) {
      if (!this.#tryToWatch(path)) path = dirname(path);
      else if (path === this.#directory) return;
      else {
        const next = this.#next(path);
        if (!existsSync(next)) return;
        // It was created after the attempt to watch it.
        path = next;
      }
    }
  }

  #tryToWatch(path: string): boolean {
    this.close();
    try {
      const watcher = watch(path, (event, name) => {
        if (watcher === this.#watcher) this.#onEvent(event === 'rename', name);
      });
      watcher.on('error', (error) => {
        if (watcher === this.#watcher) this.#onError(error);
      });
      this.#watcher = watcher;
      this.#watched = path;
      return true;
    } catch (error) {
      if (isMissing(error) && path !== dirname(path)) return false;
      throw error;
    }
  }

  /** The path one level below, on the way to the directory. */
  #next(path: string): string {
    const [name = ''] = relative(path, this.#directory).split(sep);
    return join(path, name);
  }

  #onEvent(isRename: boolean, name: string | null): void {
    const isDirectory = this.#watched === this.#directory;
    if (isDirectory) this.#handlers.onHint(name === null ? this.#directory : join(this.#directory, name), isRename);
    if (!isRename) return;
    // What is watched reports its own removal under its own name.
    const isAwaited = !isDirectory && name === basename(this.#next(this.#watched));
    if (isAwaited || name === null || name === basename(this.#watched)) this.#restart();
  }

  #onError(error: unknown): void {
    // On Windows, a directory that is removed fails its watch.
    if (existsSync(this.#watched)) this.#handlers.onError(error);
    else this.#restart();
  }

  #restart(): void {
    try {
      this.#start();
      this.#handlers.onHint(this.#directory, true);
    } catch (error) {
      this.#handlers.onError(error);
    }
  }
}

/** Handlers of a {@link Watcher}. */
export interface WatcherHandlers extends Pick<WatchHandlers, 'onHint'> {
  /** A directory is watched from now on; what happened before may have been missed. */
  readonly onWatching: (directory: string) => void;
  /** Every new directory that can be watched is. */
  readonly onSettled: () => void;
  readonly onError: (error: unknown) => void;
}

interface Watch {
  /** The directory that is watched: a watch stays with it when it is moved away. */
  readonly directory: unknown;
  close(): void;
}

/** Watches many directories, with one watch each. */
export class Watcher {
  readonly #watchDirectory: WatchDirectory;
  readonly #handlers: WatcherHandlers;
  readonly #watches = new Map<string, Watch>();
  readonly #failed = new Set<string>();
  #directories: ReadonlyMap<string, unknown> = new Map();

  constructor(watchDirectory: WatchDirectory, handlers: WatcherHandlers) {
    this.#watchDirectory = watchDirectory;
    this.#handlers = handlers;
  }

  /** True while a directory cannot be watched. */
  get hasFailures(): boolean {
    return this.#failed.size > 0;
  }

  /** Watches exactly these directories, except those that failed. A new value at a path means a new directory. */
  sync(directories: ReadonlyMap<string, unknown>): void {
    this.#directories = directories;
    for (const [path, { directory }] of this.#watches) if (directories.get(path) !== directory) this.#end(path);
    for (const path of this.#failed) if (!directories.has(path)) this.#failed.delete(path);
    const isNew = (path: string): boolean => !this.#watches.has(path) && !this.#failed.has(path);
    this.#start([...directories.keys()].filter(isNew));
  }

  /** Tries the failed ones again. */
  retry(): void {
    const paths = [...this.#failed];
    this.#failed.clear();
    this.#start(paths);
  }

  /** Idempotent. */
  close(): void {
    for (const path of this.#watches.keys()) this.#end(path);
  }

  #start(paths: readonly string[]): void {
    const { onHint, onWatching, onSettled } = this.#handlers;
    for (const path of paths) {
      try {
        const watch = this.#watchDirectory(path, { onHint, onError: (error) => this.#fail(path, error) });
        this.#watches.set(path, { directory: this.#directories.get(path), close: () => watch.close() });
        onWatching(path);
      } catch (error) {
        this.#fail(path, error);
      }
    }
    if (paths.length > 0) onSettled();
  }

  #fail(path: string, error: unknown): void {
    this.#end(path);
    if (this.#failed.has(path)) return;
    this.#failed.add(path);
    this.#handlers.onError(error);
  }

  #end(path: string): void {
    const watch = this.#watches.get(path);
    this.#watches.delete(path);
    watch?.close();
  }
}
