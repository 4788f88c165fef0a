import type {
  BackgroundEnded,
  PlanStep,
  ResumeToken,
  Route,
  RunOutcome,
  RunTrigger,
  SessionEvent,
  SessionSeen,
} from '@live-status/session-state';

/** Announces of children's runs that are remembered as reported. */
const REMEMBERED_ANNOUNCES = 512;
/** Commands in the background that are remembered of a session: those that ended, and those that run. */
const ENDED_COMMANDS = 256;
const RUNNING_COMMANDS = 4_096;

/** Options of a {@link RunTracker}. */
export interface RunTrackerOptions {
  /** Ended runs that `run()` still finds, so that what comes late does not start them again. Default: 0. */
  readonly rememberedRuns?: number;
}

/** What never changes of a session. */
export interface SessionIdentity {
  readonly key: string;
  /** Id of the agent (`main`). */
  readonly agentId: string;
  /** True for a session that can never be a root, also while its parent is not known. */
  readonly child: boolean;
}

/** How a run begins. */
export interface RunStart<R> {
  readonly runId: string;
  readonly at: number;
  /** First evidence of the run; at most `at`. */
  readonly startedAt: number;
  /** Names under which it may be met again after a restart. */
  readonly evidence: readonly string[];
  readonly resumeToken?: ResumeToken;
  /** What the source keeps of it. */
  readonly own: R;
}

/** What a run is for, as its first entry says. */
export interface RunPurpose {
  readonly trigger: RunTrigger;
  readonly at: number;
  /** Nothing of it is meant for people. Default: false. */
  readonly silent?: boolean;
  /** Mattermost name of the person who asked, without `@`. */
  readonly askedBy?: string | undefined;
  /** Mattermost user id of that person. */
  readonly askedById?: string | undefined;
  /** More names under which it may be met again. Default: none. */
  readonly evidence?: readonly string[];
  /** Replaces that of its start. */
  readonly resumeToken?: ResumeToken;
}

/** What the run's last ending-relevant entry says about its end. */
export interface EndingReport {
  /** `null`: it goes on after all. */
  readonly outcome: RunOutcome | null;
  readonly at: number;
  /** Default: empty. */
  readonly entryId?: string;
  /** First text of the answer, or the reason of an error. */
  readonly text?: string | undefined;
  /** The answer is meant for nobody. Default: false. */
  readonly silent?: boolean;
}

/** How a run ended. */
export interface RunEnd {
  readonly outcome: RunOutcome;
  /** When the end was observed. */
  readonly at: number;
  /** When the work ended. Default: `at`. Kept between the start of the run and `at`. */
  readonly endedAt?: number;
  readonly reason?: string | undefined;
  /** The result of an aborted child is announced nevertheless. Default: false. */
  readonly announces?: boolean;
  /** The run is only taken for ended; it goes on when it is seen again. Default: false. */
  readonly givenUp?: boolean;
}

/** The end of a session's last run. */
export interface LastEnd {
  readonly outcome: RunOutcome;
  /** When it was observed. */
  readonly at: number;
  /** When the work ended. */
  readonly endedAt: number;
}

/** An approval that a call waits for. */
export interface OpenApproval {
  readonly approvalId: string;
  readonly callId: string;
  /** When it was asked for, milliseconds since the epoch. */
  readonly since: number;
  /** When OpenClaw stops waiting, if that is known. */
  readonly until?: number;
}

/** How a command in the background ended. */
export type BackgroundEnd = Omit<BackgroundEnded, 'type' | 'sessionKey'>;

type RunContent = Extract<
  SessionEvent,
  {
    type:
      | 'tool-started'
      | 'tool-ended'
      | 'commentary'
      | 'usage'
      | 'compacted'
      | 'question-asked'
      | 'model-status'
      | 'context-used';
  }
>;
type WithoutRun<E> = E extends unknown ? Omit<E, 'sessionKey' | 'runId'> : never;
/** What happens in a run, without the names of the run. */
export type RunReport = WithoutRun<RunContent>;

/** A child's result that reached its parent. */
export interface ChildResult {
  /** Absent where nothing says which child it is: then it is the one that ended first. */
  readonly childKey?: string | undefined;
  /** The run of the child; the result of one is reported once. Absent where results never come twice. */
  readonly childRunId?: string;
  readonly at: number;
}

/**
 * The sessions and runs that a source knows, and what was reported of them. A source says what it read; the tracker
 * turns that into events, each of them once: nothing is reported before its session, and nothing that is known already.
 * `S` and `R` are what the source itself keeps of a session and of a run.
 */
