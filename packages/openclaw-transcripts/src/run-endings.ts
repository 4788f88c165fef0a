import type { RunOutcome } from '@live-status/session-state';
import { emit } from './sessions.ts';
import type { Ending, Run, Session, World } from './state.ts';

/** Ending-relevant entries a run remembers: a rewrite takes back the last few at most. */
const REMEMBERED_ENDINGS = 16;

/** An ending-relevant entry was read. */
export function noteEnding(world: World, session: Session, run: Run, ending: Ending, silent: boolean): void {
  run.endings = [...run.endings.slice(1 - REMEMBERED_ENDINGS), ending];
  reportEnding(world, session, run, ending.at, silent);
}

/** Reports what the last ending-relevant entry says, when it says something else than before. */
export function reportEnding(world: World, session: Session, run: Run, at: number, silent = false): void {
  const last = run.endings.at(-1);
  const outcome = last === undefined || last.meaning === 'open' ? null : last.meaning;
  tellParent(world, session, outcome === 'done' || outcome === 'error');
  if (outcome === null && run.reportedOutcome === null) return;
  run.reportedOutcome = outcome;
  emit(world, {
    type: 'run-ending',
    sessionKey: session.key,
    at,
    runId: run.runId,
    entryId: last?.entryId ?? '',
    outcome,
    ...(last?.text === undefined || outcome === null ? {} : { text: last.text }),
    ...(silent ? { silent } : {}),
  });
}

/** After a child's ending entry its announce may come; a child that goes on, or was aborted, sends none. */
function tellParent(world: World, session: Session, announces: boolean): void {
  const parent = session.parentKey === undefined ? undefined : world.sessions.get(session.parentKey);
  if (parent === undefined) return;
  if (announces) parent.endedChildren.add(session.key);
  else parent.endedChildren.delete(session.key);
}

/** Ends the run by its last ending-relevant entry; without one that ends, it was cut. */
export function endByLastEntry(world: World, session: Session, run: Run, at: number, cutAt: number): void {
  const last = run.endings.at(-1);
  if (last === undefined) endRun(world, session, run, at, unreadOutcome(session), cutAt);
  else if (last.meaning === 'open') endRun(world, session, run, at, 'interrupted', cutAt);
  else endRun(world, session, run, at, last.meaning, last.at);
}

/** A run without an entry: only the catalog can say how it ended (a failed precheck writes nothing else). */
function unreadOutcome(session: Session): RunOutcome {
  const outcomes: Readonly<Record<string, RunOutcome>> = {
    done: 'done',
    failed: 'error',
    timeout: 'error',
    killed: 'aborted',
  };
  return outcomes[session.entry?.status ?? ''] ?? 'interrupted';
}

export function endRun(
  world: World,
  session: Session,
  run: Run,
  at: number,
  outcome: RunOutcome,
  endedAt: number,
): void {
  const ended = Math.max(Math.min(endedAt, at), run.startedAt);
  const text = outcome === 'error' ? run.endings.at(-1)?.text : undefined;
  const reason = outcome === 'interrupted' ? 'the agent stopped' : text;
  session.run = undefined;
  session.lastEndedAt = ended;
  session.lastOutcome = outcome;
  if (outcome === 'waiting') session.waiting = run;
  const timedOut = outcome === 'aborted' && session.parentKey !== undefined && hasTimedOut(session, run);
  if (timedOut || (outcome === 'interrupted' && run.endings.length > 0)) tellParent(world, session, true);
  emit(world, {
    type: 'run-ended',
    sessionKey: session.key,
    // What one file held back may be older than what began the run in another.
    at: Math.max(at, ended),
    runId: run.runId,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    endedAt: ended,
    ...(timedOut ? { announces: true } : {}),
  });
}

/**
 * OpenClaw aborts a child whose time is over like one that a person stops, but announces its end. 2026.7.1 tells so in
 * its prompt error (`request timed out`), and in the catalog only after a moment of `killed`.
 */
function hasTimedOut({ entry }: Session, run: Run): boolean {
  if (/time(?:d |-)?out/i.test(run.endings.at(-1)?.text ?? '')) return true;
  return entry?.status === 'timeout' && (entry.endedAt ?? 0) >= (run.recordedStart ?? 0);
}

/** True when the run's last entry ends it, unless more follows. */
export function hasAnswered(run: Run): boolean {
  const last = run.endings.at(-1);
  return last !== undefined && last.meaning !== 'open';
}

/** True while a tool call of the run has no result. */
export function hasOpenCall(session: Session, run: Run): boolean {
  return [...session.openCalls.values()].includes(run.runId);
}
