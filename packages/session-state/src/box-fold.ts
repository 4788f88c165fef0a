import { boundName } from './bounded-text.ts';
import type { BoxEntry } from './box.ts';
import { type AdoptedBox, BoxAssignment } from './box-assignment.ts';
import { BoxLifecycle } from './box-lifecycle.ts';
import { viewBox } from './box-view.ts';
import type {
  Announced,
  BackgroundEnded,
  ModelStatus,
  Retracted,
  RunEnded,
  RunIdentified,
  RunSight,
  SessionEvent,
  SessionGone,
  SessionSeen,
  SourceEvent,
  Tick,
  ToolEnded,
} from './event.ts';
import { DEFAULT_RULES, type Rules } from './rules.ts';
import type { Run } from './run.ts';
import { type RecordCounts, Store } from './store.ts';

/** Options of a {@link BoxFold}. */
export interface BoxFoldOptions {
  /** Default: {@link DEFAULT_RULES}. */
  readonly rules?: Rules;
  /** Boxes that have a post from before a restart. Default: none. */
  readonly adopted?: readonly AdoptedBox[];
}

/** What a call of {@link BoxFold.fold} changed. */
export interface Folded {
  /** Ids of boxes that may look different now. */
  readonly changed: ReadonlySet<string>;
  /** Boxes that became final and left, as they look for good. */
  readonly settled: readonly BoxEntry[];
}

/** Records a {@link BoxFold} keeps. */
export interface FoldCounts extends RecordCounts {
  /** Adopted boxes that no run continued yet. */
  readonly adopted: number;
}

type RunContent = Exclude<
  Extract<SessionEvent, { runId: string }>,
  { type: 'run-started' | 'run-identified' | 'run-ended' | 'run-sight' }
>;

/** The records of a fold. For tests of this package. */
export let storeOf: (fold: BoxFold) => Store;

/**
 * Turns what happened in sessions into boxes: what one status post shows. Deterministic, without IO or a clock: the same
 * events give the same boxes, in however many calls they come and however often ticks come between them. What time alone
 * brings about (delays, timeouts) happens between the events where its moment lies.
 */
export class BoxFold {
  readonly #rules: Rules;
  readonly #store: Store;
  readonly #assignment: BoxAssignment;
  readonly #lifecycle: BoxLifecycle;
  /** Time up to which deadlines were applied. */
  #now = 0;
  #changed = new Set<string>();
  #settled: BoxEntry[] = [];

  static {
    storeOf = (fold) => fold.#store;
  }

  constructor({ adopted = [], rules = DEFAULT_RULES }: BoxFoldOptions = {}) {
    this.#rules = rules;
    this.#store = new Store(rules);
    this.#assignment = new BoxAssignment(this.#store, rules, adopted);
    this.#lifecycle = new BoxLifecycle(this.#store, rules);
  }

