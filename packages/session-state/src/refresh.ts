import { updateDebts } from './debts.ts';
import type { Draft } from './draft.ts';
import { dropLines } from './lines.ts';
import { isChild, placeQuiet } from './placing.ts';
import type { BoxRecord, Debt, Run } from './state.ts';
import { firstStart, isAnswered, isBusy } from './tree.ts';
import { viewBox } from './view.ts';

/** How long a box whose run was cut, or that timed out, can be continued or corrected. */
const LATE_END_MS = 24 * 3_600_000;
/** Lines of a whole box, in lines of a post. */
const BOX_LINES_FACTOR = 6;

/** Applies everything that time alone brings about, in its order, up to `at`. */
export function advance(draft: Draft, at: number): void {
  while (draft.dueAt <= at) {
    const due = earliest(draft);
    draft.dueAt = due?.at ?? Number.POSITIVE_INFINITY;
    if (due === undefined || due.at > at) break;
    draft.now = Math.max(draft.now, due.at);
    if (due.boxId !== undefined) refreshBox(draft, due.boxId);
    else if (due.runId !== undefined) openQuiet(draft, due.runId);
    refreshTouched(draft);
  }
  draft.now = Math.max(draft.now, at);
}

/** Refreshes the boxes that something of theirs was changed in. */
export function refreshTouched(draft: Draft): void {
  for (const boxId of draft.touched) refreshBox(draft, boxId);
  draft.touched.clear();
}

/** The next time something changes by itself. */
function earliest(draft: Draft): { at: number; boxId?: string; runId?: string } | undefined {
  let due: { at: number; boxId?: string; runId?: string } | undefined;
  for (const box of draft.boxes.values()) {
    if (box.deadlineAt !== undefined && (due === undefined || box.deadlineAt < due.at)) {
      due = { at: box.deadlineAt, boxId: box.boxId };
    }
  }
  for (const run of draft.runs.values()) {
    const at = quietDeadline(draft, run);
    if (at !== undefined && (due === undefined || at < due.at)) due = { at, runId: run.runId };
  }
  return due;
}

/** Works out anew all that follows from a box's runs, debts and the time. */
function refreshBox(draft: Draft, boxId: string): void {
  const box = draft.boxes.edit(boxId);
  if (box === undefined) return;
  draft.changed.add(boxId);
  const running = runningIn(draft, box);
  expireDebts(draft, box, running);
  boundBox(draft, box);
  const runs = draft.runsOf(box);
  box.worthPost ||= isWorthPost(draft, box, runs);
  const finished = !isBusy(box, runs);
  box.finishedAt = finished ? (box.finishedAt ?? draft.now) : undefined;
  const timeoutAt = firstStart(runs) + draft.rules.maxSessionDurationMs;
  if (!finished && draft.now >= timeoutAt) box.timedOutAt ??= draft.now;
  box.settled = finished && draft.now >= settleAt(draft, box);
  box.deadlineAt = box.settled ? undefined : nextDeadline(draft, box, { runs, timeoutAt, running });
  if (box.deadlineAt !== undefined) draft.expect(box.deadlineAt);
  if (box.settled) dismiss(draft, box);
}

/** A final box leaves, with its runs, and with its sessions if they are gone and have no other run. */
function dismiss(draft: Draft, box: Readonly<BoxRecord>): void {
  const entry = viewBox(draft, box.boxId);
  if (entry !== undefined) draft.settled.push(entry);
  draft.changed.delete(box.boxId);
  const sessionKeys = new Set(draft.runsOf(box).map((run) => run.sessionKey));
  for (const runId of box.runIds) draft.runs.delete(runId);
  draft.boxes.delete(box.boxId);
  for (const run of draft.runs.values()) sessionKeys.delete(run.sessionKey);
  for (const key of sessionKeys) {
    if (draft.sessions.get(key)?.gone === true) draft.sessions.delete(key);
  }
}

function openQuiet(draft: Draft, runId: string): void {
  placeQuiet(draft, runId);
  const boxId = draft.runs.get(runId)?.boxId;
  if (boxId !== undefined) refreshBox(draft, boxId);
}

/** When a run without an entry opens a box of its own. */
function quietDeadline(draft: Draft, run: Readonly<Run>): number | undefined {
  if (run.boxId !== undefined || run.trigger !== undefined || run.ended !== undefined || run.old) return undefined;
  const session = draft.sessions.get(run.sessionKey);
  if (session === undefined || isChild(session)) return undefined;
  return run.startedAt + draft.rules.quietDelayMs;
}

/** Sessions that work for a box now, or may; looked up once for all of its debts. */
function runningIn(draft: Draft, box: Readonly<BoxRecord>): ReadonlySet<string> {
  const keys = new Set<string>();
  if (box.debts.every((debt) => debt.settled)) return keys;
  for (const { sessionKey, boxId, ended } of draft.runs.values()) {
    // A run without an entry yet is no other box's.
    if (ended === undefined && (boxId === undefined || boxId === box.boxId)) keys.add(sessionKey);
  }
  return keys;
}

