import { setTimeout as delay } from 'node:timers/promises';
import { type FakeGateway, type RecordedFrame, readFrames } from '@live-status/simulators/gateway';

type JsonObject = Readonly<Record<string, unknown>>;

/** Where a session is in Mattermost. */
export interface SessionPlace {
  readonly channelId: string;
  /** Post that the thread of the session hangs on. */
  readonly rootId: string;
}

const RECORDED = readFrames('mattermost-channel-tools').filter(({ type }) => type === 'event');
/** Ids in the recording that every session has its own of. */
const THERE = {
  channelId: 'chan0000000000000000000000',
  rootId: 'p89xktvhdvnnscnjkszkcb3ewe',
  runId: 'a416fd5d-b424-4b04-a982-3f7be188ca97',
  callId: 'call_1_0',
};
/** The first commentary, the call after it, and the last frame before the model is asked again. */
const CALL_FROM = RECORDED.findIndex(({ payload }) => dataOf(payload).kind === 'preamble');
const RESULT_FROM = RECORDED.findIndex(({ payload }) => isOfCall(payload) && dataOf(payload).phase === 'update');
const CALL_TO = RECORDED.findLastIndex(({ payload }) => isOfCall(payload)) + 1;

/** A Mattermost session of a gateway, which sends what was recorded of one, under a key and ids of its own. */
export class GatewaySession {
  /** Of all sessions of this process. */
  static framesSent = 0;
  readonly key: string;
  /** Its row in the list of sessions: nothing runs. */
  readonly row: JsonObject;
  readonly #gateway: FakeGateway;
  readonly #place: SessionPlace;
  #calls = 0;

  constructor(gateway: FakeGateway, place: SessionPlace) {
    this.#gateway = gateway;
    this.#place = place;
    const last = RECORDED.findLast(({ event }) => event === 'sessions.changed')?.payload;
    this.row = { ...this.#own<{ session: JsonObject }>(last).session, status: 'done', hasActiveRun: false };
    this.key = String(this.row.key);
  }

  /** A message comes in and a run starts. */
  begin(): void {
    this.#send(RECORDED.slice(0, CALL_FROM));
  }

  /** One call, from the commentary before it to its result, of `durationMs` with the pause after it. */
  async call(durationMs: number): Promise<void> {
    this.#send(RECORDED.slice(CALL_FROM, RESULT_FROM));
    await delay(durationMs / 2);
    this.#send(RECORDED.slice(RESULT_FROM, CALL_TO));
    await delay(durationMs / 2);
    this.#calls += 1;
  }

  #send(frames: readonly RecordedFrame[]): void {
    for (const { event = '', payload } of frames) this.#gateway.send(event, this.#own(payload));
    GatewaySession.framesSent += frames.length;
  }

  #own<T>(payload: unknown): T {
    const { channelId, rootId } = this.#place;
    const text = JSON.stringify(payload)
      .replaceAll(THERE.channelId, channelId)
      .replaceAll(THERE.rootId, rootId)
      .replaceAll(THERE.runId, `run-of-${channelId}`)
      .replaceAll(THERE.callId, `call-${this.#calls}`);
    return JSON.parse(text) as T;
  }
}

function isOfCall(payload: JsonObject | undefined): boolean {
  return dataOf(payload).toolCallId === THERE.callId;
}

function dataOf(payload: JsonObject | undefined): JsonObject {
  return (payload?.data ?? {}) as JsonObject;
}
