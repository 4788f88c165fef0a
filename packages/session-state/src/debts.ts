import type { Draft } from './draft.ts';
import type { BoxRecord, Debt } from './state.ts';

/** A child was accepted: its announce is owed to the box of the run that spawned it, and to no other. */
export function owe(draft: Draft, boxId: string, debt: { childKey: string; ownerKey: string; at: number }): void {
  const box = draft.boxes.edit(boxId);
  if (box === undefined || boxOwning(draft, debt.childKey) !== undefined) return;
  box.debts = [...box.debts, { childKey: debt.childKey, ownerKey: debt.ownerKey, acceptedAt: debt.at, settled: false }];
}

/** The box that owns a child: where it was spawned. */
export function boxOwning(draft: Draft, childKey: string): Readonly<BoxRecord> | undefined {
  for (const box of draft.boxes.values()) {
    if (box.debts.some((debt) => debt.childKey === childKey)) return box;
  }
  return undefined;
}

/** The open debt whose child ended first (children that still run come last), among those owed to a session. */
export function firstOwed(draft: Draft, ownerKey: string): { boxId: string; childKey: string } | undefined {
  let first: { boxId: string; childKey: string; endedAt: number } | undefined;
  for (const box of draft.boxes.values()) {
    for (const debt of box.debts) {
      if (debt.settled || debt.ownerKey !== ownerKey) continue;
      const endedAt = debt.childEndedAt ?? Number.POSITIVE_INFINITY;
      if (first === undefined || endedAt < first.endedAt) {
        first = { boxId: box.boxId, childKey: debt.childKey, endedAt };
      }
    }
  }
  return first;
}

/** Changes the debts of one box that match; returns whether any did. */
export function updateDebts(
  draft: Draft,
  boxId: string,
  matches: (debt: Debt) => boolean,
  change: Partial<Pick<Debt, 'settled' | 'childEndedAt'>>,
): boolean {
  const known = draft.boxes.get(boxId);
  if (known === undefined || !known.debts.some(matches)) return false;
  const box = draft.boxes.edit(boxId);
  if (box === undefined) return false;
  box.debts = box.debts.map((debt) => (matches(debt) ? { ...debt, ...change } : debt));
  return true;
}

/** Nothing is owed to this session any more (it was aborted, reset or deleted). Returns the boxes it concerns. */
export function forgive(draft: Draft, ownerKey: string): string[] {
  const boxIds = [...draft.boxes.values()].map((box) => box.boxId);
  return boxIds.filter((boxId) =>
    updateDebts(draft, boxId, (debt) => debt.ownerKey === ownerKey && !debt.settled, { settled: true }),
  );
}
