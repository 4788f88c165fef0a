import { idOf, type JsonObject, objectOf, textOf } from '@live-status/transcript-parser';
import { isAfterthought } from './agent-events.ts';
import { closeAllApprovals, restoreApprovals } from './approvals.ts';
import { announces } from './child-runs.ts';
import type { FrameReader } from './frames.ts';
import { type HistoryReaders, InFlightRun } from './in-flight-run.ts';
import type { CaughtUp, EventFrame } from './observation.ts';
import type { ResumedRun } from './resume-token.ts';
import { isOfOtherBoot, isRowOfOther, outcomeOf, type Runs, runIdOf } from './runs.ts';
import type { GatewayRun, GatewaySession, Sessions, Tracker } from './sessions.ts';
import type { Unanswered } from './unanswered.ts';

/** A connection may be away this long before it is reported. */
const REPORT_AFTER_MS = 5_000;
const UNREACHABLE = 'gateway unreachable';
const STOPPED = 'the agent stopped';
/** Rows call a run active this long after its end, milliseconds (measured on OpenClaw 2026.9.6: 1.5 s). */
const ROW_LAG_MS = 5_000;

/** What reading a gateway again after a lost connection needs. */
export interface ReconnectOptions extends HistoryReaders {
  readonly tracker: Tracker;
  readonly sessions: Sessions;
  readonly frames: FrameReader;
  readonly unanswered: Unanswered;
  /** How long the gateway may be unreachable before its runs are given up, milliseconds. */
  readonly graceMs: number;
  /** Runs that the previous process left open. */
  readonly resumed: readonly ResumedRun[];
}

/** A run that began, and ended, while the histories were asked for. */
interface EndedRun {
  readonly gatewayId: string;
  readonly begin: () => void;
}

/** What happens to runs while the gateway cannot be reached, and when it can be again. */
export class Reconnect {
  readonly #options: ReconnectOptions;
  readonly #tracker: Tracker;
  readonly #sessions: Sessions;
  readonly #runs: Runs;
  /** Runs of the previous process that were not looked for yet. */
  #resumed: readonly ResumedRun[];
  #lost: { readonly at: number; isReported: boolean } | undefined;

  constructor(options: ReconnectOptions) {
    this.#options = options;
    this.#tracker = options.tracker;
    this.#sessions = options.sessions;
    this.#runs = options.runs;
    this.#resumed = options.resumed;
  }

