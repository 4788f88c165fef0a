import type { ServerResponse } from 'node:http';
import { redactLine } from '@live-status/redaction';
import { type Clock, DeadlineTimer } from '@live-status/resilience';
import type { Box } from '@live-status/session-state';
import type { HealthReport } from './health.ts';
import type { Overview } from './overview.ts';
import { isPrivate, withoutWords } from './without-words.ts';

/** A box as `GET /events` sends it. */
export interface LiveBox {
  readonly boxId: string;
  /** Redacted and bounded: parts of it come from outside. */
  readonly sessionKey: string;
  /** Address of its post in Mattermost; absent while it has none. */
  readonly postUrl?: string;
  /** Redacted and bounded. */
  readonly box: Box;
}

/** What a {@link LiveFeed} needs. */
export interface LiveFeedOptions {
  readonly clock: Clock;
  readonly overview: Overview;
  readonly report: () => HealthReport;
  /** Address of a box's post; `undefined` while it has none. */
  readonly postUrlOf: (boxId: string) => string | undefined;
  /** What a page shows. */
  readonly boxToHtml: (box: LiveBox) => string;
  readonly healthToHtml: (report: HealthReport) => string;
}

/** How a client wants boxes: as data, or as HTML that is ready to show. */
export type FeedForm = 'json' | 'html';

/** Changes that are closer together are sent as one. Milliseconds. */
const COALESCE_MS = 250;
/** So much of a session key is shown, code points. */
const MAX_KEY_CHARS = 200;
/** Boxes that go on, at most: each is rendered every second for a page. */
const MAX_ONGOING = 300;
/** How often running times and health are sent. Milliseconds. */
const TICK_MS = 1_000;
/** A client that has not read this much is too slow: it is disconnected, connects again and gets everything anew. Bytes. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** Clients at once; otherwise anyone on this machine could take all of its memory and time. */
const MAX_CLIENTS = 32;

/** What clients of one form are to have, as it is sent. */
interface View {
  readonly health: string;
  /** The same without what changes with the time alone. */
  readonly healthKey: string;
  readonly boxes: ReadonlyMap<string, string>;
  readonly order: string;
}

interface Client {
  readonly response: ServerResponse;
  readonly form: FeedForm;
  /** What was last sent of each box, so that nothing is sent twice. */
  readonly sent: Map<string, string>;
  order: string;
  health: string;
}

/**
 * Sends all work to the clients of `GET /events` as it changes (server-sent events): `order` (ids as they are to be shown),
 * `box`, `health`. Does nothing while nobody is connected.
 */
export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #clients = new Set<Client>();
  readonly #coalescing: DeadlineTimer;
  readonly #ticks: DeadlineTimer;
  readonly #unsubscribe: () => void;

  constructor(options: LiveFeedOptions) {
    const { clock, overview } = options;
    this.#options = options;
    this.#coalescing = new DeadlineTimer(clock, () => this.#send());
    this.#ticks = new DeadlineTimer(clock, () => this.#tick());
    this.#unsubscribe = overview.subscribe(() => {
      if (this.#clients.size > 0 && !this.#coalescing.isSet) this.#coalescing.set(clock.now() + COALESCE_MS);
    });
  }

  /**
   * All work: what waits for a person, what goes on (of very much, the oldest), and what ended within the last hour. Private
   * work has no words.
   */
  boxes(): readonly LiveBox[] {
    const { overview, postUrlOf } = this.#options;
    return [...overview.ongoing().slice(0, MAX_ONGOING), ...overview.ended()].map(
      ({ boxId, sessionKey: key, route, box: whole }) => {
        const sessionKey = redactLine(key, { maxChars: MAX_KEY_CHARS });
        const postUrl = postUrlOf(boxId);
        const box = isPrivate(route) ? withoutWords(whole) : whole;
        return { boxId, sessionKey, ...(postUrl === undefined ? {} : { postUrl }), box };
      },
    );
  }

  /** A box as the page shows it. */
  toHtml(box: LiveBox): string {
    return this.#options.boxToHtml(box);
  }

  /** Sends everything, then what changes, until the client leaves. With too many clients, it is refused. */
  connect(response: ServerResponse, form: FeedForm): void {
    if (this.#clients.size >= MAX_CLIENTS) {
      response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(`${MAX_CLIENTS} clients are connected: close one of them\n`);
      return;
    }
    const client: Client = { response, form, sent: new Map(), order: '', health: '' };
    this.#clients.add(client);
    response.on('close', () => {
      this.#clients.delete(client);
      if (this.#clients.size === 0) this.#ticks.set(undefined);
    });
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    sendTo(client, this.#viewOf(form, this.boxes()));
    if (!this.#ticks.isSet) this.#ticks.set(this.#options.clock.now() + TICK_MS);
  }

  /** Says goodbye to everybody. */
  close(): void {
    this.#unsubscribe();
    this.#coalescing.close();
    this.#ticks.close();
    for (const { response } of this.#clients) response.end();
  }

  #tick(): void {
    this.#ticks.set(this.#options.clock.now() + TICK_MS);
    this.#send();
  }

  #send(): void {
    const boxes = this.boxes();
    const views = new Map<FeedForm, View>();
    for (const client of this.#clients) {
      if (client.response.writableLength > MAX_UNREAD_BYTES) {
        client.response.destroy();
        continue;
      }
      const view = views.get(client.form) ?? this.#viewOf(client.form, boxes);
      views.set(client.form, view);
      sendTo(client, view);
    }
  }

  #viewOf(form: FeedForm, boxes: readonly LiveBox[]): View {
    const { boxToHtml, healthToHtml, report } = this.#options;
    const isPage = form === 'html';
    const health = report();
    const healthData = JSON.stringify(health);
    return {
      health: isPage ? JSON.stringify({ status: health.status, html: healthToHtml(health) }) : healthData,
      healthKey: withoutUptime(healthData),
      boxes: new Map(
        boxes.map((box) => [box.boxId, JSON.stringify(isPage ? { boxId: box.boxId, html: boxToHtml(box) } : box)]),
      ),
      order: JSON.stringify(boxes.map(({ boxId }) => boxId)),
    };
  }
}

/** Sends what a client does not have yet. */
function sendTo(client: Client, { boxes, health, healthKey, order }: View): void {
  const write = (event: string, data: string): void => void client.response.write(`event: ${event}\ndata: ${data}\n\n`);
  if (client.health !== healthKey) {
    client.health = healthKey;
    write('health', health);
  }
  for (const [boxId, data] of boxes) {
    if (client.sent.get(boxId) === data) continue;
    client.sent.set(boxId, data);
    write('box', data);
  }
  if (client.order === order) return;
  client.order = order;
  write('order', order);
  for (const boxId of client.sent.keys()) if (!boxes.has(boxId)) client.sent.delete(boxId);
}

/** Time alone is no news. */
function withoutUptime(health: string): string {
  return health.replace(/"uptimeS":\d+/, '');
}
