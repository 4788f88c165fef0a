import { endByLastEntry, endRun, hasAnswered, hasOpenCall } from './run-endings.ts';
import type { Ending, Run, Session, World } from './state.ts';
import { ABORT_GRACE_MS, LOCK_GRACE_MS, RETRY_GRACE_MS, STALE_LOCK_MS, type Timeouts } from './timing.ts';

/** Over now: cut at a time, unless its last entry ended it; or aborted. Else when to look again. */
type Verdict =
  | { readonly over: 'by-last-entry'; readonly cutAt: number }
  | { readonly over: 'interrupted' | 'aborted'; readonly endedAt: number }
  | { readonly over: false; readonly lookAgainAt: number };

/** Ends the session's run if it is over. */
export function judge(world: World, session: Session, at: number): void {
  const { run } = session;
  if (run === undefined || !world.live) return;
  const verdict = verdictOn(session, run, at, world.timeouts);
  if (verdict.over === false) return;
  if (verdict.over === 'by-last-entry') endByLastEntry(world, session, run, at, verdict.cutAt);
  else endRun(world, session, run, at, verdict.over, verdict.endedAt);
}

/** When the session's run has to be judged again, nothing else happening. */
export function judgeAgainAt(session: Session, at: number, timeouts: Timeouts): number {
  const verdict = session.run === undefined ? undefined : verdictOn(session, session.run, at, timeouts);
  if (verdict === undefined) return Number.POSITIVE_INFINITY;
  return verdict.over === false ? verdict.lookAgainAt : at;
}

function verdictOn(session: Session, run: Run, at: number, timeouts: Timeouts): Verdict {
  if (run.ownerDiedAt !== undefined) return { over: 'by-last-entry', cutAt: run.ownerDiedAt };
  if (run.abortFlagAt !== undefined) return aborting(session, run, run.abortFlagAt, at);
  const { locks } = session;
  const last = run.endings.at(-1);
  if (locks.held) return locked(session, run, at, timeouts);
  if (!locks.everSeen) return lockless(session, run, last, at, timeouts);
  if (last !== undefined && hasAnswered(run) && isConfirmed(session, run, last)) {
    return { over: 'by-last-entry', cutAt: last.at };
  }
  const goneAt = Math.max(locks.goneAt, run.lastLineAt);
  const retryUntil = last?.meaning === 'error' && session.entry?.status === 'running' ? last.at + RETRY_GRACE_MS : 0;
  return unless(Math.max(goneAt + LOCK_GRACE_MS, retryUntil), at, locks.goneAt);
}

/**
 * The next gateway start sets the flag of an abort, too: then no entry tells of it, and the run was cut. A process that
 * holds the lock still has to write the entry, or ends the run otherwise.
 */
function aborting(session: Session, run: Run, flagAt: number, at: number): Verdict {
  const last = run.endings.at(-1);
  if (last?.meaning === 'aborted') return { over: 'aborted', endedAt: last.at };
  if (session.locks.present()?.alive) return { over: false, lookAgainAt: Number.POSITIVE_INFINITY };
  if (last !== undefined && hasAnswered(run) && last.at > flagAt) return { over: 'by-last-entry', cutAt: last.at };
  if (at >= flagAt + ABORT_GRACE_MS) return { over: 'interrupted', endedAt: flagAt };
  return { over: false, lookAgainAt: flagAt + ABORT_GRACE_MS };
}

/** A lock proves work as long as its owner lives; where that cannot be checked, as long as lines come now and then. */
function locked(session: Session, run: Run, at: number, timeouts: Timeouts): Verdict {
  const lock = session.locks.present();
  const since = Math.max(lock?.since ?? 0, run.lastLineAt);
  if (lock?.dropped) return unless(since + timeouts.maxSessionDurationMs, at, run.lastLineAt);
  if (lock?.alive) return { over: false, lookAgainAt: Number.POSITIVE_INFINITY };
  return unless(since + STALE_LOCK_MS, at, run.lastLineAt);
}

/** Other writers take no locks: only stop reasons and silence tell. */
function lockless(session: Session, run: Run, last: Ending | undefined, at: number, timeouts: Timeouts): Verdict {
  if (last !== undefined && last.meaning !== 'open' && last.meaning !== 'error') {
    return unless(last.at + LOCK_GRACE_MS, at, last.at);
  }
  const quietMs = hasOpenCall(session, run) ? timeouts.maxSessionDurationMs : timeouts.idleTimeoutMs;
  return unless(run.lastLineAt + quietMs, at, run.lastLineAt);
}

/** A catalog read after the entry shows a final status that belongs to this run. */
function isConfirmed(session: Session, run: Run, last: Ending): boolean {
  const { entry } = session;
  if (entry === undefined || session.entrySeq <= last.seq) return false;
  if (!['done', 'failed', 'killed', 'timeout'].includes(entry.status ?? '') || entry.endedAt === undefined)
    return false;
  return entry.endedAt >= (entry.startedAt ?? 0) && entry.endedAt >= (run.recordedStart ?? 0);
}

function unless(deadline: number, at: number, cutAt: number): Verdict {
  return at >= deadline ? { over: 'by-last-entry', cutAt } : { over: false, lookAgainAt: deadline };
}
