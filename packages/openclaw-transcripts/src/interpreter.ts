import type { SessionEvent } from '@live-status/session-state';
import { CatalogChanges } from './catalog-changes.ts';
import { Catalogs } from './catalogs.ts';
import { EntryReader } from './entry-reader.ts';
import type { Observation } from './observation.ts';
import type { RunPlace } from './resume-token.ts';
import { RunEnds } from './run-end.ts';
import { openRun, Sessions, type TranscriptSession } from './sessions.ts';
import { TranscriptFiles } from './transcript-files.ts';

/** Work recorded before start-up may go on without a lock at this moment when it is at most this old. */
const RECENT_MS = 5_000;

export interface InterpreterOptions {
  /** Inactivity before a run of a writer without locks is closed, milliseconds. Default 60 000. */
  readonly idleTimeoutMs?: number;
  /** The same while a tool call is pending, milliseconds. Default 1 800 000. */
  readonly maxSessionDurationMs?: number;
  /** Runs of an earlier process that may go on. Default: none. */
  readonly resumed?: readonly RunPlace[];
}

/**
 * Turns what is seen in sessions directories into session events. Deterministic: no clock, no IO; the same
 * observations give the same events.
 */
export interface Interpreter {
  /** The events an observation brings about, in order. Before `live`, none: `live` brings those of all before it. */
  observe(seen: Observation): readonly SessionEvent[];
  /** When a `tick` changes something, milliseconds since the epoch; `undefined`: not before the next observation. */
  nextDeadline(): number | undefined;
  /** Transcripts whose lock counts: the death of its owner ends the run. */
  heldLocks(): readonly string[];
  /** Transcripts of runs that have not ended. */
  openTranscripts(): readonly string[];
  /** Transcripts of runs that a `tick` may end at this time: what is in them, and their locks, should be seen before. */
  transcriptsDue(at: number): readonly string[];
  /**
   * Transcripts whose lock went a moment ago in the middle of a run. Locks come and go faster than some file systems tell:
   * the run has ended only if the lock stays away.
   */
  locksInDoubt(at: number): readonly string[];
  /** Transcripts of runs that a `tick` ends at this time because their lock stays away, in the middle of their work. */
  locksMissed(at: number): readonly string[];
  /** True while a catalog could confirm that a run has ended by its last entry and its lock, or whose message it answers. */
  awaitsCatalog(): boolean;
}

export function createInterpreter(options: InterpreterOptions = {}): Interpreter {
  return new TranscriptInterpreter(options);
}

class TranscriptInterpreter implements Interpreter {
  readonly #idleTimeoutMs: number;
  readonly #sessions: Sessions;
  readonly #ends: RunEnds;
  readonly #files: TranscriptFiles;
  readonly #catalogChanges: CatalogChanges;

  constructor({ idleTimeoutMs = 60_000, maxSessionDurationMs = 1_800_000, resumed = [] }: InterpreterOptions) {
    const catalogs = new Catalogs();
    const sessions = new Sessions(catalogs, resumed);
    const ends = new RunEnds(sessions, { idleTimeoutMs, maxSessionDurationMs });
    const files = new TranscriptFiles({ sessions, catalogs, ends, reader: new EntryReader(sessions, ends) });
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#sessions = sessions;
    this.#ends = ends;
    this.#files = files;
    this.#catalogChanges = new CatalogChanges({ sessions, catalogs, files, ends });
  }

  observe(seen: Observation): readonly SessionEvent[] {
    this.#sessions.observation += 1;
    if (seen.type === 'live') return this.#goLive(seen.at);
    this.#apply(seen);
    return this.#ends.isLive ? this.#sessions.takeEvents() : [];
  }

  nextDeadline(): number | undefined {
    if (!this.#ends.isLive) return undefined;
    const ofFiles = this.#files.nextDeadline() ?? Number.POSITIVE_INFINITY;
    const next = Math.min(ofFiles, this.#ends.nextDeadline() ?? Number.POSITIVE_INFINITY);
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  heldLocks(): readonly string[] {
    return this.#files.heldLocks();
  }

  openTranscripts(): readonly string[] {
    return this.#files.pathsOf(this.#ends.open);
  }

  transcriptsDue(at: number): readonly string[] {
    return this.#files.pathsOf([...this.#ends.open].filter((session) => this.#ends.isDue(session, at)));
  }

  locksMissed(at: number): readonly string[] {
    return this.#files.pathsOf(this.#ends.missingLock(at));
  }

  locksInDoubt(at: number): readonly string[] {
    return this.#files.pathsOf(this.#ends.inDoubt(at));
  }

  awaitsCatalog(): boolean {
    return this.#ends.awaitsCatalog || [...this.#ends.open].some(awaitsCatalog);
  }

  #apply(seen: Exclude<Observation, { type: 'live' }>): void {
    switch (seen.type) {
      case 'tick':
        this.#files.tick(seen.at);
        this.#ends.endOverdue(seen.at);
        break;
      case 'catalog':
        this.#catalogChanges.observe(seen);
        break;
      case 'file':
        this.#files.observeFile(seen);
        break;
      case 'rewritten':
      case 'caught-up':
        this.#files.observeRewrite(seen);
        break;
      case 'file-gone':
        this.#files.observeGone(seen);
        break;
      default:
        this.#files.observe(seen);
    }
  }

  /** Start-up has ended. Runs that do not continue are old and cause no post. */
  #goLive(at: number): SessionEvent[] {
    this.#files.nameRest(at);
    /** Runs that go on, with the name of their present lock. */
    const open = new Map<string, string | undefined>();
    for (const session of this.#sessions.all()) {
      const run = openRun(session);
      if (run === undefined) continue;
      if (this.#goesOn(session, at)) open.set(run.runId, session.own.locks.owner?.createdAt);
      else this.#ends.endByLastEntry(run, at, run.own.lastLineAt);
    }
    this.#ends.goLive(at);
    return this.#sessions.takeEvents().map((event) => markOld(event, open));
  }

  /** Under a lock a run goes on; without one, if it has no answer and its last entry is fresh. */
  #goesOn(session: TranscriptSession, at: number): boolean {
    const { kind, locks } = session.own;
    const run = openRun(session);
    if (run === undefined || locks.held) return run !== undefined;
    const { endings, lastLineAt } = run.own;
    const meaning = endings.at(-1)?.meaning;
    const isOpen = meaning === 'open' || meaning === 'error';
    if (kind === 'cli') return isOpen && at - lastLineAt < this.#idleTimeoutMs;
    // A gateway uses locks: this is a moment between two of them, or the end.
    locks.everSeen = true;
    locks.goneAt = Math.max(locks.goneAt, at);
    return isOpen && at - lastLineAt < RECENT_MS;
  }
}

function awaitsCatalog(session: TranscriptSession): boolean {
  return session.own.entry !== undefined && openRun(session)?.own.direct?.awaitsCatalog === true;
}

/** What ended before is old; what goes on is also known by its present lock. `open`: run ids with that lock's name. */
function markOld(event: SessionEvent, open: ReadonlyMap<string, string | undefined>): SessionEvent {
  if (event.type !== 'run-started') return event;
  if (!open.has(event.runId)) return { ...event, old: true };
  const lock = open.get(event.runId);
  return lock === undefined ? event : { ...event, evidence: [...event.evidence, `lock:${lock}`] };
}
