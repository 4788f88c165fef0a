import type { BigIntStats } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { DirectoryLinks } from './directory-links.ts';
import type { TailEvent } from './event.ts';
import {
  childPath,
  type FileHandles,
  type FileStat,
  fileStatNow,
  findFile,
  isCoarse,
  isSameFile,
  isSameStat,
  type Listing,
  MtimeSettling,
  mtimeMsOf,
  type NameKind,
  readListing,
  readOneName,
  statIfPresent,
  statNow,
  toFileStat,
} from './file-system.ts';
import type { FileTail, ReadOutcome } from './file-tail.ts';
import type { ResolvedOptions } from './options.ts';
import { isMissing, type Problems, unreadableProblem } from './problems.ts';
import { pathJob, type ScanJob, type ScanOutcome } from './scan-queue.ts';
import type { StartPolicy } from './start-policy.ts';
import { type DirectoryEntry, type Entry, isLive, type Tree } from './tree.ts';

/** Names compared in one go when all names are scanned: a few milliseconds' worth. */
const NAMES_PER_JOB = 500;
/** Synchronous stats before the event loop gets its turn. */
const STATS_PER_TURN = 100;

/** What a scanner gets from its follower. */
export interface ScannerContext {
  readonly tree: Tree;
  /** The one name in the root to follow; without it, all names that the options include. */
  readonly only: string | undefined;
  readonly options: ResolvedOptions;
  readonly startPolicy: StartPolicy;
  readonly handles: FileHandles;
  readonly problems: Problems;
  readonly emit: (event: TailEvent) => void;
  /** Resolves when the consumer has taken every event. */
  readonly drained: () => Promise<void>;
  /** Asks for another scan of a file that shrank, after the hold. */
  readonly scanAfterHold: (path: string) => void;
}

/** Runs scan jobs: finds out what has changed since the last scan, and which paths to scan next. */
export class Scanner {
  readonly #context: ScannerContext;
  readonly #tree: Tree;
  readonly #directories: DirectoryScanner;
  #allNames: Generator<[path: string, entry: Entry]> | undefined;
  #hasScanned = false;

  constructor(context: ScannerContext) {
    this.#context = context;
    this.#tree = context.tree;
    this.#directories = new DirectoryScanner(context);
  }

  /** Never rejects: errors become problems. */
  async run(job: ScanJob): Promise<ScanOutcome> {
    switch (job.type) {
      case 'everything':
        return this.#everything();
      case 'directories':
        return [...this.#tree.directories.keys()].map(pathJob);
      case 'active-names':
        return this.#activeNames();
      case 'changed-names':
        return this.#changedNames();
      case 'path':
        return this.#path(job.path);
    }
  }

  #everything(): ScanOutcome {
    this.#allNames = undefined;
    const isFirst = !this.#hasScanned;
    this.#hasScanned = true;
    // The first listing already takes a stat of every file.
    return isFirst ? [{ type: 'directories' }] : [{ type: 'directories' }, { type: 'changed-names' }];
  }

