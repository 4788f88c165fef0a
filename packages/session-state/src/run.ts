import { boundFirstLine, boundReason, boundStep } from './bounded-text.ts';
import type { ContextUse, PlanStep } from './box.ts';
import type {
  ResumeToken,
  Route,
  RunEnded,
  RunEnding,
  RunIdentified,
  RunOutcome,
  RunStarted,
  RunTrigger,
} from './event.ts';
import { ModelCalls } from './model-calls.ts';
import { RunLines } from './run-lines.ts';
import { TokenUsage } from './token-usage.ts';

const MAX_PLAN_STEPS = 50;
/** Files that are told apart; more count as these. */
const MAX_FILES = 1_000;
/** A path is kept by this much of its end: only whether it is another one matters. */
const MAX_PATH_CHARS = 300;

/** How a run ended. */
interface RunEnd {
  readonly outcome: RunOutcome;
  readonly reason: string | undefined;
  readonly endedAt: number;
}

/** One turn of a session: what is known of it, and the lines it shows. */
export class Run {
  readonly runId: string;
  readonly sessionKey: string;
  readonly startedAt: number;
  /** When it was first heard of: later than its start where that was not seen. */
  readonly heardAt: number;
  /** Recorded before start-up and over: never a reason for a new post. */
  readonly old: boolean;
  /** Position among all runs, by their start events. */
  readonly order: number;
  readonly lines: RunLines = new RunLines();
  readonly usage: TokenUsage = new TokenUsage();
  readonly modelCalls: ModelCalls = new ModelCalls();
  /** Paths of the files it changed. */
  readonly filesChanged: Set<string> = new Set();
  /** How full its context is. */
  context: ContextUse | undefined;
  route: Route | undefined;
  /** The box that shows it. */
  boxId: string | undefined;
  /** When its first call (or a result without a call) was seen. */
  firstToolAt: number | undefined;
  /** Why it cannot be seen, while it cannot. */
  lost: string | undefined;
  /** Mattermost name of the person whose message it answers. */
  askedBy: string | undefined;
  askedById: string | undefined;
  #trigger: RunTrigger | undefined;
  #silent = false;
  #evidence: readonly string[];
  #resumeToken: ResumeToken | undefined;
  #ending: RunOutcome | undefined;
  #endingText: string | undefined;
  #end: RunEnd | undefined;
  #plan: readonly PlanStep[] | undefined;

  constructor({ at, evidence, old, resumeToken, runId, sessionKey, startedAt }: RunStarted, order: number) {
    this.runId = runId;
    this.sessionKey = sessionKey;
    this.startedAt = startedAt;
    this.heardAt = at;
    this.old = old === true;
    this.order = order;
    this.#evidence = evidence;
    this.#resumeToken = resumeToken;
  }

  /** Why it exists; `undefined` until its first entry was read. */
  get trigger(): RunTrigger | undefined {
    return this.#trigger;
  }

  /** Nothing of it is meant for people: a heartbeat, a memory flush, an answer for nobody. */
  get silent(): boolean {
    return this.#silent;
  }

  /** Names under which it may be found again after a restart. */
  get evidence(): readonly string[] {
    return this.#evidence;
  }

  /** What its source needs to find it again after a restart. */
  get resumeToken(): ResumeToken | undefined {
    return this.#resumeToken;
  }

  /** What its last ending-relevant entry says; `undefined` while it goes on. */
  get ending(): RunOutcome | undefined {
    return this.#ending;
  }

  /** First line of the final answer, or the reason of an error. */
  get endingText(): string | undefined {
    return this.#endingText;
  }

  /** How it ended; `undefined` while it has not. */
  get end(): RunEnd | undefined {
    return this.#end;
  }

  /** Its checklist, as it was last; `undefined` while it has written none. */
  get plan(): readonly PlanStep[] | undefined {
    return this.#plan;
  }

  /** Whether it waits for a person: an approval or an answer. */
  get waitsForPerson(): boolean {
    return this.#end === undefined && this.lines.waitsForPerson;
  }

  /** Until when it has waited for a person so far, if it does. */
  waitedUntil(now: number): number | undefined {
    return this.#end === undefined ? this.lines.waitedUntil(now) : undefined;
  }

  /** Whether its last ending-relevant entry is an ending other than an error. */
  get answered(): boolean {
    return this.#ending !== undefined && this.#ending !== 'error';
  }

  /** Nobody waits for it and it has nothing to say: its end is not the outcome of the work it joined. */
  get housekeeping(): boolean {
    return this.#silent && this.#trigger === 'other';
  }

  /** Its first entry was read. */
  identify({ askedBy, askedById, evidence, resumeToken, silent, trigger }: RunIdentified): void {
    this.#trigger = trigger;
    this.askedBy = askedBy;
    this.askedById = askedById;
    this.#silent = silent === true;
    this.#evidence = [...new Set([...this.#evidence, ...evidence])];
    this.#resumeToken = resumeToken ?? this.#resumeToken;
  }

  /** Its source needs something newer to find it again. */
  replaceResumeToken(token: ResumeToken): void {
    this.#resumeToken = token;
  }

  /** It wrote its checklist anew. */
  setPlan(steps: readonly PlanStep[]): void {
    this.#plan = steps.slice(0, MAX_PLAN_STEPS).map(({ status, text }) => ({ text: boundStep(text), status }));
  }

  /** A call changed files. */
  noteFiles(paths: readonly string[]): void {
    for (const path of paths) {
      if (this.filesChanged.size < MAX_FILES) this.filesChanged.add(path.slice(-MAX_PATH_CHARS));
    }
  }

  /** What its last ending-relevant entry says now. An answer that is meant for nobody makes it a silent run. */
  noteEnding({ outcome, silent, text }: RunEnding): void {
    this.#ending = outcome ?? undefined;
    this.#endingText = text === undefined ? undefined : boundFirstLine(text);
    if (silent === true) {
      this.#silent = true;
      this.#endingText = undefined;
    }
  }

  /** It ended. The first terminal outcome wins (`waiting` is not terminal): returns whether this one counts. */
  finish({ endedAt, outcome, reason }: Pick<RunEnded, 'endedAt' | 'outcome' | 'reason'>): boolean {
    if (this.#end !== undefined && this.#end.outcome !== 'waiting') return false;
    const why = reason ?? (outcome === 'error' ? this.#endingText : undefined);
    this.#end = { outcome, endedAt, reason: why === undefined ? undefined : boundReason(why) };
    this.modelCalls.end();
    // Also when it yielded: its turn is over, and nothing more is heard of its calls.
    this.lines.abortRunning(endedAt);
    return true;
  }

  /** The source cannot see it (`lost`: why) or sees it again (`null`); one that was given up meanwhile then goes on. */
  setLost(lost: string | null): void {
    this.lost = lost === null ? undefined : boundReason(lost);
    if (lost !== null || this.#end?.outcome !== 'interrupted') return;
    this.lines.resumeAborted(this.#end.endedAt);
    this.#end = undefined;
  }

  /** Takes back what removed entries added. */
  retract(entryIds: ReadonlySet<string>): void {
    this.lines.retract(entryIds);
    this.usage.retract(entryIds);
  }
}
