import { boxOwning, firstOwed } from './debts.ts';
import type { Draft } from './draft.ts';
import { markChild } from './lines.ts';
import type { BoxRecord, Run, Session } from './state.ts';

/** Finds the box a run belongs to, or opens one. A child whose parent is not known yet stays unplaced. */
export function placeRun(draft: Draft, runId: string): void {
  const run = draft.runs.edit(runId);
  const session = run === undefined ? undefined : draft.sessions.get(run.sessionKey);
  if (run === undefined || session === undefined || run.boxId !== undefined) return;
  const boxId = isChild(session) ? childBox(draft, session) : rootBox(draft, session, run);
  if (boxId === undefined) return;
  joinBox(draft, boxId, run);
}

/** Tries again what could not be placed before its session's parent was known. */
export function placeWaiting(draft: Draft, sessionKey: string): void {
  for (const run of [...draft.runs.values()]) {
    if (run.sessionKey === sessionKey && run.boxId === undefined && run.trigger !== undefined) {
      placeRun(draft, run.runId);
    }
  }
}

/** A run that nothing was read of for too long: it gets a box of its own. */
export function placeQuiet(draft: Draft, runId: string): void {
  const run = draft.runs.edit(runId);
  if (run !== undefined && run.boxId === undefined) joinBox(draft, openBox(draft, run), run);
}

export function isChild(session: Readonly<Session>): boolean {
  return session.child || session.parentKey !== undefined;
}

function joinBox(draft: Draft, boxId: string, run: Run): void {
  const box = draft.boxes.edit(boxId);
  if (box === undefined) return;
  run.boxId = boxId;
  box.runIds = [...box.runIds, run.runId];
  draft.touched.add(boxId);
  const owner = boxOwning(draft, run.sessionKey);
  if (owner !== undefined) draft.touched.add(owner.boxId);
  const session = draft.sessions.edit(run.sessionKey);
  if (session !== undefined) {
    if (session.lastBoxId !== undefined) draft.touched.add(session.lastBoxId);
    session.lastBoxId = boxId;
  }
  if (run.sessionKey !== box.rootKey) showChild(draft, box, run);
}

/** A child is shown under the last run of its parent, where its spawn was not seen. */
function showChild(draft: Draft, box: Readonly<BoxRecord>, run: Readonly<Run>): void {
  const marked = draft.runsOf(box).some((other) => hasMark(other, run.sessionKey));
  if (marked) return;
  const parentKey = draft.sessions.get(run.sessionKey)?.parentKey;
  const parents = draft.runsOf(box).filter((other) => other.sessionKey === parentKey);
  const parent = draft.runs.edit((parents.at(-1) ?? draft.rootRunsOf(box).at(-1))?.runId ?? '');
  if (parent !== undefined) markChild(parent, run.sessionKey, { entryId: '', at: run.startedAt });
}

function hasMark(run: Readonly<Run>, childKey: string): boolean {
  return run.lines.some((line) => line.kind === 'child' && line.childKey === childKey);
}

function childBox(draft: Draft, session: Readonly<Session>): string | undefined {
  const parent = session.parentKey === undefined ? undefined : draft.sessions.get(session.parentKey);
  return boxOwning(draft, session.key)?.boxId ?? live(draft, parent?.lastBoxId);
}

function rootBox(draft: Draft, session: Readonly<Session>, run: Readonly<Run>): string {
  if (run.trigger === 'announce') return announceBox(draft, session) ?? openBox(draft, run);
  if (run.trigger === 'resume') return cutBox(draft, session) ?? openBox(draft, run);
  if (run.trigger === 'other') return recentBox(draft, session, run) ?? openBox(draft, run);
  return openBox(draft, run);
}

function live(draft: Draft, boxId: string | undefined): string | undefined {
  const box = boxId === undefined ? undefined : draft.boxes.get(boxId);
  return box?.boxId;
}

/** The box whose child this announce tells about. */
function announceBox(draft: Draft, session: Readonly<Session>): string | undefined {
  const announced = live(draft, session.announcedBoxId);
  if (announced !== undefined) {
    const edited = draft.sessions.edit(session.key);
    if (edited !== undefined) edited.announcedBoxId = undefined;
    return announced;
  }
  return live(draft, firstOwed(draft, session.key)?.boxId) ?? live(draft, session.lastBoxId);
}

/** The box whose last root run was cut. */
function cutBox(draft: Draft, session: Readonly<Session>): string | undefined {
  const boxId = live(draft, session.lastBoxId);
  const box = boxId === undefined ? undefined : draft.boxes.get(boxId);
  const last = box === undefined ? undefined : draft.rootRunsOf(box).at(-1);
  return last?.ended?.outcome === 'interrupted' ? boxId : undefined;
}

/**
 * The session's last box, if its last run still goes on or ended just before this one began. Housekeeping has no part in
 * work that is finished.
 */
function recentBox(draft: Draft, session: Readonly<Session>, run: Readonly<Run>): string | undefined {
  const boxId = live(draft, session.lastBoxId);
  const box = boxId === undefined ? undefined : draft.boxes.get(boxId);
  const last = box === undefined ? undefined : draft.rootRunsOf(box).at(-1);
  if (last === undefined || (run.silent && box?.finishedAt !== undefined)) return undefined;
  const gapMs = last.ended === undefined ? 0 : run.startedAt - last.ended.endedAt;
  return gapMs <= draft.rules.settleMs ? boxId : undefined;
}

function openBox(draft: Draft, run: Readonly<Run>): string {
  const adopted = draft.adopted.find(
    (box) => box.sessionKey === run.sessionKey && box.evidence.some((name) => run.evidence.includes(name)),
  );
  draft.adopted = draft.adopted.filter((box) => box !== adopted);
  const boxId = adopted?.boxId ?? run.runId;
  draft.boxes.put(boxId, {
    boxId,
    rootKey: run.sessionKey,
    adopted: adopted !== undefined,
    runIds: [],
    debts: [],
    worthPost: adopted !== undefined,
    settled: false,
  });
  return boxId;
}
