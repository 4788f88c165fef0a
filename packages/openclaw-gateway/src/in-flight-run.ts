import { toPlan } from '@live-status/run-tracker';
import { idOf, type JsonObject, numberOf, objectOf, textOf } from '@live-status/transcript-parser';
import type { AgentEventReader } from './agent-events.ts';
import { type MessageReader, nestedCallIn, type Reading } from './messages.ts';
import { type Runs, runIdOf } from './runs.ts';
import { type GatewaySession, isWritingPlan } from './sessions.ts';

/** What a history is read with. */
export interface HistoryReaders {
  readonly runs: Runs;
  readonly messages: MessageReader;
  readonly agentEvents: AgentEventReader;
}

/** The history of a session, as the gateway gave it at a moment. */
export interface SessionHistory {
  readonly session: GatewaySession;
  /** The answer of `chat.history`. */
  readonly history: JsonObject;
  /** Calls (`<runId>/<callId>`) whose results are in frames that are read after it. */
  readonly resultsInFrames: ReadonlySet<string>;
  readonly at: number;
}

/**
 * What a session's history says of its last turn, and of the run that is in flight. It has the end of a call as a text,
 * an event only that it failed: of all that report an end the one is read that says most.
 */
export class InFlightRun {
  /** Id of the run in flight, if there is one. */
  readonly runId: string | undefined;
  readonly #readers: HistoryReaders;
  readonly #session: GatewaySession;
  readonly #gatewayId: string | undefined;
  readonly #startedAt: number;
  /** Older turns: what known runs answered and did in them. */
  readonly #older: readonly JsonObject[];
  readonly #turn: readonly JsonObject[];
  readonly #events: readonly JsonObject[];
  readonly #resultsInFrames: ReadonlySet<string>;
  readonly #plan: JsonObject | undefined;
  readonly #now: number;

  constructor(readers: HistoryReaders, { session, history, resultsInFrames, at }: SessionHistory) {
    const run = objectOf(history.inFlightRun);
    const messages = objectsIn(history.messages);
    const last = Math.max(0, messages.findLastIndex(startsTurn));
    this.#readers = readers;
    this.#session = session;
    this.#gatewayId = idOf(run?.runId);
    this.runId = this.#gatewayId === undefined ? undefined : runIdOf(session, this.#gatewayId);
    this.#startedAt = Math.min(numberOf(run?.startedAt) ?? at, at);
    this.#older = messages.slice(0, last);
    this.#turn = messages.slice(last);
    this.#events = objectsIn(run?.events);
    this.#plan = objectOf(run?.plan);
    this.#resultsInFrames = resultsInFrames;
    this.#now = at;
  }

  /** Begins the run in flight, unless it is known, and reads what it did. */
  takeUp(): void {
    const { runs } = this.#readers;
    if (this.#gatewayId === undefined || runs.get(this.#session, this.#gatewayId) !== undefined) return;
    runs.of(this.#session, this.#gatewayId, { at: this.#now, startedAt: this.#startedAt });
    this.read();
  }

  /** Reads messages and events of known runs, in the order in which they happened. What was read before adds nothing. */
  read(): void {
    const { messages, agentEvents } = this.#readers;
    const entries = [
      ...this.#answered(this.#messages()).map(({ message, answeredBy }) => {
        return { message, answeredBy, ts: numberOf(metadataOf(message)?.recordTimestampMs) ?? 0 };
      }),
      ...this.#eventsLeft().map((event) => ({ event, ts: numberOf(event.ts) ?? 0 })),
    ].sort((a, b) => a.ts - b.ts);
    for (const entry of entries) {
      const reading: Reading = { from: 'history', at: Math.min(entry.ts === 0 ? this.#now : entry.ts, this.#now) };
      if ('event' in entry) agentEvents.read({ ...entry.event, sessionKey: this.#session.key }, reading);
      else messages.read(this.#session, entry.message, { ...reading, answeredBy: entry.answeredBy });
    }
    this.#readPlan();
  }

  /** Messages with the run that answers them: that of the answer which comes next, else the one in flight. */
  #answered(messages: readonly JsonObject[]): { message: JsonObject; answeredBy: string | undefined }[] {
    let answeredBy = this.#gatewayId;
    return messages
      .toReversed()
      .map((message) => {
        answeredBy = idOf(metadataOf(message)?.runId) ?? answeredBy;
        return { message, answeredBy };
      })
      .reverse();
  }

  /**
   * The checklist of the run in flight, also where the calls that wrote it are not told. Messages are ahead of it: a call
   * that is still to write it is newer.
   */
  #readPlan(): void {
    const steps = this.#plan?.steps;
    const known = this.#gatewayId === undefined ? undefined : this.#readers.runs.get(this.#session, this.#gatewayId);
    if (known === undefined || !Array.isArray(steps) || isWritingPlan(known)) return;
    known.setPlan(toPlan(steps), this.#now);
  }

  /** A text that was cut short does not say that its command failed, or was blocked: the event does. */
  #messages(): JsonObject[] {
    const statuses = new Map(this.#events.map((event) => [endIn(event)?.toolCallId, textOf(endIn(event)?.status)]));
    const turn = this.#turn.map((message) => {
      const status = isResult(message) ? statuses.get(message.toolCallId) : undefined;
      if (status === undefined || status === 'completed') return message;
      if (status === 'failed') return { ...message, isError: true };
      return { ...message, details: { status, ...objectOf(message.details) } };
    });
    return [...this.#older, ...turn].flatMap((message): JsonObject[] => {
      const runId = idOf(metadataOf(message)?.runId) ?? this.#gatewayId;
      return this.#isInFrames(runId, resultIn(message)) ? withoutResult(message) : [message];
    });
  }

  #eventsLeft(): JsonObject[] {
    const recorded = new Set(this.#turn.map(resultIn));
    return this.#events.filter((event) => {
      const callId = endIn(event)?.toolCallId;
      return callId === undefined || !(recorded.has(callId) || this.#isInFrames(this.#gatewayId, callId));
    });
  }

  #isInFrames(gatewayId: string | undefined, callId: unknown): boolean {
    return this.#resultsInFrames.has(`${runIdOf(this.#session, gatewayId ?? '')}/${callId}`);
  }
}

/** What an event says that only sums up the end of a call. */
function endIn({ stream, data }: JsonObject): JsonObject | undefined {
  const end = objectOf(data);
  return stream === 'item' && end?.phase === 'end' ? end : undefined;
}

/** Id of the call whose result a message is. */
function resultIn(message: JsonObject): unknown {
  return isResult(message) ? message.toolCallId : nestedCallIn(message).result?.toolCallId;
}

/** Of a call that another one carried, what it was given is told as well. */
function withoutResult(message: JsonObject): JsonObject[] {
  const { call } = nestedCallIn(message);
  return call === undefined ? [] : [{ ...message, content: [call] }];
}

function isResult({ role }: JsonObject): boolean {
  return role === 'toolResult';
}

function metadataOf(message: JsonObject): JsonObject | undefined {
  return objectOf(message.__openclaw);
}

function startsTurn(message: JsonObject): boolean {
  return message.role === 'user' || metadataOf(message)?.turnBoundary === true;
}

function objectsIn(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.map(objectOf).filter((one) => one !== undefined) : [];
}
