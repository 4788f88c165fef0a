import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Beginnings } from './beginnings.ts';
import type { TailEvent } from './event.ts';
import type { FileHandles } from './file-handles.ts';
import { isSameInode, isSameSight, isSettled, toFileSight } from './file-sight.ts';
import type { FileTail } from './file-tail.ts';
import { findInode, type Listing, type NameKind, readListing, readOneName, statIfPresent } from './listing.ts';
import type { ResolvedOptions } from './options.ts';
import type { Problems } from './problems.ts';
import type { DirectoryEntry, Entry, Tree } from './tree.ts';

/** Stats done without waiting before the event loop gets its turn. */
const STAT_BATCH = 100;

/** What looks need from their follower. */
export interface LooksContext {
  readonly tree: Tree;
  /** The one name in the root that is of interest; without it, all that the options include. */
  readonly only: string | undefined;
  readonly options: ResolvedOptions;
  readonly beginnings: Beginnings;
  readonly handles: FileHandles;
  readonly problems: Problems;
  readonly emit: (event: TailEvent) => void;
  /** Resolves when the consumer has taken everything. */
  readonly room: () => Promise<void>;
}

/** Looks at directories: which names came, which went, and where the files that went are now. */
export class DirectoryLooks {
  readonly #context: LooksContext;
  readonly #tree: Tree;

  constructor(context: LooksContext) {
    this.#context = context;
    this.#tree = context.tree;
  }

  /** Lists a directory if it changed, or in any case when `isForced`; returns the names to look at next. */
  async look(path: string, isForced: boolean): Promise<readonly string[]> {
    const known = this.#tree.directories.get(path);
    if (known === undefined) return [];
    const { followSymlinks } = this.#context.options;
    const stats = await statIfPresent(path, followSymlinks || path === this.#tree.root);
    if (stats?.isDirectory() !== true) {
      await this.#directoryGone(path, known);
      return [];
    }
    const seen = toFileSight(stats);
    const { sight: before = seen, bornNs = stats.birthtimeNs } = known;
    const isReplaced = !isSameInode(before, seen) || bornNs !== stats.birthtimeNs;
    if (!isForced && known.isSettled && !isReplaced && isSameSight(before, seen)) return [];
    const directory = isReplaced ? this.#tree.replaceDirectory(path, known) : known;
    const listing = await this.#list(path);
    const added = await this.#compare(path, directory, listing);
    directory.sight = seen;
    directory.bornNs = stats.birthtimeNs;
    // What a link leads to comes without a change of the directory the link is in.
    directory.isSettled = isSettled(seen, Date.now()) && ![...listing.values()].includes('nothing');
    directory.isListed = true;
    // Those below it went with the one before.
    return isReplaced ? [...added, ...directoriesIn(path, directory)] : added;
  }

  /** A followed file of which the path no longer is the name: its last lines, its new name if it has one. */
  async fileGone(path: string, tail: FileTail, renamedTo: string | undefined): Promise<void> {
    const { emit, handles, options, room } = this.#context;
    await tail.drain(room);
    await room();
    if (tail.isAnnounced) emit({ type: 'file-gone', path, ...(renamedTo === undefined ? {} : { renamedTo }) });
    this.#tree.delete(path);
    if (renamedTo === undefined || !options.include(basename(renamedTo))) {
      await handles.release(path);
      return;
    }
    tail.rename(renamedTo);
    this.#tree.set(renamedTo, { kind: 'file', tail, changedAtMs: options.clock.now() });
  }

  /** Where a file is now that no longer stands at its path: under an unknown name, or its own with something behind it. */
  async renamedTo(path: string, tail: FileTail): Promise<string | undefined> {
    const { only, options } = this.#context;
    const [directory, own] = [dirname(path), basename(path)];
    const known = this.#tree.directories.get(directory)?.names;
    const isCandidate = (name: string): boolean =>
      (only === undefined && known?.has(name) !== true) || (name !== own && name.startsWith(own));
    const names = [...(await readListing(directory, options.followSymlinks)).keys()];
    return findInode(directory, names.filter(isCandidate), tail.sight);
  }

  async #compare(path: string, directory: DirectoryEntry, listing: Listing): Promise<string[]> {
    const kindOf = (name: string): NameKind => listing.get(name) ?? 'other';
    const added = [...listing.keys()].filter((name) => isNewName(directory.names.get(name), kindOf(name)));
    for (const [name, entry] of [...directory.names]) {
      const kind = listing.get(name);
      if (kind === undefined || isNewName(entry, kind)) await this.#nameGone(join(path, name), entry, added);
    }
    const next: string[] = [];
    for (const [index, name] of added.entries()) {
      const child = join(path, name);
      // A name can be known already: that of a file which was renamed.
      if (!directory.names.has(name))
        this.#tree.setName(path, name, this.#context.beginnings.found(child, name, kindOf(name), directory.isListed));
      if (this.#tree.live.has(child) || this.#tree.directories.has(child)) next.push(child);
      if (index % STAT_BATCH === STAT_BATCH - 1) await setImmediate();
    }
    return next;
  }

  #list(path: string): Promise<Listing> {
    const { only, options } = this.#context;
    return only === undefined
      ? readListing(path, options.followSymlinks)
      : readOneName(path, only, options.followSymlinks);
  }

  async #nameGone(path: string, entry: Entry, added: readonly string[]): Promise<void> {
    const { emit, only, problems } = this.#context;
    problems.resolve(path, 'reading');
    if (entry.kind === 'noticed' && entry.sight !== undefined) emit({ type: 'noticed', path, present: false });
    const directory = this.#tree.directories.get(path);
    if (entry.kind === 'directory' && directory !== undefined) await this.#directoryGone(path, directory);
    if (entry.kind !== 'file') {
      this.#tree.delete(path);
      return;
    }
    const renamedTo =
      only === undefined ? findInode(dirname(path), added, entry.tail.sight) : await this.renamedTo(path, entry.tail);
    await this.fileGone(path, entry.tail, renamedTo);
  }

  async #directoryGone(path: string, directory: DirectoryEntry): Promise<void> {
    for (const [name, entry] of [...directory.names]) await this.#nameGone(join(path, name), entry, []);
    directory.isSettled = false;
    if (path === this.#tree.root) return;
    this.#tree.delete(path);
    const above = this.#tree.directories.get(dirname(path));
    if (above !== undefined) above.isSettled = false;
  }
}

function directoriesIn(path: string, { names }: DirectoryEntry): string[] {
  return [...names].filter(([, { kind }]) => kind === 'directory').map(([name]) => join(path, name));
}

/** True when a name was unknown, or stood for something else than it does now. */
function isNewName(entry: Entry | undefined, kind: NameKind): boolean {
  if (entry === undefined) return true;
  if (entry.kind === 'other') return entry.nameKind !== kind;
  return kind !== (entry.kind === 'directory' ? 'directory' : 'file');
}
