import { basename, dirname, resolve } from 'node:path';
import { AsyncQueue } from '@live-status/resilience';
import type { Checkpoint } from './checkpoint.ts';
import type { ProblemEvent, TailEvent } from './event.ts';
import { FileHandles } from './file-system.ts';
import { MissedEvents } from './missed-events.ts';
import {
  type FollowDirectoryOptions,
  type FollowFileOptions,
  type ResolvedOptions,
  resolveOptions,
} from './options.ts';
import { PollTimers } from './poll-timers.ts';
import { noEventsProblem, Problems, watchProblem } from './problems.ts';
import { pathJob, type ScanJob, type ScanOutcome, ScanQueue } from './scan-queue.ts';
import { Scanner } from './scanner.ts';
import { StartPolicy } from './start-policy.ts';
import { Tree } from './tree.ts';
import { type WatchDirectory, Watcher, watchWithChokidar } from './watcher.ts';

const SYNC_READ_BYTES = 65_536;

/** The state of a follower. */
export interface FollowerStatus {
  /** True once everything the first scan found was taken by the consumer. */
  readonly isReady: boolean;
  readonly directories: number;
  /** Files that are read, files that are only listed, and files held open. */
  readonly files: { readonly followed: number; readonly listed: number; readonly open: number };
  /** True while changes are found by timed scans alone. */
  readonly polling: boolean;
  readonly problems: readonly ProblemEvent[];
}

/**
 * Follows files. Iterate it once; asking for the next event acknowledges the one before. Nothing is read while events
 * wait to be taken. Leaving the loop, aborting the signal and `close` all end it.
 */
export interface Follower extends AsyncIterable<TailEvent>, AsyncDisposable {
  /**
   * Scans everything, or one path, now. Resolves when the consumer has taken all that was found, or the follower is
   * closed. Never await it inside the loop that takes the events.
   */
  scan(path?: string): Promise<void>;
  /** How far a file was taken; undefined before its first line was. */
  checkpoint(path: string): Checkpoint | undefined;
  status(): FollowerStatus;
  /** Stops reading; what was already read is still handed out, then the iteration ends. Idempotent. */
  close(): Promise<void>;
}

/**
 * Follows one file, which need not exist yet, through appends, rewrites, rotation and re-creation. Trouble with the
 * file is reported as `problem` events.
 *
 * @throws RangeError for an option out of range.
 *
 * @example
 * for await (const event of followFile('/var/log/app.jsonl', { signal })) {
 *   if (event.type === 'line') console.log(event.startOffset, event.text());
 * }
 */
export function followFile(path: string, options: FollowFileOptions = {}): Follower {
  const file = resolve(path);
  const only = basename(file);
  const narrowed = { ...options, include: (name: string) => name === only, includeDirectory: () => false };
  return new TreeFollower({ root: dirname(file), only, watchDirectory: watchWithChokidar }, resolveOptions(narrowed));
}

/**
 * Follows all files of a directory tree that `include` accepts. Files, directories and the root itself may appear
 * later. Trouble with files is reported as `problem` events.
 *
 * @throws RangeError for an option out of range.
 */
export function followDirectory(directory: string, options: FollowDirectoryOptions = {}): Follower {
  return new TreeFollower({ root: resolve(directory), watchDirectory: watchWithChokidar }, resolveOptions(options));
}

/** What a {@link TreeFollower} follows. */
export interface FollowTarget {
  readonly root: string;
  /** The only name in the root to follow. */
  readonly only?: string;
  readonly watchDirectory: WatchDirectory;
}

/** Implements both followers: wakes the scanner and hands out what it finds. */
export class TreeFollower implements Follower {
  readonly #options: ResolvedOptions;
  readonly #tree: Tree;
  readonly #events: AsyncQueue<TailEvent>;
  readonly #handles: FileHandles;
  readonly #problems: Problems;
  readonly #scanner: Scanner;
  readonly #queue: ScanQueue;
  readonly #timers: PollTimers;
  readonly #watcher: Watcher;
  readonly #missedEvents: MissedEvents;
  #emittedCount = 0;
  #isWatching = false;
  #watchedRevision: number | undefined;
  #isReady = false;
  #closing: Promise<void> | undefined;

