import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import {
  type FollowDirectoryOptions,
  type Follower,
  followDirectory,
  type LineRange,
  type StartFunction,
  type TailEvent,
} from '@live-status/jsonl-tail';
import type { Clock, Log } from '@live-status/resilience';
import { parseFileName, readEntry, skimToolResult, type TranscriptEntry } from '@live-status/transcript-parser';
import { CatalogFiles } from './catalog-files.ts';
import { CopiedTranscripts } from './copied-transcripts.ts';
import { DirectoryHealth } from './directory-health.ts';
import { LockOwners } from './lock-owners.ts';
import type { FileBeginning, FileSeen, LineSeen, Observation } from './observation.ts';
import type { RunPlace } from './resume-token.ts';
import { foldersBelow, foldersBesideStore, foldersOfStore, isEntered, type SessionFolders } from './session-folders.ts';
import { readPart } from './small-file.ts';
import { StartPoints, StartUpLines } from './start-up.ts';

/** How much of a transcript is searched for what was copied from it. Bytes. */
const PARENT_BYTES = 1024 * 1024;

export interface ObserverOptions {
  /** The directory that is followed; with a store, catalogs in it are not in use. */
  readonly root: string;
  /** Where the catalogs are, as OpenClaw's setting `session.store` says it. */
  readonly store: string | undefined;
  readonly sessionsJson: string | undefined;
  readonly resume: readonly RunPlace[];
  readonly watch: boolean | 'polling';
  readonly databaseIsTrouble: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** What was met at start-up. */
interface Found {
  readonly lines: StartUpLines;
  readonly locks: Set<string>;
}

/** Turns what happens to the files of a directory into observations, without interpreting them. */
export class Observer {
  /** The followed directories, links in their own paths resolved; that with the catalogs first. */
  readonly roots: readonly string[];
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #followers: readonly Follower[];
  readonly #catalogs: CatalogFiles;
  readonly #owners = new LockOwners();
  readonly #starts: StartPoints;
  readonly #directory: DirectoryHealth;
  readonly #copies: CopiedTranscripts;
  #found: Found | undefined = { lines: new StartUpLines(), locks: new Set() };
  /** Followed files that do not begin like a transcript. */
  readonly #others = new Set<string>();
  /** Links that lead to something else than a transcript: of what is there, nothing may be shown. */
  readonly #unread = new Set<string>();
  #badLines = 0;

