import type { ResumeToken, Route } from './event.ts';

/** What one post shows at one moment: plain data, redacted and bounded, all a renderer needs. */
export interface Box {
  readonly boxId: string;
  /** Agent id, or the label of the session. */
  readonly title: string;
  readonly state: BoxState;
  /** Why it ended, for `error`, `interrupted` and `timeout`; for `active` and `waiting`, why it cannot be seen now. One line. */
  readonly reason?: string;
  /** Milliseconds since the epoch, observation clock. */
  readonly startedAt: number;
  /** Set when the state is neither `active` nor `waiting`. */
  readonly endedAt?: number;
  readonly tokens: TokenCount;
  /** How many lines were dropped before `lines` to stay bounded. */
  readonly earlierLines: number;
  readonly lines: readonly Line[];
  /** First text of the final answer, bounded; only when finished. */
  readonly answer?: string;
  /** True while the model works: no tool runs and nothing is waited for. */
  readonly thinking: boolean;
  /** The agent's own checklist, as it was last. */
  readonly plan?: readonly PlanStep[];
  /** What keeps the model from answering right now. */
  readonly trouble?: ModelTrouble;
  /** The model that took over, when it is not the one the run began with. */
  readonly model?: string;
  /** Files that were written, edited or deleted, each once; absent for none. */
  readonly filesChanged?: number;
  /** Commands that still run in the background; absent for none. */
  readonly inBackground?: number;
  /** How full the model's context is; absent while it is not known. */
  readonly context?: ContextUse;
  /** The session's page in OpenClaw's Control UI. */
  readonly url?: string;
}

/** `waiting`: an approval or an answer of a person is needed somewhere in the tree, whatever else runs. */
export type BoxState = 'active' | 'waiting' | 'done' | 'error' | 'aborted' | 'interrupted' | 'timeout';

/** Whether the work still goes on: it runs, or a person is waited for. */
export function isOngoing(state: BoxState): boolean {
  return state === 'active' || state === 'waiting';
}

/** One step of an agent's checklist. */
export interface PlanStep {
  /** Redacted, one line, bounded. */
  readonly text: string;
  readonly status: 'open' | 'current' | 'done';
}

/** Tokens in the model's context after its last answer, and how many fit. */
export interface ContextUse {
  readonly usedTokens: number;
  readonly windowTokens: number;
}

/** Why the model does not answer, in the words of `reason` (`rate limit`, `server error`, `billing`, …). */
export type ModelTrouble =
  /** A call failed; the next attempt follows, at `retryAt` if that is known (milliseconds since the epoch). */
  | { readonly kind: 'retry'; readonly reason: string; readonly attempt?: number; readonly retryAt?: number }
  /** Another model takes over. */
  | { readonly kind: 'fallback'; readonly reason: string; readonly model: string }
  /** The context was too large; the conversation is being summarised. */
  | { readonly kind: 'compacting' };

/** Tokens over the whole tree of a box, each model call once. */
export interface TokenCount {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** Sum of known costs; absent when no cost is known (or all are 0). */
  readonly costUsd?: number;
}

export type Line = ToolLine | TextLine | CompactionLine | ModelLine | ChildLine;

export interface ToolLine {
  readonly kind: 'tool';
  readonly id: string;
  readonly tool: string;
  /** Redacted, at most 1 KB. */
  readonly args: unknown;
  readonly state: ToolState;
  /** The person it waits for. Only while `running`, but for `question`, which stays. */
  readonly approval?: ApprovalWait;
  readonly question?: Question;
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

/**
 * `background`: goes on without its run. `denied`: by a person; `not-approved`: nobody answered in time. `answered`,
 * `no-answer`: a question to a person. `ended`: nothing says how.
 */
export type ToolState =
  | 'running'
  | 'ok'
  | 'error'
  | 'ended'
  | 'aborted'
  | 'background'
  | 'denied'
  | 'not-approved'
  | 'answered'
  | 'no-answer';

/** A call that waits for a person's approval. */
export interface ApprovalWait {
  /** OpenClaw's id; its first eight characters are enough to answer. */
  readonly approvalId: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** When OpenClaw stops waiting, if that is known. */
  readonly until?: number;
  /** Of a run that is meant for nobody (a heartbeat): it is shown, and notifies nobody. */
  readonly quiet?: true;
}

/** What a person is asked. */
export interface Question {
  /** The questions, redacted and bounded; empty when they may not be quoted. */
  readonly asks: readonly { readonly text: string; readonly options: readonly string[] }[];
  /** A secret is asked for: nothing of it is quoted. */
  readonly secret: boolean;
  /** When OpenClaw stops waiting, if that is known. Milliseconds since the epoch. */
  readonly until?: number;
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

/** Model calls that failed before the model (or another one) answered again. */
export interface ModelLine {
  readonly kind: 'model';
  readonly id: string;
  readonly reason: string;
  /** Attempts that failed. At least 1. */
  readonly failures: number;
  /** The model that took over; absent when the same one recovered. */
  readonly fallback?: string;
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
  /** It finished and nothing joined it in time. It may still be corrected, or go on when OpenClaw resumes its work. */
  readonly ended: boolean;
  /** Final: nothing will change any more, and the box has left the fold. */
  readonly settled: boolean;
  /** Nothing of it is meant for people: all its root runs are heartbeats, memory flushes or answers for nobody. */
  readonly silent: boolean;
  /** All of it had ended before start-up. */
  readonly old: boolean;
  /** Where its first run's answers go. */
  readonly route?: Route;
  /** Mattermost name of the person who asked last, without `@`. */
  readonly askedBy?: string;
  /** Mattermost user id of that person. */
  readonly askedById?: string;
  /** Names under which its root runs may be found again after a restart. */
  readonly evidence: readonly string[];
  /** What sources need to find its runs again after a restart, in the order of the runs. */
  readonly resumeTokens: readonly ResumeToken[];
  readonly box: Box;
}

/** Whether a call waits for a person: for an approval or an answer. It may have ended since. */
export function waitsForPerson({ approval, question }: ToolLine): boolean {
  return approval !== undefined || question !== undefined;
}

/** The call without the approval that it waited for: it was decided, or the call ended. */
export function withoutApproval(line: ToolLine): ToolLine {
  if (line.approval === undefined) return line;
  const { approval: _, ...rest } = line;
  return rest;
}

/** The tool calls of lines in their order, those of children as well. */
export function callsIn(lines: readonly Line[]): ToolLine[] {
  return lines.flatMap((line) => (line.kind === 'tool' ? [line] : line.kind === 'child' ? callsIn(line.lines) : []));
}