  /** Keys, as the gateway knows them, of sessions whose history says how their runs went on. */
  openSessions(): string[] {
    const open = [...this.#tracker.runs()].filter((run) => run.isOpen || run.givenUp);
    const resumed = this.#resumed.map(({ sessionKey }) => sessionKey);
    return [...new Set([...open.map((run) => run.session.own.address), ...resumed])];
  }

  /** Whether there is no connection, after there was one. */
  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** The connection is gone: the runs go on, only unseen. */
  lose(at: number): void {
    this.#lost ??= { at, isReported: false };
    for (const run of this.#tracker.runs()) this.#runs.expectNoEnd(run);
  }

  /** When the loss of the connection changes something by itself. */
  nextDeadline(): number | undefined {
    const lost = this.#lost;
    if (lost === undefined || this.#openRuns().length === 0) return undefined;
    const { graceMs } = this.#options;
    return lost.at + (lost.isReported ? graceMs : Math.min(REPORT_AFTER_MS, graceMs));
  }

  /** After some time the loss is reported; after the grace the runs are given up. */
  tick(at: number): void {
    const lost = this.#lost;
    if (lost === undefined) return;
    const open = this.#openRuns();
    if (!lost.isReported && at >= lost.at + REPORT_AFTER_MS) {
      lost.isReported = true;
      for (const run of open) run.reportLost(UNREACHABLE, at);
    }
    if (at < lost.at + this.#options.graceMs) return;
    for (const run of open) this.#runs.end(run, { outcome: 'interrupted', at, reason: UNREACHABLE, givenUp: true });
  }

  /** The gateway is reached again: runs that go on are taken up, those that ended meanwhile end by what it says now. */
  catchUp(seen: CaughtUp): void {
    const { at, bootId } = seen;
    const unseen = this.#unseenRuns();
    const wasReported = this.#lost?.isReported === true;
    this.#runs.bootId = bootId;
    this.#lost = undefined;
    const listed = this.#learnRows(seen.rows, at);
    for (const task of seen.tasks ?? []) this.#options.frames.readCommand(task, at);
    const previous = this.#resumed;
    this.#resumed = [];
    // A history says whose child an announce is about: announces begin once that is read.
    const isAnnounce = ({ gatewayId }: ResumedRun): boolean => announces(gatewayId);
    const before = previous.filter((one) => !isAnnounce(one)).map((one) => this.#beginAgain(one, at));
    for (const run of unseen) if (wasReported || run.givenUp) run.reportFound(at);
    const histories = this.#historiesIn(seen);
    const ended = this.#endedIn(seen, histories);
    for (const { begin, gatewayId } of ended) if (!announces(gatewayId)) begin();
    for (const history of histories) history.read();
    const after = previous.filter(isAnnounce).map((one) => this.#beginAgain(one, at));
    const announced = ended.filter(({ gatewayId }) => announces(gatewayId));
    for (const { begin } of announced) begin();
    if (after.length > 0 || announced.length > 0) for (const history of histories) history.read();
    const resumed = [...before, ...after].map(({ run }) => run);
    const inFlight = new Set(histories.map(({ runId }) => runId));
    this.#keepRunsInFlight([...unseen, ...resumed], inFlight, at);
    this.#endMissingRuns(seen, { unseen, resumed, listed, inFlight });
    for (const { run, previously } of [...before, ...after]) restoreApprovals(run, previously, at);
    this.#noteGap([...unseen, ...resumed], Math.min(at, ...seen.frames.map((frame) => frame.at)));
    for (const history of histories) history.takeUp();
    this.#readHeldFrames(seen.frames, inFlight);
  }

  #openRuns(): GatewayRun[] {
    return [...this.#tracker.runs()].filter(({ isOpen }) => isOpen);
  }

  /** Runs that may have gone on, or ended, while nobody was connected. */
  #unseenRuns(): GatewayRun[] {
    return this.#lost === undefined ? [] : [...this.#tracker.runs()].filter((run) => run.isOpen || run.givenUp);
  }

  /** Returns the keys of the sessions that are listed. */
  #learnRows(rows: readonly JsonObject[], at: number): Set<string> {
    return new Set(
      rows.map((row) => {
        const session = this.#sessions.of(textOf(row.key) ?? '');
        this.#sessions.learnRow(session, row, at);
        return session.key;
      }),
    );
  }

  /** A run of the previous process begins again when it began then. */
  #beginAgain(previously: ResumedRun, at: number): { readonly run: GatewayRun; readonly previously: ResumedRun } {
    const { sessionKey, gatewayId, startedAt } = previously;
    return { run: this.#runs.of(this.#sessions.of(sessionKey), gatewayId, { at, startedAt }), previously };
  }

  #historiesIn({ histories, frames, at }: CaughtUp): InFlightRun[] {
    const resultsInFrames = new Set(frames.flatMap((frame) => this.#resultIn(frame) ?? []));
    return [...histories].map(
      ([key, history]) =>
        new InFlightRun(this.#options, { session: this.#sessions.of(key), history, resultsInFrames, at }),
    );
  }

  /** Runs that ended while the histories were asked for, which tell how they began. */
  #endedIn({ frames, histories }: CaughtUp, read: readonly InFlightRun[]): EndedRun[] {
    const inFlight = new Set(read.map(({ runId }) => runId));
    const told = new Set([...histories.keys()].map((key) => this.#sessions.of(key)));
    return frames.flatMap((frame) => {
      const session = this.#sessions.of(textOf(frame.payload.sessionKey) ?? '');
      const gatewayId = idOf(frame.payload.runId);
      const isEnded = isOfRun(frame) && !inFlight.has(this.#runIn(frame)) && told.has(session);
      if (!isEnded || gatewayId === undefined) return [];
      return [{ gatewayId, begin: () => this.#runs.of(session, gatewayId, { at: frame.at }) }];
    });
  }

  /** Runs of one session are resumed in any order: a later one is no sign that an earlier one ended. */
  #keepRunsInFlight(runs: readonly GatewayRun[], inFlight: ReadonlySet<string | undefined>, at: number): void {
    const { bootId } = this.#runs;
    for (const run of runs) {
      if (!inFlight.has(run.runId)) continue;
      this.#runs.expectNoEnd(run);
      const isRestarted = isOfOtherBoot(run, bootId);
      run.own.bootId = bootId;
      if (isRestarted) closeAllApprovals(run, at);
    }
  }

  /** What happened to runs before `seenSince` may have been missed. */
  #noteGap(runs: readonly GatewayRun[], seenSince: number): void {
    for (const run of runs) {
      run.own.seenSince = seenSince;
      this.#options.unanswered.watch(run);
    }
  }

  /** Runs that are not in flight any more, and of which no frame says how they end, have ended. */
  #endMissingRuns(
    seen: CaughtUp,
    {
      unseen,
      resumed,
      listed,
      inFlight,
    }: {
      readonly unseen: readonly GatewayRun[];
      readonly resumed: readonly GatewayRun[];
      readonly listed: ReadonlySet<string>;
      readonly inFlight: ReadonlySet<string | undefined>;
    },
  ): void {
    const heard = new Set(seen.frames.map((frame) => (isOfRun(frame) ? this.#runIn(frame) : undefined)));
    const rowsHeard = new Set(seen.frames.map((frame) => (isEndOfRow(frame) ? this.#runIn(frame) : undefined)));
    const unanswered = this.#activeWithoutHistory(seen);
    for (const run of [...unseen, ...resumed]) {
      if (!run.isOpen || inFlight.has(run.runId) || heard.has(run.runId)) continue;
      if (rowsHeard.has(run.runId) && run.ending === undefined) continue;
      if (this.#isEndPending(run, unanswered)) {
        // Its row lags behind its end, and its last answer may be reported yet.
        this.#runs.expectEnd(run, { outcome: 'interrupted', at: seen.at, reason: STOPPED, afterMs: ROW_LAG_MS });
        continue;
      }
      const isCut = isOfOtherBoot(run, this.#runs.bootId) || (resumed.includes(run) && !unanswered.has(run.session));
      this.#endMissing(run, { isCut, isListed: listed.has(run.session.key), at: seen.at });
    }
  }

  /** The history does not have the run any more, but nothing says yet how it ended. */
  #isEndPending(run: GatewayRun, unanswered: ReadonlySet<GatewaySession>): boolean {
    const { status } = run.session.own;
    if (isOfOtherBoot(run, this.#runs.bootId) || unanswered.has(run.session)) return false;
    return run.ending === undefined && status === 'running';
  }

  /** The run is done, failed or killed by its row's status, or it was cut with the gateway. */
  #endMissing(
    run: GatewayRun,
    { isCut, isListed, at }: { readonly isCut: boolean; readonly isListed: boolean; readonly at: number },
  ): void {
    const { session } = run;
    const isBeforeOther = isRowOfOther(run);
    const byRow = isListed && !isBeforeOther ? outcomeOf(session.own.status) : 'interrupted';
    const outcome = run.ending ?? byRow;
    if (outcome === undefined && !isCut) return;
    const wasCut = outcome === undefined || outcome === 'interrupted';
    session.wasCut = wasCut && isListed && !isBeforeOther;
    const { endedAt = at } = session.own;
    const { answeredAt = at } = run.own;
    const isOwn = isListed && !wasCut && endedAt >= run.startedAt && endedAt <= at;
    this.#runs.end(run, {
      outcome: outcome ?? 'interrupted',
      at,
      reason: wasCut ? STOPPED : undefined,
      // The row has the end of the session's last run, which may be another one.
      endedAt: answeredAt < at ? answeredAt : isOwn ? endedAt : at,
    });
  }

  /** Sessions in which a run is active of which nothing is known: their history was not given. */
  #activeWithoutHistory({ rows, histories }: CaughtUp): Set<GatewaySession> {
    const known = new Set([...histories.keys()].map((key) => this.#sessions.of(key)));
    const active = rows
      .filter((row) => row.hasActiveRun === true)
      .map((row) => this.#sessions.of(textOf(row.key) ?? ''));
    return new Set(active.filter((session) => !known.has(session)));
  }

  /** Frames that came while the histories were asked for. */
  #readHeldFrames(frames: readonly EventFrame[], inFlight: ReadonlySet<string | undefined>): void {
    this.#runs.inFlight = inFlight;
    for (const frame of frames) this.#options.frames.read(frame, 'held');
    this.#runs.inFlight = new Set();
  }

  /** The call (`<runId>/<callId>`) of which a frame brings the result, if it does. */
  #resultIn({ payload }: EventFrame): string | undefined {
    const data = objectOf(payload.data);
    const key = textOf(payload.sessionKey);
    const callId = idOf(data?.toolCallId);
    if (payload.stream !== 'tool' || data?.phase !== 'result' || objectOf(data.result) === undefined) return undefined;
    if (key === undefined || callId === undefined) return undefined;
    return `${runIdOf(this.#sessions.of(key), idOf(payload.runId) ?? '')}/${callId}`;
  }

  #runIn({ payload }: EventFrame): string | undefined {
    const key = textOf(payload.sessionKey);
    const gatewayId = idOf(payload.runId);
    return key === undefined || gatewayId === undefined ? undefined : runIdOf(this.#sessions.of(key), gatewayId);
  }
}

/** Whether a frame reports the end of its run, or something before it. `chat` comes after the end, too. */
function isOfRun({ event, payload }: EventFrame): boolean {
  if (event !== 'agent' && event !== 'session.tool') return false;
  return !isAfterthought(payload.stream, objectOf(payload.data) ?? {});
}

/** Whether a frame brings the row as of the end of its run; the model in a row comes after that, too. */
function isEndOfRow({ event, payload: { phase } }: EventFrame): boolean {
  return event === 'sessions.changed' && (phase === 'end' || phase === 'error');
}
