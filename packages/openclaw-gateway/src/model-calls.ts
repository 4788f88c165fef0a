import { idOf, type JsonObject, numberOf, objectOf, textOf } from '@live-status/transcript-parser';
import type { Requests } from './requests.ts';
import type { GatewayRun } from './sessions.ts';

/** The history knows how long OpenClaw waits before the next attempt a little after the failure. */
const DELAY_KNOWN_MS = 100;
/** Reasons after which OpenClaw asks the same model again. */
const RETRIED: ReadonlySet<string> = new Set(['rate_limit', 'overloaded', 'server_error', 'timeout']);

/** What is known of the model calls of a run. */
export interface ModelFacts {
  /** Since when calls fail, or the context is compacted; milliseconds since the epoch. */
  troubleSince: number | undefined;
  /** Number of the attempt that comes next. */
  nextAttempt: number;
  /** The gateway reports attempts of this run by itself: it does for those that are not of a channel. */
  hasStatus: boolean;
  /** The model that is asked, and the one that was selected for the run. */
  inUse: string | undefined;
  selected: string | undefined;
  /** The model that was last reported to be another one than was selected. */
  reported: string | undefined;
}

/** What a run begins with. */
export function noModelFacts(): ModelFacts {
  return {
    troubleSince: undefined,
    nextAttempt: 1,
    hasStatus: false,
    inUse: undefined,
    selected: undefined,
    reported: undefined,
  };
}

/** Reads how the model calls of runs fare: failures, further attempts, other models, recovery. None of it ends a run. */
export class ModelCalls {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** A call is over (`finishing`): when it failed, the next attempt, another model or the end of the run follows. */
  readFinish(run: GatewayRun, data: JsonObject, at: number): void {
    const { model } = run.own;
    const reason = textOf(objectOf(data.errorObservation)?.failoverReason);
    if (reason === undefined && textOf(data.error) === undefined) return;
    if (reason === 'context_overflow') {
      this.readCompaction(run, at);
      return;
    }
    const isRetried = RETRIED.has(reason ?? '');
    model.troubleSince = at;
    model.nextAttempt += 1;
    const attempt = isRetried ? { attempt: model.nextAttempt } : {};
    run.report({ type: 'model-status', at, status: { kind: 'failed', reason: wordsOf(reason), ...attempt } });
    if (!isRetried || model.hasStatus) return;
    const params = { sessionKey: run.session.own.address, limit: 1 };
    this.#requests.add({ method: 'chat.history', params, afterMs: DELAY_KNOWN_MS });
  }

  /** The context is summarised, because it is too large. */
  readCompaction(run: GatewayRun, at: number): void {
    run.own.model.troubleSince = at;
    run.report({ type: 'model-status', at, status: { kind: 'compacting' } });
  }

  /** What the gateway says of the next attempt. */
  readStatus(run: GatewayRun, data: JsonObject, at: number): void {
    const { model } = run.own;
    if (data.phase !== 'retrying') return;
    const attempt = numberOf(data.attempt);
    const delayMs = numberOf(data.delayMs);
    if (attempt === undefined || attempt < model.nextAttempt) return;
    model.nextAttempt = attempt;
    model.troubleSince ??= at;
    run.report({
      type: 'model-status',
      at,
      status: {
        kind: 'failed',
        reason: wordsOf(textOf(data.reason)),
        attempt,
        ...(delayMs === undefined ? {} : { retryAt: at + delayMs }),
      },
    });
  }

  /** What the history says of the next attempt of a run that failed since. */
  readHistory(run: GatewayRun, history: JsonObject, at: number): void {
    const { troubleSince } = run.own.model;
    const inFlight = objectOf(history.inFlightRun);
    if (!run.isOpen || troubleSince === undefined || idOf(inFlight?.runId) !== run.own.gatewayId) return;
    const events = Array.isArray(inFlight?.events) ? inFlight.events.map((event) => objectOf(event) ?? {}) : [];
    const status = events.findLast(({ stream, data }) => stream === 'run_status' && isRetrying(data));
    const data = objectOf(status?.data);
    const delayMs = numberOf(data?.delayMs);
    if (data === undefined || delayMs === undefined) return;
    // The time that is left is what it was when the call failed, whatever the gateway's clock says.
    this.readStatus(run, { ...data, delayMs: Math.max(0, troubleSince + delayMs - at) }, at);
  }

  /** Another model takes over. */
  readFallback(run: GatewayRun, data: JsonObject, at: number): void {
    const model = nameOf(textOf(data.fallbackStepToModel));
    if (data.fallbackStepFinalOutcome !== 'next_fallback' || model === undefined) return;
    const reason = wordsOf(textOf(data.fallbackStepFromFailureReason));
    run.own.model.troubleSince ??= at;
    run.own.model.nextAttempt = 1;
    run.report({ type: 'model-status', at, status: { kind: 'fallback', reason, model } });
  }

  /** Which model answers. It is said of one that then fails, too. */
  readModel(run: GatewayRun, data: JsonObject): void {
    const { model } = run.own;
    model.inUse = textOf(data.model) ?? model.inUse;
    model.selected ??= run.session.own.model;
  }

  /** The model said something: it works (again). `isOld`: it may have said so before the last failure. */
  noteContent(run: GatewayRun, at: number, { isOld }: { readonly isOld: boolean }): void {
    const { model } = run.own;
    const { inUse, reported, selected, troubleSince } = model;
    if (!run.isOpen || (troubleSince !== undefined && (isOld ? at <= troubleSince : at < troubleSince))) return;
    const other = inUse !== undefined && nameOf(selected) !== undefined && nameOf(selected) !== nameOf(inUse);
    const name = other ? nameOf(inUse) : undefined;
    if (troubleSince === undefined && (name === undefined || name === reported)) return;
    model.troubleSince = undefined;
    model.nextAttempt = 1;
    model.reported = name;
    const status = { kind: 'working', ...(name === undefined ? {} : { model: name }) } as const;
    run.report({ type: 'model-status', at, status });
  }
}

function isRetrying(data: unknown): boolean {
  return objectOf(data)?.phase === 'retrying';
}

/** `rate_limit` in words. */
function wordsOf(reason: string | undefined): string {
  if (reason === 'context_overflow') return 'context too large';
  return (reason ?? 'error').replaceAll('_', ' ');
}

/** The model of `provider/model`. */
function nameOf(model: string | undefined): string | undefined {
  return model?.split('/').at(-1);
}
