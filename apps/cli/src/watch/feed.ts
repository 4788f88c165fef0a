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

/** `undefined` for events that a newer daemon may send. */
function toEvent(type: string, data: string): FeedEvent | undefined {
  const value: unknown = JSON.parse(data);
  if (type === 'box') return { type, box: value as LiveBox };
  if (type === 'order') return { type, boxIds: value as readonly string[] };
  return type === 'health' ? { type, health: value as LiveHealth } : undefined;
}