  /** Takes in events, in their order. */
  fold(events: Iterable<SourceEvent | Tick>): Folded {
    this.#changed = new Set();
    this.#settled = [];
    for (const event of events) {
      this.#advance(event.at);
      if (event.type !== 'tick' && event.type !== 'caught-up') this.#apply(event);
      this.#refreshTouched();
    }
    return { changed: this.#changed, settled: this.#settled };
  }

  /** When something changes by itself: fold a tick then. `undefined`: not before the next event. */
  nextDeadline(): number | undefined {
    const dueAt = this.#dueAt();
    return dueAt === Number.POSITIVE_INFINITY ? undefined : dueAt;
  }

  /** Ids of all boxes, oldest first. */
  boxIds(): string[] {
    return Array.from(this.#store.boxes(), ({ boxId }) => boxId);
  }

  /**
   * What a box shows now, as plain data that later events do not change; `undefined` when there is none of that id (any
   * more).
   */
  view(boxId: string): BoxEntry | undefined {
    const box = this.#store.box(boxId);
    return box && viewBox(this.#store, box, { settled: false });
  }

  /** How many records are kept. */
  counts(): FoldCounts {
    return { ...this.#store.counts(), adopted: this.#assignment.adopted.length };
  }

  /** Applies everything that time alone brings about, in its order, up to `at`. */
  #advance(at: number): void {
    for (let dueAt = this.#dueAt(); dueAt <= at; dueAt = this.#dueAt()) {
      this.#now = Math.max(this.#now, dueAt);
      const box = this.#store.boxDeadlines.first();
      const quiet = this.#store.quietDeadlines.first();
      if (box?.at === dueAt) this.#refresh(box.item.boxId);
      else if (quiet !== undefined) this.#assignment.placeQuiet(quiet.item);
      this.#refreshTouched();
    }
    this.#now = Math.max(this.#now, at);
  }

  /** When something changes by itself; infinite when nothing does. */
  #dueAt(): number {
    const box = this.#store.boxDeadlines.first()?.at ?? Number.POSITIVE_INFINITY;
    const quiet = this.#store.quietDeadlines.first()?.at ?? Number.POSITIVE_INFINITY;
    return Math.min(box, quiet);
  }

  #refreshTouched(): void {
    const { touched } = this.#store;
    for (const boxId of touched) this.#refresh(boxId);
    touched.clear();
  }

  #refresh(boxId: string): void {
    const box = this.#store.box(boxId);
    if (box === undefined) return;
    this.#changed.add(boxId);
    if (!this.#lifecycle.refresh(box, this.#now)) return;
    this.#settled.push(viewBox(this.#store, box, { settled: true }));
    this.#changed.delete(boxId);
    this.#store.removeBox(box);
  }

  #apply(event: SessionEvent): void {
    switch (event.type) {
      case 'session':
        this.#seeSession(event);
        break;
      case 'session-gone':
        this.#dropSession(event);
        break;
      case 'run-started':
        this.#store.addRun(event);
        break;
      case 'run-identified':
        this.#identifyRun(event);
        break;
      case 'run-ended':
        this.#endRun(event);
        break;
      case 'run-sight':
        this.#setLost(event);
        break;
      case 'announced':
        this.#takeAnnounce(event);
        break;
      case 'retracted':
        this.#retract(event);
        break;
      case 'background-ended':
        this.#endBackground(event);
        break;
      default:
        this.#addToRun(event);
    }
  }

  #seeSession(event: SessionSeen): void {
    const session = this.#store.sessionFor(event);
    session.agentId = boundName(event.agentId);
    session.sessionId = event.sessionId;
    session.child = event.child;
    session.parentKey = event.parentKey ?? session.parentKey;
    session.label = event.label === undefined ? session.label : boundName(event.label);
    session.url = event.url ?? session.url;
    session.gone = false;
    for (const run of this.#store.runsOf(session.key)) this.#store.updateQuietDeadline(run);
    this.#assignment.placeWaiting(session.key);
    this.#store.touch(session.lastBoxId);
  }