  /** Followed and noticed names that changed within `activeMs`, and files that could not be decided on yet. */
  #activeNames(): ScanOutcome {
    const { clock, activeMs } = this.#context.options;
    const sinceMs = clock.now() - activeMs;
    const active: ScanJob[] = [];
    for (const [path, entry] of this.#tree.live) {
      if (!('changedAtMs' in entry) || entry.changedAtMs >= sinceMs) active.push(pathJob(path));
    }
    return active;
  }

  /** Compares some hundred names a time, so that scans requested by events come in between. */
  #changedNames(): ScanOutcome {
    this.#allNames ??= this.#tree.entries();
    const changed: ScanJob[] = [];
    for (let count = 0; count < NAMES_PER_JOB; count += 1) {
      const next = this.#allNames.next();
      if (next.done === true) {
        this.#allNames = undefined;
        return changed;
      }
      const [path, entry] = next.value;
      if (hasChanged(path, entry)) changed.push(pathJob(path));
    }
    return [...changed, { type: 'changed-names' }];
  }

  async #path(path: string): Promise<ScanOutcome> {
    try {
      const isDirectory = this.#tree.directories.has(path);
      const outcome = isDirectory ? await this.#directories.scan(path) : await this.#name(path);
      this.#context.problems.resolve(path, 'reading');
      return outcome;
    } catch (error) {
      if (!isMissing(error)) this.#context.problems.report(unreadableProblem(path, error));
      return 'done';
    }
  }

  async #name(path: string): Promise<ScanOutcome> {
    const entry = this.#tree.get(path);
    if (entry === undefined || (entry.kind === 'other' && entry.nameKind === 'nothing')) return this.#unknown(path);
    if (entry.kind === 'directory' || entry.kind === 'alias' || entry.kind === 'other') return 'done';
    const stats = await this.#stat(path);
    const seen = stats?.isFile() === true ? toFileStat(stats) : undefined;
    if (entry.kind === 'noticed') return this.#noticed(path, entry, seen);
    if (seen === undefined) return this.#directories.list(dirname(path));
    return entry.kind === 'listed' ? this.#listed(path, entry, seen) : this.#file(path, entry, seen);
  }

  /** A name that was not listed yet. One to notice is taken up at once, others by listing their directory. */
  async #unknown(path: string): Promise<ScanOutcome> {
    const name = basename(path);
    const directory = dirname(path);
    const { options } = this.#context;
    const above = this.#tree.directoryAbove(path);
    if (above === undefined) return 'done';
    if (above !== directory) return this.#directories.list(above);
    if (options.notice(name, directory)) {
      if (fileStatNow(path) === undefined) return 'done';
      this.#tree.set(path, { kind: 'noticed', stat: undefined, changedAtMs: options.clock.now() });
      return 'again';
    }
    if (options.include(name, directory)) return this.#directories.list(directory);
    const stats = await this.#stat(path);
    if (stats?.isDirectory() === true) return this.#directories.list(directory);
    if (stats !== undefined) this.#tree.set(path, { kind: 'other', nameKind: stats.isFile() ? 'file' : 'other' });
    return 'done';
  }

  /** Synchronous, unless polling was asked for: then this may be a network mount, which can hang. */
  #stat(path: string): BigIntStats | undefined | Promise<BigIntStats | undefined> {
    const { followSymlinks, watch } = this.#context.options;
    return watch === 'polling' ? statIfPresent(path, followSymlinks) : statNow(path, followSymlinks);
  }

  #noticed(path: string, entry: Entry & { kind: 'noticed' }, seen: FileStat | undefined): ScanOutcome {
    const { emit, options } = this.#context;
    if (seen === undefined) {
      this.#tree.delete(path);
      if (entry.stat !== undefined) emit({ type: 'noticed', path, present: false });
      return 'done';
    }
    const now = options.clock.now();
    const isSame = entry.stat !== undefined && isSameStat(entry.stat, seen);
    if (isSame && entry.settling?.isSettled(seen, now) !== true) return 'done';
    // In whole seconds, a change may have hidden behind the same time: it is reported once more when none can any longer.
    entry.settling = isSame || !isCoarse(seen) ? undefined : new MtimeSettling();
    entry.settling?.isSettled(seen, now);
    entry.stat = seen;
    if (!isSame) entry.changedAtMs = now;
    emit({ type: 'noticed', path, present: true, mtimeMs: mtimeMsOf(seen), sizeBytes: seen.sizeBytes });
    return 'done';
  }

  #listed(path: string, entry: Entry & { kind: 'listed' }, seen: FileStat): ScanOutcome {
    if (entry.stat !== undefined && isSameStat(entry.stat, seen)) return 'done';
    const { isNew, stat: skipped } = entry;
    const started = this.#context.startPolicy.start({ path, stat: seen, isNew, skipped });
    this.#tree.set(path, started);
    return started.kind === 'file' ? 'again' : 'done';
  }

  async #file(path: string, entry: Entry & { kind: 'file' }, seen: FileStat): Promise<ScanOutcome> {
    const before = entry.tail.stat;
    const outcome = await this.#read(path, entry.tail, seen);
    if (!isSameStat(before, seen)) entry.changedAtMs = this.#context.options.clock.now();
    if (outcome === 'hold') this.#context.scanAfterHold(path);
    return outcome === 'more' ? 'again' : 'done';
  }

  async #read(path: string, tail: FileTail, seen: FileStat): Promise<ReadOutcome> {
    const outcome = await tail.scan(seen);
    if (outcome !== 'replaced') return outcome;
    const renamedTo = await this.#directories.renamedTo(path, tail);
    if (renamedTo === undefined) return tail.replaceWith(seen);
    await this.#directories.fileGone(path, tail, renamedTo);
    // The listing finds the file that took the name.
    await this.#directories.list(dirname(path));
    return 'more';
  }
}

