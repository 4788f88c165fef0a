import { resolve } from 'node:path';
import { type Clock, DeadlineTimer, delay, type Log, silentLog, systemClock } from '@live-status/resilience';
import { EventBuffer } from '@live-status/run-tracker';
import type { ResumeToken, SessionSource, SourceEvent, SourceStatus } from '@live-status/session-state';
import { readArchivedRuns } from './archived-runs.ts';
import { createInterpreter, type Interpreter } from './interpreter.ts';
import type { Observation } from './observation.ts';
import { Observer } from './observer.ts';
import { placesIn, type RunPlace } from './resume-token.ts';

export interface TranscriptSourceOptions {
  /**
   * A sessions directory, or a tree of them (`<agent>/sessions`). Nothing else below it is entered, and nothing outside it
   * is opened but what links in it lead to.
   */
  readonly transcriptDir: string;
  /**
   * OpenClaw's setting `session.store`, as an absolute path: the catalog, with `{agentId}` where each agent has one of its
   * own. Transcripts are beside them or in `transcriptDir`, where catalogs are not in use then. Default: none, catalogs are
   * beside the transcripts and called `sessions.json`.
   */
  readonly sessionStore?: string;
  /** The one catalog that describes all transcripts. Default: the `sessions.json` beside them, also if it is missing. */
  readonly sessionsJson?: string;
  /** Tokens of runs that a previous process left open: read again from where they began. Default: none. */
  readonly resumeTokens?: readonly ResumeToken[];
  /** Inactivity before a run of a writer without locks is closed, milliseconds. Default 60 000. */
  readonly idleTimeoutMs?: number;
  /** The same while a tool call is pending, milliseconds. Default 1 800 000. */
  readonly maxSessionDurationMs?: number;
  /** `false`: nothing by itself, no timers; every scan is a call of `pass()`. `'polling'`: no file events. Default true. */
  readonly watch?: boolean | 'polling';
  /**
   * Whether a session database that is newer than every transcript is a problem: it is where nothing else follows what is
   * kept there. Default true.
   */
  readonly databaseIsTrouble?: boolean;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: no log. */
  readonly log?: Log;
  /** Aborting closes the source. */
  readonly signal?: AbortSignal;
}

/** The transcripts of an OpenClaw gateway (up to 2026.7) as a source of session events. */
export interface TranscriptSource extends SessionSource {
  /** Scans everything now. Resolves when the consumer has taken what came of it; never wait for it inside the loop. */
  pass(): Promise<void>;
}

/** A catalog is replaced up to ten times a turn: it is read this long after its first change, unless a run waits for it. */
const CATALOG_DELAY_MS = 100;
/** How often a lock is looked for that went in the middle of a run: OpenClaw releases it for some 30 ms, again and again. */
const LOCK_CHECK_MS = 100;
/** How often a lock that time would end a run for is looked for before: a single look may hit the moment without it. */
const LAST_LOCK_CHECKS = 3;
const OWNER_CHECK_MS = 1_000;
const DIRECTORY_CHECK_MS = 60_000;
/** Events of a long scan are handed on in parts. */
const BATCH_EVENTS = 1_000;

/**
 * Follows transcripts, locks and catalogs below a directory. The directory may appear later. Problems are in `status()`;
 * nothing is thrown but a RangeError for an option out of range.
 */
export function createTranscriptSource(options: TranscriptSourceOptions): TranscriptSource {
  return new Transcripts(options);
}

class Transcripts implements TranscriptSource {
  readonly name = 'jsonl';
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #watches: boolean;
  readonly #interpreter: Interpreter;
  readonly #observer: Observer;
  readonly #buffer: EventBuffer;
  readonly #ticks: DeadlineTimer;
  readonly #catalogReads: DeadlineTimer;
  readonly #lockChecks: DeadlineTimer;
  readonly #ownerChecks: DeadlineTimer;
  readonly #directoryChecks: DeadlineTimer;
  readonly #signal: AbortSignal | undefined;
  readonly #ended = new AbortController();
  readonly #resume: readonly RunPlace[];
  readonly #reading: Promise<void>;
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #isLive = false;
  #awaitedCatalog = false;
  /** The next read of catalogs is of all of them. */
  #readsAll = false;
  #isChecking = false;

