import type { BigIntStats } from 'node:fs';
import { basename, dirname } from 'node:path';
import { DirectoryLooks, type LooksContext } from './directory-looks.ts';
import { type FileSight, isSameSight, mtimeMsOf, toFileSight } from './file-sight.ts';
import type { FileTail } from './file-tail.ts';
import { sightNow, statIfPresent, statNow } from './listing.ts';
import type { JobOutcome } from './look-queue.ts';
import { isMissing, unreadableProblem } from './problems.ts';
import type { LookResult } from './tail-context.ts';
import type { Entry, Tree } from './tree.ts';

/** Names of one part of a pass over all names: a few milliseconds' worth. */
const PASS_PART = 500;

/** Looks at any path: what changed since the last look, and what to look at next. */
export class Looks {
  readonly #context: LooksContext;
  readonly #tree: Tree;
  readonly #directories: DirectoryLooks;
  readonly #lookAfterHold: (path: string) => void;
  #pass: Generator<[path: string, entry: Entry]> | undefined;

  /** `lookAfterHold` asks for a look at a file that shrank, after the hold. */
  constructor(context: LooksContext, lookAfterHold: (path: string) => void) {
    this.#context = context;
    this.#tree = context.tree;
    this.#directories = new DirectoryLooks(context);
    this.#lookAfterHold = lookAfterHold;
  }

  /** A look at any path. Rejects never: errors become problems. */
  async look(path: string): Promise<JobOutcome> {
    try {
      const outcome = this.#tree.directories.has(path)
        ? await this.#directories.look(path, false)
        : await this.#name(path);
      this.#context.problems.resolve(path, 'reading');
      return outcome;
    } catch (error) {
      if (!isMissing(error)) this.#context.problems.report(unreadableProblem(path, error));
      return 'done';
    }
  }

  /** Followed files and names under notice that changed within `activeMs`, and files that could not be decided on yet. */
  active(): string[] {
    const { clock, activeMs } = this.#context.options;
    const sinceMs = clock.now() - activeMs;
    const active: string[] = [];
    for (const [path, entry] of this.#tree.live) {
      if (!('changedAtMs' in entry) || entry.changedAtMs >= sinceMs) active.push(path);
    }
    return active;
  }

  /** Begins the pass over all names anew. */
  restartPass(): void {
    this.#pass = undefined;
  }

  /**
   * The next part of a pass over all names: those that are not what they were at their last look, and whether the pass
   * goes on. In parts, so that looks asked for by events come between.
   */
  nextChanged(): { readonly changed: readonly string[]; readonly isOver: boolean } {
    this.#pass ??= this.#tree.entries();
    const changed: string[] = [];
    for (let count = 0; count < PASS_PART; count += 1) {
      const next = this.#pass.next();
      if (next.done === true) {
        this.#pass = undefined;
        return { changed, isOver: true };
      }
      const [path, entry] = next.value;
      if (hasChanged(path, entry)) changed.push(path);
    }
    return { changed, isOver: false };
  }

  async #name(path: string): Promise<JobOutcome> {
    const entry = this.#tree.get(path);
    if (entry === undefined || (entry.kind === 'other' && entry.nameKind === 'nothing')) return this.#unknown(path);
    if (entry.kind === 'directory' || entry.kind === 'other') return 'done';
    const stats = await this.#stat(path);
    const seen = stats?.isFile() === true ? toFileSight(stats) : undefined;
    if (entry.kind === 'noticed') return this.#noticed(path, entry, seen);
    if (seen === undefined) return this.#directories.look(dirname(path), true);
    return entry.kind === 'listed' ? this.#listed(path, entry, seen) : this.#file(path, entry, seen);
  }

  /** A name nobody has listed yet: noticed at once, found by a listing, or a new directory. */
  async #unknown(path: string): Promise<JobOutcome> {
    const name = basename(path);
    const directory = dirname(path);
    const { options } = this.#context;
    const above = this.#tree.directoryAbove(path);
    if (above === undefined) return 'done';
    if (above !== directory) return this.#directories.look(above, true);
    if (options.notice(name)) {
      const isPresent = sightNow(path) !== undefined;
      if (isPresent) this.#tree.set(path, { kind: 'noticed', sight: undefined, changedAtMs: options.clock.now() });
      return isPresent ? 'again' : 'done';
    }
    if (options.include(name)) return this.#directories.look(directory, true);
    const stats = await this.#stat(path);
    if (stats?.isDirectory() === true) return this.#directories.look(directory, true);
    if (stats !== undefined) this.#tree.set(path, { kind: 'other', nameKind: stats.isFile() ? 'file' : 'other' });
    return 'done';
  }

  /** Without waiting, unless the operator says that this may be a network mount, which can hang. */
  #stat(path: string): BigIntStats | undefined | Promise<BigIntStats | undefined> {
    const { followSymlinks, watch } = this.#context.options;
    return watch === 'polling' ? statIfPresent(path, followSymlinks) : statNow(path, followSymlinks);
  }

  #noticed(path: string, entry: Entry & { kind: 'noticed' }, seen: FileSight | undefined): JobOutcome {
    const { emit, options } = this.#context;
    if (seen === undefined) {
      this.#tree.delete(path);
      if (entry.sight !== undefined) emit({ type: 'noticed', path, present: false });
      return 'done';
    }
    if (entry.sight !== undefined && isSameSight(entry.sight, seen)) return 'done';
    entry.sight = seen;
    entry.changedAtMs = options.clock.now();
    emit({ type: 'noticed', path, present: true, mtimeMs: mtimeMsOf(seen), sizeBytes: seen.sizeBytes });
    return 'done';
  }

  #listed(path: string, entry: Entry & { kind: 'listed' }, seen: FileSight): JobOutcome {
    if (entry.sight !== undefined && isSameSight(entry.sight, seen)) return 'done';
    const begun = this.#context.beginnings.begin(path, seen, entry.isNew, entry.sight);
    this.#tree.set(path, begun);
    return begun.kind === 'file' ? 'again' : 'done';
  }

  async #file(path: string, entry: Entry & { kind: 'file' }, seen: FileSight): Promise<JobOutcome> {
    const before = entry.tail.sight;
    const result = await this.#read(path, entry.tail, seen);
    if (!isSameSight(before, seen)) entry.changedAtMs = this.#context.options.clock.now();
    if (result === 'hold') this.#lookAfterHold(path);
    return result === 'more' ? 'again' : 'done';
  }

  async #read(path: string, tail: FileTail, seen: FileSight): Promise<LookResult> {
    const result = await tail.look(seen);
    if (result !== 'replaced') return result;
    const renamedTo = await this.#directories.renamedTo(path, tail);
    if (renamedTo === undefined) return tail.adopt(seen);
    await this.#directories.fileGone(path, tail, renamedTo);
    // The listing finds the file that took the name.
    await this.#directories.look(dirname(path), true);
    return 'more';
  }
}

/** A quick comparison with one stat; a look finds out what it means. */
function hasChanged(path: string, entry: Entry): boolean {
  if (entry.kind === 'directory' || entry.kind === 'other') return false;
  if (entry.kind === 'file' && entry.tail.needsLook) return true;
  const known = entry.kind === 'file' ? entry.tail.sight : entry.sight;
  const seen = sightNow(path);
  return known === undefined || seen === undefined || !isSameSight(known, seen);
}
