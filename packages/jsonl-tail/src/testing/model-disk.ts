import { isUtf8 } from 'node:buffer';
import {
  type BigIntStats,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { errorCode } from '@live-status/basics';
import type { Clock } from '@live-status/resilience';

/** A name in a directory that appeared, changed or went; the directory by its inode. */
export interface DiskChange {
  readonly directory: bigint;
  readonly name: string;
  readonly isRename: boolean;
}

interface SeenName {
  readonly directory: bigint;
  readonly name: string;
  readonly stats: BigIntStats;
}

/** Where the model may not go: what a step names is not there, or is something else by now. */
const NOT_POSSIBLE = /^(?:ENOENT|EISDIR|ERR_FS_EISDIR|ENOTDIR|EEXIST|ENOTEMPTY|ELOOP|EINVAL|EPERM)$/;

/**
 * A followed directory and one outside it, on a real disk whose times are those of a clock: in steps, as file systems keep
 * them.
 */
export class ModelDisk {
  readonly root: string;
  readonly #base: string;
  readonly #clock: Clock;
  readonly #stepMs: number;
  readonly #maxLineBytes: number;
  /** The time that was given to each file and directory last. */
  readonly #stamped = new Map<bigint, bigint>();
  #names = new Map<string, SeenName>();

  constructor(
    base: string,
    options: { readonly clock: Clock; readonly stepMs: number; readonly maxLineBytes: number },
  ) {
    this.#base = base;
    this.#clock = options.clock;
    this.#stepMs = options.stepMs;
    this.#maxLineBytes = options.maxLineBytes;
    this.root = join(base, 'root');
    this.act(() => {
      for (const directory of ['root/sub', 'outside/deep']) mkdirSync(join(base, directory), { recursive: true });
    });
  }

  /** By a name relative to the root. */
  path(name: string): string {
    return join(this.root, name);
  }

  /** The bytes of a file; none if there is no such file. */
  read(name: string): Buffer {
    try {
      return readFileSync(this.path(name));
    } catch {
      return Buffer.alloc(0);
    }
  }

  /** Does something that may not be possible. Returns what it changed. */
  act(change: () => void): readonly DiskChange[] {
    try {
      change();
    } catch (error) {
      if (!NOT_POSSIBLE.test(errorCode(error) ?? '')) throw error;
    }
    return this.#changes();
  }

  /** Every directory that can be reached from the root: the paths that lead there, without circles, by its real path. */
  directories(): ReadonlyMap<string, readonly string[]> {
    const found = new Map<string, string[]>();
    const visit = (path: string, above: readonly string[]): void => {
      const real = realpathSync(path);
      if (above.includes(real)) return;
      found.set(real, [...(found.get(real) ?? []), path]);
      for (const name of readdirSync(path)) {
        const child = join(path, name);
        if (statIfAny(child)?.isDirectory() === true) visit(child, [...above, real]);
      }
    };
    if (statIfAny(this.root)?.isDirectory() === true) visit(this.root, []);
    return found;
  }

  /** The complete lines of the files of a directory that are to be followed, by name; files without any are left out. */
  linesIn(directory: string): Readonly<Record<string, readonly string[]>> {
    const files = readdirSync(directory).filter(
      (name) => name.endsWith('.jsonl') && statIfAny(join(directory, name))?.isFile() === true,
    );
    const all = files.sort().map((name): [string, readonly string[]] => [name, this.#linesOf(join(directory, name))]);
    return Object.fromEntries(all.filter(([, lines]) => lines.length > 0));
  }

  /** The path of a directory in the root without links, by its real path; undefined for one outside. */
  ownPath(real: string): string | undefined {
    const own = relative(realpathSync(this.root), real);
    return own.startsWith('..') ? undefined : join(this.root, own);
  }

  #linesOf(path: string): readonly string[] {
    const parts = readFileSync(path).toString('latin1').split('\n').slice(0, -1);
    return parts.flatMap((part, index) => {
      const bytes = Buffer.from(part, 'latin1');
      if (bytes.length > this.#maxLineBytes) return '<too-long>';
      const start = index === 0 && part.startsWith('\u00ef\u00bb\u00bf') ? 3 : 0;
      const line = bytes.subarray(start, part.endsWith('\r') ? Math.max(start, bytes.length - 1) : bytes.length);
      if (line.length === 0) return [];
      return isUtf8(line) ? line.toString() : '<invalid-utf8>';
    });
  }

  /** Gives what changed the time of the clock, and says what that is. */
  #changes(): readonly DiskChange[] {
    const before = this.#names;
    this.#names = new Map();
    this.#stampAll(this.#base);
    const now = this.#names;
    const changed = [...now].filter(([key, { stats }]) => !isSame(before.get(key)?.stats, stats));
    const gone = [...before].filter(([key]) => !now.has(key));
    return [...changed, ...gone].map(([key, { directory, name }]) => ({
      directory,
      name,
      isRename: before.get(key)?.stats.ino !== now.get(key)?.stats.ino,
    }));
  }

  #stampAll(path: string): void {
    for (const name of readdirSync(path)) {
      const child = join(path, name);
      if (lstatSync(child).isDirectory()) this.#stampAll(child);
      this.#note(path, name, this.#stamp(child));
    }
  }

  #note(path: string, name: string, stats: BigIntStats): void {
    const directory = lstatSync(path, { bigint: true }).ino;
    this.#names.set(`${directory}/${name}`, { directory, name, stats });
  }

  #stamp(path: string): BigIntStats {
    const stats = lstatSync(path, { bigint: true });
    if (stats.isSymbolicLink() || this.#stamped.get(stats.ino) === stats.mtimeNs) return stats;
    const now = Math.floor(this.#clock.now() / this.#stepMs) * this.#stepMs;
    // A time in whole seconds counts as one of a disk that keeps no others.
    const seconds = (this.#stepMs < 1_000 ? now + 0.5 : now) / 1_000;
    utimesSync(path, seconds, seconds);
    const stamped = lstatSync(path, { bigint: true });
    this.#stamped.set(stamped.ino, stamped.mtimeNs);
    return stamped;
  }
}

function isSame(a: BigIntStats | undefined, b: BigIntStats): boolean {
  return a !== undefined && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;
}

/** The directory that a path leads to, by its inode; undefined if there is none. */
export function directoryAt(path: string): bigint | undefined {
  return statIfAny(path)?.ino;
}

/** Whether a path is a link that leads to itself in the end: it cannot be read, which is a problem and says nothing about a file. */
export function isCircle(path: string): boolean {
  try {
    statSync(path);
    return false;
  } catch (error) {
    return errorCode(error) === 'ELOOP';
  }
}

/** What a path leads to; undefined where it leads nowhere, or to itself. */
function statIfAny(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}