/** A quick comparison by one stat; scanning the path finds out what the difference means. */
function hasChanged(path: string, entry: Entry): boolean {
  if (entry.kind === 'directory' || entry.kind === 'alias' || entry.kind === 'other') return false;
  if (entry.kind === 'file' && entry.tail.isUnsure) return true;
  if (entry.kind === 'noticed' && entry.settling !== undefined) return true;
  const known = entry.kind === 'file' ? entry.tail.stat : entry.stat;
  const seen = fileStatNow(path);
  return known === undefined || seen === undefined || !isSameStat(known, seen);
}

/** Scans directories: which names appeared, which are gone, and where the files that are gone are now. */
class DirectoryScanner {
  readonly #context: ScannerContext;
  readonly #tree: Tree;
  readonly #links: DirectoryLinks;

  constructor(context: ScannerContext) {
    this.#context = context;
    this.#tree = context.tree;
    this.#links = new DirectoryLinks(context.tree.root, context.options.includeDirectory);
  }

  /** Lists a directory if it may have changed; returns the names to scan next. */
  scan(path: string): Promise<readonly ScanJob[]> {
    return this.#scan(path, false);
  }

  /** Lists a directory in any case; returns the names to scan next. */
  list(path: string): Promise<readonly ScanJob[]> {
    return this.#scan(path, true);
  }

  /** A followed file no longer has this path: reads its last lines and follows it under its new name, if any. */
  async fileGone(path: string, tail: FileTail, renamedTo: string | undefined): Promise<void> {
    const { emit, handles, options, drained } = this.#context;
    await tail.drain(drained);
    await drained();
    if (tail.isReported) emit({ type: 'file-gone', path, ...(renamedTo === undefined ? {} : { renamedTo }) });
    this.#tree.delete(path);
    if (renamedTo === undefined || !options.include(basename(renamedTo), dirname(renamedTo))) {
      await handles.release(path);
      return;
    }
    tail.rename(renamedTo);
    this.#tree.set(renamedTo, { kind: 'file', tail, changedAtMs: options.clock.now() });
  }

  /** The new path of a file that has left its own: an unknown name, or its own name with something appended. */
  async renamedTo(path: string, tail: FileTail): Promise<string | undefined> {
    const { only, options } = this.#context;
    const [directory, own] = [dirname(path), basename(path)];
    const known = this.#tree.directories.get(directory)?.names;
    const isCandidate = (name: string): boolean =>
      (only === undefined && known?.has(name) !== true) || (name !== own && name.startsWith(own));
    const names = [...(await readListing(directory, options.followSymlinks)).keys()];
    return findFile(directory, names.filter(isCandidate), tail.stat);
  }

  async #scan(path: string, isForced: boolean): Promise<readonly ScanJob[]> {
    const known = this.#tree.directories.get(path);
    if (known === undefined) return [];
    const { clock, followSymlinks } = this.#context.options;
    const nowMs = clock.now();
    const stats = await statIfPresent(path, followSymlinks || path === this.#tree.root);
    if (stats?.isDirectory() !== true) {
      await this.#directoryGone(path, known);
      return [];
    }
    const seen = toFileStat(stats);
    const { stat: before = seen, bornNs = stats.birthtimeNs } = known;
    const isReplaced = !isSameFile(before, seen) || bornNs !== stats.birthtimeNs;
    if (!isForced && known.isSettled && !isReplaced && isSameStat(before, seen)) return [];
    if (isReplaced && this.#links.leave(path)) this.#tree.unsettleAliases();
    if (isReplaced && path !== this.#tree.root && !this.#links.enter(path)) {
      await this.#directoryGone(path, known);
      this.#tree.set(path, { kind: 'alias' });
      return [];
    }
    const directory = isReplaced ? this.#tree.replaceDirectory(path, known) : known;
    const listing = await this.#list(path);
    const added = await this.#compare(path, directory, listing);
    directory.stat = seen;
    directory.bornNs = stats.birthtimeNs;
    // The target of a dangling link can appear without a change of the link's directory.
    const hasDanglingLinks = [...listing.values()].includes('nothing');
    directory.isSettled = directory.settling.isSettled(seen, nowMs) && !hasDanglingLinks;
    directory.isListed = true;
    // The directories below were replaced together with this one.
    const next = isReplaced ? [...added, ...directoriesIn(path, directory)] : added;
    return next.map(pathJob);
  }

  #list(path: string): Promise<Listing> {
    const { only, options } = this.#context;
    return only === undefined
      ? readListing(path, options.followSymlinks)
      : readOneName(path, only, options.followSymlinks);
  }

