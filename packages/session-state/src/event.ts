/**
 * The one vocabulary every source speaks. A source (transcript files, the gateway) reports what happened;
 * which post shows it, and when, is decided by the fold (`box-fold.ts`).
 *
 * Times (`at`, `…At`) are milliseconds since the epoch on the observation clock: the wall clock when the process
 * started plus monotonic time since. Only what was written before start-up carries recorded time.
 */
import type { PlanStep, Question } from './box.ts';

/** Where the answers of a run go. The source decides it for each run, from the session's catalog entry and the run's own metadata. */
export type Route =
  /**
   * A Mattermost conversation: a channel, or (direct messages whose channel id OpenClaw does not store) a user.
   * `accountId` names OpenClaw's account there, if that is known: its bot takes part in the conversation.
   */
  | { readonly kind: 'mattermost'; readonly channelId: string; readonly rootId?: string; readonly accountId?: string }
  | { readonly kind: 'mattermost-user'; readonly userId: string; readonly rootId?: string; readonly accountId?: string }
  /** Work without a conversation of its own: cron, hook, CLI. Shown in `DEFAULT_CHANNEL` if one is set. */
  | { readonly kind: 'background'; readonly origin: 'cron' | 'hook' | 'cli' }
  /** A conversation of another channel (`telegram`, `webchat`, …): private to it, unless the operator names it. */
  | { readonly kind: 'elsewhere'; readonly origin: string };

/**
 * What a source needs to find a run again after a restart. Only the source that made it reads it; everybody else keeps it
 * as it is and gives it back to the sources of the next process.
 */
export type ResumeToken = string;

/** Why a run exists. This decides which box it belongs to. */
export type RunTrigger =
  /** Answers a new message from outside: always a new box. */
  | 'message'
  /** Reports to the session that a child ended: joins the box the child belongs to. */
  | 'announce'
  /** OpenClaw resumes work that its own crash or restart interrupted: continues the interrupted box. */
  | 'resume'
  /** None of the above (a heartbeat, a bookkeeping run, a child's own task). */
  | 'other';

/** How a run ended, or will. `waiting`: it yielded and an announce is pending. */
export type RunOutcome = 'done' | 'error' | 'aborted' | 'interrupted' | 'waiting';

interface Base {
  readonly sessionKey: string;
  /** When it was observed (or recorded, for what was written before start-up). */
  readonly at: number;
}

/**
 * What is known of a session; a later one replaces an earlier one. Comes before the session's first run, and again
 * before its next run after `session-gone`.
 */
export interface SessionSeen extends Base {
  readonly type: 'session';
  /** Id of the agent (`main`). */
  readonly agentId: string;
  readonly sessionId?: string;
  /** Session that spawned it. */
  readonly parentKey?: string;
  /** True for a session that can never be a root (a `:subagent:` key), also while `parentKey` is not known yet. */
  readonly child: boolean;
  /** Name for people, as set by the agent (a child's label, a cron job's name). */
  readonly label?: string;
  /** Its page in OpenClaw's Control UI, when the gateway says where that is. */
  readonly url?: string;
}

/** The session was reset, deleted, or replaced by an unrelated one. Its open run was ended before. */
export interface SessionGone extends Base {
  readonly type: 'session-gone';
}

/** A run began. Without a trigger yet, it belongs to no box until `run-identified`. */
export interface RunStarted extends Base {
  readonly type: 'run-started';
  readonly runId: string;
  /** First evidence of the run: elapsed time counts from here. At most `at`. */
  readonly startedAt: number;
  /** Recorded before start-up and ended: never a reason for a new post. */
  readonly old?: boolean;
  /** Names under which this run may be found again after a restart (`entry:…`, `lock:…`). */
  readonly evidence: readonly string[];
  readonly resumeToken?: ResumeToken;
}

