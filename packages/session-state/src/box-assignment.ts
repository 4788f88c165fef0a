import { type BoxRecord, isChild, type Session } from './records.ts';
import type { Rules } from './rules.ts';
import type { Run } from './run.ts';
import type { Store } from './store.ts';

/** A box that had a post before a restart: a run with any of its evidence continues it. */
export interface AdoptedBox {
  readonly boxId: string;
  readonly sessionKey: string;
  readonly evidence: readonly string[];
}

/** Decides which box a run belongs to. */
export class BoxAssignment {
  readonly #store: Store;
  readonly #rules: Rules;
  #adopted: readonly AdoptedBox[];

  constructor(store: Store, rules: Rules, adopted: readonly AdoptedBox[]) {
    this.#store = store;
    this.#rules = rules;
    this.#adopted = adopted;
  }

  /** Boxes from before the restart that no run continued yet. */
  get adopted(): readonly AdoptedBox[] {
    return this.#adopted;
  }

  /** Finds the box a run belongs to, or opens one. A child whose parent is not known yet stays without. */
  place(run: Run): void {
    const session = this.#store.session(run.sessionKey);
    if (session === undefined || run.boxId !== undefined) return;
    const box = isChild(session) ? this.#boxOfChild(session) : this.#boxOfRoot(session, run);
    if (box !== undefined) this.#join(box, run);
  }

  /** Places the runs of a session that waited for its parent to be known. */
  placeWaiting(sessionKey: string): void {
    for (const run of this.#store.runsOf(sessionKey)) {
      if (run.boxId === undefined && run.trigger !== undefined) this.place(run);
    }
  }

  /** Gives a run of which nothing was read for too long a box of its own. */
  placeQuiet(run: Run): void {
    if (run.boxId === undefined) this.#join(this.#openBox(run), run);
  }

  #join(box: BoxRecord, run: Run): void {
    const store = this.#store;
    run.boxId = box.boxId;
    box.runs.push(run);
    box.startedAt = Math.min(box.startedAt, run.startedAt);
    if (run.sessionKey === box.rootKey) box.rootRuns.push(run);
    store.updateQuietDeadline(run);
    store.touch(box.boxId);
    store.touch(store.announces.of(run.sessionKey)?.box.boxId);
    const session = store.session(run.sessionKey);
    if (session !== undefined) {
      store.touch(session.lastBoxId);
      session.lastBoxId = box.boxId;
    }
    if (run.sessionKey !== box.rootKey) this.#showChild(box, run);
  }

  /** Shows a child whose spawn was not seen below the last run of its parent. */
  #showChild(box: BoxRecord, run: Run): void {
    if (box.runs.some((other) => other.lines.hasChild(run.sessionKey))) return;
    const parentKey = this.#store.session(run.sessionKey)?.parentKey;
    const parent = box.runs.findLast((other) => other.sessionKey === parentKey) ?? box.rootRuns.at(-1);
    parent?.lines.placeChild(run.sessionKey, { entryId: '', at: run.startedAt });
  }

  #boxOfChild(session: Session): BoxRecord | undefined {
    const parent = this.#store.session(session.parentKey);
    return this.#store.announces.of(session.key)?.box ?? this.#store.box(parent?.lastBoxId);
  }

  #boxOfRoot(session: Session, run: Run): BoxRecord {
    return this.#openBoxFor(session, run) ?? this.#openBox(run);
  }

  /** The box that is there already for what the run is for. */
  #openBoxFor(session: Session, run: Run): BoxRecord | undefined {
    if (run.trigger === 'announce') return this.#announcedBox(session);
    if (run.trigger === 'resume') return this.#interruptedBox(session);
    return run.trigger === 'other' ? this.#recentBox(session, run) : undefined;
  }

  /** The box that waited for the announce. */
  #announcedBox(session: Session): BoxRecord | undefined {
    const announced = this.#store.box(session.announcedBoxId);
    if (announced === undefined) {
      return this.#store.announces.firstFor(session.key)?.box ?? this.#store.box(session.lastBoxId);
    }
    session.announcedBoxId = undefined;
    return announced;
  }

  /** The session's last box, if its last run was interrupted. */
  #interruptedBox(session: Session): BoxRecord | undefined {
    const box = this.#store.box(session.lastBoxId);
    const last = box?.rootRuns.at(-1);
    return last?.end?.outcome === 'interrupted' ? box : undefined;
  }

  /**
   * The session's last box, if its last run still goes on or ended just before this one began. Housekeeping has no part
   * in work that is finished.
   */
  #recentBox(session: Session, run: Run): BoxRecord | undefined {
    const box = this.#store.box(session.lastBoxId);
    const last = box?.rootRuns.at(-1);
    if (last === undefined || (run.silent && box?.finishedAt !== undefined)) return undefined;
    const gapMs = last.end === undefined ? 0 : run.startedAt - last.end.endedAt;
    return gapMs <= this.#rules.settleMs ? box : undefined;
  }

  #openBox(run: Run): BoxRecord {
    const adopted = this.#adopted.find(
      (box) => box.sessionKey === run.sessionKey && box.evidence.some((name) => run.evidence.includes(name)),
    );
    if (adopted === undefined) return this.#store.openBox(run.runId, run.sessionKey);
    this.#adopted = this.#adopted.filter((box) => box !== adopted);
    const box = this.#store.openBox(adopted.boxId, run.sessionKey);
    box.worthPost = true;
    return box;
  }
}
