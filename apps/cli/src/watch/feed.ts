import { type JsonObject, objectOf } from '@live-status/basics';
import { delay, systemClock } from '@live-status/resilience';
import type { Box } from '@live-status/session-state';
import { createParser } from 'eventsource-parser';

/** A box as the daemon sends it. */
export interface LiveBox {
  readonly boxId: string;
  readonly sessionKey: string;
  /** Address of its post in Mattermost. */
  readonly postUrl?: string;
  readonly box: Box;
}

/** How the daemon is. */
export interface LiveHealth {
  readonly status: 'ok' | 'degraded' | 'failing';
  readonly reasons: readonly { readonly what: string; readonly fix?: string }[];
}

/** What the feed reports. `lost`: the connection is gone and is being made again. */
export type FeedEvent =
  | { readonly type: 'box'; readonly box: LiveBox }
  | { readonly type: 'order'; readonly boxIds: readonly string[] }
  | { readonly type: 'health'; readonly health: LiveHealth }
  | { readonly type: 'lost'; readonly why: string };

/** Where a feed is. */
export interface FeedAddress {
  /** Base URL, without a path. */
  readonly url: string;
  readonly token?: string;
}

/** How long to wait before another connection. Milliseconds. */
const RECONNECT_MS = 1_000;

/** Reads `GET /events` of a daemon, again whenever the connection ends, until `signal` aborts. */
export async function* readFeed({ url, token }: FeedAddress, signal: AbortSignal): AsyncGenerator<FeedEvent> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  while (!signal.aborted) {
    let why = 'the connection ended';
    try {
      const response = await fetch(`${url}/events`, { headers, redirect: 'error', signal });
      if (response.ok && response.body !== null) yield* readEvents(response.body);
      else why = `the daemon answered ${response.status}`;
    } catch (error) {
      why = error instanceof Error ? String(error.cause ?? error.message) : String(error);
    }
    if (signal.aborted) return;
    yield { type: 'lost', why };
    await delay(RECONNECT_MS, { signal, clock: systemClock }).catch(() => undefined);
  }
}

async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<FeedEvent> {
  const events: FeedEvent[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => {
      const found = toEvent(event ?? '', data);
      if (found !== undefined) events.push(found);
    },
  });
  const decoder = new TextDecoder();
  for await (const part of body) {
    parser.feed(decoder.decode(part, { stream: true }));
    yield* events.splice(0);
  }
}

/** `undefined` for events that a newer daemon may send, and for what no daemon sends: the port may be another program's. */
function toEvent(type: string, data: string): FeedEvent | undefined {
  const value = parse(data);
  const fields = objectOf(value);
  if (type === 'box') return isBox(fields) ? { type, box: fields as unknown as LiveBox } : undefined;
  if (type === 'order') return isTexts(value) ? { type, boxIds: value } : undefined;
  if (type !== 'health' || typeof fields?.status !== 'string' || !Array.isArray(fields.reasons)) return undefined;
  return { type, health: fields as unknown as LiveHealth };
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function isBox(fields: JsonObject | undefined): boolean {
  const box = objectOf(fields?.box);
  return typeof fields?.boxId === 'string' && typeof box?.state === 'string' && Array.isArray(box.lines);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
