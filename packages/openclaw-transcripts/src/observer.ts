import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Follower, LineRange, StartFunction, TailEvent } from '@live-status/jsonl-tail';
import type { ResumeRequest } from '@live-status/session-state';
import { parseFileName, readEntry, skimToolResult, type TranscriptEntry } from '@live-status/transcript-parser';
import { CatalogFiles } from './catalog-files.ts';
import type { SourceClock, SourceLog } from './clock.ts';
import { followAll } from './follow-all.ts';
import { LockOwners } from './lock-owners.ts';
import type { LineSeen, Observation } from './observation.ts';
import { StartPoints } from './start-points.ts';
import { StartUpLines } from './start-up-lines.ts';
import { Surroundings } from './surroundings.ts';

export interface ObserverOptions {
  readonly root: string;
  readonly sessionsJson: string | undefined;
  readonly resume: readonly ResumeRequest[];
  readonly watch: boolean | 'polling';
  readonly databaseIsTrouble: boolean;
  readonly clock: SourceClock;
  readonly log: SourceLog;
}

/** What was met at start-up. */
interface Found {
  readonly lines: StartUpLines;
  readonly locks: Set<string>;
}

/** Sees files: turns what happens in a directory into observations, without judging them. */
export class Observer {
  /** The followed directory, links in its own path resolved. */
  readonly root: string;
  readonly #clock: SourceClock;
  readonly #log: SourceLog;
  readonly #followers: readonly Follower[];
  readonly #catalogs: CatalogFiles;
  readonly #owners = new LockOwners();
  readonly #starts: StartPoints;
  readonly #surroundings: Surroundings;
  #found: Found | undefined = { lines: new StartUpLines(), locks: new Set() };
  #badLines = 0;

  constructor({ root, sessionsJson, resume, watch, databaseIsTrouble, clock, log }: ObserverOptions) {
    this.root = realDirectory(root);
    this.#clock = clock;
    this.#log = log;
    this.#starts = new StartPoints(resume);
    this.#catalogs = new CatalogFiles(sessionsJson, log);
    this.#surroundings = new Surroundings({ root: this.root, databaseIsTrouble, log });
    const start: StartFunction = (path, info) => this.#starts.startOf(path, info);
    this.#followers = followAll(this.root, this.#catalogs.explicit, { clock, watch, start });
  }

  /** What is wrong with files, with cures. */
  get problems(): readonly string[] {
    const problems = this.#followers.flatMap((follower) => follower.status().problems.map(({ message }) => message));
    return [...problems, ...this.#catalogs.problems, ...this.#surroundings.trouble];
  }

  /** Looks for what around the transcripts keeps them from being seen. */
  lookAround(): void {
    this.#surroundings.look(this.#starts.newestAt);
  }

  /** Reads until closed. `see` is told everything in order, and nothing more is read before it resolves. */
  async read(see: (seen: Observation | 'catalog-changed') => Promise<void>): Promise<void> {
    const readOne = async (follower: Follower): Promise<void> => {
      for await (const event of follower) {
        const seen = this.#toObservation(event);
        if (seen !== undefined) await see(seen);
      }
    };
    await Promise.all(this.#followers.map(readOne));
  }

  /** Looks at everything now. Resolves when all of it was told. */
  async pass(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.scan()));
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
        const oldBefore = this.#starts.oldBefore(event.path);
        return { type: 'file', path: event.path, at, ...(oldBefore === undefined ? {} : { oldBefore }) };
      }
      case 'rewritten':
        return { type: 'rewritten', path: event.path, fromOffset: event.fromOffset, at };
      case 'caught-up':
        return { type: 'caught-up', path: event.path, at };
      case 'file-gone': {
        const { path, renamedTo } = event;
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

  #line(event: Extract<TailEvent, { type: 'line' }>, now: number): LineSeen | undefined {
    const parsed = readEntry(event.bytes);
    return parsed.ok ? this.#entry(event, parsed.entry, now) : this.#skip(event, parsed.reason);
  }

  #entry(range: LineRange, entry: TranscriptEntry, now: number): LineSeen | undefined {
    const { path, fingerprint, startOffset } = range;
    this.#starts.noteChange(now);
    if (this.#found === undefined) return { type: 'line', path, fingerprint, startOffset, entry, at: now };
    this.#found.lines.add(range, entry, now);
    return undefined;
  }

  #skip({ path, startOffset }: { readonly path: string; readonly startOffset: number }, reason: string): undefined {
    this.#badLines += 1;
    this.#log.warn({ path, startOffset, reason, badLines: this.#badLines }, 'skipped a line that is no entry');
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

/** The directory itself may be a link; below it none is followed. */
function realDirectory(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
