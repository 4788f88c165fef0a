import type { WatchDirectory } from './watcher.ts';

/** What the watches tell their follower. */
export interface DirectoryWatchesHandlers {
  readonly onHint: (path: string, isRename: boolean) => void;
  /** A directory is watched from now on. */
  readonly onWatching: (directory: string) => void;
  /** Every directory is watched that can be. */
  readonly onSettled: () => void;
  readonly onError: (error: unknown) => void;
}

interface Watch {
  /** What is watched: a watch stays with its directory when that is moved away. */
  readonly directory: unknown;
  close(): Promise<void>;
}

/** One watch for each directory, begun one after another: beginning many at once would take much memory. */
export class DirectoryWatches {
  readonly #watchDirectory: WatchDirectory;
  readonly #handlers: DirectoryWatchesHandlers;
  readonly #watches = new Map<string, Watch>();
  readonly #failed = new Set<string>();
  readonly #waiting = new Set<string>();
  #directories: ReadonlyMap<string, unknown> = new Map();
  #starting: string | undefined;
  #closed = false;

  constructor(watchDirectory: WatchDirectory, handlers: DirectoryWatchesHandlers) {
    this.#watchDirectory = watchDirectory;
    this.#handlers = handlers;
  }

  /** True while a directory cannot be watched. */
  get hasFailures(): boolean {
    return this.#failed.size > 0;
  }

  /** Watches exactly these directories, but for those that failed. Another value at a path is another directory. */
  async sync(directories: ReadonlyMap<string, unknown>): Promise<void> {
    this.#directories = directories;
    const isOther = ([path, { directory }]: [string, Watch]): boolean => directories.get(path) !== directory;
    await Promise.all([...this.#watches].filter(isOther).map(([path]) => this.#end(path)));
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

  /** Tries those that failed again. */
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

  /** A watch that began, failed or was ended makes room for the next. */
  #advance(path: string): void {
    if (this.#starting !== path) return;
    this.#starting = undefined;
    this.#startNext();
    if (this.#starting === undefined && !this.#closed) this.#handlers.onSettled();
  }
}
