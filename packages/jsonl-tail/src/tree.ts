import { basename, dirname } from 'node:path';
import type { FileSight } from './file-sight.ts';
import type { FileTail } from './file-tail.ts';

/**
 * What is known of a name.
 * - `file`: followed. - `listed`: could be followed; skipped as it was at `sight`, or not decided yet when there is none.
 * - `noticed`: watched without reading. - `directory`: entered. - `other`: of no interest.
 */
export type Entry =
  | { readonly kind: 'file'; readonly tail: FileTail; changedAtMs: number }
  | { readonly kind: 'listed'; sight: FileSight | undefined; readonly isNew: boolean }
  | { readonly kind: 'noticed'; sight: FileSight | undefined; changedAtMs: number }
  | { readonly kind: 'directory' }
  | { readonly kind: 'other'; readonly isDirectory: boolean };

/** One directory: the names found in it, and its stat at the last listing once no later change can hide behind it. */
export interface DirectoryEntry {
  readonly names: Map<string, Entry>;
  sight: FileSight | undefined;
  /** True after the first listing: names found later are new. */
  isListed: boolean;
}

/** The directories that are looked at and what is known of their names. */
export class Tree {
  readonly directories: Map<string, DirectoryEntry> = new Map();

  addDirectory(path: string): void {
    if (this.directories.has(path)) return;
    this.directories.set(path, { names: new Map(), sight: undefined, isListed: false });
  }

  get(path: string): Entry | undefined {
    return this.directories.get(dirname(path))?.names.get(basename(path));
  }

  set(path: string, entry: Entry): void {
    this.directories.get(dirname(path))?.names.set(basename(path), entry);
  }

  delete(path: string): void {
    this.directories.get(dirname(path))?.names.delete(basename(path));
  }

  /** The nearest directory above a path that is looked at. */
  directoryAbove(path: string): string | undefined {
    for (let directory = dirname(path); ; directory = dirname(directory)) {
      if (this.directories.has(directory)) return directory;
      if (directory === dirname(directory)) return undefined;
    }
  }

  /** All names with their directories, followed or not. */
  *entries(): Generator<[directory: string, name: string, entry: Entry]> {
    for (const [directory, { names }] of this.directories) {
      for (const [name, entry] of names) yield [directory, name, entry];
    }
  }
}
