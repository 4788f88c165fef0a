import type { BoxRecord } from './records.ts';

/** A child that was spawned from a box, and the announce of its end. */
export interface ChildAnnounce {
  readonly childKey: string;
  /** The session that spawned the child and gets the announce. */
  readonly ownerKey: string;
  readonly box: BoxRecord;
  readonly acceptedAt: number;
  /** When the child's run ended, as observed. */
  childEndedAt: number | undefined;
  /** Waited for: it did not arrive, was not given up and was not made pointless. */
  pending: boolean;
}

/** Which box waits for the announce of which child. A child belongs to the box it was spawned from, and to no other. */
export class PendingAnnounces {
  readonly #byChild = new Map<string, ChildAnnounce>();
  /** Pending ones only. */
  readonly #byOwner = new Map<string, Set<ChildAnnounce>>();

  /** A child was accepted. One that a box already owns stays there. */
  add(box: BoxRecord, child: Pick<ChildAnnounce, 'childKey' | 'ownerKey' | 'acceptedAt'>): void {
    if (this.#byChild.has(child.childKey)) return;
    const announce: ChildAnnounce = { ...child, box, childEndedAt: undefined, pending: true };
    this.#byChild.set(child.childKey, announce);
    box.announces.push(announce);
    box.pendingCount += 1;
    const siblings = this.#byOwner.get(child.ownerKey);
    if (siblings === undefined) this.#byOwner.set(child.ownerKey, new Set([announce]));
    else siblings.add(announce);
  }

  /** The announce of a child, pending or not, while the box it was spawned from is there. */
  of(childKey: string): ChildAnnounce | undefined {
    return this.#byChild.get(childKey);
  }

  /** The pending announces for a session, in the order their children were accepted. */
  pendingFor(ownerKey: string): Iterable<ChildAnnounce> {
    return this.#byOwner.get(ownerKey) ?? [];
  }

  /** The pending announce for a session whose child ended first; children that still run come last. */
  firstFor(ownerKey: string): ChildAnnounce | undefined {
    let first: ChildAnnounce | undefined;
    for (const announce of this.pendingFor(ownerKey)) {
      if (first === undefined || isEarlier(announce, first)) first = announce;
    }
    return first;
  }

  /** It arrived, or is not waited for any longer. */
  settle(announce: ChildAnnounce): void {
    if (!announce.pending) return;
    announce.pending = false;
    announce.box.pendingCount -= 1;
    const siblings = this.#byOwner.get(announce.ownerKey);
    siblings?.delete(announce);
    if (siblings?.size === 0) this.#byOwner.delete(announce.ownerKey);
  }

  /** A session waits for nothing any more: it was aborted, reset or deleted. Returns the boxes this concerns, oldest first. */
  settleAllFor(ownerKey: string): BoxRecord[] {
    const boxes = new Set<BoxRecord>();
    for (const announce of [...this.pendingFor(ownerKey)]) {
      boxes.add(announce.box);
      this.settle(announce);
    }
    return [...boxes].sort((a, b) => a.order - b.order);
  }

  /** The box has left: nothing is known of its children. */
  removeBox(box: BoxRecord): void {
    for (const announce of box.announces) {
      this.settle(announce);
      this.#byChild.delete(announce.childKey);
    }
  }
}

/** Of children that ended at the same time, the one of the box that was opened first; there, the one accepted first. */
function isEarlier(a: ChildAnnounce, b: ChildAnnounce): boolean {
  const [endA, endB] = [a.childEndedAt ?? Number.POSITIVE_INFINITY, b.childEndedAt ?? Number.POSITIVE_INFINITY];
  return endA < endB || (endA === endB && a.box.order < b.box.order);
}
