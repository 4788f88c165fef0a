import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { TailEvent } from './event.ts';
import type { FileHandles } from './file-handles.ts';
import { type FileSight, isSameSight, isSettled, mtimeMsOf, toFileSight } from './file-sight.ts';
import { FileTail, type LookResult, type TailContext, type TailStart } from './file-tail.ts';
import {
  findInode,
  isLinkToAncestor,
  type Listing,
  type NameKind,
  readListing,
  readOneName,
  sightNow,
  statIfPresent,
} from './listing.ts';
import type { JobOutcome } from './look-queue.ts';
import type { ResolvedOptions, StartInfo, StartPoint } from './options.ts';
import { isMissing, type Problems, unreadableProblem } from './problems.ts';
import { type DirectoryEntry, type Entry, Tree } from './tree.ts';

/** Stats done without waiting before the event loop gets its turn. */
const BATCH = 100;

/** What the looks need from their follower. */
export interface LooksContext {
  readonly options: ResolvedOptions;
  readonly handles: FileHandles;
  readonly problems: Problems;
  readonly emit: (event: TailEvent) => void;
  /** Resolves when the consumer has taken everything. */
  readonly room: () => Promise<void>;
  /** Asks for a look at a file that shrank, after the hold. */
  readonly lookAfterHold: (path: string) => void;
}

/** The looks at directories and names: what changed since the last one, and what to look at next. */
export class Looks {
  readonly tree: Tree = new Tree();
  readonly #context: LooksContext;
  readonly #options: ResolvedOptions;
  readonly #root: string;
  readonly #only: string | undefined;
  readonly #tailContext: TailContext;

  /** `only`: the one name below the root that is of interest; without it, all that the options include. */
  constructor(root: string, only: string | undefined, context: LooksContext) {
    this.#context = context;
    this.#options = context.options;
    this.#root = root;
    this.#only = only;
    const { clock, maxLineBytes, readBytes } = context.options;
    this.#tailContext = { clock, maxLineBytes, readBytes, handles: context.handles, emit: context.emit };
    this.tree.addDirectory(root);
  }

  /** A look at any path. Rejects never: errors become problems. */
  async look(path: string): Promise<JobOutcome> {
    try {
      const outcome = this.tree.directories.has(path) ? await this.#directory(path, false) : await this.#name(path);
      this.#context.problems.resolve(path, 'reading');
      return outcome;
    } catch (error) {
      if (isMissing(error)) return 'done';
      this.#context.problems.report(unreadableProblem(path, error));
      return 'done';
    }
  }

  /** Followed files and names under notice that changed within the last `activeMs`, and files that could not be decided on yet. */
  active(): string[] {
    const sinceMs = this.#options.clock.now() - this.#options.activeMs;
    const active: string[] = [];
    for (const [directory, name, entry] of this.tree.entries()) {
      const isUndecided = entry.kind === 'listed' && entry.sight === undefined;
      const isActive = (entry.kind === 'file' || entry.kind === 'noticed') && entry.changedAtMs >= sinceMs;
      if (isUndecided || isActive) active.push(join(directory, name));
    }
    return active;
  }

  /** Every name that is not what it was at the last look. */
  async changed(): Promise<string[]> {
    const changed: string[] = [];
    let count = 0;
    for (const [directory, name, entry] of this.tree.entries()) {
      if (entry.kind === 'directory' || entry.kind === 'other') continue;
      const known = entry.kind === 'file' ? entry.tail.sight : entry.sight;
      const path = join(directory, name);
      const seen = sightNow(path);
      const isSame = known !== undefined && seen !== undefined && isSameSight(known, seen);
      if (!isSame || (entry.kind === 'file' && entry.tail.needsLook)) changed.push(path);
      count += 1;
      if (count % BATCH === 0) await setImmediate();
    }
    return changed;
  }

  async #directory(path: string, isForced: boolean): Promise<readonly string[]> {
    const directory = this.tree.directories.get(path);
    if (directory === undefined) return [];
    const stats = await statIfPresent(path, this.#options.followSymlinks || path === this.#root);
    if (stats?.isDirectory() !== true) {
      await this.#directoryGone(path, directory);
      return [];
    }
    const seen = toFileSight(stats);
    if (!isForced && directory.sight !== undefined && isSameSight(directory.sight, seen)) return [];
    const listing = await this.#list(path);
    const added = [...listing].filter(([name, kind]) => isNewName(directory.names.get(name), kind));
    for (const name of [...directory.names.keys()]) {
      const kind = listing.get(name);
      if (kind === undefined || isNewName(directory.names.get(name), kind))
        await this.#nameGone(join(path, name), added);
    }
    const next = await this.#appear(path, directory, added);
    directory.sight = isSettled(seen, Date.now()) ? seen : undefined;
    directory.isListed = true;
    return next;
  }

