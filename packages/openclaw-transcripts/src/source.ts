import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type DirectoryFollower, followDirectory, type TailEvent } from '@live-status/jsonl-tail';
import type { ResumeRequest, SessionEvent, SessionSource, SourceStatus } from '@live-status/session-state';
import { parseFileName, readEntry } from '@live-status/transcript-parser';
import { Batches } from './batches.ts';
import { CatalogFiles } from './catalog-files.ts';
import { processClock, silentLog, type SourceClock, type SourceLog } from './clock.ts';
import { createInterpreter, type Interpreter } from './interpreter.ts';
import { LockOwners } from './lock-owners.ts';
import type { LineSeen, Observation } from './observation.ts';
import { StartPoints } from './start-points.ts';

export interface TranscriptSourceOptions {
  /** A sessions directory, or a tree of them (`<agent>/sessions`). Nothing outside it is opened. */
  readonly transcriptDir: string;
  /** The one catalog that describes all transcripts. Default: the `sessions.json` beside them. */
  readonly sessionsJson?: string;
  /** Runs of an earlier life to read again from where they began. Default none. */
  readonly resume?: readonly ResumeRequest[];
  /** Inactivity before a run of a writer without locks is closed, milliseconds. Default 60 000. */
  readonly idleTimeoutMs?: number;
  /** The same while a tool call is pending, milliseconds. Default 1 800 000. */
  readonly maxSessionDurationMs?: number;
  /** `false`: nothing by itself, no timers; every look is a call of `pass()`. Default true. */
  readonly watch?: boolean | 'polling';
  /** Default: the system's. */
  readonly clock?: SourceClock;
  /** Default: no log. */
  readonly log?: SourceLog;
  /** Aborting closes the source. */
  readonly signal?: AbortSignal;
}

/** The transcripts of an OpenClaw gateway (up to 2026.7) as a source of session events. */
export interface TranscriptSource extends SessionSource {
  /** Looks at everything now. Resolves when the consumer has taken what came of it; never wait for it inside the loop. */
  pass(): Promise<void>;
}

/** A catalog is replaced up to ten times a turn: it is read this long after the first change, unless a run waits for it. */
const CATALOG_DELAY_MS = 100;
const OWNER_CHECK_MS = 1_000;
/** A batch is handed on before a long read is over. */
const BATCH_EVENTS = 1_000;

/**
 * Follows transcripts, locks and catalogs below a directory. The directory may appear later. Trouble is told by
 * `status()`; nothing is thrown.
 */
export function createTranscriptSource(options: TranscriptSourceOptions): TranscriptSource {
  return new Transcripts(options);
}

class Transcripts implements TranscriptSource {
  readonly name = 'jsonl';
  readonly #clock: SourceClock;
  readonly #log: SourceLog;
  readonly #watches: boolean;
  readonly #interpreter: Interpreter;
  readonly #followers: readonly DirectoryFollower[];
  readonly #catalogs: CatalogFiles;
  readonly #owners = new LockOwners();
  readonly #starts: StartPoints;
  readonly #batches = new Batches();
  readonly #timers = new Map<string, NodeJS.Timeout | number>();
  readonly #signal: AbortSignal | undefined;
  readonly #reading: Promise<unknown>;
  readonly #badLines = { count: 0 };
  /** Lines and locks met at start-up; undefined once it is over. */
  #found: { lines: LineSeen[]; locks: Set<string> } | undefined = { lines: [], locks: new Set() };
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #events: SessionEvent[] = [];
  #awaited = false;
  #runsSeen = 0;
  #lastEventAt: number | undefined;

