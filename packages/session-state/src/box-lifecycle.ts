import type { ChildAnnounce } from './pending-announces.ts';
import { type BoxRecord, countInBackground, isBusy } from './records.ts';
import type { Rules } from './rules.ts';
import type { Run } from './run.ts';
import type { Store } from './store.ts';

/** How long a box can be continued or corrected whose run was interrupted, or that timed out. */
const LATE_END_MS = 24 * 3_600_000;
/** A run whose model fails again is worth a post at once. */
const NOTABLE_FAILURES = 2;
/** Lines of a whole box, in lines of a post. */
const BOX_LINES_FACTOR = 6;

/** Works out what follows from a box's runs, its pending announces and the time. */
export class BoxLifecycle {
  readonly #store: Store;
  readonly #rules: Rules;

  constructor(store: Store, rules: Rules) {
    this.#store = store;
    this.#rules = rules;
  }

  /** Brings a box up to date and sets its next deadline. Returns whether it is final. */
  refresh(box: BoxRecord, now: number): boolean {
    this.#giveUpAnnounces(box, now);
    this.#boundLines(box);
    box.worthPost ||= this.#isWorthPost(box, now);
    this.#noteWaiting(box, now);
    const finished = !isBusy(box);
    box.finishedAt = finished ? (box.finishedAt ?? now) : undefined;
    box.ended = box.finishedAt !== undefined && now >= box.finishedAt + this.#rules.settleMs;
    if (!finished && now >= this.#timeoutAt(box)) box.timedOutAt ??= now;
    if (finished && now >= this.#settleAt(box, now)) return true;
    this.#store.boxDeadlines.set(box, this.#nextDeadline(box, now));
    return false;
  }

  #noteWaiting(box: BoxRecord, now: number): void {
    const waits = box.runs.map((run) => run.waitedUntil(now)).filter((at) => at !== undefined);
    const hasJustEnded = box.waits && waits.length === 0;
    if (hasJustEnded) box.waitedUntil = now;
    else if (waits.length > 0) box.waitedUntil = Math.max(box.waitedUntil ?? 0, ...waits);
    box.waits = waits.length > 0;
  }

  #nextDeadline(box: BoxRecord, now: number): number | undefined {
    if (box.finishedAt !== undefined) {
      return box.ended ? this.#settleAt(box, now) : box.finishedAt + this.#rules.settleMs;
    }
    let next = Number.POSITIVE_INFINITY;
    const consider = (at: number | undefined): void => {
      if (at !== undefined && at > now && at < next) next = at;
    };
    if (box.timedOutAt === undefined) consider(this.#timeoutAt(box));
    if (box.pendingCount > 0) for (const announce of box.announces) consider(this.#givenUpAt(announce));
    if (!box.worthPost) for (const run of box.rootRuns) consider(this.#worthPostAt(run));
    return Number.isFinite(next) ? next : undefined;
  }

  #timeoutAt(box: BoxRecord): number {
    return Math.max(box.startedAt, box.waitedUntil ?? box.startedAt) + this.#rules.maxSessionDurationMs;
  }

  /**
   * When a finished box is final. An interrupted one may be resumed: it stays until its session goes on otherwise. One
   * with commands in the background stays until they ended.
   */
  #settleAt(box: BoxRecord, now: number): number {
    const isNewest = this.#store.session(box.rootKey)?.lastBoxId === box.boxId;
    const isInterrupted = box.rootRuns.at(-1)?.end?.outcome === 'interrupted';
    const isResumable = isNewest && isInterrupted && box.timedOutAt === undefined;
    const { maxSessionDurationMs, settleMs } = this.#rules;
    // The end of a command in the background is still to be shown.
    const keptMs = isResumable ? LATE_END_MS : countInBackground(box) > 0 ? maxSessionDurationMs : settleMs;
    return (box.finishedAt ?? now) + Math.max(keptMs, settleMs);
  }

  #isWorthPost(box: BoxRecord, now: number): boolean {
    if (box.runs.every((run) => run.old)) return false;
    if (box.runs.some((run) => run.waitsForPerson && !run.old)) return true;
    const hasChild = box.announces.length > 0 || box.rootRuns.length < box.runs.length;
    if (hasChild && box.rootRuns.some((run) => !run.silent)) return true;
    return box.rootRuns.some((run) => (this.#worthPostAt(run) ?? Number.POSITIVE_INFINITY) <= now);
  }

  /** When a run earns a post, as it stands now; `undefined` when it does not. */
  #worthPostAt(run: Run): number | undefined {
    const { postDelayMs, quietDelayMs } = this.#rules;
    if (run.silent || run.old) return undefined;
    if (run.end?.outcome === 'error') return run.end.endedAt;
    if (run.firstToolAt !== undefined && postDelayMs === 0) return run.firstToolAt;
    if (run.end !== undefined || run.answered) return undefined;
    if (run.modelCalls.failures >= NOTABLE_FAILURES) return Number.NEGATIVE_INFINITY;
    return run.firstToolAt === undefined ? run.startedAt + quietDelayMs : run.firstToolAt + postDelayMs;
  }

  #giveUpAnnounces(box: BoxRecord, now: number): void {
    if (box.pendingCount === 0) return;
    const due = box.announces.filter((announce) => (this.#givenUpAt(announce) ?? Number.POSITIVE_INFINITY) <= now);
    for (const announce of due) this.#store.announces.settle(announce);
  }

  /** When a pending announce is given up; `undefined` while its child, or one that announces to that child, runs. */
  #givenUpAt(announce: ChildAnnounce): number | undefined {
    if (!announce.pending) return undefined;
    const at = this.#lastSign(announce, new Set()) + this.#rules.pendingTimeoutMs;
    return at === Number.POSITIVE_INFINITY ? undefined : at;
  }

  /** The last sign of a child and of those that announce to it: it goes on with their results before its own announce. */
  #lastSign(announce: ChildAnnounce, seen: Set<ChildAnnounce>): number {
    seen.add(announce);
    if (this.#isWorking(announce.childKey, announce.box)) return Number.POSITIVE_INFINITY;
    let last = announce.childEndedAt ?? announce.acceptedAt;
    for (const below of this.#store.announces.pendingFor(announce.childKey)) {
      if (below.box === announce.box && !seen.has(below)) last = Math.max(last, this.#lastSign(below, seen));
    }
    return last;
  }

  /** Whether a session works for a box, or may: a run without an entry yet belongs to no other box. */
  #isWorking(sessionKey: string, { boxId }: BoxRecord): boolean {
    const runs = this.#store.runsOf(sessionKey);
    return runs.some((run) => run.end === undefined && (run.boxId === undefined || run.boxId === boxId));
  }

  /** Keeps a box to a few times the lines of a post. */
  #boundLines({ runs }: BoxRecord): void {
    let excess = -BOX_LINES_FACTOR * this.#rules.maxLines;
    for (const run of runs) excess += run.lines.records.length;
    for (const run of runs) excess -= run.lines.drop(excess);
  }
}