/** The run's first entry was read, so its purpose is known. Exactly once for a run, after `run-started`. */
export interface RunIdentified extends Base {
  readonly type: 'run-identified';
  readonly runId: string;
  readonly trigger: RunTrigger;
  /** Heartbeat or memory flush: may update an open box, never opens one. */
  readonly silent?: boolean;
  /** Mattermost name of the person whose message it answers, without `@`. */
  readonly askedBy?: string;
  /** Mattermost user id of that person. */
  readonly askedById?: string;
  readonly evidence: readonly string[];
  /** Replaces that of `run-started`. */
  readonly resumeToken?: ResumeToken;
}

/** A newer token for a run, which replaces the one it had; the run may be over. */
export interface RunResumable extends Base {
  readonly type: 'run-resumable';
  readonly runId: string;
  readonly resumeToken: ResumeToken;
}

/** Where the run's answers go; may come again until the post exists. A run without one has no target. */
export interface RunRouted extends Base {
  readonly type: 'run-routed';
  readonly runId: string;
  readonly route: Route;
}

/** A tool call began. */
export interface ToolStarted extends Base {
  readonly type: 'tool-started';
  readonly runId: string;
  readonly entryId: string;
  readonly callId: string;
  readonly tool: string;
  /** Arguments as the model wrote them; the fold redacts and bounds them. */
  readonly args: unknown;
  /** It was reported to have ended, for want of an answer; it goes on after all. */
  readonly reopens?: true;
}

/** A tool call ended, or continues without its run (`background`). Its start may never have been seen. */
export interface ToolEnded extends Base {
  readonly type: 'tool-ended';
  readonly runId: string;
  readonly entryId: string;
  readonly callId: string;
  readonly tool: string;
  /**
   * `denied` by a person, or `not-approved` by anybody in time; a question was `answered`, or got `no-answer`;
   * `aborted` before it was done, or never begun. None of these is an error of the run. `ended`: nothing says how.
   */
  readonly outcome:
    | 'ok'
    | 'error'
    | 'background'
    | 'denied'
    | 'not-approved'
    | 'answered'
    | 'no-answer'
    | 'aborted'
    | 'ended';
  /** With `background`: OpenClaw's name of the process, by which its end is reported. */
  readonly backgroundId?: string;
  /** Paths of the files that this call wrote, edited or deleted. */
  readonly filesChanged?: readonly string[];
  readonly exitCode?: number;
  /** The tool's own measurement, milliseconds. */
  readonly durationMs?: number;
  /** Why it failed, one line, as the tool said it. */
  readonly error?: string;
  /** The child session that this call spawned: its announce is pending from now on. */
  readonly spawned?: string;
  /** It was reported to have ended, for want of an answer or by its status alone; this is how it really ended. */
  readonly reopens?: true;
}

/** A call waits for the approval of a person; several may wait at once. Said again, it changes nothing. */
export interface ApprovalRequested extends Base {
  readonly type: 'approval-requested';
  readonly runId: string;
  readonly callId: string;
  readonly approvalId: string;
  /** When OpenClaw stops waiting, if that is known. Milliseconds since the epoch. */
  readonly until?: number;
}

/** An approval is no longer open; the end of its call tells how it was decided. Late and unknown ones change nothing. */
export interface ApprovalClosed extends Base {
  readonly type: 'approval-closed';
  readonly runId: string;
  readonly approvalId: string;
}

/** A call that runs asks a person; its end tells whether there was an answer. */
export interface QuestionAsked extends Base {
  readonly type: 'question-asked';
  readonly runId: string;
  readonly callId: string;
  /** As the model wrote it; the fold redacts and bounds it. */
  readonly question: Question;
}

/** The agent wrote its checklist anew; an empty one is no checklist. The calls that write it are not reported as calls. */
export interface PlanChanged extends Base {
  readonly type: 'plan-changed';
  readonly runId: string;
  readonly steps: readonly PlanStep[];
}

/** How the model calls of a run fare: never its end. */
export interface ModelStatus extends Base {
  readonly type: 'model-status';
  readonly runId: string;
  readonly status: /**
   * A call failed. `attempt`: which attempt comes next, absent when none is known to come. Said again for the same
   * attempt, it adds what is known by then.
   */
    | { readonly kind: 'failed'; readonly reason: string; readonly attempt?: number; readonly retryAt?: number }
    /** Another model takes over. */
    | { readonly kind: 'fallback'; readonly reason: string; readonly model: string }
    /** The context is too large and is being summarised; `compacted` ends that. */
    | { readonly kind: 'compacting' }
    /** The model answers; `model` names it when it is not the one that was selected. */
    | { readonly kind: 'working'; readonly model?: string };
}

