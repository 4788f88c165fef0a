import { resolve } from 'node:path';
import type { Checkpoint } from './checkpoint.ts';
import type { ProblemEvent, TailEvent } from './event.ts';
import { EventQueue } from './event-queue.ts';
import { FileHandles } from './file-handles.ts';
import { type JobOutcome, LookQueue } from './look-queue.ts';
import { Looks } from './looks.ts';
import { allFilesIntervalMs, type ResolvedOptions } from './options.ts';
import { SHRINK_HOLD_MS } from './plan-read.ts';
import { Problems, watchProblem } from './problems.ts';
import type { StartWatching } from './watcher.ts';

const WATCH_AGAIN_MS = 60_000;

/** How a follower stands. */
export interface FollowerStatus {
  /** True after the first look at everything was delivered. */
  readonly isReady: boolean;
  readonly directories: number;
  /** Files read from, files only listed, and files held open. */
  readonly files: { readonly followed: number; readonly listed: number; readonly open: number };
  /** True while changes are found by timed passes alone. */
  readonly polling: boolean;
  readonly problems: readonly ProblemEvent[];
}

/**
 * Follows files. Iterate it once; asking for the next event acknowledges the one before. Nothing is read while events
 * wait to be taken. Leaving the loop, aborting the signal and `close` all end it.
 */
export interface Follower extends AsyncIterable<TailEvent>, AsyncDisposable {
  /**
   * Looks now, at everything or at one path. Resolves when all it found was taken by the consumer, or the follower is
   * closed. Never wait for it inside the loop that takes the events.
   */
  pass(path?: string): Promise<void>;
  /** How far a file was taken; undefined before its first line was. */
  checkpoint(path: string): Checkpoint | undefined;
  status(): FollowerStatus;
  /** Stops reading; what was read is still handed out, then the iteration ends. Idempotent. */
  close(): Promise<void>;
}

/** What is followed. */
export interface FollowTarget {
  readonly root: string;
  /** The only name of interest in the root. */
  readonly only?: string;
  readonly startWatching: StartWatching;
}

/** The one implementation behind `followFile` and `followDirectory`. */
export class TreeFollower implements Follower {
  readonly #target: FollowTarget;
  readonly #options: ResolvedOptions;
  readonly #events: EventQueue<TailEvent>;
  readonly #handles: FileHandles;
  readonly #problems: Problems;
  readonly #looks: Looks;
  readonly #queue: LookQueue;
  readonly #timers = new Map<string, unknown>();
  #watcher: { close(): Promise<void> } | undefined;
  #polling: boolean;
  #isReady = false;
  #closing: Promise<void> | undefined;

  constructor(target: FollowTarget, options: ResolvedOptions) {
    this.#target = target;
    this.#options = options;
    this.#polling = options.watch !== true;
    this.#events = new EventQueue((event) => this.#taken(event));
    const emit = (event: TailEvent): void => this.#events.push(event);
    this.#handles = new FileHandles(options.maxOpenFiles);
    this.#problems = new Problems(emit);
    this.#looks = new Looks(target.root, target.only, {
      options,
      handles: this.#handles,
      problems: this.#problems,
      emit,
      room: () => this.#events.drained(),
      lookAfterHold: (path) => this.#lookLater(path, SHRINK_HOLD_MS),
    });
    this.#queue = new LookQueue((job) => this.#run(job));
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
    const entry = this.#looks.tree.get(resolve(path));
    return entry?.kind === 'file' ? entry.tail.checkpoint() : undefined;
  }

  status(): FollowerStatus {
    const files = { followed: 0, listed: 0, open: this.#handles.size };
    for (const [, , entry] of this.#looks.tree.entries()) {
      if (entry.kind === 'file') files.followed += 1;
      if (entry.kind === 'listed') files.listed += 1;
    }
    const directories = this.#looks.tree.directories.size;
    return { isReady: this.#isReady, directories, files, polling: this.#polling, problems: this.#problems.list };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #abort = (): void => {
    void this.close();
  };

  async #close(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    for (const timer of this.#timers.values()) this.#options.clock.clearTimeout(timer);
    this.#timers.clear();
    this.#events.close();
    await this.#queue.close();
    await this.#watcher?.close();
    await this.#handles.close();
  }

  async #begin(): Promise<void> {
    const { passes } = this.#options;
    this.#every('active', () => passes.activeFilesMs);
    this.#every('directories', () => passes.directoriesMs);
    this.#every('changed', () => allFilesIntervalMs(this.#options, this.#polling));
    await this.pass();
    if (this.#options.watch === true) this.#watch();
  }

  #every(job: string, intervalMs: () => number): void {
    this.#later(job, intervalMs(), () => {
      this.#queue.add(job);
      this.#every(job, intervalMs);
    });
  }

  #lookLater(path: string, delayMs: number): void {
    if (this.#options.watch !== false) this.#later(path, delayMs, () => this.#queue.add(path));
  }

  /** One timer a name: a second one replaces the first. */
  #later(name: string, delayMs: number, callback: () => void): void {
    if (this.#closing !== undefined) return;
    this.#options.clock.clearTimeout(this.#timers.get(name));
    const run = (): void => {
      this.#timers.delete(name);
      callback();
    };
    this.#timers.set(name, this.#options.clock.setTimeout(run, delayMs));
  }

  /** Nothing is looked at before everything found earlier was taken: this is where back-pressure acts. */
  async #run(job: string): Promise<JobOutcome> {
    await this.#events.drained();
    if (this.#closing !== undefined) return 'done';
    if (job === 'everything') return ['directories', 'changed'];
    if (job === 'directories') return [...this.#looks.tree.directories.keys()];
    if (job === 'active') return this.#looks.active();
    if (job === 'changed') return this.#looks.changed();
    return this.#looks.look(job);
  }

  #watch(): void {
    if (this.#closing !== undefined) return;
    const { root, startWatching } = this.#target;
    const { include, notice, includeDirectory, followSymlinks } = this.#options;
    const isOfInterest = (name: string): boolean => notice(name) || include(name);
    let hasFailed = false;
    this.#watcher = startWatching(
      {
        path: root,
        followSymlinks,
        includeDirectory,
        isOfInterest,
      },
      {
        onHint: (path) => this.#hint(path),
        onReady: () => {
          if (!hasFailed) this.#watching();
        },
        onError: (error) => {
          hasFailed = true;
          this.#watchFailed(error);
        },
      },
    );
  }

  #hint(path: string): void {
    this.#queue.add(path);
    // What was made in a new directory before it was watched shows only in a second listing.
    if (this.#looks.tree.get(path)?.kind !== 'file' && this.#looks.tree.directories.has(path))
      this.#lookLater(path, SHRINK_HOLD_MS);
  }

  #watching(): void {
    this.#polling = false;
    this.#problems.resolve(this.#target.root, 'watching');
    this.#queue.add('everything');
  }

  #watchFailed(error: unknown): void {
    this.#polling = true;
    this.#problems.report(watchProblem(this.#target.root, error));
    this.#every('changed', () => allFilesIntervalMs(this.#options, this.#polling));
    this.#later('watch', WATCH_AGAIN_MS, () => void this.#watchAgain());
  }

  async #watchAgain(): Promise<void> {
    await this.#watcher?.close();
    this.#watch();
  }

  #taken(event: TailEvent): void {
    const entry = this.#looks.tree.get(event.path);
    if (entry?.kind === 'file') entry.tail.taken(event);
  }
}
