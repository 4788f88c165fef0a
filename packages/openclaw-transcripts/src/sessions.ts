import { RunTracker, type TrackedRun, type TrackedSession } from '@live-status/run-tracker';
import type { SessionEvent } from '@live-status/session-state';
import {
  type CatalogEntry,
  type Delivery,
  type EndingMeaning,
  parseSessionKey,
  type SessionKind,
  type UserLine,
} from '@live-status/transcript-parser';
import type { Catalogs } from './catalogs.ts';
import { type DirectMessage, DirectTurns } from './direct-turns.ts';
import { KnownEntries } from './known-entries.ts';
import type { ModelFacts } from './model-calls.ts';
import type { ResumedDirect, RunPlace } from './resume-token.ts';
import { SessionLocks } from './session-locks.ts';

/** A session, with what transcripts, locks and the catalog say of it. */
export type TranscriptSession = TrackedSession<SessionFacts, RunFacts>;
/** A run, with what its entries say of it. */
export type TranscriptRun = TrackedRun<SessionFacts, RunFacts>;

/** What this source keeps of a session besides what every source does. */
export interface SessionFacts {
  readonly kind: SessionKind | 'cli';
  entry: CatalogEntry | undefined;
  /** Number of the observation with which its entry was last read. */
  entryReadIn: number;
  /** When its entry left the catalog while its lock was held. */
  unlistedAt: number | undefined;
  /** Whose its direct messages are, where its key does not say it. */
  readonly directTurns: DirectTurns;
  /** What an earlier process knew of runs that go on. */
  readonly resumedDirect: readonly ResumedDirect[];
  /** When the last message or answer was recorded, milliseconds since the epoch. */
  lastMessageAt: number | undefined;
  known: KnownEntries;
  readonly locks: SessionLocks;
  /** Ids of its last runs. Bounded. */
  runIds: readonly string[];
  /** The last run that yielded, while an abort could still reach it. */
  waiting: TranscriptRun | undefined;
  /** Calls without a result, by their ids. Bounded. */
  readonly openCalls: Map<string, OpenCall>;
  /** Names of commands that went on in the background, newest last. Bounded. */
  commands: readonly string[];
}

/** A call without a result. */
export interface OpenCall {
  readonly runId: string;
  readonly tool: string;
  /** It writes the agent's checklist, and is not shown. */
  readonly isPlan: boolean;
  /** Paths of the files that it changes if it succeeds. */
  readonly files: readonly string[];
}

/** What this source keeps of a run besides what every source does. */
export interface RunFacts {
  /** Recorded time of its first entry: catalog times before it belong to older runs. */
  recordedStart: number | undefined;
  /** What its first line was for; absent before an entry was read, and for lines without a user's. */
  user: UserLine | undefined;
  /** For a run that a direct message began. */
  direct: DirectRun | undefined;
  /** The first user line as written, to recognise a retry. */
  userText: string | undefined;
  /** Ending-relevant entries, newest last. Bounded; a rewrite may take some back. */
  endings: readonly Ending[];
  lastLineAt: number;
  /**
   * Whether its last call was a yield. OpenClaw aborts the answer then, and takes the line that says so back: on a busy
   * machine a second later.
   */
  hasYielded: boolean;
  /** When the catalog flagged an abort of this run. */
  abortFlagAt: number | undefined;
  ownerDiedAt: number | undefined;
  readonly model: ModelFacts;
}

/** Whose direct message a run answers. */
export interface DirectRun {
  readonly message: DirectMessage;
  readonly place: RunPlace;
  readonly entryId: string;
  /** The catalog was not read since its line. */
  awaitsCatalog: boolean;
  /** Where it came from, once that is certain. */
  delivery: Delivery | undefined;
  /** Another direct message has joined the run, and the catalog was not read since. */
  isJoined: boolean;
  /** It is for others, too, or that cannot be ruled out. */
  isShared: boolean;
}

/** An ending-relevant entry. */
export interface Ending {
  readonly entryId: string;
  readonly meaning: Exclude<EndingMeaning, undefined>;
  readonly at: number;
  /** Number of the observation with which it was read. */
  readonly readIn: number;
  readonly text: string | undefined;
}

/** The run of a session that has not ended: transcripts are written by one run at a time. */
export function openRun(session: TranscriptSession): TranscriptRun | undefined {
  return session.openRuns[0];
}

/** The sessions that transcripts and catalogs name. */
export class Sessions {
  readonly #tracker = new RunTracker<SessionFacts, RunFacts>();
  readonly #catalogs: Catalogs;
  readonly #resumed: readonly RunPlace[];
  /** Number of the present observation: orders what was observed at equal times. */
  observation = 0;

  /** `resumed`: runs of an earlier process. */
  constructor(catalogs: Catalogs, resumed: readonly RunPlace[]) {
    this.#catalogs = catalogs;
    this.#resumed = resumed;
  }

  /** All of them, in the order in which they were met. */
  all(): Iterable<TranscriptSession> {
    return this.#tracker.sessions();
  }

  /** A session that was met before. */
  get(key: string): TranscriptSession | undefined {
    return this.#tracker.session(key);
  }

  /** The session of a key, created when it is met for the first time. */
  of(key: string): TranscriptSession {
    return this.#tracker.session(key) ?? this.#add(key, parseSessionKey(key).kind);
  }

  /** The session of a transcript that no catalog names: written by a command line or another program. */
  ofCommandLine(agentId: string, name: string): TranscriptSession {
    const key = `agent:${agentId}:cli:${name}`;
    return this.#tracker.session(key) ?? this.#add(key, 'cli');
  }

  /** Takes over what the catalog says of the session itself; `undefined`: that it says nothing any more. */
  learn(session: TranscriptSession, entry: CatalogEntry | undefined): void {
    session.own.entry = entry;
    session.label = entry?.label;
    session.sessionId = entry?.sessionId ?? session.sessionId;
    session.parentKey = entry?.spawnedBy ?? session.parentKey;
  }

  /** The session has ended. What comes next under its key is unrelated. */
  drop(session: TranscriptSession, at: number): void {
    session.end(at);
    session.sessionId = undefined;
    session.own.waiting = undefined;
    session.own.known = new KnownEntries();
    session.own.openCalls.clear();
    session.own.commands = [];
  }

  /** Forgets a session that nothing names any more. */
  remove(session: TranscriptSession): void {
    this.#tracker.removeSession(session);
  }

  /** What was reported since the last call. */
  takeEvents(): SessionEvent[] {
    return this.#tracker.takeEvents();
  }

  #add(key: string, kind: SessionFacts['kind']): TranscriptSession {
    const parsed = parseSessionKey(key);
    const identity = { key, agentId: parsed.agentId, child: parsed.kind === 'subagent' };
    const session = this.#tracker.addSession(identity, {
      kind,
      entry: undefined,
      entryReadIn: -1,
      unlistedAt: undefined,
      directTurns: new DirectTurns(),
      resumedDirect: this.#resumed.flatMap(({ direct, sessionKey }) => (sessionKey === key && direct ? [direct] : [])),
      lastMessageAt: undefined,
      known: new KnownEntries(),
      locks: new SessionLocks(),
      runIds: [],
      waiting: undefined,
      openCalls: new Map(),
      commands: [],
    });
    const entry = this.#catalogs.entryOf(key);
    if (entry !== undefined) this.learn(session, entry);
    return session;
  }
}