/** Tokens in the model's context after its last answer, and how many fit. */
export interface ContextUsed extends Base {
  readonly type: 'context-used';
  readonly runId: string;
  readonly usedTokens: number;
  readonly windowTokens: number;
}

/** A command that went on in the background ended, perhaps long after its run. */
export interface BackgroundEnded extends Base {
  readonly type: 'background-ended';
  readonly backgroundId: string;
  readonly outcome: 'ok' | 'error' | 'aborted';
  readonly exitCode?: number;
  /** Why it failed, one line. */
  readonly error?: string;
  /** At most `at`. */
  readonly endedAt: number;
}

/** Text between tool calls. */
export interface Commentary extends Base {
  readonly type: 'commentary';
  readonly runId: string;
  readonly entryId: string;
  readonly text: string;
}

/**
 * What the run's last ending-relevant entry says about its end changed. `outcome: null`: the run continues after all (a
 * retry, a steered message, another call).
 */
export interface RunEnding extends Base {
  readonly type: 'run-ending';
  readonly runId: string;
  readonly entryId: string;
  readonly outcome: RunOutcome | null;
  /** First text of the final answer, or the reason of an error. */
  readonly text?: string;
  /** The answer is `NO_REPLY` or `HEARTBEAT_OK`: not meant for people. */
  readonly silent?: boolean;
}

/** The run ended. The first one for a run wins. */
export interface RunEnded extends Base {
  readonly type: 'run-ended';
  readonly runId: string;
  readonly outcome: RunOutcome;
  /** Why, for `error` and `interrupted`. */
  readonly reason?: string;
  /** When the work ended: the last ending entry, or the unlock, death or abort. At most `at`. */
  readonly endedAt: number;
  /** A child's result is announced although it was aborted, because it ran out of time. */
  readonly announces?: true;
}

/**
 * The source cannot see a run that has not ended (`lost`: why), or sees it again (`null`). A run that the source itself
 * had given up meanwhile, as `interrupted`, continues when it is seen again.
 */
export interface RunSight extends Base {
  readonly type: 'run-sight';
  readonly runId: string;
  readonly lost: string | null;
}

/** Tokens of one model call, counted once per entry id. */
export interface Usage extends Base {
  readonly type: 'usage';
  readonly runId: string;
  readonly entryId: string;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly costUsd?: number;
}

/** A child's result reached `sessionKey`. Without `childKey` it is that of the pending child that ended first. */
export interface Announced extends Base {
  readonly type: 'announced';
  readonly childKey?: string;
}

/** The session was compacted during the run. */
export interface Compacted extends Base {
  readonly type: 'compacted';
  readonly runId: string;
  readonly entryId: string;
}

/** A rewrite of the transcript removed entries: nothing of them counts any longer. */
export interface Retracted extends Base {
  readonly type: 'retracted';
  readonly entryIds: readonly string[];
}

/** The source has reported everything that was there when it started. Once, between the past and what happens now. */
export interface CaughtUp {
  readonly type: 'caught-up';
  readonly at: number;
}

/** Time passed. */
export interface Tick {
  readonly type: 'tick';
  readonly at: number;
}

export type SessionEvent =
  | SessionSeen
  | SessionGone
  | RunStarted
  | RunIdentified
  | RunResumable
  | RunRouted
  | ToolStarted
  | ToolEnded
  | ApprovalRequested
  | ApprovalClosed
  | QuestionAsked
  | PlanChanged
  | ModelStatus
  | ContextUsed
  | BackgroundEnded
  | Commentary
  | RunEnding
  | RunEnded
  | RunSight
  | Usage
  | Announced
  | Compacted
  | Retracted;

/** What a source reports: what happened in sessions, and once that it has caught up. */
export type SourceEvent = SessionEvent | CaughtUp;
