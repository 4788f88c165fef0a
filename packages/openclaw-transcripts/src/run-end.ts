import { Deadlines, type RunOutcome } from '@live-status/session-state';
import { memberOf } from '@live-status/transcript-parser';
import { LOCK_GRACE_MS } from './session-locks.ts';
import { type Ending, openRun, type Sessions, type TranscriptRun, type TranscriptSession } from './sessions.ts';

/** After an error entry a run goes on this long while the catalog says `running`: OpenClaw waits 2.5 s and tries again. */
const RETRY_GRACE_MS = 5_000;
/** The entry of an abort follows its flag in the catalog within this time. */
const ABORT_GRACE_MS = 1_000;
/** A lock whose owner cannot be checked counts this long without an append. OpenClaw takes such locks for stale, too. */
export const STALE_LOCK_MS = 1_800_000;
/** Ending-relevant entries a run remembers: a rewrite takes back the last few at most. */
const REMEMBERED_ENDINGS = 16;

/** The delays an operator may set. Milliseconds. */
export interface Timeouts {
  /** Inactivity before a run of a writer without locks is closed. */
  readonly idleTimeoutMs: number;
  /** The same while a tool call is pending, and the longest a dropped lock counts. */
  readonly maxSessionDurationMs: number;
}

/** Whether a run has ended: by its last entry (cut at a time, unless that entry ends it), or in its own way; else until when it continues. */
type Verdict =
  | { readonly ended: 'by-last-entry'; readonly cutAt: number }
  | { readonly ended: 'interrupted' | 'aborted'; readonly endedAt: number }
  | { readonly ended: false; readonly checkAt: number };

/** Decides when runs end, and reports it. */
export class RunEnds {
  readonly #sessions: Sessions;
  readonly #timeouts: Timeouts;
  readonly #deadlines = new Deadlines<TranscriptSession>();
  #isLive = false;
  /** Sessions whose lock counts. */
  readonly #locked = new Set<TranscriptSession>();
  /** Sessions whose run has ended by its last entry and its lock: a catalog could confirm it. */
  readonly #unconfirmed = new Set<TranscriptSession>();
  /** Sessions with a run that has not ended, and those of them without a lock. */
  readonly #open = new Set<TranscriptSession>();
  readonly #unlocked = new Set<TranscriptSession>();

  constructor(sessions: Sessions, timeouts: Timeouts) {
    this.#sessions = sessions;
    this.#timeouts = timeouts;
  }

  /** False while start-up reads what was there: until then no run is ended by time, locks or catalogs. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Sessions whose lock counts, in the order in which it was taken. */
  get locked(): Iterable<TranscriptSession> {
    return this.#locked;
  }

  /** Whether a run waits for nothing but a catalog that confirms its end. */
  get awaitsCatalog(): boolean {
    return this.#unconfirmed.size > 0;
  }

  /** Sessions with a run that has not ended. */
  get open(): Iterable<TranscriptSession> {
    return this.#open;
  }