  /** Takes over a new listing; returns the paths of names that appeared and are to be scanned. */
  async #compare(path: string, directory: DirectoryEntry, listing: Listing): Promise<string[]> {
    const kindOf = (name: string): NameKind => listing.get(name) ?? 'other';
    const added = [...listing.keys()].filter((name) => isNewName(directory.names.get(name), kindOf(name)));
    for (const [name, entry] of [...directory.names]) {
      const kind = listing.get(name);
      if (kind === undefined || isNewName(entry, kind)) await this.#nameGone(childPath(path, name), entry, added);
    }
    const next: string[] = [];
    for (const [index, name] of added.entries()) {
      const child = childPath(path, name);
      // The name is known already when a followed file was renamed to it.
      const known = directory.names.get(name);
      const entry = known ?? this.#entryFor(child, name, kindOf(name), directory.isListed);
      if (known === undefined) this.#tree.setName(path, name, entry);
      if (isLive(entry) || entry.kind === 'directory') next.push(child);
      if (index % STATS_PER_TURN === STATS_PER_TURN - 1) await setImmediate();
    }
    return next;
  }

  /** What becomes of a name that was found; `isNew` when its directory was listed before without it. */
  #entryFor(path: string, name: string, kind: NameKind, isNew: boolean): Entry {
    const { options, startPolicy } = this.#context;
    const directory = dirname(path);
    if (kind === 'directory' && options.includeDirectory(name, directory))
      return { kind: this.#links.enter(path) ? 'directory' : 'alias' };
    if (kind === 'file' && options.notice(name, directory))
      return { kind: 'noticed', stat: undefined, changedAtMs: options.clock.now() };
    if (kind !== 'file' || !options.include(name, directory)) return { kind: 'other', nameKind: kind };
    const stat = fileStatNow(path);
    return stat === undefined ? { kind: 'listed', stat, isNew } : startPolicy.start({ path, stat, isNew });
  }

  async #nameGone(path: string, entry: Entry, added: readonly string[]): Promise<void> {
    const { emit, only, problems } = this.#context;
    problems.resolve(path, 'reading');
    if (entry.kind === 'noticed' && entry.stat !== undefined) emit({ type: 'noticed', path, present: false });
    const directory = this.#tree.directories.get(path);
    if (entry.kind === 'directory' && directory !== undefined) await this.#directoryGone(path, directory);
    if (entry.kind !== 'file') {
      this.#tree.delete(path);
      return;
    }
    const renamedTo =
      only === undefined ? findFile(dirname(path), added, entry.tail.stat) : await this.renamedTo(path, entry.tail);
    await this.fileGone(path, entry.tail, renamedTo);
  }

  async #directoryGone(path: string, directory: DirectoryEntry): Promise<void> {
    for (const [name, entry] of [...directory.names]) await this.#nameGone(childPath(path, name), entry, []);
    directory.isSettled = false;
    if (path === this.#tree.root) return;
    this.#tree.delete(path);
    if (this.#links.leave(path)) this.#tree.unsettleAliases();
    const above = this.#tree.directories.get(dirname(path));
    if (above !== undefined) above.isSettled = false;
  }
}

function directoriesIn(path: string, { names }: DirectoryEntry): string[] {
  return [...names].filter(([, { kind }]) => kind === 'directory').map(([name]) => childPath(path, name));
}

/** True when a name was unknown, or stood for something else than it does now. An alias is decided on again each time. */
function isNewName(entry: Entry | undefined, kind: NameKind): boolean {
  if (entry === undefined || entry.kind === 'alias') return true;
  if (entry.kind === 'other') return entry.nameKind !== kind;
  return kind !== (entry.kind === 'directory' ? 'directory' : 'file');
}