export class RunTracker<S, R> {
  readonly #sessions = new Map<string, TrackedSession<S, R>>();
  readonly #runs = new Map<string, TrackedRun<S, R>>();
  /** Of `#runs`, those that have ended, first ended first. */
  readonly #endedRuns = new Set<TrackedRun<S, R>>();
  readonly #rememberedRuns: number;
  readonly #reports: Reports = new Reports();
  #sessionsAdded = 0;

  constructor({ rememberedRuns = 0 }: RunTrackerOptions = {}) {
    this.#rememberedRuns = rememberedRuns;
  }

  /** All sessions, in the order in which they were added. */
  sessions(): Iterable<TrackedSession<S, R>> {
    return this.#sessions.values();
  }

  session(key: string): TrackedSession<S, R> | undefined {
    return this.#sessions.get(key);
  }

  /** Adds a session that is not known yet. Nothing is reported of it before its first run, or `report`. */
  addSession(identity: SessionIdentity, own: S): TrackedSession<S, R> {
    const session = new TrackedSession<S, R>({
      identity,
      own,
      order: this.#sessionsAdded,
      reports: this.#reports,
      onOpen: (run) => this.#noteOpen(run),
      onEnded: (run) => this.#noteEnded(run),
    });
    this.#sessionsAdded += 1;
    this.#sessions.set(identity.key, session);
    return session;
  }

  /** Forgets a session; its key may come again as another one. Its runs are still found by their ids. */
  removeSession(session: TrackedSession<S, R>): void {
    if (this.#sessions.get(session.key) === session) this.#sessions.delete(session.key);
  }

  /** All runs that are open, and those that are remembered, in the order of their start. */
  runs(): Iterable<TrackedRun<S, R>> {
    return this.#runs.values();
  }

  /** A run that is open or remembered. */
  run(runId: string): TrackedRun<S, R> | undefined {
    return this.#runs.get(runId);
  }

  /** The events since the last call, in order. */
  takeEvents(): SessionEvent[] {
    return this.#reports.take();
  }

  #noteOpen(run: TrackedRun<S, R>): void {
    this.#endedRuns.delete(run);
    this.#runs.set(run.runId, run);
  }

  /** Ended runs are kept up to a number; one that was given up may go on at any time. */
  #noteEnded(run: TrackedRun<S, R>): void {
    this.#endedRuns.add(run);
    for (const ended of this.#endedRuns) {
      if (this.#endedRuns.size <= this.#rememberedRuns) return;
      if (ended.givenUp) continue;
      this.#endedRuns.delete(ended);
      if (this.#runs.get(ended.runId) === ended) this.#runs.delete(ended.runId);
    }
  }
}

/** What all sessions report: events that wait to be taken, which announces were among them, how many runs began. */
class Reports {
  #runsStarted = 0;
  #events: SessionEvent[] = [];
  readonly #announced = new Set<string>();

  add(event: SessionEvent): void {
    this.#events.push(event);
  }

  take(): SessionEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  countRun(): number {
    this.#runsStarted += 1;
    return this.#runsStarted;
  }

