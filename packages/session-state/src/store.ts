import { Deadlines } from './deadlines.ts';
import type { RunStarted, SessionSeen } from './event.ts';
import { PendingAnnounces } from './pending-announces.ts';
import { type BoxRecord, isChild, type Session } from './records.ts';
import { Run } from './run.ts';

/** How many records a fold keeps. */
export interface RecordCounts {
  readonly sessions: number;
  readonly runs: number;
  readonly boxes: number;
}

/** The sessions, runs and boxes of a fold, with what is needed to find them without a search. */
export class Store {
  /** When boxes change by themselves. */
  readonly boxDeadlines: Deadlines<BoxRecord> = new Deadlines();
  /** When runs without an entry get a box of their own. */
  readonly quietDeadlines: Deadlines<Run> = new Deadlines();
  readonly announces: PendingAnnounces = new PendingAnnounces();
  /** Ids of boxes that an event changed something of. */
  readonly touched: Set<string> = new Set();
  readonly #quietDelayMs: number;
  readonly #sessions = new Map<string, Session>();
  readonly #runs = new Map<string, Run>();
  readonly #runsBySession = new Map<string, Run[]>();
  readonly #boxes = new Map<string, BoxRecord>();
  #lastOrder = 0;

  constructor({ quietDelayMs }: { readonly quietDelayMs: number }) {
    this.#quietDelayMs = quietDelayMs;
  }

  session(key: string | undefined): Session | undefined {
    return key === undefined ? undefined : this.#sessions.get(key);
  }

  /** The session of an event, made if it is new. */
  sessionFor({ agentId, child, sessionKey }: SessionSeen): Session {
    const known = this.#sessions.get(sessionKey);
    if (known !== undefined) return known;
    const session: Session = {
      key: sessionKey,
      agentId,
      sessionId: undefined,
      parentKey: undefined,
      child,
      label: undefined,
      url: undefined,
      gone: false,
      lastBoxId: undefined,
      announcedBoxId: undefined,
    };
    this.#sessions.set(sessionKey, session);
    return session;
  }

  /** Forgets a session that is gone, once nothing of it is left. */
  removeGone(key: string): void {
    const isLeft = this.#runsBySession.has(key) || this.announces.of(key) !== undefined;
    if (!isLeft && this.#sessions.get(key)?.gone === true) this.#sessions.delete(key);
  }

  run(runId: string): Run | undefined {
    return this.#runs.get(runId);
  }

  /** All runs, oldest first. */
  runs(): Iterable<Run> {
    return this.#runs.values();
  }

  /** The runs of a session, in the order they began. */
  runsOf(sessionKey: string): readonly Run[] {
    return this.#runsBySession.get(sessionKey) ?? [];
  }

  addRun(event: RunStarted): void {
    if (this.#runs.has(event.runId)) return;
    const run = new Run(event, this.#nextOrder());
    this.#runs.set(run.runId, run);
    const siblings = this.#runsBySession.get(run.sessionKey);
    if (siblings === undefined) this.#runsBySession.set(run.sessionKey, [run]);
    else siblings.push(run);
    this.updateQuietDeadline(run);
  }

  removeRun(run: Run): void {
    if (!this.#runs.delete(run.runId)) return;
    this.quietDeadlines.set(run, undefined);
    const rest = this.runsOf(run.sessionKey).filter((other) => other !== run);
    if (rest.length === 0) this.#runsBySession.delete(run.sessionKey);
    else this.#runsBySession.set(run.sessionKey, rest);
  }

  /** To be called after any change of what decides when a run without an entry gets a box of its own. */
  updateQuietDeadline(run: Run): void {
    this.quietDeadlines.set(run, this.quietDeadlineOf(run));
  }

  /** When a run without an entry gets a box of its own; `undefined`: not by itself. */
  quietDeadlineOf(run: Run): number | undefined {
    const isPlaced = run.boxId !== undefined || run.trigger !== undefined;
    if (isPlaced || run.end !== undefined || run.old) return undefined;
    const session = this.#sessions.get(run.sessionKey);
    if (session === undefined || isChild(session)) return undefined;
    // What is known of a run that began before it was heard of comes at once, but after that.
    return Math.max(run.startedAt + this.#quietDelayMs, run.heardAt + 1);
  }

  /** Whether nothing was read of a run for too long, reckoned from its start. */
  wasQuiet(run: Run, at: number): boolean {
    return this.quietDeadlineOf(run) !== undefined && at >= run.startedAt + this.#quietDelayMs;
  }

  box(boxId: string | undefined): BoxRecord | undefined {
    return boxId === undefined ? undefined : this.#boxes.get(boxId);
  }

  /** All boxes, oldest first. */
  boxes(): Iterable<BoxRecord> {
    return this.#boxes.values();
  }

  openBox(boxId: string, rootKey: string): BoxRecord {
    const before = this.#boxes.get(boxId);
    if (before !== undefined) this.removeBox(before);
    const box: BoxRecord = {
      boxId,
      rootKey,
      order: this.#nextOrder(),
      runs: [],
      rootRuns: [],
      startedAt: Number.POSITIVE_INFINITY,
      announces: [],
      pendingCount: 0,
      worthPost: false,
      finishedAt: undefined,
      ended: false,
      waitedUntil: undefined,
      waits: false,
      timedOutAt: undefined,
    };
    this.#boxes.set(boxId, box);
    return box;
  }

  /** A box leaves with its runs, and with its sessions if they are gone and have no other run. */
  removeBox(box: BoxRecord): void {
    this.#boxes.delete(box.boxId);
    this.boxDeadlines.set(box, undefined);
    this.announces.removeBox(box);
    for (const run of box.runs) this.removeRun(run);
    for (const { sessionKey } of box.runs) this.removeGone(sessionKey);
    for (const { childKey } of box.announces) this.removeGone(childKey);
  }

  /** Marks a box as changed by an event. */
  touch(boxId: string | undefined): void {
    if (boxId !== undefined) this.touched.add(boxId);
  }

  counts(): RecordCounts {
    return { sessions: this.#sessions.size, runs: this.#runs.size, boxes: this.#boxes.size };
  }

  #nextOrder(): number {
    this.#lastOrder += 1;
    return this.#lastOrder;
  }
}
