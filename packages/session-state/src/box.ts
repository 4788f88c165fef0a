import type { ResumeToken, Route } from './event.ts';

/** What one post shows at one moment: plain data, redacted and bounded, all a renderer needs. */
export interface Box {
  readonly boxId: string;
  /** Agent id, or the label of the session. */
  readonly title: string;
  readonly state: BoxState;
  /** Why it ended, for `error`, `interrupted` and `timeout`; for `active`, why it cannot be seen now. One line. */
  readonly reason?: string;
  /** Milliseconds since the epoch, observation clock. */
  readonly startedAt: number;
  /** Set when the state is not `active`. */
  readonly endedAt?: number;
  readonly tokens: TokenCount;
  /** How many lines were dropped before `lines` to stay bounded. */
  readonly earlierLines: number;
  readonly lines: readonly Line[];
  /** First text of the final answer, bounded; only when finished. */
  readonly answer?: string;
  /** True while the model works: no tool runs and nothing is waited for. */
  readonly thinking: boolean;
}

export type BoxState = 'active' | 'done' | 'error' | 'aborted' | 'interrupted' | 'timeout';

/** Tokens over the whole tree of a box, each model call once. */
export interface TokenCount {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** Sum of known costs; absent when no cost is known (or all are 0). */
  readonly costUsd?: number;
}

export type Line = ToolLine | TextLine | CompactionLine | ChildLine;

export interface ToolLine {
  readonly kind: 'tool';
  readonly id: string;
  readonly tool: string;
  /** Redacted, at most 1 KB. */
  readonly args: unknown;
  readonly state: 'running' | 'ok' | 'error' | 'aborted' | 'background';
  readonly startedAt: number;
  readonly endedAt?: number;
  /** The tool's own measurement when it gave one, else observed. */
  readonly durationMs?: number;
  readonly exitCode?: number;
  /** Why it failed, one line. */
  readonly error?: string;
  /** How many equal finished calls in a row this line stands for. At least 1. */
  readonly count: number;
}

export interface TextLine {
  readonly kind: 'text';
  readonly id: string;
  readonly text: string;
}

export interface CompactionLine {
  readonly kind: 'compaction';
  readonly id: string;
}

/** A child session's work inside its parent's box. */
export interface ChildLine {
  readonly kind: 'child';
  readonly id: string;
  readonly label: string;
  /** `starting`: accepted, but nothing of it was seen yet. */
  readonly state: BoxState | 'starting';
  readonly reason?: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly earlierLines: number;
  readonly lines: readonly Line[];
  readonly thinking: boolean;
}

/** A box and what its keeper has to know about it. */
export interface BoxEntry {
  readonly boxId: string;
  /** Key and id of its root session. */
  readonly sessionKey: string;
  readonly sessionId?: string;
  /** It deserves a post. Stays true once true. */
  readonly worthPost: boolean;
  /** Final: nothing will change any more, and the box has left the fold. */
  readonly settled: boolean;
  /** All of it had ended before start-up. */
  readonly old: boolean;
  /** Where its first run's answers go. */
  readonly route?: Route;
  /** Names under which its root runs may be found again after a restart. */
  readonly evidence: readonly string[];
  /** What sources need to find its runs again after a restart, in the order of the runs. */
  readonly resumeTokens: readonly ResumeToken[];
  readonly box: Box;
}