  constructor({ root, store, sessionsJson, resume, watch, databaseIsTrouble, clock, log }: ObserverOptions) {
    const folders = foldersAt(root, store);
    this.roots = folders.map((one) => one.root);
    this.#copies = new CopiedTranscripts(folders);
    this.#clock = clock;
    this.#log = log;
    this.#starts = new StartPoints(resume);
    this.#catalogs = new CatalogFiles({
      configured: sessionsJson,
      isCatalog: (name) => folders.some((one) => one.isCatalog(name)),
      describeAll: folders.length > 1,
      log,
    });
    this.#directory = new DirectoryHealth({ root: folders[0].root, databaseIsTrouble, log });
    const start: StartFunction = (path, info) => this.#starts.startOf(path, info);
    this.#followers = followAll(folders, this.#catalogs.explicit, { clock, watch, start });
  }

  /** What is wrong with files, with the fix. */
  get problems(): readonly string[] {
    const problems = this.#followers.flatMap((follower) => follower.status().problems.map(({ message }) => message));
    return [...problems, ...this.#catalogs.problems, ...this.#directory.reasons];
  }

  /** Checks what keeps the transcripts from being seen. */
  checkDirectory(): void {
    this.#directory.check(this.#starts.newestAt);
  }

  /** Reads until closed. `see` is given everything in order, and nothing more is read before it resolves. */
  async read(see: (seen: Observation | 'catalog-changed') => Promise<void>): Promise<void> {
    const readOne = async (follower: Follower): Promise<void> => {
      for await (const event of follower) {
        const seen = this.#toObservation(event);
        if (seen !== undefined) await see(seen);
      }
    };
    await Promise.all(this.#followers.map(readOne));
  }

  /** Scans everything now. Resolves when all of it was given to `see`. */
  async pass(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.scan()));
  }

  /** True while changes are found by timed scans alone: late, and not in the order in which they happened. */
  get isPolling(): boolean {
    return this.#followers.some((follower) => follower.status().polling);
  }

  /** Scans transcripts and their locks now. Resolves when all of it was given to `see`. */
  async check(transcripts: readonly string[]): Promise<void> {
    await Promise.all(transcripts.flatMap((path) => [this.checkLocks([path]), this.#followerOf(path)?.scan(path)]));
  }

  /** Scans the locks of transcripts now. Resolves when all of it was given to `see`. */
  async checkLocks(transcripts: readonly string[]): Promise<void> {
    await Promise.all(transcripts.map((path) => this.#followerOf(path)?.scan(`${path}.lock`)));
  }

  #followerOf(path: string): Follower | undefined {
    const index = this.roots.findLastIndex((root) => path.startsWith(root + sep));
    return this.#followers[Math.max(0, index)];
  }

  /** Of the given transcripts, those whose lock seems to be held by a dead process: it may have released it before. */
  suspectOwners(paths: readonly string[]): readonly string[] {
    return this.#owners.withDeadOwner(paths);
  }

  /** Ends start-up: catalogs, lines by recorded time, locks, then `live`. Once. */
  found(): readonly Observation[] {
    const { lines, locks } = this.#found ?? { lines: new StartUpLines(), locks: [] };
    this.#found = undefined;
    const catalogs = this.catalogs(true);
    const at = this.#clock.now();
    return [...catalogs, ...lines.inOrder(), ...[...locks].map((path) => this.#lock(path, at)), { type: 'live', at }];
  }

  /** The catalogs that changed since they were read last; with `all`, the others too, as they were read. */
  catalogs(all: boolean): readonly Observation[] {
    return this.#catalogs.read(this.#clock.now(), all);
  }

  /** Of the given transcripts, those whose lock is held by a dead process. */
  deadOwners(paths: readonly string[]): readonly Observation[] {
    return this.#owners.dead(paths).map((path) => {
      this.#log.info({ path }, 'the process that held the lock is gone');
      return { type: 'owner-died', path, at: this.#clock.now() };
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.close()));
  }

  #toObservation(event: TailEvent): Observation | 'catalog-changed' | undefined {
    const at = this.#clock.now();
    switch (event.type) {
      case 'line':
        return this.#line(event, at);
      case 'file': {
        return this.#file(event, at);
      }
      case 'rewritten':
        return { type: 'rewritten', path: event.path, fromOffset: event.fromOffset, at };
      case 'caught-up':
        return { type: 'caught-up', path: event.path, at };
      case 'file-gone': {
        const { path, renamedTo } = event;
        this.#others.delete(path);
        this.#unread.delete(path);
        return { type: 'file-gone', path, at, ...(renamedTo === undefined ? {} : { renamedTo }) };
      }
      case 'noticed':
        return this.#noticed(event.path, event.present, at);
      case 'bad-line': {
        // Of a result that is too long, both ends say how its call ended.
        const entry = event.ends === undefined ? undefined : skimToolResult(event.ends);
        return entry === undefined ? this.#skip(event, event.reason) : this.#entry(event, entry, at);
      }
      case 'problem':
        this.#log.warn({ path: event.path, resolved: event.resolved ?? false }, event.message);
        return undefined;
    }
  }

  #file({ path, firstLine }: Extract<TailEvent, { type: 'file' }>, at: number): Observation {
    const begins = beginningOf(firstLine);
    if (begins === 'other') this.#others.add(path);
    else this.#others.delete(path);
    if (typeof begins !== 'object' && isLink(path)) this.#unread.add(path);
    else this.#unread.delete(path);
    const isCopy = this.#copies.isCopy(path, { firstLine, id: typeof begins === 'object' ? begins.id : undefined });
    return { type: 'file', path, at, begins, isCopy, ...copiedIdsOf(path, begins), ...this.#starts.oldPartOf(path) };
  }

  #line(event: Extract<TailEvent, { type: 'line' }>, now: number): LineSeen | undefined {
    const parsed = readEntry(event.bytes);
    return parsed.ok ? this.#entry(event, parsed.entry, now) : this.#skip(event, parsed.reason);
  }

  #entry(range: LineRange, entry: TranscriptEntry, now: number): LineSeen | undefined {
    const { path, fingerprint, startOffset } = range;
    if (this.#unread.has(path)) return undefined;
    this.#starts.noteChange(now);
    if (this.#found === undefined) return { type: 'line', path, fingerprint, startOffset, entry, at: now };
    this.#found.lines.add(range, entry, now);
    return undefined;
  }

  #skip({ path, startOffset }: { readonly path: string; readonly startOffset: number }, reason: string): undefined {
    // Of a file that is no transcript, nobody needs to hear it.
    if (this.#others.has(path)) return undefined;
    this.#badLines += 1;
    this.#log.warn({ path, startOffset, reason, badLines: this.#badLines }, 'skipped an unreadable line');
  }

  #noticed(path: string, present: boolean, at: number): Observation | 'catalog-changed' | undefined {
    const name = parseFileName(basename(path));
    if (name.kind !== 'lock') return this.#catalogs.add(path) ? 'catalog-changed' : undefined;
    const transcript = join(dirname(path), name.transcript);
    if (this.#found === undefined) return present ? this.#lock(transcript, at) : this.#lockGone(transcript, at);
    if (present) this.#found.locks.add(transcript);
    else this.#found.locks.delete(transcript);
    return undefined;
  }

  #lock(path: string, at: number): Observation {
    const owner = this.#owners.read(path);
    return { type: 'lock', path, at, ...(owner === undefined ? {} : { owner }) };
  }

  #lockGone(path: string, at: number): Observation {
    return { type: 'lock-gone', path, at };
  }
}

/**
 * Links in the path of the directory are resolved once: below it, each name is known by one path. The native function also
 * spells names as the disk does where case does not matter.
 */
function realDirectory(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return resolve(path);
  }
}

