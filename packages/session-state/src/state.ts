import type { CompactionLine, TextLine, ToolLine } from './box.ts';
import type { ResumePoint, Route, RunOutcome, RunTrigger } from './event.ts';
import type { Pages } from './pages.ts';
import type { Rules } from './rules.ts';

/** What the fold keeps. Plain data; never changed in place by anyone but the fold. */
export interface SessionState {
  readonly rules: Rules;
  /** Time up to which deadlines were applied. */
  readonly now: number;
  /** No deadline lies before it; spares most events the search for one. */
  readonly dueAt: number;
  readonly sessions: Pages<Session>;
  /** By run id. */
  readonly runs: Pages<Run>;
  /** By box id. */
  readonly boxes: Pages<BoxRecord>;
  /** Boxes of an earlier life that were not met again yet. */
  readonly adopted: readonly AdoptedBox[];
}

/** A box that had a post before a restart: a run with any of its evidence continues it. */
export interface AdoptedBox {
  readonly boxId: string;
  readonly sessionKey: string;
  readonly evidence: readonly string[];
}

export interface Session {
  readonly key: string;
  agentId: string;
  sessionId?: string | undefined;
  parentKey?: string | undefined;
  child: boolean;
  label?: string | undefined;
  gone: boolean;
  /** The box its last placed run belongs to. */
  lastBoxId?: string | undefined;
  /** The box whose debt its last announce settled; taken by the announce run that follows. */
  announcedBoxId?: string | undefined;
}

export interface Run {
  readonly runId: string;
  readonly sessionKey: string;
  readonly startedAt: number;
  readonly old: boolean;
  trigger?: RunTrigger | undefined;
  silent: boolean;
  evidence: readonly string[];
  resumeFrom?: ResumePoint | undefined;
  route?: Route | undefined;
  boxId?: string | undefined;
  /** When its first tool call (or result without one) was seen. */
  firstToolAt?: number | undefined;
  /** What its last ending-relevant entry says, `undefined` while it says nothing. */
  ending?: RunOutcome | undefined;
  /** Text of that entry: the answer, or the reason. */
  endingText?: string | undefined;
  ended?: { readonly outcome: RunOutcome; readonly reason?: string | undefined; readonly endedAt: number } | undefined;
  /** Why it cannot be seen, while it cannot. */
  lost?: string | undefined;
  lines: readonly LineRecord[];
  earlierLines: number;
  usage: readonly UsageRecord[];
}

/** A line and the entry it came from (so that a rewrite can take it back). */
export type LineRecord =
  | (ToolLine & { readonly entryId: string })
  | (TextLine & { readonly entryId: string })
  | (CompactionLine & { readonly entryId: string })
  | ChildMark;

/** Where a child's lines go; its runs are found by key. */
export interface ChildMark {
  readonly kind: 'child';
  readonly id: string;
  readonly entryId: string;
  readonly childKey: string;
  readonly label?: string | undefined;
  readonly startedAt: number;
}

export interface UsageRecord {
  /** Empty for the sum of older ones. */
  readonly entryId: string;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly costUsd: number;
}

/** An announce that is waited for. */
export interface Debt {
  readonly childKey: string;
  readonly ownerKey: string;
  readonly acceptedAt: number;
  /** When the child's run ended, observed. */
  readonly childEndedAt?: number | undefined;
  readonly settled: boolean;
}

export interface BoxRecord {
  readonly boxId: string;
  readonly rootKey: string;
  /** Had a post in an earlier life. */
  readonly adopted: boolean;
  /** All runs of the tree, in the order they were placed. */
  runIds: readonly string[];
  debts: readonly Debt[];
  worthPost: boolean;
  /** When nothing ran and nothing was owed any more. */
  finishedAt?: number | undefined;
  timedOutAt?: number | undefined;
  settled: boolean;
  /** When it has to be looked at again without an event. */
  deadlineAt?: number | undefined;
}