  constructor(options: TranscriptSourceOptions) {
    const { idleTimeoutMs, maxSessionDurationMs, watch = true } = options;
    this.#clock = options.clock ?? processClock;
    this.#log = options.log ?? silentLog;
    this.#watches = watch !== false;
    this.#signal = options.signal;
    this.#interpreter = createInterpreter({
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      ...(maxSessionDurationMs === undefined ? {} : { maxSessionDurationMs }),
    });
    this.#starts = new StartPoints(options.resume ?? []);
    const catalog = options.sessionsJson === undefined ? undefined : resolve(options.sessionsJson);
    this.#catalogs = new CatalogFiles(catalog, this.#log);
    this.#followers = this.#follow(realDirectory(options.transcriptDir), catalog, watch);
    this.#reading = Promise.all(this.#followers.map((follower) => this.#read(follower)));
    this.#signal?.addEventListener('abort', this.#abort, { once: true });
    if (this.#signal?.aborted) void this.close();
    else if (this.#watches) void this.#start();
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly SessionEvent[]> {
    return {
      next: () => this.#batches.next(),
      return: async () => {
        this.#batches.abandon();
        await this.close();
        return { done: true, value: undefined };
      },
    };
  }

  async pass(): Promise<void> {
    if (this.#found !== undefined) return this.#start();
    this.#tick();
    await Promise.all(this.#followers.map((follower) => follower.pass()));
    this.#checkOwners();
    this.#readCatalogs(this.#interpreter.awaitsCatalog());
    this.#tick();
    await this.#batches.drained();
  }

  status(): SourceStatus {
    const problems = this.#followers.flatMap((follower) => follower.status().problems.map(({ message }) => message));
    const reasons = [...problems, ...this.#catalogs.problems];
    const attached = reasons.length === 0 ? 'attached' : 'degraded';
    return {
      state: this.#closing !== undefined ? 'closed' : this.#found !== undefined ? 'starting' : attached,
      reasons,
      runsSeen: this.#runsSeen,
      ...(this.#lastEventAt === undefined ? {} : { lastEventAt: this.#lastEventAt }),
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #abort = (): void => {
    void this.close();
  };

  async #close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#abort);
    for (const timer of this.#timers.values()) this.#clock.clearTimeout(timer);
    this.#timers.clear();
    this.#batches.close();
    await Promise.all(this.#followers.map((follower) => follower.close()));
    await this.#reading;
  }

  #follow(root: string, catalog: string | undefined, watch: boolean | 'polling'): DirectoryFollower[] {
    const common = { clock: this.#clock, watch, followSymlinks: false };
    const transcripts = followDirectory(root, {
      ...common,
      include: (name) => parseFileName(name).kind === 'transcript',
      notice: (name) => ['lock', 'catalog'].includes(parseFileName(name).kind),
      includeDirectory: (name) => !name.startsWith('.') && name !== 'node_modules' && name !== 'skills-prompts',
      start: (path, info) => this.#starts.startOf(path, info),
    });
    if (catalog === undefined || catalog.startsWith(join(root, '/'))) return [transcripts];
    const beside = followDirectory(dirname(catalog), {
      ...common,
      include: () => false,
      notice: (name) => name === basename(catalog),
      includeDirectory: () => false,
    });
    return [transcripts, beside];
  }

  /** Start-up: everything there is, in the order in which it was recorded. Once. */
  #start(): Promise<void> {
    this.#starting ??= this.#begin();
    return this.#starting;
  }

  async #begin(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.pass()));
    const found = this.#found;
    if (found === undefined || this.#closing !== undefined) return;
    this.#found = undefined;
    this.#readCatalogs(true);
    for (const line of found.lines.sort((a, b) => a.at - b.at)) this.#observe(line);
    for (const path of found.locks) this.#seeLock(path);
    this.#observe({ type: 'live', at: this.#clock.now() });
    this.#checkOwners();
    this.#log.info({ lines: found.lines.length, locks: found.locks.size }, 'transcripts attached');
    this.#flush();
    if (this.#watches) this.#every(OWNER_CHECK_MS);
    await this.#batches.drained();
  }

  async #read(follower: DirectoryFollower): Promise<void> {
    for await (const event of follower) {
      this.#handle(event);
      if (event.type !== 'line' || this.#events.length >= BATCH_EVENTS) {
        this.#afterLook();
        await this.#batches.drained();
      }
    }
  }

  #handle(event: TailEvent): void {
    const at = this.#clock.now();
    switch (event.type) {
      case 'line':
        this.#readLine(event, at);
        break;
      case 'file': {
        const oldBefore = this.#starts.oldBefore(event.path);
        this.#observe({ type: 'file', path: event.path, at, ...(oldBefore === undefined ? {} : { oldBefore }) });
        break;
      }
      case 'rewritten':
      case 'caught-up':
        this.#observe({ ...event, at });
        break;
      case 'file-gone':
        this.#observe({ ...event, at });
        break;
      case 'noticed':
        this.#notice(event.path, event.present, at);
        break;
      case 'bad-line':
        this.#complainOfLine(event, event.reason);
        break;
      default:
        this.#log.warn({ path: event.path, problem: event.problem, resolved: event.resolved ?? false }, event.message);
    }
  }

  #readLine(event: Extract<TailEvent, { type: 'line' }>, now: number): void {
    const parsed = readEntry(event.bytes);
    if (!parsed.ok) return this.#complainOfLine(event, parsed.reason);
    const { path, fingerprint, startOffset } = event;
    const line = { type: 'line', path, fingerprint, startOffset, entry: parsed.entry } as const;
    if (this.#found === undefined) this.#observe({ ...line, at: now });
    else this.#found.lines.push({ ...line, at: Math.min(parsed.entry.recordedAt ?? now, now) });
  }

  #complainOfLine({ path, startOffset }: { path: string; startOffset: number }, reason: string): void {
    this.#badLines.count += 1;
    this.#log.warn({ path, startOffset, reason, badLines: this.#badLines.count }, 'skipped a line that is no entry');
  }

  #notice(path: string, present: boolean, at: number): void {
    const name = parseFileName(basename(path));
    if (name.kind === 'catalog' || path.endsWith('.json')) {
      if (this.#catalogs.add(path)) this.#readCatalogsSoon();
      return;
    }
    if (name.kind !== 'lock') return;
    const transcript = join(dirname(path), name.transcript);
    if (this.#found !== undefined) {
      if (present) this.#found.locks.add(transcript);
      else this.#found.locks.delete(transcript);
    } else if (present) this.#seeLock(transcript);
    else {
      this.#owners.forget(transcript);
      this.#observe({ type: 'lock-gone', path: transcript, at });
    }
  }

  #seeLock(path: string): void {
    const owner = this.#owners.read(path);
    this.#observe({ type: 'lock', path, at: this.#clock.now(), ...(owner === undefined ? {} : { owner }) });
  }

  #checkOwners(): void {
    for (const path of this.#owners.dead(this.#interpreter.heldLocks())) {
      this.#log.info({ path }, 'the process that held the lock is gone');
      this.#observe({ type: 'owner-died', path, at: this.#clock.now() });
    }
    this.#flush();
  }

  /** A run that only the catalog can end, and a transcript it has to name, do not wait. */
  #readCatalogsSoon(): void {
    if (this.#found !== undefined || this.#timers.has('catalog')) return;
    if (!this.#watches) return;
    if (this.#interpreter.awaitsCatalog()) return this.#readCatalogs(false);
    this.#later('catalog', CATALOG_DELAY_MS, () => this.#readCatalogs(false));
  }

  #readCatalogs(all: boolean): void {
    this.#cancel('catalog');
    for (const seen of this.#catalogs.read(this.#clock.now(), all)) this.#observe(seen);
    this.#flush();
  }

  #observe(seen: Observation): void {
    this.#events.push(...this.#interpreter.observe(seen));
  }

  #tick(): void {
    const now = this.#clock.now();
    const due = this.#interpreter.nextDeadline(now);
    if (due !== undefined && due <= now) this.#observe({ type: 'tick', at: now });
    this.#flush();
  }

  #afterLook(): void {
    if (this.#found !== undefined) return;
    const awaits = this.#interpreter.awaitsCatalog();
    if (awaits && !this.#awaited) this.#readCatalogs(true);
    this.#awaited = awaits;
    this.#flush();
  }

  /** Hands on what was observed, and looks again when time alone will change something. */
  #flush(): void {
    if (this.#events.length > 0) {
      this.#runsSeen += this.#events.filter((event) => event.type === 'run-started').length;
      this.#lastEventAt = this.#clock.now();
      this.#batches.push(this.#events);
      this.#events = [];
    }
    if (!this.#watches || this.#found !== undefined) return;
    const now = this.#clock.now();
    const due = this.#interpreter.nextDeadline(now);
    this.#cancel('tick');
    if (due !== undefined) this.#later('tick', Math.max(0, due - now), () => this.#tick());
  }

  #every(intervalMs: number): void {
    this.#later('owners', intervalMs, () => {
      this.#checkOwners();
      this.#every(intervalMs);
    });
  }

  #later(name: string, delayMs: number, callback: () => void): void {
    if (this.#closing !== undefined) return;
    const run = (): void => {
      this.#timers.delete(name);
      callback();
    };
    this.#timers.set(name, this.#clock.setTimeout(run, delayMs));
  }

  #cancel(name: string): void {
    const timer = this.#timers.get(name);
    if (timer !== undefined) this.#clock.clearTimeout(timer);
    this.#timers.delete(name);
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