  #dropSession({ sessionKey }: SessionGone): void {
    this.#settleAnnouncesFor(sessionKey);
    const session = this.#store.session(sessionKey);
    if (session !== undefined) session.gone = true;
    this.#store.removeGone(sessionKey);
  }

  #identifyRun(event: RunIdentified): void {
    const run = this.#store.run(event.runId);
    if (run === undefined || run.trigger !== undefined) return;
    run.identify(event);
    this.#store.touch(run.boxId);
    this.#store.updateQuietDeadline(run);
    this.#assignment.place(run);
  }

  #endRun(event: RunEnded): void {
    const run = this.#store.run(event.runId);
    // Of a run that began long ago, nothing but its end was heard.
    if (run !== undefined && this.#store.wasQuiet(run, event.at)) this.#assignment.placeQuiet(run);
    if (run === undefined || !run.finish(event)) return;
    const { announces } = this.#store;
    this.#store.touch(run.boxId ?? announces.of(run.sessionKey)?.box.boxId);
    this.#store.updateQuietDeadline(run);
    if (event.outcome === 'aborted' || event.outcome === 'interrupted') this.#settleAnnouncesFor(run.sessionKey);
    this.#noteChildEnd(run, event);
    if (this.#isForgettable(run)) this.#store.removeRun(run);
  }

  /** The end of a child starts the clock of its announce. An aborted child sends none, unless its time ran out. */
  #noteChildEnd(run: Run, event: RunEnded): void {
    const announce = this.#store.announces.of(run.sessionKey);
    if (event.outcome === 'waiting' || announce?.pending !== true || announce.box.boxId !== run.boxId) return;
    if (event.outcome === 'aborted' && event.announces !== true) this.#store.announces.settle(announce);
    else announce.childEndedAt = event.at;
  }

  /** Ended without an entry, or the work of a child whose box has left. Only an unknown parent may still turn up. */
  #isForgettable(run: Run): boolean {
    if (run.boxId !== undefined) return false;
    return run.trigger === undefined || this.#store.session(run.sessionKey)?.parentKey !== undefined;
  }

  #setLost(event: RunSight): void {
    const run = this.#store.run(event.runId);
    if (run === undefined) return;
    run.setLost(event.lost);
    this.#store.updateQuietDeadline(run);
    this.#store.touch(run.boxId);
  }

  /** A child's result arrived: it is not waited for any longer, and the run it starts belongs to the box that waited. */
  #takeAnnounce({ childKey, sessionKey }: Announced): void {
    const { announces } = this.#store;
    const announce = childKey === undefined ? announces.firstFor(sessionKey) : announces.of(childKey);
    if (announce === undefined) return;
    announces.settle(announce);
    this.#store.touch(announce.box.boxId);
    const session = this.#store.session(sessionKey);
    if (session !== undefined) session.announcedBoxId = announce.box.boxId;
  }

  #settleAnnouncesFor(ownerKey: string): void {
    for (const { boxId } of this.#store.announces.settleAllFor(ownerKey)) this.#store.touch(boxId);
  }

  #retract({ entryIds, sessionKey }: Retracted): void {
    const removed = new Set(entryIds);
    for (const run of this.#store.runsOf(sessionKey)) {
      run.retract(removed);
      this.#store.touch(run.boxId);
    }
  }

  #addToRun(event: RunContent): void {
    const run = this.#store.run(event.runId);
    if (run === undefined) return;
    if (event.type === 'usage') run.usage.add(event);
    else if (event.type === 'run-routed') run.route = event.route;
    else if (event.type === 'run-resumable') run.replaceResumeToken(event.resumeToken);
    // Once it ended nothing is added but what it cost, where it goes, and how it is found again.
    else if (run.end === undefined) this.#addContent(run, event);
    this.#store.touch(run.boxId);
  }

  #addContent(run: Run, event: Exclude<RunContent, { type: 'run-routed' | 'run-resumable' | 'usage' }>): void {
    switch (event.type) {
      case 'run-ending':
        run.noteEnding(event);
        break;
      case 'commentary':
        run.lines.addCommentary(event);
        break;
      case 'compacted':
        run.modelCalls.noteCompacted();
        // After the answer it is bookkeeping: nothing continues.
        if (!run.answered) run.lines.addCompaction(event);
        break;
      case 'context-used':
        run.context = { usedTokens: event.usedTokens, windowTokens: event.windowTokens };
        break;
      case 'model-status':
        this.#noteModelStatus(run, event);
        break;
      case 'approval-requested':
        run.lines.requestApproval(event, run.silent);
        break;
      case 'approval-closed':
        run.lines.closeApproval(event.approvalId);
        break;
      default:
        this.#addWork(run, event);
    }
    run.lines.bound(2 * this.#rules.maxLines);
  }

  /** What makes a run one with tools. */
  #addWork(
    run: Run,
    event: Extract<RunContent, { type: 'tool-started' | 'tool-ended' | 'question-asked' | 'plan-changed' }>,
  ): void {
    run.firstToolAt ??= event.at;
    if (event.type === 'tool-started') run.lines.startTool(event);
    else if (event.type === 'tool-ended') this.#endTool(run, event);
    else if (event.type === 'plan-changed') run.setPlan(event.steps);
    else run.lines.askQuestion(event);
  }

  #noteModelStatus(run: Run, event: ModelStatus): void {
    const line = run.modelCalls.take(event);
    if (line !== undefined) run.lines.addModelLine(line);
  }

  /** The end of a command may come long after its run: the box shows it as long as it is kept. */
  #endBackground(event: BackgroundEnded): void {
    for (const run of this.#store.runsOf(event.sessionKey)) {
      if (run.lines.endBackground(event)) this.#store.touch(run.boxId);
    }
  }

  #endTool(run: Run, event: ToolEnded): void {
    const { at, callId, entryId, filesChanged = [], outcome, spawned } = event;
    run.noteFiles(filesChanged);
    if (spawned === undefined || outcome === 'error') {
      run.lines.endTool(event);
      return;
    }
    if (event.reopens) run.lines.reopen(event);
    run.lines.placeChild(spawned, { callId, entryId, at });
    const box = this.#store.box(run.boxId);
    if (box !== undefined) {
      this.#store.announces.add(box, { childKey: spawned, ownerKey: run.sessionKey, acceptedAt: at });
    }
    this.#assignment.placeWaiting(spawned);
  }
}