  /** Whether this announce is news. Remembers it. */
  isNews(announce: string): boolean {
    if (this.#announced.has(announce)) return false;
    this.#announced.add(announce);
    dropOldest(this.#announced, REMEMBERED_ANNOUNCES);
    return true;
  }
}

interface SessionParts<S, R> {
  readonly identity: SessionIdentity;
  readonly own: S;
  readonly order: number;
  readonly reports: Reports;
  readonly onOpen: (run: TrackedRun<S, R>) => void;
  readonly onEnded: (run: TrackedRun<S, R>) => void;
}

/** A session and what was reported of it. Made by {@link RunTracker.addSession}. */
export class TrackedSession<S, R> {
  readonly key: string;
  readonly agentId: string;
  readonly child: boolean;
  /** Number of sessions that were added before it. */
  readonly order: number;
  /** What the source itself keeps of it. */
  readonly own: S;
  sessionId: string | undefined;
  /** Session that spawned it. */
  parentKey: string | undefined;
  /** Name for people. */
  label: string | undefined;
  /** Its page in the Control UI. */
  url: string | undefined;
  /** Its last run was cut: a run that answers no message resumes it. The source says so. */
  wasCut = false;
  /** Children that ended and whose result was not announced yet, first ended first. */
  readonly pendingAnnounces: Set<string> = new Set();
  readonly #reports: Reports;
  readonly #onOpen: (run: TrackedRun<S, R>) => void;
  readonly #onEnded: (run: TrackedRun<S, R>) => void;
  /** In the order of their start. */
  #openRuns: readonly TrackedRun<S, R>[] = [];
  #lastEnd: LastEnd | undefined;
  /** Commands that run in the background. */
  readonly #commands = new Set<string>();
  /** How others ended, while it is not known yet that they had begun; `reported` of those whose end was. */
  readonly #commandEnds = new Map<string, 'reported' | BackgroundEnd>();
  #reported: string | undefined;

  constructor({ identity, own, order, reports, onOpen, onEnded }: SessionParts<S, R>) {
    this.key = identity.key;
    this.agentId = identity.agentId;
    this.child = identity.child;
    this.own = own;
    this.order = order;
    this.#reports = reports;
    this.#onOpen = onOpen;
    this.#onEnded = onEnded;
  }

  /** Its runs that have not ended, in the order of their start. */
  get openRuns(): readonly TrackedRun<S, R>[] {
    return this.#openRuns;
  }

  /** How the last of its runs ended. */
  get lastEnd(): LastEnd | undefined {
    return this.#lastEnd;
  }

  /** Whether it was reported, and is not gone. */
  get isReported(): boolean {
    return this.#reported !== undefined;
  }

  /** Reports what is known of it, if anything changed since it was reported last. */
  report(at: number): void {
    const { key, agentId, child, sessionId, parentKey, label, url } = this;
    const seen: Omit<SessionSeen, 'at'> = {
      type: 'session',
      sessionKey: key,
      agentId,
      child,
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(parentKey === undefined ? {} : { parentKey }),
      ...(label === undefined ? {} : { label }),
      ...(url === undefined ? {} : { url }),
    };
    const text = JSON.stringify(seen);
    if (text === this.#reported) return;
    this.#reported = text;
    this.#reports.add({ ...seen, at });
  }

  /** A run begins. Reports the session first. */
  startRun(start: RunStart<R>): TrackedRun<S, R> {
    this.report(start.at);
    const run = new TrackedRun<S, R>(this, start, {
      order: this.#reports.countRun(),
      reports: this.#reports,
      onEnd: (end) => this.#noteEnd(run, end),
      onReopen: () => this.#noteOpen(run),
    });
    this.#noteOpen(run);
    const { runId, at, startedAt, evidence, resumeToken } = start;
    const token = resumeToken === undefined ? {} : { resumeToken };
    this.#reports.add({ type: 'run-started', sessionKey: this.key, at, runId, startedAt, evidence, ...token });
    return run;
  }

  /** It spawned a child: reports whose child that is. What was known of the child before stays. */
  adopt(
    child: TrackedSession<S, R>,
    { at, label }: { readonly at: number; readonly label?: string | undefined },
  ): void {
    child.parentKey ??= this.key;
    child.label ??= label;
    child.report(at);
  }

  /** A child's result reached it. */
  announce({ childKey, childRunId, at }: ChildResult): void {
    const [first] = this.pendingAnnounces;
    const settled = childKey ?? first;
    if (settled !== undefined) this.pendingAnnounces.delete(settled);
    if (childRunId !== undefined && !this.#reports.isNews(`${childKey ?? ''}/${childRunId}`)) return;
    const child = childKey === undefined ? {} : { childKey };
    this.#reports.add({ type: 'announced', sessionKey: this.key, at, ...child });
  }

  /** Something of a run that has ended is read late. */
  reportLate(runId: string, content: RunReport): void {
    this.#reports.add({ ...content, sessionKey: this.key, runId });
    this.noteBackground(content);
  }

  /** A command in the background ended. Reported once, and not before the call that began it ended. */
  endBackground(end: BackgroundEnd): void {
    if (this.#commands.has(end.backgroundId)) this.#reportBackgroundEnd(end);
    else if (this.#commandEnds.get(end.backgroundId) !== 'reported') this.#rememberCommandEnd(end.backgroundId, end);
  }

  /** A call may go on in the background: its end will be reported, or is now if it came before. For {@link TrackedRun}. */
  noteBackground(content: RunReport): void {
    if (content.type !== 'tool-ended' || content.backgroundId === undefined) return;
    const { at, backgroundId } = content;
    const end = this.#commandEnds.get(backgroundId);
    if (end === undefined) {
      this.#commands.add(backgroundId);
      dropOldest(this.#commands, RUNNING_COMMANDS);
    } else if (end !== 'reported') this.#reportBackgroundEnd({ ...end, at: Math.max(at, end.at) });
  }

  #reportBackgroundEnd(end: BackgroundEnd): void {
    this.#commands.delete(end.backgroundId);
    this.#rememberCommandEnd(end.backgroundId, 'reported');
    this.#reports.add({ ...end, type: 'background-ended', sessionKey: this.key });
  }

  #rememberCommandEnd(backgroundId: string, end: 'reported' | BackgroundEnd): void {
    this.#commandEnds.set(backgroundId, end);
    dropOldest(this.#commandEnds, ENDED_COMMANDS);
  }

  /** Entries of it do not count any more. */
  retract(entryIds: readonly string[], at: number): void {
    this.#reports.add({ type: 'retracted', sessionKey: this.key, at, entryIds });
  }

  /** It is over: reset, deleted, or replaced. What comes under its key has nothing to do with it. End its runs before. */
  end(at: number): void {
    if (this.isReported) this.#reports.add({ type: 'session-gone', sessionKey: this.key, at });
    this.#reported = undefined;
    this.wasCut = false;
    this.pendingAnnounces.clear();
  }

  #noteEnd(run: TrackedRun<S, R>, end: LastEnd): void {
    this.#openRuns = this.#openRuns.filter((open) => open !== run);
    this.#lastEnd = end;
    this.#onEnded(run);
  }

  #noteOpen(run: TrackedRun<S, R>): void {
    this.#openRuns = [...this.#openRuns, run].sort((a, b) => a.order - b.order);
    this.#onOpen(run);
  }
}

interface RunParts {
  readonly order: number;
  readonly reports: Reports;
  readonly onEnd: (end: LastEnd) => void;
  readonly onReopen: () => void;
}

/** A run and what was reported of it. Made by {@link TrackedSession.startRun}. */
export class TrackedRun<S, R> {
  readonly runId: string;
  readonly session: TrackedSession<S, R>;
  readonly startedAt: number;
  /** Orders the runs of all sessions by their start. */
  readonly order: number;
  /** What the source itself keeps of it. */
  readonly own: R;
  readonly #reports: Reports;
  readonly #onEnd: RunParts['onEnd'];
  readonly #onReopen: RunParts['onReopen'];
  #evidence: readonly string[];
  #isIdentified = false;
  #route: string | undefined;
  #accountId: string | undefined;
  #ending: RunOutcome | undefined;
  #outcome: RunOutcome | undefined;
  #givenUp = false;
  #plan = '[]';
  #resumeToken: ResumeToken | undefined;
  readonly #approvals = new Map<string, OpenApproval>();

  constructor(session: TrackedSession<S, R>, start: RunStart<R>, { order, reports, onEnd, onReopen }: RunParts) {
    this.runId = start.runId;
    this.session = session;
    this.startedAt = start.startedAt;
    this.order = order;
    this.own = start.own;
    this.#evidence = start.evidence;
    this.#resumeToken = start.resumeToken;
    this.#reports = reports;
    this.#onEnd = onEnd;
    this.#onReopen = onReopen;
  }

  get evidence(): readonly string[] {
    return this.#evidence;
  }

  /** Whether it is known what it is for. */
  get isIdentified(): boolean {
    return this.#isIdentified;
  }

  /** What was last reported of its end; `undefined` while it goes on. */
  get ending(): RunOutcome | undefined {
    return this.#ending;
  }

  get isOpen(): boolean {
    return this.#outcome === undefined;
  }

  /** It was only taken for ended. */
  get givenUp(): boolean {
    return this.#givenUp;
  }

  /** It is known what it is for. The first purpose stays. */
  identify({ trigger, at, silent = false, askedBy, askedById, evidence = [], resumeToken }: RunPurpose): void {
    if (this.#isIdentified) return;
    this.#isIdentified = true;
    this.#evidence = [...new Set([...this.#evidence, ...evidence])];
    this.#reports.add({
      type: 'run-identified',
      sessionKey: this.session.key,
      at,
      runId: this.runId,
      trigger,
      ...(silent ? { silent } : {}),
      ...(askedBy === undefined ? {} : { askedBy }),
      ...(askedById === undefined ? {} : { askedById }),
      evidence: this.#evidence,
      ...(resumeToken === undefined ? {} : { resumeToken }),
    });
  }

  /**
   * Where its answers go, as far as is known. Once it is known what it is for, it stays with its account: a session that
   * two accounts share names the one that was written to last, which may have been after this run began.
   */
  routeTo(route: Route | undefined, at: number): void {
    if (route === undefined) return;
    const own = withAccount(route, this.#accountId);
    if (this.isIdentified && 'accountId' in own) this.#accountId ??= own.accountId;
    const text = JSON.stringify(own);
    if (text === this.#route) return;
    this.#route = text;
    this.#reports.add({ type: 'run-routed', sessionKey: this.session.key, at, runId: this.runId, route: own });
  }

  /** Something happened in it. */
  report(content: RunReport): void {
    this.#reports.add({ ...content, sessionKey: this.session.key, runId: this.runId });
    this.session.noteBackground(content);
  }

  /** Approvals that its calls wait for, the one that was asked for first before others. */
  get openApprovals(): readonly OpenApproval[] {
    return [...this.#approvals.values()];
  }

  /** A call waits for an approval, since `since`. Said again, it changes nothing. */
  requestApproval(asked: OpenApproval): void {
    if (!this.isOpen || this.#approvals.has(asked.approvalId)) return;
    this.#approvals.set(asked.approvalId, asked);
    this.#reportApproval(asked);
  }

  /** An approval is no longer open. Returns whether it was. */
  closeApproval(approvalId: string, at: number): boolean {
    if (!this.#approvals.delete(approvalId)) return false;
    const { runId, session } = this;
    this.#reports.add({ type: 'approval-closed', sessionKey: session.key, at, runId, approvalId });
    return true;
  }

  /** The agent's checklist is this now. Said again, it changes nothing. */
  setPlan(steps: readonly PlanStep[], at: number): void {
    const text = JSON.stringify(steps);
    if (!this.isOpen || text === this.#plan) return;
    this.#plan = text;
    this.#reports.add({ type: 'plan-changed', sessionKey: this.session.key, at, runId: this.runId, steps });
  }

  /** It is found again by another token from now on. */
  replaceResumeToken(resumeToken: ResumeToken, at: number): void {
    if (resumeToken === this.#resumeToken) return;
    this.#resumeToken = resumeToken;
    this.#reports.add({ type: 'run-resumable', sessionKey: this.session.key, at, runId: this.runId, resumeToken });
  }

  /** Its last ending-relevant entry says something about its end. */
  reportEnding({ outcome, at, entryId = '', text, silent = false }: EndingReport): void {
    if (!this.isOpen || (outcome === null && this.#ending === undefined)) return;
    this.#ending = outcome ?? undefined;
    this.#reports.add({
      type: 'run-ending',
      sessionKey: this.session.key,
      at,
      runId: this.runId,
      entryId,
      outcome,
      ...(text === undefined || outcome === null ? {} : { text }),
      ...(silent ? { silent } : {}),
    });
  }

  /** It ends. The first end wins, but that of a run which waits is none. */
  end({ outcome, at, endedAt = at, reason, announces = false, givenUp = false }: RunEnd): void {
    if (this.#outcome !== undefined && this.#outcome !== 'waiting') return;
    const workEndedAt = Math.max(Math.min(endedAt, at), this.startedAt);
    // What one file held back may be older than what began the run in another.
    const observedAt = Math.max(at, workEndedAt);
    this.#outcome = outcome;
    this.#givenUp = givenUp;
    if (!givenUp) this.#approvals.clear();
    this.#onEnd({ outcome, at: observedAt, endedAt: workEndedAt });
    this.#reports.add({
      type: 'run-ended',
      sessionKey: this.session.key,
      at: observedAt,
      runId: this.runId,
      outcome,
      ...(reason === undefined ? {} : { reason }),
      endedAt: workEndedAt,
      ...(announces ? { announces } : {}),
    });
  }

  /** It cannot be seen now; it goes on all the same. */
  reportLost(why: string, at: number): void {
    this.#reports.add({ type: 'run-sight', sessionKey: this.session.key, at, runId: this.runId, lost: why });
  }

  /** It is seen again; one that was given up goes on. */
  reportFound(at: number): void {
    this.#reports.add({ type: 'run-sight', sessionKey: this.session.key, at, runId: this.runId, lost: null });
    if (!this.#givenUp) return;
    this.#givenUp = false;
    this.#outcome = undefined;
    this.#onReopen();
    for (const approval of this.#approvals.values()) this.#reportApproval(approval);
  }

  #reportApproval({ approvalId, callId, since, until }: OpenApproval): void {
    const { runId, session } = this;
    const end = until === undefined ? {} : { until };
    const asked = { callId, approvalId, at: since, ...end };
    this.#reports.add({ type: 'approval-requested', sessionKey: session.key, runId, ...asked });
  }
}

/** Keeps at most `max` of what was added last. */
function dropOldest(names: Set<string> | Map<string, unknown>, max: number): void {
  const [oldest] = names.keys();
  if (names.size > max && oldest !== undefined) names.delete(oldest);
}

/** The route with this account instead of its own, if it has one. */
function withAccount(route: Route, accountId: string | undefined): Route {
  const isMattermost = route.kind === 'mattermost' || route.kind === 'mattermost-user';
  return isMattermost && accountId !== undefined ? { ...route, accountId } : route;
}
