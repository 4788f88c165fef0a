import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createFakeClock } from '@live-status/resilience/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { HealthReport } from './health.ts';
import { LiveFeed } from './live-feed.ts';
import { Overview } from './overview.ts';
import { boxEntry } from './testing/box-entry.ts';

/** What a client received. */
class FakeResponse extends EventEmitter {
  readonly events: { readonly name: string; readonly data: unknown }[] = [];
  writableLength = 0;
  hasEnded = false;
  status = 0;
  writeHead(status: number): this {
    this.status = status;
    return this;
  }
  write(text: string): boolean {
    const [, name = '', data = ''] = /^event: (\w+)\ndata: (.*)\n\n$/.exec(text) ?? [];
    this.events.push({ name, data: JSON.parse(data) });
    return true;
  }
  end(_text?: string): void {
    this.hasEnded = true;
    this.emit('close');
  }
  destroy(): void {
    this.end();
  }
  take(): string[] {
    return this.events.splice(0).map(({ name, data }) => {
      if (name === 'order') return `order ${(data as string[]).join()}`;
      return name === 'health' ? name : `${name} ${(data as { boxId: string }).boxId}`;
    });
  }
}

let clock: ReturnType<typeof createFakeClock>;
let overview: Overview;
let feed: LiveFeed;
let uptimeS = 0;
let rendered = 0;
let status: HealthReport['status'] = 'ok';

beforeEach(() => {
  clock = createFakeClock();
  overview = new Overview(clock);
  status = 'ok';
  feed = new LiveFeed({
    clock,
    overview,
    report: () => ({ status, uptimeS: uptimeS++ }) as HealthReport,
    postUrlOf: (boxId) => (boxId === 'posted' ? 'https://chat.example.com/_redirect/pl/p1' : undefined),
    boxToHtml: ({ box }) => {
      rendered += 1;
      return `${box.title} at ${clock.now()}`;
    },
    healthToHtml: () => 'well',
  });
});

function connect(form: 'json' | 'html' = 'json'): FakeResponse {
  const response = new FakeResponse();
  feed.connect(response as unknown as ServerResponse, form);
  return response;
}

describe('a client', () => {
  it('gets everything first, then what changes, as one when it is close together', async () => {
    overview.update(boxEntry('a'));
    const client = connect();
    expect(client.take()).toEqual(['health', 'box a', 'order a']);
    overview.update(boxEntry('b', { startedAt: 1 }));
    overview.update(boxEntry('a', { thinking: false }));
    overview.update(boxEntry('a', { thinking: false, title: 'A' }));
    expect(client.take()).toEqual([]);
    await clock.advance(250);
    expect(client.take()).toEqual(['box a', 'box b', 'order a,b']);
  });

  it('gets nothing while nothing changes, although time passes', async () => {
    overview.update(boxEntry('a'));
    const client = connect();
    client.take();
    await clock.advance(60_000);
    expect(client.take()).toEqual([]);
  });

  it('of the page gets running times each second', async () => {
    overview.update(boxEntry('a'));
    const client = connect('html');
    client.take();
    await clock.advance(3_000);
    expect(client.take()).toEqual(['box a', 'box a', 'box a']);
  });

  it('gets health when it changes', async () => {
    const client = connect();
    client.take();
    status = 'degraded';
    await clock.advance(1_000);
    expect(client.take()).toEqual(['health']);
  });

  it('gets a new order when work ended long ago', async () => {
    overview.update(boxEntry('a', { state: 'done', endedAt: clock.now() }));
    const client = connect();
    client.take();
    await clock.advance(3_601_000);
    expect(client.take()).toEqual(['order ']);
  });

  it('gets what waits for a person, however much goes on', () => {
    for (let index = 0; index < 1_000; index += 1) overview.update(boxEntry(`b${index}`, { startedAt: index }));
    overview.update(boxEntry('waiting', { startedAt: 2_000, state: 'waiting' }));
    const boxes = feed.boxes().map(({ boxId }) => boxId);
    expect([boxes.length, boxes[0], boxes[1]]).toEqual([300, 'waiting', 'b0']);
  });

  it('that reads too slowly is disconnected', async () => {
    const client = connect();
    client.writableLength = 5 * 1024 * 1024;
    await clock.advance(1_000);
    expect(client.hasEnded).toBe(true);
  });

  it('is told where a box has its post', () => {
    overview.update(boxEntry('posted'));
    const { events } = connect();
    expect(events.find(({ name }) => name === 'box')?.data).toMatchObject({
      postUrl: 'https://chat.example.com/_redirect/pl/p1',
    });
  });
});

describe('many clients', () => {
  it('cost no more rendering than one', async () => {
    overview.update(boxEntry('a'));
    const clients = Array.from({ length: 10 }, () => connect('html'));
    for (const client of clients) client.take();
    rendered = 0;
    await clock.advance(3_000);
    expect(clients.map((client) => client.take())).toEqual(clients.map(() => ['box a', 'box a', 'box a']));
    expect(rendered).toBe(3);
  });

  it('are refused beyond the limit, until one leaves', () => {
    const clients = Array.from({ length: 32 }, () => connect());
    expect(connect()).toMatchObject({ status: 503, hasEnded: true, events: [] });
    clients[0]?.emit('close');
    expect(connect()).toMatchObject({ status: 200, hasEnded: false });
  });
});

it('does nothing when nobody is connected, and ends everybody when it closes', async () => {
  const client = connect();
  client.emit('close');
  expect(clock.timerCount).toBe(0);
  const other = connect();
  feed.close();
  expect(other.hasEnded).toBe(true);
  overview.update(boxEntry('a'));
  expect(clock.timerCount).toBe(0);
});