/**
 * Follows the transcripts below directories, one follower each, and notices their locks and catalogs. An explicit catalog
 * elsewhere gets a follower of its own.
 */
function followAll(
  all: readonly SessionFolders[],
  catalog: string | undefined,
  options: Pick<FollowDirectoryOptions, 'clock' | 'watch' | 'start'>,
): Follower[] {
  const isCatalog = (name: string, directory: string): boolean => catalog === join(directory, name);
  const transcripts = all.map((folders) => {
    const isNoticed = (name: string, directory: string): boolean =>
      folders.has(directory) && (parseFileName(name).kind === 'lock' || folders.isCatalog(name));
    return followDirectory(folders.root, {
      ...options,
      include: (name, directory) => parseFileName(name).kind === 'transcript' && folders.has(directory),
      notice: (name, directory) => isNoticed(name, directory) || isCatalog(name, directory),
      includeDirectory: (name, parent) => folders.leadsTo(name, parent),
    });
  });
  if (catalog === undefined || all.some((folders) => isEntered(folders, dirname(catalog)))) return transcripts;
  const nothing = (): boolean => false;
  const beside = followDirectory(dirname(catalog), {
    ...options,
    followSymlinks: false,
    include: nothing,
    notice: isCatalog,
    includeDirectory: nothing,
  });
  return [...transcripts, beside];
}

/** An entry that follows another, at the start of a file, is a part of a transcript. */
function beginningOf(firstLine: Uint8Array): FileBeginning {
  const parsed = readEntry(firstLine);
  if (!parsed.ok) return 'other';
  const { entry } = parsed;
  if (entry.kind === 'header') return entry.id === undefined ? 'other' : entry;
  const isMessage = entry.kind === 'user' || entry.kind === 'assistant' || entry.kind === 'tool-result';
  return isMessage && typeof entry.parentId !== 'string' ? 'first-entry' : 'other';
}

/** Ids in the end of the transcript from which one was copied, which is beside it. */
function copiedIdsOf(path: string, begins: FileBeginning): Pick<FileSeen, 'copiedIds'> {
  const parent = typeof begins === 'object' ? begins.parentSession?.split(/[\\/]/).at(-1) : undefined;
  if (parent === undefined) return {};
  const end = readPart(join(dirname(path), parent), { offset: -PARENT_BYTES, bytes: PARENT_BYTES });
  if (end === undefined) return {};
  return { copiedIds: new Set(Array.from(end.matchAll(/"id":"([^"]+)"/g), ([, id = '']) => id)) };
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** With a store, OpenClaw keeps some transcripts beside the catalogs, and most where they are without one. */
function foldersAt(root: string, store: string | undefined): readonly [SessionFolders, ...SessionFolders[]] {
  const usual = foldersBelow(realDirectory(root));
  if (store === undefined) return [usual];
  const { root: fixed } = foldersOfStore(store);
  const real = join(realDirectory(fixed), relative(fixed, store));
  return [foldersOfStore(real), foldersBesideStore(usual, real)];
}
