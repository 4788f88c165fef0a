import { isSilent, triggerOf } from '@live-status/run-tracker';
import { Deadlines, type RunOutcome, type RunTrigger } from '@live-status/session-state';
import { isSilentReply, memberOf, toId } from '@live-status/transcript-parser';
import { keepApprovals } from './approvals.ts';
import type { ChildRuns } from './child-runs.ts';
import { noModelFacts } from './model-calls.ts';
import { evidenceOf, toResumeToken } from './resume-token.ts';
import {
  type GatewayRun,
  type GatewaySession,
  type PendingUser,
  routeRun,
  type Tracker,
  type UserOrigin,
} from './sessions.ts';

/** How long more may be heard of a run that something says has ended, before it is taken for ended. */
const LATE_EVENT_MS = 2_000;

/** How a run begins. */
export interface RunBegin {
  readonly at: number;
  /** When it is known to have begun. Default: `at`. */
  readonly startedAt?: number;
}

/** What a run is for, as far as is known. */
export interface RunIdentity {
  /** Default: it resumes what was cut, or nothing is known. */
  readonly trigger?: RunTrigger;
  readonly at: number;
  /** Default: false. */
  readonly silent?: boolean;
  /** Mattermost name of the person who asked. */
  readonly askedBy?: string | undefined;
  readonly askedById?: string | undefined;
}

/** How a run is taken to end a little later. */
export interface ExpectedEnd {
  readonly outcome: RunOutcome;
  readonly at: number;
  readonly reason?: string | undefined;
  /** Default: as long as events come late. */
  readonly afterMs?: number;
}

/** Begins and ends the runs of the gateway. Frames come in any order: the first that mentions a run creates it. */
export class Runs {
  readonly #tracker: Tracker;
  readonly #children: ChildRuns;
  readonly #expectedEnds = new Deadlines<GatewayRun>();
  /** Names the present start of the gateway. */
  bootId: string | undefined;
  /** Ids of runs that a history reports, while frames that came before it are read: those of an older run do not end them. */
  inFlight: ReadonlySet<string | undefined> = new Set();

  constructor(tracker: Tracker, children: ChildRuns) {
    this.#tracker = tracker;
    this.#children = children;
  }

  /** A run that was heard of before. */
  get(session: GatewaySession, gatewayId: string): GatewayRun | undefined {
    return this.#tracker.run(runIdOf(session, gatewayId));
  }

  /** The run of an id, begun when it is heard of for the first time. */
  of(session: GatewaySession, gatewayId: string, { at, startedAt = at }: RunBegin): GatewayRun {
    return this.get(session, gatewayId) ?? this.#begin(session, gatewayId, { at, startedAt });
  }

  #begin(session: GatewaySession, gatewayId: string, { at, startedAt }: Required<RunBegin>): GatewayRun {
    const { bootId } = this;
    const since = Math.min(session.own.activeSince ?? startedAt, startedAt, at);
    this.#cutOlder(session, at);
    for (const other of session.openRuns) {
      if (!this.inFlight.has(other.runId)) this.expectEnd(other, { outcome: other.ending ?? 'interrupted', at });
    }
    session.own.activeSince = undefined;
    const run = session.startRun({
      runId: runIdOf(session, gatewayId),
      at,
      startedAt: since,
      evidence: [evidenceOf(gatewayId)],
      resumeToken: toResumeToken({ sessionKey: session.key, gatewayId, startedAt: since }),
      own: {
        gatewayId,
        bootId,
        seenSince: at,
        origin: undefined,
        calls: new Map(),
        entries: new Set(),
        preamble: undefined,
        answeredAt: undefined,
        timedOut: false,
        expectedEnd: undefined,
        compactedAt: Number.NEGATIVE_INFINITY,
        lastSeq: undefined,
        model: noModelFacts(),
        overflowed: false,
      },
    });
    const { pending } = session.own;
    if (this.#children.announceBy(gatewayId, session, at)) this.identify(run, { trigger: 'announce', at });
    else if (pending !== undefined) {
      session.own.pending = undefined;
      this.takeUp(run, pending, at);
    }
    if (!run.isIdentified) routeRun(run, at);
    return run;
  }

