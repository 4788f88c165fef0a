import { lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { NameFilter } from './options.ts';

/**
 * Decides which directories are entered when links lead to them, so that each directory is followed once, however many
 * links lead there, and circles of links end. A directory inside the root is followed under its own path, one outside
 * under the first path that leads to it.
 */
export class DirectoryLinks {
  readonly #root: string;
  readonly #includeDirectory: NameFilter;
  /** Directories entered through a link: their path by device and inode, and the reverse. */
  readonly #paths = new Map<string, string>();
  readonly #identities = new Map<string, string>();

  constructor(root: string, includeDirectory: NameFilter) {
    this.#root = root;
    this.#includeDirectory = includeDirectory;
  }

  /** Whether the directory at this path is to be followed there. It then counts as entered until `leave`. */
  enter(path: string): boolean {
    try {
      this.leave(path);
      const isLink = lstatSync(path).isSymbolicLink();
      if (!isLink && !this.#identities.has(dirname(path))) return true;
      const target = realpathSync.native(path);
      const isCircle = isWithin(realpathSync.native(dirname(path)), target);
      return !isCircle && !this.#isFollowedInRoot(target) && this.#claim(path, target);
    } catch {
      // It has just gone, or was replaced by something else.
      return false;
    }
  }

  /** The directory is no longer followed at this path. Returns whether another path may take its place. */
  leave(path: string): boolean {
    const identity = this.#identities.get(path);
    if (identity === undefined) return false;
    this.#identities.delete(path);
    this.#paths.delete(identity);
    return true;
  }

  #isFollowedInRoot(target: string): boolean {
    const root = realpathSync.native(this.#root);
    if (isWithin(root, target)) return true;
    if (!isWithin(target, root)) return false;
    const names = relative(root, target).split(sep);
    return names.every((name, index) => this.#includeDirectory(name, join(this.#root, ...names.slice(0, index))));
  }

  #claim(path: string, target: string): boolean {
    const { dev, ino } = statSync(target, { bigint: true });
    const identity = `${dev}-${ino}`;
    if (this.#paths.has(identity)) return false;
    this.#paths.set(identity, path);
    this.#identities.set(path, identity);
    return true;
  }
}

/** True when `path` is `directory` or below it. */
function isWithin(path: string, directory: string): boolean {
  return `${path}${sep}`.startsWith(directory.endsWith(sep) ? directory : `${directory}${sep}`);
}