  /** Whether time has come to check the run of a session. */
  isDue(session: TranscriptSession, at: number): boolean {
    return (this.#deadlines.of(session) ?? Number.POSITIVE_INFINITY) <= at;
  }

  /** Sessions whose run goes on unless its lock stays away, which is gone only since a moment. */
  *inDoubt(at: number): Generator<TranscriptSession, void> {
    for (const { session, own } of this.#unfinishedWithoutLock()) {
      if (at - Math.max(session.own.locks.goneAt, own.lastLineAt) <= LOCK_GRACE_MS) yield session;
    }
  }

  /** Sessions whose run, in the middle of its work, ends now because its lock stays away. */
  *missingLock(at: number): Generator<TranscriptSession, void> {
    for (const { session } of this.#unfinishedWithoutLock()) if (this.isDue(session, at)) yield session;
  }

  *#unfinishedWithoutLock(): Generator<TranscriptRun, void> {
    for (const session of this.#unlocked) {
      const run = openRun(session);
      if (run !== undefined && (!hasAnswered(run) || run.own.endings.at(-1)?.meaning === 'error')) yield run;
    }
  }

  /** When the run of a session has to be checked, nothing else happening. */
  nextDeadline(): number | undefined {
    return this.#deadlines.first()?.at;
  }

  /** Ends every run whose time has come, those of sessions that were met first before others. */
  endOverdue(at: number): void {
    const due: TranscriptSession[] = [];
    for (let next = this.#deadlines.first(); next !== undefined && next.at <= at; next = this.#deadlines.first()) {
      this.#deadlines.set(next.item, undefined);
      due.push(next.item);
    }
    for (const session of due.sort((a, b) => a.order - b.order)) this.check(session, at);
  }

  /** Start-up has ended. A run that has ended by now is left to the next tick. */
  goLive(at: number): void {
    this.#isLive = true;
    for (const session of this.#sessions.all()) {
      const run = openRun(session);
      const verdict = run === undefined ? undefined : this.#verdictOn(run, at);
      this.#index(session, verdict === undefined ? undefined : verdict.ended === false ? verdict.checkAt : at);
    }
  }

  /** Ends the session's run if it has ended. To be called whenever anything about the session changed. */
  check(session: TranscriptSession, at: number): void {
    const run = openRun(session);
    const verdict = run === undefined || !this.#isLive ? undefined : this.#verdictOn(run, at);
    if (run !== undefined && verdict !== undefined) this.#endAs(run, verdict, at);
    this.#index(session, verdict?.ended === false ? verdict.checkAt : undefined);
  }

  #endAs(run: TranscriptRun, verdict: Verdict, at: number): void {
    if (verdict.ended === 'by-last-entry') this.endByLastEntry(run, at, verdict.cutAt);
    else if (verdict.ended !== false) this.end(run, { outcome: verdict.ended, at, endedAt: verdict.endedAt });
  }

  /** Leaves the check of a session to the tick of this time. */
  checkAt(session: TranscriptSession, at: number): void {
    this.#deadlines.set(session, at);
  }

