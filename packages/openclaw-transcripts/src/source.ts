import { resolve } from 'node:path';
import type { ResumeRequest, SessionEvent, SourceStatus } from '@live-status/session-state';
import { tellArchivedRuns } from './archived-runs.ts';
import { processClock, type SourceClock, type SourceLog, silentLog } from './clock.ts';
import { createInterpreter, type Interpreter } from './interpreter.ts';
import type { Observation } from './observation.ts';
import { Observer } from './observer.ts';
import { Outbox } from './outbox.ts';
import type { TranscriptSource, TranscriptSourceOptions } from './source-options.ts';
import { Timers } from './timers.ts';

/** A catalog is replaced up to ten times a turn: it is read this long after its first change, unless a run waits for it. */
const CATALOG_DELAY_MS = 100;
const OWNER_CHECK_MS = 1_000;
const SURROUNDINGS_CHECK_MS = 60_000;
/** Events of a long look are handed on in parts. */
const BATCH_EVENTS = 1_000;

/**
 * Follows transcripts, locks and catalogs below a directory. The directory may appear later. Trouble is told by
 * `status()`; nothing is thrown but a RangeError for an option out of range.
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
  readonly #observer: Observer;
  readonly #outbox = new Outbox();
  readonly #timers: Timers;
  readonly #signal: AbortSignal | undefined;
  readonly #resume: readonly ResumeRequest[];
  readonly #reading: Promise<void>;
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #isLive = false;
  #awaitedCatalog = false;

  constructor(options: TranscriptSourceOptions) {
    const { idleTimeoutMs, maxSessionDurationMs, watch = true, sessionsJson, resume = [] } = options;
    this.#resume = resume;
    this.#clock = options.clock ?? processClock;
    this.#log = options.log ?? silentLog;
    this.#watches = watch !== false;
    this.#signal = options.signal;
    this.#timers = new Timers(this.#clock);
    this.#interpreter = createInterpreter({
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      ...(maxSessionDurationMs === undefined ? {} : { maxSessionDurationMs }),
    });
    this.#observer = new Observer({
      root: options.transcriptDir,
      sessionsJson: sessionsJson === undefined ? undefined : resolve(sessionsJson),
      resume,
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

  [Symbol.asyncIterator](): AsyncIterator<readonly SessionEvent[]> {
    return {
      next: () => this.#outbox.next(),
      return: async () => {
        this.#outbox.abandon();
        await this.close();
        return { done: true, value: undefined };
      },
    };
  }

  async pass(): Promise<void> {
    if (!this.#isLive) await this.#start();
    this.#tick();
    await this.#observer.pass();
    this.#checkOwners();
    this.#readCatalogs(this.#interpreter.awaitsCatalog());
    this.#tick();
    await this.#outbox.drained();
  }

  status(): SourceStatus {
    const reasons = this.#observer.problems;
    const { runsSeen, lastEventAt } = this.#outbox;
    const attached = reasons.length === 0 ? 'attached' : 'degraded';
    return {
      state: this.#closing !== undefined ? 'closed' : this.#isLive ? attached : 'starting',
      reasons,
      runsSeen,
      ...(lastEventAt === undefined ? {} : { lastEventAt }),
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
    this.#timers.close();
    this.#outbox.close();
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
    const archived = await tellArchivedRuns(this.#observer.root, this.#resume, this.#clock.now());
    if (this.#closing !== undefined) return;
    this.#outbox.add(archived);
    this.#observe(this.#observer.found());
    if (archived.length > 0) this.#outbox.sort();
    this.#isLive = true;
    this.#observer.lookAround();
    this.#checkOwners();
    this.#log.info({ dir: this.#observer.root }, 'transcripts attached');
    this.#flush();
    if (this.#watches) {
      this.#timers.every('owners', OWNER_CHECK_MS, () => this.#checkOwners());
      this.#timers.every('surroundings', SURROUNDINGS_CHECK_MS, () => this.#observer.lookAround());
    }
    await this.#outbox.drained();
  }

  /** One thing was seen. Resolves when more may be read. */
  async #see(seen: Observation | 'catalog-changed'): Promise<void> {
    if (seen === 'catalog-changed') this.#readCatalogsSoon();
    else this.#observe([seen]);
    const isWithinLook = seen !== 'catalog-changed' && seen.type === 'line';
    if (isWithinLook && this.#outbox.size < BATCH_EVENTS) return;
    const awaits = this.#interpreter.awaitsCatalog();
    if (awaits && !this.#awaitedCatalog) this.#readCatalogs(true);
    this.#awaitedCatalog = awaits;
    this.#flush();
    await this.#outbox.drained();
  }

  #observe(seen: readonly Observation[]): void {
    for (const one of seen) this.#outbox.add(this.#interpreter.observe(one));
  }

  /** A run that only the catalog can end does not wait. */
  #readCatalogsSoon(): void {
    if (!this.#isLive || !this.#watches) return;
    if (this.#interpreter.awaitsCatalog()) this.#readCatalogs(false);
    else if (!this.#timers.has('catalog')) {
      this.#timers.set('catalog', CATALOG_DELAY_MS, () => this.#readCatalogs(false));
    }
  }

  #readCatalogs(all: boolean): void {
    this.#timers.cancel('catalog');
    this.#observe(this.#observer.catalogs(all));
    this.#flush();
  }

  #checkOwners(): void {
    this.#observe(this.#observer.deadOwners(this.#interpreter.heldLocks()));
    this.#flush();
  }

  #tick(): void {
    const now = this.#clock.now();
    const due = this.#interpreter.nextDeadline(now);
    if (due !== undefined && due <= now) this.#observe([{ type: 'tick', at: now }]);
    this.#flush();
  }

  /** Hands on what was observed, and looks again when time alone will change something. */
  #flush(): void {
    const now = this.#clock.now();
    this.#outbox.send(now);
    if (!this.#watches || !this.#isLive) return;
    const due = this.#interpreter.nextDeadline(now);
    this.#timers.cancel('tick');
    if (due !== undefined) this.#timers.set('tick', due - now, () => this.#tick());
  }
}
