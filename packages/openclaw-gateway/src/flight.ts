import { type JsonObject, numberOf, objectOf, textOf } from '@live-status/transcript-parser';
import { readAgentEvent } from './agent-events.ts';
import { type Reading, readMessage } from './messages.ts';
import type { EventFrame } from './observation.ts';
import { runKey, runOf } from './runs.ts';
import { sessionOf } from './sessions.ts';
import type { Session, World } from './state.ts';

/**
 * What a session's history tells of its last turn, and of the run that is under way. It tells the end of a call as a
 * text, an event only that it failed: of all that tell an end the one is read that says most.
 */
export class Flight {
  /** The run under way, if there is one. */
  readonly runId: string | undefined;
  readonly #world: World;
  readonly #session: Session;
  readonly #gatewayId: string | undefined;
  readonly #startedAt: number;
  /** What known runs did in older turns counts; what was said in them starts nothing. */
  readonly #older: readonly JsonObject[];
  readonly #turn: readonly JsonObject[];
  readonly #events: readonly JsonObject[];
  readonly #results: ReadonlySet<string | undefined>;
  readonly #now: number;

  /** `results`: what `resultIn` found in the frames that are read after it. */
  constructor(world: World, key: string, history: JsonObject, results: ReadonlySet<string | undefined>, now: number) {
    const run = objectOf(history.inFlightRun);
    const messages = objectsIn(history.messages);
    const last = Math.max(0, messages.findLastIndex(startsTurn));
    this.#world = world;
    this.#session = sessionOf(world, key);
    this.#gatewayId = textOf(run?.runId);
    this.runId = this.#gatewayId === undefined ? undefined : runKey(this.#session, this.#gatewayId);
    this.#startedAt = Math.min(numberOf(run?.startedAt) ?? now, now);
    this.#older = messages.slice(0, last).filter((message) => !startsTurn(message));
    this.#turn = messages.slice(last);
    this.#events = objectsIn(run?.events);
    this.#results = results;
    this.#now = now;
  }

  /** Begins the run under way, unless it is known, and reads what it did. */
  takeUp(): void {
    if (this.#gatewayId === undefined || (this.runId !== undefined && this.#world.runs.has(this.runId))) return;
    runOf(this.#world, this.#session, this.#gatewayId, this.#now, this.#startedAt);
    this.read();
  }

  /** Reads messages and events of known runs, in the order in which they happened. What was read before adds nothing. */
  read(): void {
    const told = [
      ...this.#messages().map((message) => ({ message, ts: numberOf(metadataOf(message)?.recordTimestampMs) ?? 0 })),
      ...this.#eventsLeft().map((event) => ({ event, ts: numberOf(event.ts) ?? 0 })),
    ].sort((a, b) => a.ts - b.ts);
    for (const one of told) {
      const reading: Reading = { from: 'history', at: Math.min(one.ts === 0 ? this.#now : one.ts, this.#now) };
      if ('event' in one) readAgentEvent(this.#world, { ...one.event, sessionKey: this.#session.key }, reading);
      else readMessage(this.#world, this.#session, one.message, reading);
    }
  }

  /** A text that was cut short does not say that its command failed: the event does. */
  #messages(): JsonObject[] {
    const ends = this.#events.map(endIn).filter((end) => end?.status === 'failed');
    const failed = new Set(ends.map((end) => end?.toolCallId));
    const turn = this.#turn.map((message) =>
      isResult(message) && failed.has(message.toolCallId) ? { ...message, isError: true } : message,
    );
    return [...this.#older, ...turn].filter(
      (message) => !this.#isInFrames(textOf(metadataOf(message)?.runId) ?? this.#gatewayId, message.toolCallId),
    );
  }

  #eventsLeft(): JsonObject[] {
    const recorded = new Set(this.#turn.filter(isResult).map(({ toolCallId }) => toolCallId));
    return this.#events.filter((event) => {
      const callId = endIn(event)?.toolCallId;
      return callId === undefined || !(recorded.has(callId) || this.#isInFrames(this.#gatewayId, callId));
    });
  }

  #isInFrames(gatewayId: string | undefined, callId: unknown): boolean {
    return this.#results.has(`${runKey(this.#session, gatewayId ?? '')}/${callId}`);
  }
}

/** The call of which a frame brings the result, if it does. */
export function resultIn(world: World, { payload }: EventFrame): string | undefined {
  const data = objectOf(payload.data);
  const key = textOf(payload.sessionKey);
  const callId = textOf(data?.toolCallId);
  if (payload.stream !== 'tool' || data?.phase !== 'result' || objectOf(data.result) === undefined) return undefined;
  if (key === undefined || callId === undefined) return undefined;
  return `${runKey(sessionOf(world, key), textOf(payload.runId) ?? '')}/${callId}`;
}

/** What an event says that only sums up the end of a call. */
function endIn({ stream, data }: JsonObject): JsonObject | undefined {
  const end = objectOf(data);
  return stream === 'item' && end?.phase === 'end' ? end : undefined;
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
