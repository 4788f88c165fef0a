import { expect } from 'vitest';
import type { Deadlines } from '../deadlines.ts';
import type { ChildAnnounce } from '../pending-announces.ts';
import { isChild } from '../records.ts';
import type { Run } from '../run.ts';
import type { Store } from '../store.ts';

/** Compares what a store finds by its indices with a search through all of its records. */
export function expectIndexed(store: Store): void {
  const boxes = [...store.boxes()];
  const runs = [...store.runs()];
  const announces = boxes.flatMap((box) => box.announces);
  const pending = announces.filter((announce) => announce.pending);
  const keys = new Set([...runs.map((run) => run.sessionKey), ...announces.flatMap((a) => [a.childKey, a.ownerKey])]);
  for (const key of keys) {
    expectSame(
      store.runsOf(key),
      runs.filter((run) => run.sessionKey === key),
    );
    expect(store.announces.of(key)).toBe(announces.find((announce) => announce.childKey === key));
    const forKey = pending.filter((announce) => announce.ownerKey === key);
    expectSame(byBox(store.announces.pendingFor(key)), byBox(forKey));
    expect(store.announces.firstFor(key)).toBe(firstEnded(forKey));
  }
  for (const box of boxes) {
    expect(box.pendingCount).toBe(box.announces.filter((announce) => announce.pending).length);
    for (const run of box.runs) expect(store.run(run.runId) === run && run.boxId === box.boxId).toBe(true);
    expectSame(
      box.rootRuns,
      box.runs.filter((run) => run.sessionKey === box.rootKey),
    );
    expect(box.startedAt).toBe(Math.min(...box.runs.map((run) => run.startedAt)));
  }
  for (const run of runs) {
    const running = run.lines.records.some(({ line }) => line.kind === 'tool' && line.state === 'running');
    expect(run.lines.hasRunningTool).toBe(running);
  }
  for (const run of runs) if (run.boxId !== undefined) expect(store.box(run.boxId)?.runs.includes(run)).toBe(true);
  expectEarliest(store.boxDeadlines, boxes);
  expectEarliest(store.quietDeadlines, runs);
  for (const run of runs) expect(store.quietDeadlines.of(run) !== undefined).toBe(waitsForEntry(store, run));
}

/** The same records in the same order; `toEqual` would compare all that is in them. */
function expectSame<T>(found: readonly T[], searched: readonly T[]): void {
  expect(found.length === searched.length && found.every((item, i) => item === searched[i])).toBe(true);
}

function byBox(announces: Iterable<ChildAnnounce>): ChildAnnounce[] {
  return [...announces].sort((a, b) => a.box.order - b.box.order);
}

/** Of the announces of the oldest box first, the one whose child ended first. */
function firstEnded(announces: readonly ChildAnnounce[]): ChildAnnounce | undefined {
  const endOf = (announce: ChildAnnounce): number => announce.childEndedAt ?? Number.POSITIVE_INFINITY;
  const first = Math.min(...announces.map(endOf));
  return announces.find((announce) => endOf(announce) === first);
}

function expectEarliest<T extends { readonly order: number }>(deadlines: Deadlines<T>, items: readonly T[]): void {
  const dated = items.flatMap((item) => {
    const at = deadlines.of(item);
    return at === undefined ? [] : [{ item, at }];
  });
  const sorted = dated.sort((a, b) => a.at - b.at || a.item.order - b.item.order);
  expect(deadlines.first()?.item).toBe(sorted[0]?.item);
  expect(deadlines.size).toBe(sorted.length);
}

function waitsForEntry(store: Store, run: Run): boolean {
  const session = store.session(run.sessionKey);
  if (session === undefined || isChild(session) || run.old) return false;
  return run.boxId === undefined && run.trigger === undefined && run.end === undefined;
}
