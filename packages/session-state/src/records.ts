import type { ChildAnnounce } from './pending-announces.ts';
import type { Run } from './run.ts';

/** What is known of a session. */
export interface Session {
  readonly key: string;
  agentId: string;
  sessionId: string | undefined;
  parentKey: string | undefined;
  /** Can never be a root, also while its parent is not known. */
  child: boolean;
  label: string | undefined;
  /** Its page in the Control UI. */
  url: string | undefined;
  gone: boolean;
  /** The box its last placed run belongs to; that box may have left already. */
  lastBoxId: string | undefined;
  /** The box that waited for the announce that came last; taken by the announce run that follows. */
  announcedBoxId: string | undefined;
}

/** One piece of work that a post can show, as the fold keeps it. */
export interface BoxRecord {
  readonly boxId: string;
  /** Key of its root session. */
  readonly rootKey: string;
  /** Position among all boxes, by when they were opened. */
  readonly order: number;
  /** All runs of the tree, in the order they were placed. */
  readonly runs: Run[];
  /** Those of the root session. */
  readonly rootRuns: Run[];
  /** When the first of its runs began; infinite while there is none. */
  startedAt: number;
  /** The children that were spawned from it, in the order they were accepted. */
  readonly announces: ChildAnnounce[];
  /** How many of these are pending. */
  pendingCount: number;
  worthPost: boolean;
  /** When nothing ran and nothing was pending any more. */
  finishedAt: number | undefined;
  /** It finished, and nothing joined it in time. */
  ended: boolean;
  /** Until when a person was last waited for: the longest a box is followed counts from there. */
  waitedUntil: number | undefined;
  /** Whether a person was waited for when it was last brought up to date. */
  waits: boolean;
  timedOutAt: number | undefined;
}

/** Whether a session belongs below another one. */
export function isChild(session: Readonly<Session>): boolean {
  return session.child || session.parentKey !== undefined;
}

/** Whether anything in the tree of a box runs or is pending. */
export function isBusy(box: BoxRecord): boolean {
  return box.pendingCount > 0 || box.runs.some((run) => run.end === undefined);
}

/** How many commands of a box still run in the background. */
export function countInBackground(box: BoxRecord): number {
  return box.runs.reduce((count, run) => count + run.lines.inBackground, 0);
}