  /** A run begins after another start of the gateway: those before it were cut, as far as is known. It may resume them. */
  #cutOlder(session: GatewaySession, at: number): void {
    for (const run of this.#tracker.runs()) {
      if (run.session !== session || (!run.isOpen && !run.givenUp) || !isOfOtherBoot(run, this.bootId)) continue;
      const reason = run.ending === undefined ? 'the agent stopped' : undefined;
      this.end(run, { outcome: run.ending ?? 'interrupted', at, reason, givenUp: true });
      session.wasCut = true;
    }
  }

  /** The message was read that the run answers. */
  takeUp(run: GatewayRun, { line, origin }: PendingUser, at: number): void {
    if (line.kind === 'message') run.own.origin = origin;
    if (line.kind === 'announce') {
      for (const childKey of line.announced) run.session.announce({ childKey, childRunId: '', at });
    }
    const asked = line.kind === 'message' ? askerOf(origin) : {};
    this.identify(run, { trigger: triggerOf(line.kind), at, silent: isSilent(line.kind), ...asked });
  }

  /** Says what a run is for. Without a message of its own it resumes what was cut, or nothing is known. */
  identify(run: GatewayRun, { trigger, at, silent = false, askedBy, askedById }: RunIdentity): void {
    if (run.isIdentified) return;
    const { session } = run;
    run.identify({ trigger: trigger ?? (session.wasCut ? 'resume' : 'other'), at, silent, askedBy, askedById });
    session.wasCut = false;
    routeRun(run, at);
  }

  /** What the run's last answer says about its end. `null`: the run goes on after all. */
  noteEnding(
    run: GatewayRun,
    outcome: RunOutcome | null,
    { at, text = '' }: { readonly at: number; readonly text?: string | undefined },
  ): void {
    const silent = outcome === 'done' && isSilentReply(text);
    run.own.answeredAt = outcome === null ? undefined : at;
    run.reportEnding({ outcome, at, text: text === '' ? undefined : text, silent });
  }

  /** The run is taken for ended a little later, unless more is heard of it. */
  expectEnd(run: GatewayRun, { outcome, at, reason, afterMs = LATE_EVENT_MS }: ExpectedEnd): void {
    if (!run.isOpen || run.own.expectedEnd !== undefined) return;
    run.own.expectedEnd = { outcome, reason };
    this.#expectedEnds.set(run, at + afterMs);
  }

  /** More was heard of the run: it goes on. */
  expectNoEnd(run: GatewayRun): void {
    run.own.expectedEnd = undefined;
    this.#expectedEnds.set(run, undefined);
  }

  /** When a run is taken for ended, nothing else happening. */
  nextDeadline(): number | undefined {
    return this.#expectedEnds.first()?.at;
  }

  /** Ends the runs of which nothing more was heard in time, those that began first before others. */
  endOverdue(at: number): void {
    const due: GatewayRun[] = [];
    for (
      let next = this.#expectedEnds.first();
      next !== undefined && next.at <= at;
      next = this.#expectedEnds.first()
    ) {
      this.#expectedEnds.set(next.item, undefined);
      due.push(next.item);
    }
    for (const run of due.sort((a, b) => a.order - b.order)) {
      const { expectedEnd } = run.own;
      if (expectedEnd !== undefined) this.end(run, { ...byWhatIsKnown(run, expectedEnd), at });
    }
  }

  /** Ends the run. The first end wins: a cancelled run is reported a second time, as failed. */
  end(run: GatewayRun, end: Omit<Parameters<GatewayRun['end']>[0], 'announces'>): void {
    if (!run.isOpen) return;
    const { own, session } = run;
    this.expectNoEnd(run);
    own.preamble = undefined;
    // A child whose time ran out is announced, one that was stopped is not.
    const hasTimedOut = end.outcome === 'aborted' && (own.timedOut || session.own.status === 'timeout');
    const waited = run.openApprovals.length > 0;
    run.end({ ...end, announces: hasTimedOut && session.parentKey !== undefined });
    if (waited) keepApprovals(run, end.at);
  }
}

/** A run that is taken for cut may have answered by now, or its row may say how it ended. */
function byWhatIsKnown(run: GatewayRun, expected: Pick<ExpectedEnd, 'outcome' | 'reason'>) {
  if (expected.outcome !== 'interrupted') return expected;
  const outcome = run.ending ?? (isRowOfOther(run) ? undefined : outcomeOf(run.session.own.status));
  return outcome === undefined ? expected : { outcome };
}

/** A run's name is its own session's: clients choose ids, and may choose one twice. */
export function runIdOf(session: GatewaySession, gatewayId: string): string {
  return toId(`${session.key}/${gatewayId}`);
}

/** How a run ended, by the status of its session's row; `undefined` while the row does not say. */
export function outcomeOf(status: string | undefined): RunOutcome | undefined {
  const outcomes: Readonly<Record<string, RunOutcome>> = {
    done: 'done',
    failed: 'error',
    // Of the whole run. That of one request to the model is an error of the model.
    timeout: 'aborted',
    killed: 'aborted',
  };
  return memberOf(outcomes, status ?? '');
}

/** Whether the row of its session says how another run ended. */
export function isRowOfOther({ own: { gatewayId }, session }: GatewayRun): boolean {
  const { lastRunId, status } = session.own;
  return lastRunId !== undefined && lastRunId !== gatewayId && outcomeOf(status) !== undefined;
}

/** True when the gateway was started again since the run was seen to run. */
export function isOfOtherBoot({ own: { bootId } }: GatewayRun, current: string | undefined): boolean {
  return bootId !== undefined && bootId !== current;
}

/** Who sent a message, as Mattermost knows that person. */
function askerOf({ channel, senderId, senderName }: UserOrigin): Pick<RunIdentity, 'askedBy' | 'askedById'> {
  const isId = channel === 'mattermost' && senderId !== undefined && /^[a-z0-9]{26}$/.test(senderId);
  return { askedBy: senderName, askedById: isId ? senderId : undefined };
}
