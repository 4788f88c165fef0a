import { boxOwning, firstOwed, forgive, owe, updateDebts } from './debts.ts';
import { Draft } from './draft.ts';
import type { Announced, Retracted, SessionEvent, SessionGone, SessionSeen, Tick, ToolEnded } from './event.ts';
import {
  addCommentary,
  addCompaction,
  boundLines,
  boundName,
  endTool,
  markChild,
  retract,
  startTool,
} from './lines.ts';
import { Pages } from './pages.ts';
import { placeWaiting } from './placing.ts';
import { advance, refreshTouched } from './refresh.ts';
import type { Rules } from './rules.ts';
import { addUsage, endRun, identifyRun, noteEnding, sightRun, startRun } from './runs.ts';
import type { AdoptedBox, Run, SessionState } from './state.ts';
import { isAnswered } from './tree.ts';
import type { BoxEntry } from './view.ts';

/** The state before any event. `adopt`: boxes that already have a post, from the ledger of an earlier life. */
export function createState(rules: Rules, adopt: readonly AdoptedBox[] = []): SessionState {
  return {
    rules,
    now: 0,
    dueAt: Number.POSITIVE_INFINITY,
    sessions: new Pages(),
    runs: new Pages(),
    boxes: new Pages(),
    adopted: adopt,
  };
}

export interface Folded {
  readonly state: SessionState;
  /** Ids of boxes that may look different now. */
  readonly changed: ReadonlySet<string>;
  /** Boxes that became final and left the state, as they look for good. */
  readonly settled: readonly BoxEntry[];
}

/**
 * Folds events, in order, into the state. Pure: the given state stays as it is, and folding a prefix and then the rest
 * gives the same as folding all at once. What time alone brings about (delays, timeouts) happens between the events
 * where its moment lies, however late a tick comes.
 */
export function foldAll(state: SessionState, events: Iterable<SessionEvent | Tick>): Folded {
  const draft = new Draft(state);
  for (const event of events) {
    advance(draft, event.at);
    if (event.type !== 'tick') apply(draft, event);
    refreshTouched(draft);
  }
  return { state: draft.result(), changed: draft.changed, settled: draft.settled };
}

/**
 * When the state may change by itself: fold a tick then. Never late, but early when a moment that was expected was put
 * off by an event since. `undefined`: not before the next event.
 */
export function nextDeadline(state: SessionState): number | undefined {
  return Number.isFinite(state.dueAt) ? state.dueAt : undefined;
}

function apply(draft: Draft, event: SessionEvent): void {
  if (event.type === 'session') seeSession(draft, event);
  else if (event.type === 'session-gone') dropSession(draft, event);
  else if (event.type === 'run-started') startRun(draft, event);
  else if (event.type === 'run-identified') identifyRun(draft, event);
  else if (event.type === 'run-ended') endRun(draft, event);
  else if (event.type === 'run-sight') sightRun(draft, event);
  else if (event.type === 'announced') settleAnnounced(draft, event);
  else if (event.type === 'retracted') retractEntries(draft, event);
  else editRun(draft, event.runId, (run) => addToRun(draft, run, event));
}

type RunContent = Extract<
  SessionEvent,
  { type: 'run-routed' | 'usage' | 'tool-started' | 'tool-ended' | 'commentary' | 'compacted' | 'run-ending' }
>;

/** Content of a run. Once it ended nothing is added but what it cost. */
function addToRun(draft: Draft, run: Run, event: RunContent): void {
  if (event.type === 'usage') addUsage(run, event);
  else if (event.type === 'run-routed') run.route = event.route;
  else if (run.ended === undefined) addLine(draft, run, event);
}

function addLine(draft: Draft, run: Run, event: Exclude<RunContent, { type: 'run-routed' | 'usage' }>): void {
  if (event.type === 'run-ending') noteEnding(run, event);
  else if (event.type === 'commentary') addCommentary(run, event);
  else if (event.type === 'compacted') {
    // After the answer it is bookkeeping: nothing continues.
    if (!isAnswered(run)) addCompaction(run, event);
  } else {
    run.firstToolAt ??= event.at;
    if (event.type === 'tool-started') startTool(run, event);
    else finishTool(draft, run, event);
  }
  boundLines(run, draft.rules);
}

function finishTool(draft: Draft, run: Run, event: ToolEnded): void {
  if (event.spawned === undefined || event.outcome === 'error') {
    endTool(run, event);
    return;
  }
  markChild(run, event.spawned, { callId: event.callId, entryId: event.entryId, at: event.at });
  if (run.boxId !== undefined) {
    owe(draft, run.boxId, { childKey: event.spawned, ownerKey: run.sessionKey, at: event.at });
  }
  placeWaiting(draft, event.spawned);
}

function editRun(draft: Draft, runId: string, change: (run: Run) => void): void {
  const run = draft.runs.edit(runId);
  if (run === undefined) return;
  change(run);
  if (run.boxId !== undefined) draft.touched.add(run.boxId);
}

function seeSession(draft: Draft, event: SessionSeen): void {
  const known =
    draft.sessions.edit(event.sessionKey) ??
    draft.sessions.put(event.sessionKey, {
      key: event.sessionKey,
      agentId: event.agentId,
      child: event.child,
      gone: false,
    });
  known.agentId = boundName(event.agentId);
  known.sessionId = event.sessionId;
  known.child = event.child;
  known.parentKey = event.parentKey ?? known.parentKey;
  known.label = event.label === undefined ? known.label : boundName(event.label);
  known.gone = false;
  draft.expect(event.at);
  placeWaiting(draft, event.sessionKey);
  if (known.lastBoxId !== undefined) draft.touched.add(known.lastBoxId);
}

function dropSession(draft: Draft, event: SessionGone): void {
  for (const boxId of forgive(draft, event.sessionKey)) draft.touched.add(boxId);
  const session = draft.sessions.edit(event.sessionKey);
  if (session !== undefined) session.gone = true;
}

/** A child's result arrived: its debt is settled, and the run it starts belongs to the debt's box. */
function settleAnnounced(draft: Draft, event: Announced): void {
  const owner = event.childKey === undefined ? undefined : boxOwning(draft, event.childKey);
  const owed =
    event.childKey === undefined
      ? firstOwed(draft, event.sessionKey)
      : owner && { boxId: owner.boxId, childKey: event.childKey };
  if (owed === undefined) return;
  updateDebts(draft, owed.boxId, (debt) => debt.childKey === owed.childKey, { settled: true });
  draft.touched.add(owed.boxId);
  const session = draft.sessions.edit(event.sessionKey);
  if (session !== undefined) session.announcedBoxId = owed.boxId;
}

function retractEntries(draft: Draft, event: Retracted): void {
  const entryIds = new Set(event.entryIds);
  for (const run of [...draft.runs.values()]) {
    if (run.sessionKey === event.sessionKey) editRun(draft, run.runId, (edited) => retract(edited, entryIds));
  }
}
