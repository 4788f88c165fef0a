import { boxOwning, forgive, updateDebts } from './debts.ts';
import type { Draft } from './draft.ts';
import type { RunEnded, RunEnding, RunIdentified, RunSight, RunStarted, Usage } from './event.ts';
import { boundLine, boundReason, closeOpenTools, reopenTools } from './lines.ts';
import { placeRun } from './placing.ts';
import type { Run, UsageRecord } from './state.ts';

/** Usage entries a run remembers one by one (a rewrite may take them back); older ones become one sum. */
const USAGE_ENTRIES = 16;

export function startRun(draft: Draft, event: RunStarted): void {
  if (draft.runs.get(event.runId) !== undefined) return;
  draft.runs.put(event.runId, {
    runId: event.runId,
    sessionKey: event.sessionKey,
    startedAt: event.startedAt,
    old: event.old === true,
    silent: false,
    evidence: event.evidence,
    lines: [],
    earlierLines: 0,
    usage: [],
  });
  draft.expect(event.startedAt + draft.rules.quietDelayMs);
}

export function identifyRun(draft: Draft, event: RunIdentified): void {
  const run = draft.runs.edit(event.runId);
  if (run === undefined || run.trigger !== undefined) return;
  run.trigger = event.trigger;
  run.silent = event.silent === true;
  run.evidence = [...new Set([...run.evidence, ...event.evidence])];
  run.resumeFrom = event.resumeFrom;
  placeRun(draft, event.runId);
}

/** What the last ending-relevant entry says; an answer nobody is meant to read makes the run a silent one. */
export function noteEnding(run: Run, event: RunEnding): void {
  run.ending = event.outcome ?? undefined;
  run.endingText = event.text === undefined ? undefined : boundLine(firstLine(event.text));
  if (event.silent === true) {
    run.silent = true;
    run.endingText = undefined;
  }
}

/** The first terminal outcome wins; `waiting` is none. */
export function endRun(draft: Draft, event: RunEnded): void {
  const run = draft.runs.edit(event.runId);
  if (run === undefined || (run.ended !== undefined && run.ended.outcome !== 'waiting')) return;
  const boxId = run.boxId ?? boxOwning(draft, run.sessionKey)?.boxId;
  if (boxId !== undefined) draft.touched.add(boxId);
  const reason = event.reason ?? (event.outcome === 'error' ? run.endingText : undefined);
  run.ended = {
    outcome: event.outcome,
    endedAt: event.endedAt,
    reason: reason === undefined ? undefined : boundReason(reason),
  };
  if (event.outcome !== 'waiting') closeOpenTools(run, event.endedAt);
  if (event.outcome === 'aborted' || event.outcome === 'interrupted') {
    for (const boxId of forgive(draft, run.sessionKey)) draft.touched.add(boxId);
  }
  settleChild(draft, run, event);
  if (isForgettable(draft, run)) draft.runs.delete(run.runId);
}

/** A run that cannot be seen says so; one that is seen again goes on, also when it was given up meanwhile. */
export function sightRun(draft: Draft, event: RunSight): void {
  const run = draft.runs.edit(event.runId);
  if (run === undefined) return;
  if (run.boxId !== undefined) draft.touched.add(run.boxId);
  run.lost = event.lost === null ? undefined : boundReason(event.lost);
  if (event.lost !== null || run.ended?.outcome !== 'interrupted') return;
  reopenTools(run, run.ended.endedAt);
  run.ended = undefined;
}

/** Ended without an entry, or the work of a child whose box is long gone. Only an unknown parent may still turn up. */
function isForgettable(draft: Draft, run: Readonly<Run>): boolean {
  if (run.boxId !== undefined) return false;
  return run.trigger === undefined || draft.sessions.get(run.sessionKey)?.parentKey !== undefined;
}

/** The end of a child starts the clock of its announce; an aborted child sends none, unless its time ran out. */
function settleChild(draft: Draft, run: Readonly<Run>, event: RunEnded): void {
  if (run.boxId === undefined || event.outcome === 'waiting') return;
  const change =
    event.outcome === 'aborted' && event.announces !== true ? { settled: true } : { childEndedAt: event.at };
  updateDebts(draft, run.boxId, (debt) => debt.childKey === run.sessionKey && !debt.settled, change);
}

export function addUsage(run: Run, event: Usage): void {
  const entry: UsageRecord = {
    entryId: event.entryId,
    input: event.input,
    output: event.output,
    cacheRead: event.cacheRead,
    cacheWrite: event.cacheWrite,
    costUsd: event.costUsd ?? 0,
  };
  const usage = [...run.usage, entry];
  const excess = usage.length - USAGE_ENTRIES;
  run.usage = excess > 0 ? [sumUsage(usage.slice(0, excess + 1)), ...usage.slice(excess + 1)] : usage;
}

export function sumUsage(usage: readonly UsageRecord[]): UsageRecord {
  const sum = { entryId: '', input: 0, output: 0, cacheRead: 0, cacheWrite: 0, costUsd: 0 };
  for (const entry of usage) {
    sum.input += entry.input;
    sum.output += entry.output;
    sum.cacheRead += entry.cacheRead;
    sum.cacheWrite += entry.cacheWrite;
    sum.costUsd += entry.costUsd;
  }
  return sum;
}

function firstLine(text: string): string {
  return (
    text
      .split('\n')
      .map((line) => line.trim())
      .find((line) => line !== '') ?? ''
  );
}