  constructor({ root, only, watchDirectory }: FollowTarget, options: ResolvedOptions) {
    const { clock, pollIntervals: intervals, signal, watch } = options;
    this.#options = options;
    this.#tree = new Tree(root);
    this.#events = new AsyncQueue({ onTaken: (event) => this.#taken(event) });
    this.#handles = new FileHandles({
      maxOpenFiles: options.maxOpenFiles,
      syncReadBytes: watch === 'polling' ? 0 : SYNC_READ_BYTES,
    });
    this.#timers = new PollTimers({ clock, intervals, addJob: (job) => this.#queue.add(job) });
    this.#problems = new Problems((event) => this.#events.push(event));
    this.#missedEvents = new MissedEvents({
      clock,
      onMissing: (directory) => this.#eventsAreMissing(directory),
      onHeard: () => this.#problems.resolve(root, 'events'),
    });
    this.#scanner = this.#createScanner(only);
    this.#queue = new ScanQueue((job) => this.#run(job));
    this.#watcher = this.#createWatcher(watchDirectory);
    signal?.addEventListener('abort', this.#abort, { once: true });
    if (signal?.aborted === true) void this.close();
    else if (watch !== false) void this.#start();
  }

  [Symbol.asyncIterator](): AsyncIterator<TailEvent> {
    return {
      next: () => this.#events.next(),
      return: async () => {
        this.#events.abandon();
        await this.close();
        return { done: true, value: undefined };
      },
    };
  }

  async scan(path?: string): Promise<void> {
    await this.#queue.request(path === undefined ? { type: 'everything' } : pathJob(resolve(path)));
    if (path === undefined && !this.#isClosing) this.#isReady = true;
  }

  checkpoint(path: string): Checkpoint | undefined {
    const entry = this.#tree.get(resolve(path));
    return entry?.kind === 'file' ? entry.tail.checkpoint() : undefined;
  }

  status(): FollowerStatus {
    const { followedCount, listedCount } = this.#tree;
    const files = { followed: followedCount, listed: listedCount, open: this.#handles.size };
    const directories = this.#tree.directories.size;
    return { isReady: this.#isReady, directories, files, polling: this.#isPolling, problems: this.#problems.list };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #isPolling(): boolean {
    return !this.#isWatching || this.#watcher.hasFailures || this.#missedEvents.areMissing;
  }

  get #isClosing(): boolean {
    return this.#closing !== undefined;
  }

  readonly #abort = (): void => {
    void this.close();
  };

  async #close(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#timers.close();
    this.#missedEvents.close();
    this.#events.close();
    await this.#queue.close();
    await this.#watcher.close();
    await this.#handles.close();
  }

  #createScanner(only: string | undefined): Scanner {
    const options = this.#options;
    const { clock, maxLineBytes, readBytes } = options;
    const handles = this.#handles;
    const emit = (event: TailEvent): void => {
      this.#emittedCount += 1;
      this.#events.push(event);
    };
    return new Scanner({
      tree: this.#tree,
      only,
      options,
      startPolicy: new StartPolicy(options, { clock, maxLineBytes, readBytes, handles, emit }),
      handles,
      problems: this.#problems,
      emit,
      drained: () => this.#events.drained(),
      scanAfterHold: (path) => {
        // Without timers, the caller decides when the file is scanned again.
        if (options.watch !== false) this.#timers.scanAfterHold(path);
      },
    });
  }

  #createWatcher(watchDirectory: WatchDirectory): Watcher {
    const { include, notice } = this.#options;
    return new Watcher(watchDirectory, {
      // A new directory can have any name; it shows as a rename.
      onHint: (path, isRename) => {
        this.#missedEvents.heard(path);
        const [name, directory] = [basename(path), dirname(path)];
        if (isRename || notice(name, directory) || include(name, directory)) this.#queue.add(pathJob(path));
      },
      onWatching: (directory) => {
        this.#queue.add(pathJob(directory));
        this.#queue.add({ type: 'active-names' });
      },
      onSettled: () => this.#watchesSettled(),
      onError: (error) => {
        this.#problems.report(watchProblem(this.#tree.root, error));
        this.#scanAllNames();
        this.#timers.retryWatches(() => this.#watcher.retry());
      },
    });
  }

  async #start(): Promise<void> {
    this.#timers.start();
    this.#scanAllNames();
    await this.scan();
    if (this.#options.watch === true && !this.#isClosing) await this.#watchAll();
  }

  #scanAllNames(): void {
    this.#timers.scanAllNames(() => this.#isPolling);
  }

  #eventsAreMissing(directory: string): void {
    this.#problems.report(noEventsProblem(this.#tree.root, directory));
    this.#scanAllNames();
  }

  #watchAll(): Promise<void> {
    this.#watchedRevision = this.#tree.revision;
    this.#missedEvents.keep(this.#tree.directories);
    return this.#watcher.sync(this.#tree.directories);
  }

  /** Every directory has its watch; one more scan of all names finds what changed before. */
  #watchesSettled(): void {
    if (!this.#watcher.hasFailures) this.#problems.resolve(this.#tree.root, 'watching');
    this.#queue.add({ type: 'changed-names' });
    this.#isWatching = true;
    this.#scanAllNames();
  }

  /** Waits until everything found earlier was taken: this is where back-pressure acts. */
  async #run(job: ScanJob): Promise<ScanOutcome> {
    await this.#events.drained();
    if (this.#isClosing) return 'done';
    const emittedBefore = this.#emittedCount;
    const outcome = await this.#scanner.run(job);
    if (job.isTimed === true && job.type === 'path' && this.#emittedCount > emittedBefore) this.#foundByTimer(job.path);
    const isOutdated = this.#watchedRevision !== undefined && this.#watchedRevision !== this.#tree.revision;
    if (isOutdated && !this.#isClosing) void this.#watchAll();
    if (job.isTimed !== true || typeof outcome === 'string') return outcome;
    return outcome.map((next) => ({ ...next, isTimed: true }));
  }

  #foundByTimer(path: string): void {
    if (this.#isWatching && this.#watcher.isWatching(dirname(path))) this.#missedEvents.found(path);
  }

  #taken(event: TailEvent): void {
    const entry = this.#tree.live.get(event.path);
    if (entry?.kind === 'file') entry.tail.taken(event);
  }
}