/** When an open debt is given up; `undefined` while its child, or one that owes that child, runs. */
function debtExpiry(
  draft: Draft,
  box: Readonly<BoxRecord>,
  debt: Debt,
  runningKeys: ReadonlySet<string>,
): number | undefined {
  if (debt.settled) return undefined;
  const at = lastSign(box, debt, runningKeys, new Set()) + draft.rules.owedTimeoutMs;
  return at === Number.POSITIVE_INFINITY ? undefined : at;
}

/** The last sign of a debt's child and of those that owe it: it goes on with their results before it announces its own. */
function lastSign(box: Readonly<BoxRecord>, debt: Debt, runningKeys: ReadonlySet<string>, seen: Set<Debt>): number {
  seen.add(debt);
  if (runningKeys.has(debt.childKey)) return Number.POSITIVE_INFINITY;
  const below = box.debts.filter((other) => other.ownerKey === debt.childKey && !other.settled && !seen.has(other));
  const signs = below.map((other) => lastSign(box, other, runningKeys, seen));
  return Math.max(debt.childEndedAt ?? debt.acceptedAt, ...signs);
}

function expireDebts(draft: Draft, box: Readonly<BoxRecord>, running: ReadonlySet<string>): void {
  const isDue = (debt: Debt): boolean =>
    (debtExpiry(draft, box, debt, running) ?? Number.POSITIVE_INFINITY) <= draft.now;
  updateDebts(draft, box.boxId, isDue, { settled: true });
}

function isWorthPost(draft: Draft, box: Readonly<BoxRecord>, runs: readonly Readonly<Run>[]): boolean {
  if (runs.every((run) => run.old)) return false;
  const roots = runs.filter((run) => run.sessionKey === box.rootKey);
  const hasChild = box.debts.length > 0 || roots.length < runs.length;
  if (hasChild && roots.some((run) => !run.silent)) return true;
  return roots.some((run) => {
    const at = worthAt(draft, run);
    return at !== undefined && at <= draft.now;
  });
}

/** When a run earns a post, as it stands now; `undefined` when it does not. */
function worthAt(draft: Draft, run: Readonly<Run>): number | undefined {
  if (run.silent || run.old) return undefined;
  if (run.ended?.outcome === 'error') return run.ended.endedAt;
  if (run.firstToolAt !== undefined && draft.rules.postDelayMs === 0) return run.firstToolAt;
  if (run.ended !== undefined || isAnswered(run)) return undefined;
  return run.firstToolAt === undefined
    ? run.startedAt + draft.rules.quietDelayMs
    : run.firstToolAt + draft.rules.postDelayMs;
}

/** When a finished box is final. A cut one may be resumed: it stays open until its session goes on otherwise. */
function settleAt(draft: Draft, box: Readonly<BoxRecord>): number {
  const finishedAt = box.finishedAt ?? draft.now;
  const last = draft.rootRunsOf(box).at(-1);
  const newest = draft.sessions.get(box.rootKey)?.lastBoxId === box.boxId;
  const resumable = newest && last?.ended?.outcome === 'interrupted' && box.timedOutAt === undefined;
  return finishedAt + (resumable ? LATE_END_MS : draft.rules.settleMs);
}

function nextDeadline(
  draft: Draft,
  box: Readonly<BoxRecord>,
  seen: { runs: readonly Readonly<Run>[]; timeoutAt: number; running: ReadonlySet<string> },
): number | undefined {
  if (box.finishedAt !== undefined) return settleAt(draft, box);
  let next = Number.POSITIVE_INFINITY;
  const consider = (at: number | undefined): void => {
    if (at !== undefined && at > draft.now && at < next) next = at;
  };
  if (box.timedOutAt === undefined) consider(seen.timeoutAt);
  for (const debt of box.debts) consider(debtExpiry(draft, box, debt, seen.running));
  if (!box.worthPost) {
    for (const run of seen.runs) if (run.sessionKey === box.rootKey) consider(worthAt(draft, run));
  }
  return Number.isFinite(next) ? next : undefined;
}

/** Keeps a box to a few times the lines of a post. */
function boundBox(draft: Draft, box: Readonly<BoxRecord>): void {
  const runs = draft.runsOf(box);
  let excess = runs.reduce((sum, run) => sum + run.lines.length, 0) - BOX_LINES_FACTOR * draft.rules.maxLines;
  for (const run of runs) {
    if (excess <= 0) break;
    const edited = draft.runs.edit(run.runId);
    if (edited !== undefined) excess -= dropLines(edited, Math.min(excess, edited.lines.length));
  }
}