  /** The session is not known any more. */
  forget(session: TranscriptSession): void {
    this.#deadlines.set(session, undefined);
    for (const set of [this.#locked, this.#unconfirmed, this.#open, this.#unlocked]) set.delete(session);
  }

  #index(session: TranscriptSession, checkAt: number | undefined): void {
    const { held } = session.own.locks;
    const run = openRun(session);
    this.#deadlines.set(session, checkAt === Number.POSITIVE_INFINITY ? undefined : checkAt);
    keep(this.#locked, session, held);
    keep(this.#open, session, run !== undefined);
    keep(this.#unlocked, session, run !== undefined && !held);
    keep(this.#unconfirmed, session, run !== undefined && hasAnswered(run) && !held);
  }

  /** An ending-relevant entry of the run was read. */
  noteEnding(run: TranscriptRun, ending: Ending, silent: boolean): void {
    run.own.endings = [...run.own.endings.slice(1 - REMEMBERED_ENDINGS), ending];
    this.#reportEnding(run, ending.at, silent);
  }

  /** Entries were taken back by a rewrite. */
  retractEndings(run: TranscriptRun, lost: ReadonlySet<string>, at: number): void {
    const last = run.own.endings.at(-1);
    run.own.endings = run.own.endings.filter((ending) => !lost.has(ending.entryId));
    if (run.own.endings.at(-1) !== last) this.#reportEnding(run, at);
  }

  /** Reports what the last ending-relevant entry says, when it says something else than before. */
  #reportEnding(run: TranscriptRun, at: number, silent = false): void {
    const last = run.own.endings.at(-1);
    const outcome = last === undefined || last.meaning === 'open' ? null : (OUTCOMES[last.meaning] ?? null);
    this.#expectAnnounce(run.session, outcome === 'done' || outcome === 'error');
    run.reportEnding({ outcome, at, entryId: last?.entryId ?? '', text: last?.text, silent });
  }

  /** After a child's ending entry its announce may come; a child that goes on, or was aborted, sends none. */
  #expectAnnounce(child: TranscriptSession, isExpected: boolean): void {
    const parent = child.parentKey === undefined ? undefined : this.#sessions.get(child.parentKey);
    if (isExpected) parent?.pendingAnnounces.add(child.key);
    else parent?.pendingAnnounces.delete(child.key);
  }

  /** Ends the run by its last ending-relevant entry; without one that ends, it was cut. */
  endByLastEntry(run: TranscriptRun, at: number, cutAt: number): void {
    const last = run.own.endings.at(-1);
    if (last === undefined) this.end(run, { outcome: unreadOutcome(run.session), at, endedAt: cutAt });
    else if (last.meaning === 'open') this.end(run, { outcome: 'interrupted', at, endedAt: cutAt });
    else this.end(run, { outcome: outcomeBy(run, last), at, endedAt: last.at });
  }

  end(
    run: TranscriptRun,
    { outcome, at, endedAt }: Record<'at' | 'endedAt', number> & { readonly outcome: RunOutcome },
  ): void {
    const { own, session } = run;
    const last = own.endings.at(-1);
    const text = outcome === 'error' && last?.meaning !== 'unclear' ? last?.text : undefined;
    session.wasCut = outcome === 'interrupted';
    if (outcome === 'waiting') session.own.waiting = run;
    const announces = outcome === 'aborted' && session.parentKey !== undefined && hasTimedOut(run);
    if (announces || (outcome === 'interrupted' && own.endings.length > 0)) this.#expectAnnounce(session, true);
    run.end({ outcome, at, endedAt, reason: outcome === 'interrupted' ? 'the agent stopped' : text, announces });
  }

  /**
   * The session is gone from the catalog, or another one took its key. An entry that goes while the lock is held may come
   * back (writers overwrite each other's catalog): it is gone when the lock goes without it.
   */
  endSession(session: TranscriptSession, at: number): void {
    const run = openRun(session);
    const { unlistedAt } = session.own;
    session.own.unlistedAt = undefined;
    if (run !== undefined) this.endByLastEntry(run, at, unlistedAt ?? at);
    this.#sessions.drop(session, at);
    this.#index(session, undefined);
  }

  #verdictOn(run: TranscriptRun, at: number): Verdict {
    const { abortFlagAt, endings, lastLineAt, ownerDiedAt } = run.own;
    const { entry, locks } = run.session.own;
    if (ownerDiedAt !== undefined) return { ended: 'by-last-entry', cutAt: ownerDiedAt };
    if (abortFlagAt !== undefined) return aborting(run, abortFlagAt, at);
    const last = endings.at(-1);
    if (locks.held) return this.#underLock(run, at);
    if (!locks.everSeen) return this.#withoutLocks(run, at);
    if (last !== undefined && hasAnswered(run) && isConfirmed(run, last)) {
      return { ended: 'by-last-entry', cutAt: last.at };
    }
    const goneAt = Math.max(locks.goneAt, lastLineAt);
    const mayGoOn = entry?.status === 'running' && (last?.meaning === 'error' || last?.meaning === 'refused');
    const retryUntil = mayGoOn ? last.at + RETRY_GRACE_MS : 0;
    return endedAfter(Math.max(goneAt + LOCK_GRACE_MS, retryUntil), at, locks.goneAt);
  }

  /** A lock proves work as long as its owner lives; where that cannot be checked, as long as lines come now and then. */
  #underLock(run: TranscriptRun, at: number): Verdict {
    const lock = run.session.own.locks.present();
    const { lastLineAt } = run.own;
    const since = Math.max(lock?.since ?? 0, lastLineAt);
    if (lock?.dropped) return endedAfter(since + this.#timeouts.maxSessionDurationMs, at, lastLineAt);
    if (lock?.alive) return { ended: false, checkAt: Number.POSITIVE_INFINITY };
    return endedAfter(since + STALE_LOCK_MS, at, lastLineAt);
  }

  /** Other writers take no locks: only stop reasons and silence count. */
  #withoutLocks(run: TranscriptRun, at: number): Verdict {
    const { idleTimeoutMs, maxSessionDurationMs } = this.#timeouts;
    const last = run.own.endings.at(-1);
    if (last !== undefined && last.meaning !== 'open' && last.meaning !== 'error') {
      return endedAfter(last.at + LOCK_GRACE_MS, at, last.at);
    }
    const quietMs = hasOpenCall(run) ? maxSessionDurationMs : idleTimeoutMs;
    return endedAfter(run.own.lastLineAt + quietMs, at, run.own.lastLineAt);
  }
}

function keep<T>(set: Set<T>, item: T, isIn: boolean): void {
  if (isIn) set.add(item);
  else set.delete(item);
}

/**
 * The next gateway start sets the flag of an abort, too: then no entry follows, and the run was cut. A process that
 * holds the lock still has to write the entry, or ends the run otherwise.
 */
function aborting(run: TranscriptRun, flagAt: number, at: number): Verdict {
  const last = run.own.endings.at(-1);
  if (last?.meaning === 'aborted') return { ended: 'aborted', endedAt: last.at };
  if (run.session.own.locks.present()?.alive) return { ended: false, checkAt: Number.POSITIVE_INFINITY };
  if (last !== undefined && hasAnswered(run) && last.at > flagAt) return { ended: 'by-last-entry', cutAt: last.at };
  // A run that had failed before was not aborted: the flag is of the next one, whose entries are not read yet.
  if (at >= flagAt + ABORT_GRACE_MS) {
    return hasAnswered(run) ? { ended: 'by-last-entry', cutAt: flagAt } : { ended: 'interrupted', endedAt: flagAt };
  }
  return { ended: false, checkAt: flagAt + ABORT_GRACE_MS };
}

/** A catalog read after the entry shows a final status that belongs to this run. */
function isConfirmed(run: TranscriptRun, last: Ending): boolean {
  const { entry, entryReadIn } = run.session.own;
  if (entry === undefined || entryReadIn <= last.readIn) return false;
  if (!['done', 'failed', 'killed', 'timeout'].includes(entry.status ?? '') || entry.endedAt === undefined)
    return false;
  return entry.endedAt >= (entry.startedAt ?? 0) && entry.endedAt >= (run.own.recordedStart ?? 0);
}

function endedAfter(deadline: number, at: number, cutAt: number): Verdict {
  return at >= deadline ? { ended: 'by-last-entry', cutAt } : { ended: false, checkAt: deadline };
}

/** What a final status in the catalog says. */
const STATUS_OUTCOMES: Readonly<Record<string, RunOutcome>> = {
  done: 'done',
  failed: 'error',
  timeout: 'error',
  killed: 'aborted',
};

/** A run without an entry: only the catalog can say how it ended (a failed precheck writes nothing else). */
function unreadOutcome({ own: { entry } }: TranscriptSession): RunOutcome {
  return memberOf(STATUS_OUTCOMES, entry?.status ?? '') ?? 'interrupted';
}

/** How a run ends after an entry of each meaning, as far as the entry can say. */
const OUTCOMES: Readonly<Record<Ending['meaning'], RunOutcome>> = {
  ...{ done: 'done', unclear: 'done', error: 'error', refused: 'error' },
  ...{ aborted: 'aborted', waiting: 'waiting', open: 'interrupted' },
};

/** How a run ended by its last entry. What a refusal or an unknown stop reason comes to, the catalog knows. */
function outcomeBy(run: TranscriptRun, last: Ending): RunOutcome {
  const isAsked = (last.meaning === 'refused' || last.meaning === 'unclear') && isConfirmed(run, last);
  const known = isAsked ? memberOf(STATUS_OUTCOMES, run.session.own.entry?.status ?? '') : undefined;
  return known ?? OUTCOMES[last.meaning];
}

/**
 * OpenClaw aborts a child that reached its time limit like one that a person stops, but announces its end. 2026.7.1 says so in
 * its prompt error (`request timed out`), and in the catalog only after a moment of `killed`.
 */
function hasTimedOut({ own, session }: TranscriptRun): boolean {
  if (/time(?:d |-)?out/i.test(own.endings.at(-1)?.text ?? '')) return true;
  const { entry } = session.own;
  return entry?.status === 'timeout' && (entry.endedAt ?? 0) >= (own.recordedStart ?? 0);
}

/** True when the run's last entry ends it, unless more follows. */
export function hasAnswered({ own }: TranscriptRun): boolean {
  const last = own.endings.at(-1);
  return last !== undefined && last.meaning !== 'open';
}

/** True while a tool call of the run has no result. */
export function hasOpenCall({ runId, session }: TranscriptRun): boolean {
  return [...session.own.openCalls.values()].some((call) => call.runId === runId);
}
