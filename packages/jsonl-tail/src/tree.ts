import { basename, dirname } from 'node:path';
import { childPath, type FileStat, MtimeSettling, type NameKind } from './file-system.ts';
import type { FileTail } from './file-tail.ts';

/**
 * What is known about a name.
 * - `file`: followed. - `listed`: could be followed; skipped as it was at `stat`, or not decided yet when there is none.
 * - `noticed`: watched without reading. - `directory`: entered. - `alias`: a directory followed under another path.
 * - `other`: ignored.
 */
export type Entry =
  | { readonly kind: 'file'; readonly tail: FileTail; changedAtMs: number }
  | { readonly kind: 'listed'; readonly stat: FileStat | undefined; readonly isNew: boolean }
  | { readonly kind: 'noticed'; stat: FileStat | undefined; changedAtMs: number; settling?: MtimeSettling | undefined }
  | { readonly kind: 'directory' }
  | { readonly kind: 'alias' }
  | { readonly kind: 'other'; readonly nameKind: NameKind };

/** One directory on disk and the names found in it. A directory that replaces it at its path gets an entry of its own. */
export interface DirectoryEntry {
  readonly names: Map<string, Entry>;
  /** Its stat at the last listing; absent before. */
  stat: FileStat | undefined;
  /** Creation time: a directory that is removed and restored may get its inode and modification time back. */
  bornNs: bigint | undefined;
  readonly settling: MtimeSettling;
  /** True when no later change can hide behind `stat`. */
  isSettled: boolean;
  /** True after the first listing; names found later are new. */
  isListed: boolean;
}

/** The followed directories and what is known about their names. */
export class Tree {
  readonly root: string;
  readonly directories: Map<string, DirectoryEntry> = new Map();
  /** The names that are scanned regularly: not the thousands that are only listed or ignored. */
  readonly live: Map<string, Entry> = new Map();

  #revision = 0;
  #followedCount = 0;
  #listedCount = 0;

  constructor(root: string) {
    this.root = root;
    this.#addDirectory(root);
  }

  /** Changes whenever a directory is added, dropped or replaced. */
  get revision(): number {
    return this.#revision;
  }

  get followedCount(): number {
    return this.#followedCount;
  }

  get listedCount(): number {
    return this.#listedCount;
  }

  get(path: string): Entry | undefined {
    return this.directories.get(dirname(path))?.names.get(basename(path));
  }

  set(path: string, entry: Entry): void {
    this.setName(dirname(path), basename(path), entry);
  }

  /** Stores the name as given: a name sliced out of a path would keep the whole path in memory. */
  setName(directory: string, name: string, entry: Entry): void {
    const names = this.directories.get(directory)?.names;
    const before = names?.get(name);
    this.#count(before, -1);
    this.#count(entry, 1);
    names?.set(name, entry);
    if (isLive(entry)) this.live.set(childPath(directory, name), entry);
    else if (before !== undefined) this.live.delete(childPath(directory, name));
    if (entry.kind === 'directory') this.#addDirectory(childPath(directory, name));
  }

  delete(path: string): void {
    this.#count(this.get(path), -1);
    this.directories.get(dirname(path))?.names.delete(basename(path));
    this.live.delete(path);
    if (path !== this.root && this.directories.delete(path)) this.#revision += 1;
  }

  /** Another directory took the path of a followed one; its names will be compared with those of the old one. */
  replaceDirectory(path: string, before: DirectoryEntry): DirectoryEntry {
    const directory = { ...before, settling: new MtimeSettling() };
    this.#revision += 1;
    this.directories.set(path, directory);
    return directory;
  }

  /** The nearest followed directory above a path. */
  directoryAbove(path: string): string | undefined {
    for (let directory = dirname(path); ; directory = dirname(directory)) {
      if (this.directories.has(directory)) return directory;
      if (directory === dirname(directory)) return undefined;
    }
  }

  /** The directories in which names are aliases are listed again: another path may follow their target now. */
  unsettleAliases(): void {
    for (const directory of this.directories.values()) {
      if ([...directory.names.values()].some(({ kind }) => kind === 'alias')) directory.isSettled = false;
    }
  }

  /** All names of all directories. */
  *entries(): Generator<[path: string, entry: Entry]> {
    for (const [directory, { names }] of this.directories) {
      for (const [name, entry] of names) yield [childPath(directory, name), entry];
    }
  }

  #count(entry: Entry | undefined, by: 1 | -1): void {
    if (entry?.kind === 'file') this.#followedCount += by;
    if (entry?.kind === 'listed') this.#listedCount += by;
  }

  #addDirectory(path: string): void {
    if (this.directories.has(path)) return;
    this.#revision += 1;
    this.directories.set(path, {
      names: new Map(),
      stat: undefined,
      bornNs: undefined,
      settling: new MtimeSettling(),
      isSettled: false,
      isListed: false,
    });
  }
}

/** True for names that are scanned regularly. */
export function isLive(entry: Entry): boolean {
  return entry.kind === 'file' || entry.kind === 'noticed' || (entry.kind === 'listed' && entry.stat === undefined);
}