  #list(path: string): Promise<Listing> {
    const { followSymlinks } = this.#options;
    return this.#only === undefined ? readListing(path, followSymlinks) : readOneName(path, this.#only, followSymlinks);
  }

  async #appear(path: string, directory: DirectoryEntry, added: readonly [string, NameKind][]): Promise<string[]> {
    const next: string[] = [];
    let count = 0;
    for (const [name, kind] of added) {
      if (!directory.names.has(name)) {
        const entry = this.#entryFor(path, name, kind, directory.isListed);
        directory.names.set(name, entry);
        if (entry.kind === 'directory') this.tree.addDirectory(join(path, name));
      }
      const entry = directory.names.get(name);
      if (entry?.kind !== 'other' && !(entry?.kind === 'listed' && entry.sight !== undefined))
        next.push(join(path, name));
      count += 1;
      if (count % BATCH === 0) await setImmediate();
    }
    return next;
  }

  #entryFor(directory: string, name: string, kind: NameKind, isNew: boolean): Entry {
    if (kind === 'directory')
      return this.#isEntered(directory, name) ? { kind: 'directory' } : { kind: 'other', isDirectory: true };
    if (kind === 'other') return { kind: 'other', isDirectory: false };
    if (this.#options.notice(name)) {
      return { kind: 'noticed', sight: undefined, changedAtMs: this.#options.clock.now() };
    }
    if (!this.#options.include(name)) return { kind: 'other', isDirectory: false };
    const path = join(directory, name);
    const sight = sightNow(path);
    if (sight === undefined) return { kind: 'listed', sight: undefined, isNew };
    return this.#begin(path, sight, isNew, undefined);
  }

  /** Links to a directory above are not entered: they would never end. */
  #isEntered(directory: string, name: string): boolean {
    if (!this.#options.includeDirectory(name)) return false;
    return !this.#options.followSymlinks || !isLinkToAncestor(join(directory, name));
  }

  #begin(path: string, sight: FileSight, isNew: boolean, skipped: FileSight | undefined): Entry {
    const point = this.#startPoint(path, sight, isNew, skipped);
    if (point === 'skip') return { kind: 'listed', sight, isNew };
    const tail = new FileTail(path, sight, toTailStart(point, sight), this.#tailContext);
    const ageMs = isNew ? 0 : Math.max(0, Date.now() - mtimeMsOf(sight));
    return { kind: 'file', tail, changedAtMs: this.#options.clock.now() - ageMs };
  }

  #startPoint(path: string, sight: FileSight, isNew: boolean, skipped: FileSight | undefined): StartPoint {
    const { start } = this.#options;
    if (typeof start !== 'function') return isNew ? 'beginning' : start;
    const { dev, ino, sizeBytes } = sight;
    const info: StartInfo = { dev, ino, sizeBytes, mtimeMs: mtimeMsOf(sight), isNew };
    if (skipped === undefined) return start(path, info);
    return start(path, { ...info, skippedAt: { sizeBytes: skipped.sizeBytes, mtimeMs: mtimeMsOf(skipped) } });
  }

  async #name(path: string): Promise<JobOutcome> {
    const entry = this.tree.get(path);
    if (entry === undefined) return this.#unknownName(path);
    if (entry.kind === 'directory' || entry.kind === 'other') return 'done';
    const stats = await statIfPresent(path, this.#options.followSymlinks);
    const seen = stats?.isFile() === true ? toFileSight(stats) : undefined;
    if (entry.kind === 'noticed') return this.#noticed(path, entry, seen);
    if (seen === undefined) return this.#directory(dirname(path), true);
    if (entry.kind === 'listed') return this.#listed(path, entry, seen);
    const before = entry.tail.sight;
    const result = await this.#file(path, entry.tail, seen);
    if (!isSameSight(before, seen)) entry.changedAtMs = this.#options.clock.now();
    if (result === 'hold') this.#context.lookAfterHold(path);
    return result === 'more' ? 'again' : 'done';
  }

  async #unknownName(path: string): Promise<JobOutcome> {
    const name = basename(path);
    const directory = dirname(path);
    const above = this.tree.directoryAbove(path);
    if (above === undefined) return 'done';
    if (above !== directory) return this.#directory(above, true);
    if (this.#options.notice(name)) {
      const sight = sightNow(path);
      if (sight === undefined) return 'done';
      this.tree.set(path, { kind: 'noticed', sight: undefined, changedAtMs: this.#options.clock.now() });
      return 'again';
    }
    if (this.#options.include(name)) return this.#directory(directory, true);
    const stats = await statIfPresent(path, this.#options.followSymlinks);
    if (stats?.isDirectory() === true) return this.#directory(directory, true);
    if (stats !== undefined) this.tree.set(path, { kind: 'other', isDirectory: false });
    return 'done';
  }

  #noticed(path: string, entry: Entry & { kind: 'noticed' }, seen: FileSight | undefined): JobOutcome {
    if (seen === undefined) {
      this.tree.delete(path);
      if (entry.sight !== undefined) this.#context.emit({ type: 'noticed', path, present: false });
      return 'done';
    }
    if (entry.sight !== undefined && isSameSight(entry.sight, seen)) return 'done';
    entry.sight = seen;
    entry.changedAtMs = this.#options.clock.now();
    const { sizeBytes } = seen;
    this.#context.emit({ type: 'noticed', path, present: true, mtimeMs: mtimeMsOf(seen), sizeBytes });
    return 'done';
  }

  #listed(path: string, entry: Entry & { kind: 'listed' }, seen: FileSight): JobOutcome {
    if (entry.sight !== undefined && isSameSight(entry.sight, seen)) return 'done';
    const begun = this.#begin(path, seen, entry.isNew, entry.sight);
    this.tree.set(path, begun);
    if (begun.kind !== 'file') return 'done';
    begun.changedAtMs = this.#options.clock.now();
    return 'again';
  }

  async #file(path: string, tail: FileTail, seen: FileSight): Promise<LookResult> {
    const result = await tail.look(seen);
    if (result !== 'replaced') return result;
    const directory = dirname(path);
    const renamedTo = findInode(directory, await this.#renameCandidates(path), tail.sight);
    if (renamedTo === undefined) return tail.adopt(seen);
    await this.#fileGone(path, tail, renamedTo);
    this.tree.delete(path);
    await this.#directory(directory, true);
    return 'more';
  }

  /** Names a followed file may have been renamed to: unknown ones, and its own name with something behind it. */
  async #renameCandidates(path: string): Promise<string[]> {
    const own = basename(path);
    const known = this.tree.directories.get(dirname(path))?.names;
    const names = [...(await readListing(dirname(path), this.#options.followSymlinks)).keys()];
    return names.filter(
      (name) => (known?.has(name) !== true && this.#only === undefined) || (name !== own && name.startsWith(own)),
    );
  }

  async #nameGone(path: string, added: readonly [string, NameKind][]): Promise<void> {
    const entry = this.tree.get(path);
    this.tree.delete(path);
    this.#context.problems.resolve(path, 'reading');
    if (entry?.kind === 'noticed' && entry.sight !== undefined)
      this.#context.emit({ type: 'noticed', path, present: false });
    const directory = this.tree.directories.get(path);
    if (entry?.kind === 'directory' && directory !== undefined) await this.#directoryGone(path, directory);
    if (entry?.kind !== 'file') return;
    const names =
      this.#only === undefined ? added.map(([name]) => name) : await this.#renameCandidates(path).catch(() => []);
    await this.#fileGone(path, entry.tail, findInode(dirname(path), names, entry.tail.sight));
  }

  async #fileGone(path: string, tail: FileTail, renamedTo: string | undefined): Promise<void> {
    await tail.drain(this.#context.room);
    await this.#context.room();
    if (tail.isAnnounced) {
      this.#context.emit({ type: 'file-gone', path, ...(renamedTo === undefined ? {} : { renamedTo }) });
    }
    if (renamedTo === undefined || !this.#options.include(basename(renamedTo))) {
      await this.#context.handles.release(path);
      return;
    }
    tail.rename(renamedTo);
    this.tree.set(renamedTo, { kind: 'file', tail, changedAtMs: this.#options.clock.now() });
  }

  async #directoryGone(path: string, directory: DirectoryEntry): Promise<void> {
    for (const name of [...directory.names.keys()]) await this.#nameGone(join(path, name), []);
    directory.sight = undefined;
    if (path === this.#root) return;
    this.tree.directories.delete(path);
    if (this.tree.get(path)?.kind === 'directory') this.tree.delete(path);
  }
}

function isNewName(entry: Entry | undefined, kind: NameKind): boolean {
  if (entry === undefined) return true;
  const wasDirectory = entry.kind === 'directory' || (entry.kind === 'other' && entry.isDirectory);
  return wasDirectory !== (kind === 'directory') || (entry.kind !== 'other' && kind === 'other');
}

function toTailStart(point: Exclude<StartPoint, 'skip'>, sight: FileSight): TailStart {
  if (point === 'beginning') return { offset: 0, align: false };
  if (typeof point === 'object' && 'version' in point) return point;
  const { sizeBytes } = sight;
  const offset = point === 'end' ? sizeBytes : 'lastBytes' in point ? sizeBytes - point.lastBytes : point.offset;
  // One byte earlier: when it is a newline, the line after it is complete.
  return offset <= 0 ? { offset: 0, align: false } : { offset: Math.min(offset, sizeBytes) - 1, align: true };
}