  constructor(options: TranscriptSourceOptions) {
    const {
      idleTimeoutMs,
      maxSessionDurationMs,
      watch = true,
      sessionsJson,
      sessionStore,
      resumeTokens = [],
    } = options;
    this.#resume = placesIn(resumeTokens);
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLog;
    this.#watches = watch !== false;
    this.#signal = options.signal;
    this.#buffer = new EventBuffer(this.#clock);
    this.#ticks = new DeadlineTimer(this.#clock, () => void this.#tickWhenRead());
    this.#catalogReads = new DeadlineTimer(this.#clock, () => void this.#readCatalogsWhenRead());
    this.#lockChecks = new DeadlineTimer(this.#clock, () => void this.#checkLocks());
    this.#ownerChecks = new DeadlineTimer(this.#clock, () => void this.#checkOwnersAgain());
    this.#directoryChecks = new DeadlineTimer(this.#clock, () => this.#checkDirectoryAgain());
    this.#interpreter = createInterpreter({
      resumed: this.#resume,
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      ...(maxSessionDurationMs === undefined ? {} : { maxSessionDurationMs }),
    });
    this.#observer = new Observer({
      root: options.transcriptDir,
      store: sessionStore === undefined ? undefined : resolve(sessionStore),
      sessionsJson: sessionsJson === undefined ? undefined : resolve(sessionsJson),
      resume: this.#resume,
      watch,
      databaseIsTrouble: options.databaseIsTrouble ?? true,
      clock: this.#clock,
      log: this.#log,
    });
    this.#reading = this.#observer.read((seen) => this.#see(seen));
    this.#signal?.addEventListener('abort', this.#abort, { once: true });
    if (this.#signal?.aborted) void this.close();
    else if (this.#watches) void this.#start();
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly SourceEvent[]> {
    return this.#buffer.batches(() => this.close());
  }

  async pass(): Promise<void> {
    if (!this.#isLive) await this.#start();
    await this.#observer.check(this.#interpreter.transcriptsDue(this.#clock.now()));
    this.#tick();
    await this.#observer.pass();
    this.#checkOwners();
    this.#readCatalogs(this.#interpreter.awaitsCatalog());
    this.#tick();
    await this.#buffer.drained();
  }

  status(): SourceStatus {
    const reasons = this.#observer.problems;
    const attached = reasons.length === 0 ? 'attached' : 'degraded';
    return {
      state: this.#closing !== undefined ? 'closed' : this.#isLive ? attached : 'starting',
      reasons,
      ...this.#buffer.counts,
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
    this.#ended.abort();
    const timers = [this.#ticks, this.#catalogReads, this.#lockChecks, this.#ownerChecks, this.#directoryChecks];
    for (const timer of timers) timer.close();
    this.#buffer.close();
    await this.#observer.close();
    await this.#reading;
  }

  #start(): Promise<void> {
    this.#starting ??= this.#begin();
    return this.#starting;
  }

  /** Start-up: everything there is, in the order in which it was recorded. */
  async #begin(): Promise<void> {
    await this.#observer.pass();
    const archived = await readArchivedRuns(this.#observer.roots, this.#resume, this.#clock.now());
    if (this.#closing !== undefined) return;
    const found = this.#observer.found().flatMap((seen) => this.#interpreter.observe(seen));
    this.#buffer.add(archived.length === 0 ? found : [...archived, ...found].sort((a, b) => a.at - b.at));
    this.#isLive = true;
    this.#observer.checkDirectory();
    this.#observeDeadOwners();
    this.#buffer.addCaughtUp();
    this.#log.info({ dir: this.#observer.roots[0] }, 'transcripts attached');
    this.#flush();
    if (this.#watches) {
      this.#ownerChecks.set(this.#clock.now() + OWNER_CHECK_MS);
      this.#directoryChecks.set(this.#clock.now() + DIRECTORY_CHECK_MS);
    }
    await this.#buffer.drained();
  }

  /** One thing was seen. Resolves when more may be read. */
  async #see(seen: Observation | 'catalog-changed'): Promise<void> {
    if (seen === 'catalog-changed') this.#readCatalogsSoon();
    else this.#observe([seen]);
    const isWithinScan = seen !== 'catalog-changed' && seen.type === 'line';
    if (isWithinScan && this.#buffer.size < BATCH_EVENTS) return;
    const awaits = this.#interpreter.awaitsCatalog();
    if (awaits && !this.#awaitedCatalog) this.#readAllCatalogs();
    this.#awaitedCatalog = awaits;
    this.#flush();
    await this.#buffer.drained();
  }

  #observe(seen: readonly Observation[]): void {
    for (const one of seen) this.#buffer.add(this.#interpreter.observe(one));
  }

  /** A run that only the catalog can end does not wait. */
  #readCatalogsSoon(): void {
    if (!this.#isLive || !this.#watches) return;
    const waits = this.#interpreter.awaitsCatalog();
    if (waits && !this.#observer.isPolling) this.#readCatalogs(false);
    else if (waits || !this.#catalogReads.isSet)
      this.#catalogReads.set(this.#clock.now() + (waits ? 0 : CATALOG_DELAY_MS));
  }

  #readAllCatalogs(): void {
    if (!this.#watches || !this.#observer.isPolling) {
      this.#readCatalogs(true);
      return;
    }
    this.#readsAll = true;
    this.#catalogReads.set(this.#clock.now());
  }

  /** Where changes are not seen in their order, what a transcript says is read before a catalog ends its run. */
  async #readCatalogsWhenRead(): Promise<void> {
    if (this.#observer.isPolling) await this.#observer.check(this.#interpreter.openTranscripts());
    if (this.#closing !== undefined) return;
    const all = this.#readsAll;
    this.#readsAll = false;
    this.#readCatalogs(all);
  }

  #readCatalogs(all: boolean): void {
    this.#catalogReads.set(undefined);
    this.#observe(this.#observer.catalogs(all));
    this.#flush();
  }

  #checkOwners(): void {
    this.#observeDeadOwners();
    this.#flush();
  }

  #observeDeadOwners(): void {
    this.#observe(this.#observer.deadOwners(this.#interpreter.heldLocks()));
  }

  /** A process that ended in order has written its last lines and released its locks before. */
  async #checkOwnersAgain(): Promise<void> {
    this.#ownerChecks.set(this.#clock.now() + OWNER_CHECK_MS);
    const suspects = this.#observer.suspectOwners(this.#interpreter.heldLocks());
    if (suspects.length === 0) return;
    await this.#observer.check(suspects);
    if (this.#closing === undefined) this.#checkOwners();
  }

  async #checkLocks(): Promise<void> {
    await this.#observer.checkLocks(this.#interpreter.locksInDoubt(this.#clock.now()));
    if (this.#closing === undefined) this.#checkLocksSoon();
  }

  #checkLocksSoon(): void {
    const now = this.#clock.now();
    if (!this.#lockChecks.isSet && this.#interpreter.locksInDoubt(now).length > 0)
      this.#lockChecks.set(now + LOCK_CHECK_MS);
  }

  #checkDirectoryAgain(): void {
    this.#directoryChecks.set(this.#clock.now() + DIRECTORY_CHECK_MS);
    this.#observer.checkDirectory();
  }

  /** Time ends no run before its transcript was read to the end and its lock was looked for. */
  async #tickWhenRead(): Promise<void> {
    this.#isChecking = true;
    const dueAt = this.#clock.now();
    await this.#observer.check(this.#interpreter.transcriptsDue(dueAt));
    for (let checks = 0; checks < LAST_LOCK_CHECKS && this.#closing === undefined; checks += 1) {
      const missing = this.#interpreter.locksMissed(dueAt);
      if (missing.length === 0) break;
      await delay(LOCK_CHECK_MS / 2, { clock: this.#clock, signal: this.#ended.signal }).catch(() => undefined);
      await this.#observer.checkLocks(missing);
    }
    this.#isChecking = false;
    if (this.#closing === undefined) this.#tick();
  }

  #tick(): void {
    const now = this.#clock.now();
    const due = this.#interpreter.nextDeadline();
    if (due !== undefined && due <= now) this.#observe([{ type: 'tick', at: now }]);
    this.#flush();
  }

  /** Hands on what was observed, and ticks when time alone will change something. */
  #flush(): void {
    this.#buffer.flush();
    if (!this.#watches || !this.#isLive) return;
    if (!this.#isChecking) this.#ticks.set(this.#interpreter.nextDeadline());
    this.#checkLocksSoon();
  }
}
