import { basename, resolve } from 'node:path';
import { Beginnings } from './beginnings.ts';
import type { Checkpoint } from './checkpoint.ts';
import { DirectoryWatches } from './directory-watches.ts';
import type { TailEvent } from './event.ts';
import { EventQueue } from './event-queue.ts';
import { FileHandles } from './file-handles.ts';
import type { Follower, FollowerStatus } from './follower.ts';
import { type JobOutcome, LookQueue } from './look-queue.ts';
import { Looks } from './looks.ts';
import type { ResolvedOptions } from './options.ts';
import { Passes } from './passes.ts';
import { Problems, watchProblem } from './problems.ts';
import { Tree } from './tree.ts';
import type { WatchDirectory } from './watcher.ts';

/** What is followed. */
export interface FollowTarget {
  readonly root: string;
  /** The only name of interest in the root. */
  readonly only?: string;
  readonly watchDirectory: WatchDirectory;
}

/** The one implementation behind `followFile` and `followDirectory`: wakes the looks and hands out what they find. */
export class TreeFollower implements Follower {
  readonly #options: ResolvedOptions;
  readonly #tree: Tree;
  readonly #events: EventQueue<TailEvent>;
  readonly #handles: FileHandles;
  readonly #problems: Problems;
  readonly #looks: Looks;
  readonly #queue: LookQueue;
  readonly #passes: Passes;
  readonly #watches: DirectoryWatches;
  #isWatching = false;
  #watchedRevision: number | undefined;
  #isReady = false;
  #closing: Promise<void> | undefined;

  constructor(target: FollowTarget, options: ResolvedOptions) {
    this.#options = options;
    this.#tree = new Tree(target.root);
    this.#events = new EventQueue((event) => this.#taken(event));
    this.#handles = new FileHandles(options.maxOpenFiles);
    this.#passes = new Passes(options, (job) => this.#queue.add(job));
    const emit = (event: TailEvent): void => this.#events.push(event);
    this.#problems = new Problems(emit);
    this.#looks = this.#createLooks(target.only, emit);
    this.#queue = new LookQueue((job) => this.#run(job));
    this.#watches = this.#createWatches(target.watchDirectory);
    options.signal?.addEventListener('abort', this.#abort, { once: true });
    if (options.signal?.aborted === true) void this.close();
    else if (options.watch !== false) void this.#begin();
  }

  [Symbol.asyncIterator](): AsyncIterator<TailEvent> {
    return {
      next: () => this.#events.next(),
      return: async () => {
        await this.close();
        return { done: true, value: undefined };
      },
    };
  }

  async pass(path?: string): Promise<void> {
    await this.#queue.request(path === undefined ? 'everything' : resolve(path));
    await this.#events.drained();
    if (path === undefined && this.#closing === undefined) this.#isReady = true;
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
    return !this.#isWatching || this.#watches.hasFailures;
  }

  readonly #abort = (): void => {
    void this.close();
  };

  async #close(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#passes.close();
    this.#events.close();
    await this.#queue.close();
    await this.#watches.close();
    await this.#handles.close();
  }

  #createLooks(only: string | undefined, emit: (event: TailEvent) => void): Looks {
    const options = this.#options;
    const { clock, maxLineBytes, readBytes } = options;
    const handles = this.#handles;
    const beginnings = new Beginnings(options, { clock, maxLineBytes, readBytes, handles, emit });
    const room = (): Promise<void> => this.#events.drained();
    const lookAfterHold = (path: string): void => this.#passes.afterHold(path);
    const problems = this.#problems;
    return new Looks({ tree: this.#tree, only, options, beginnings, handles, problems, emit, room }, lookAfterHold);
  }

  #createWatches(watchDirectory: WatchDirectory): DirectoryWatches {
    const { include, notice } = this.#options;
    return new DirectoryWatches(watchDirectory, {
      // A new directory has any name; it shows as a rename.
      onHint: (path, isRename) => {
        if (isRename || notice(basename(path)) || include(basename(path))) this.#queue.add(path);
      },
      onWatching: (directory) => {
        this.#queue.add(directory);
        this.#queue.add('active');
      },
      onSettled: () => this.#watching(),
      onError: (error) => {
        this.#problems.report(watchProblem(this.#tree.root, error));
        this.#scheduleAllFiles();
        this.#passes.whenToWatchAgain(() => this.#watches.retry());
      },
    });
  }

  async #begin(): Promise<void> {
    this.#passes.begin();
    this.#scheduleAllFiles();
    await this.pass();
    if (this.#options.watch === true) await this.#watchAll();
  }

  #scheduleAllFiles(): void {
    this.#passes.everyName(() => this.#isPolling);
  }

  #watchAll(): Promise<void> {
    this.#watchedRevision = this.#tree.revision;
    return this.#watches.sync(this.#tree.directories);
  }

  /** Every directory has its watch. What changed before is found by one more look at everything. */
  #watching(): void {
    if (!this.#watches.hasFailures) this.#problems.resolve(this.#tree.root, 'watching');
    this.#queue.add('changed');
    this.#isWatching = true;
    this.#scheduleAllFiles();
  }

  /** Nothing is looked at before everything found earlier was taken: this is where back-pressure acts. */
  async #run(job: string): Promise<JobOutcome> {
    await this.#events.drained();
    if (this.#closing !== undefined) return 'done';
    if (job === 'everything') {
      this.#looks.restartPass();
      // The first listing takes a stat of every file: there is nothing to compare it with yet.
      return this.#isReady ? ['directories', 'changed'] : ['directories'];
    }
    if (job === 'directories') return [...this.#tree.directories.keys()];
    if (job === 'active') return this.#looks.active();
    if (job === 'changed') return this.#changed();
    const outcome = await this.#looks.look(job);
    if (this.#watchedRevision !== undefined && this.#watchedRevision !== this.#tree.revision) void this.#watchAll();
    return outcome;
  }

  #changed(): JobOutcome {
    const { changed, isOver } = this.#looks.nextChanged();
    return isOver ? changed : [...changed, 'changed'];
  }

  #taken(event: TailEvent): void {
    const entry = this.#tree.live.get(event.path);
    if (entry?.kind === 'file') entry.tail.taken(event);
  }
}
