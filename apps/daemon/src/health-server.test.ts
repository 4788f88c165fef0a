import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Secret } from '@live-status/openclaw-config';
import { systemClock } from '@live-status/resilience';
import type { BoxEntry } from '@live-status/session-state';
import { createLabels, createLanguage } from '@live-status/status-render';
import { afterEach, describe, expect, it } from 'vitest';
import { type HealthReport, sourceReasons, worst } from './health.ts';
import { type HealthServer, type HealthServerOptions, startHealthServer } from './health-server.ts';
import { LiveFeed } from './live-feed.ts';
import { boxToHtml, healthToHtml } from './live-page.ts';
import { Overview } from './overview.ts';
import { boxEntry } from './testing/box-entry.ts';

const REPORT: HealthReport = {
  status: 'ok',
  version: '1.2.3',
  pid: 42,
  uptimeS: 5,
  sources: [{ name: 'jsonl', inUse: true, state: 'attached', reasons: [], runsSeen: 7 }],
  boxes: { active: 2, waiting: 1, posted: 3 },
  poster: {
    state: 'ok',
    reasons: [],
    breaker: { state: 'open', consecutiveFailures: 5 },
    boxes: 3,
    queue: 4,
    creates: 3,
    edits: 40,
    heartbeats: 0,
    skips: 5,
    retries: 6,
    rateLimited: 1,
    refused: 0,
    reduced: 0,
    deletes: 0,
    heldBack: [],
    accounts: [],
  },
  reasons: [],
};

let server: HealthServer | undefined;

/** A feed of these boxes. */
function feedOf(...entries: readonly BoxEntry[]): LiveFeed {
  const overview = new Overview(systemClock);
  for (const entry of entries) overview.update(entry);
  return new LiveFeed({
    clock: systemClock,
    overview,
    report: () => REPORT,
    postUrlOf: () => undefined,
    boxToHtml: boxToHtml({ labels: createLabels(), language: createLanguage() }, systemClock),
    healthToHtml,
  });
}

afterEach(() => server?.close());

async function start(change: Partial<HealthServerOptions> = {}): Promise<string> {
  const defaults = { port: 0, host: '127.0.0.1', report: () => REPORT, ready: () => true, feed: feedOf() };
  server = await startHealthServer({ ...defaults, ...change });
  return server.url;
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** `fetch` does not let a caller choose the Host header. */
function get(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    request(url, { headers, method, agent: false }, async (response) => {
      const chunks = await response.toArray();
      resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() });
    })
      .on('error', reject)
      .end();
  });
}

describe('the health server', () => {
  it('says it lives, whatever else is wrong', async () => {
    const url = await start({ report: () => ({ ...REPORT, status: 'failing' }), ready: () => false });
    expect(await get(`${url}/livez`)).toMatchObject({ status: 200 });
  });

  it('is ready once the sources are attached', async () => {
    let ready = false;
    const url = await start({ ready: () => ready });
    expect(await get(`${url}/readyz`)).toMatchObject({ status: 503 });
    ready = true;
    expect(await get(`${url}/readyz`)).toMatchObject({ status: 200 });
  });

  it('reports health as JSON, with 503 when anything is wrong', async () => {
    let status: HealthReport['status'] = 'ok';
    const url = await start({ report: () => ({ ...REPORT, status }) });
    const good = await get(`${url}/health`);
    expect(good).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
    expect(JSON.parse(good.body)).toEqual(REPORT);
    status = 'degraded';
    expect(await get(`${url}/health`)).toMatchObject({ status: 503 });
  });

  it('counts the same numbers for Prometheus, however often it is asked', async () => {
    const url = await start();
    await get(`${url}/metrics`);
    const { body } = await get(`${url}/metrics`);
    expect(body).toContain('\nlive_status_posts_edited_total 40\n');
    expect(body).toContain('\nlive_status_runs_total 7\n');
    expect(body).toContain('\nlive_status_boxes_waiting 1\n');
    expect(body).toContain('\nlive_status_breaker_open 1\n');
    expect(body).toContain('live_status_info{version="1.2.3"} 1');
  });

  it('escapes every box on the page and lets no script of a box run', async () => {
    const text = `<script>alert("x")</script> & 'quoted'`;
    const lines = [{ kind: 'text', id: 't', text } as const];
    const url = await start({ feed: feedOf(boxEntry('b', { title: text, lines })) });
    const { body, headers } = await get(`${url}/`);
    expect(body.match(/<script/g)).toHaveLength(1);
    expect(body).toContain('&#60;script&#62;alert(&#34;x&#34;)&#60;/script&#62; &#38; &#39;quoted&#39;');
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'self'; script-src 'self';/);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it.each([
    ['/page.css', 'text/css; charset=utf-8'],
    ['/page.js', 'text/javascript; charset=utf-8'],
  ])('serves %s', async (path, type) => {
    expect(await get(`${await start()}${path}`)).toMatchObject({ status: 200, headers: { 'content-type': type } });
  });

  it('sends what is at work to whoever follows /events', async () => {
    const url = await start({ feed: feedOf(boxEntry('b')) });
    const response = await fetch(`${url}/events`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    let text = '';
    for await (const part of response.body ?? []) {
      text += Buffer.from(part as Uint8Array).toString();
      if (text.includes('event: order')) break;
    }
    expect(text).toMatch(
      /^event: health\ndata: \{.*\}\n\nevent: box\ndata: \{"boxId":"b",.*\}\n\nevent: order\ndata: \["b"\]\n\n$/,
    );
  });

  it('asks for the token before it sends events', async () => {
    const url = await start({ token: new Secret('open sesame') });
    expect(await get(`${url}/events`)).toMatchObject({ status: 401 });
  });

  it.for([
    ['127.0.0.1:9090', 200],
    ['localhost', 200],
    ['[::1]:9090', 200],
    ['10.1.2.3', 200],
    ['evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    [':80', 421],
  ] as const)('answers Host "%s" with %i', async ([host, status]) => {
    expect(await get(`${await start()}/health`, { host })).toMatchObject({ status });
  });

  it('asks for the token when there is one, but not of probes', async () => {
    const url = await start({ token: new Secret('open-sesame') });
    const basic = `Basic ${Buffer.from('anyone:open-sesame').toString('base64')}`;
    const health = (authorization?: string) => get(`${url}/health`, authorization ? { authorization } : {});
    expect(await health()).toMatchObject({ status: 401, headers: { 'www-authenticate': /Basic/ } });
    expect(await health('Bearer wrong')).toMatchObject({ status: 401 });
    expect(await health('Bearer open-sesame')).toMatchObject({ status: 200 });
    expect(await health(basic)).toMatchObject({ status: 200 });
    expect(await get(`${url}/livez`)).toMatchObject({ status: 200 });
    expect(await get(`${url}/metrics`)).toMatchObject({ status: 200 });
  });

  const outside = Object.values(networkInterfaces())
    .flat()
    .find((face) => face && !face.internal && face.family === 'IPv4');

  it('tells other machines only what probes need, unless there is a token', async ({ skip }) => {
    skip(!outside, 'this machine has no address besides loopback');
    const port = new URL(await start({ host: '0.0.0.0' })).port;
    const from = `http://${outside?.address}:${port}`;
    expect(await get(`${from}/readyz`)).toMatchObject({ status: 200 });
    expect(await get(`${from}/health`)).toMatchObject({ status: 403 });
    expect(await get(`${from}/`)).toMatchObject({ status: 403 });
    expect(await get(`http://127.0.0.1:${port}/health`)).toMatchObject({ status: 200 });
  });

  it('survives a request for nonsense', async () => {
    const { host } = new URL(await start());
    expect(await get(`http://${host}//`)).toMatchObject({ status: 404 });
  });

  it('closes connections that never finish a request', async () => {
    const url = new URL(await start({ requestTimeoutMs: 100 }));
    const socket = connect(Number(url.port), url.hostname);
    await once(socket, 'connect');
    socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    socket.resume();
    await once(socket, 'close');
    expect((await get(`${url.origin}/livez`)).status).toBe(200);
  });

  it('takes no more than 100 connections, so that file descriptors are left for posting', async () => {
    const url = new URL(await start());
    const sockets = Array.from({ length: 150 }, () => connect(Number(url.port), url.hostname));
    const closed = sockets.map((socket) => {
      socket.on('error', () => undefined).resume();
      return once(socket, 'close');
    });
    // The first 50 that are closed are those above the limit: the others wait for their request.
    let count = 0;
    for (const each of closed) void each.then(() => (count += 1));
    while (count < 50) await setImmediate();
    expect(count).toBe(50);
    for (const socket of sockets) socket.destroy();
    await Promise.all(closed);
    // It answers as soon as it has noticed.
    const answered = async (): Promise<boolean> =>
      get(`${url.origin}/livez`).then(
        ({ status }) => status === 200,
        () => false,
      );
    while (!(await answered())) await setImmediate();
  });

  it('only reads', async () => {
    const url = await start();
    expect(await get(`${url}/health`, {}, 'POST')).toMatchObject({ status: 405 });
    expect(await get(`${url}/health`, {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect(await get(`${url}/none`)).toMatchObject({ status: 404 });
  });

  it('says when another process has the port', async () => {
    const { port } = new URL(await start());
    await expect(
      startHealthServer({
        port: Number(port),
        host: '127.0.0.1',
        report: () => REPORT,
        ready: () => true,
        feed: feedOf(),
      }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('health', () => {
  it('is as bad as its worst reason', () => {
    expect(worst([])).toBe('ok');
    expect(worst([{ level: 'degraded', what: '' }])).toBe('degraded');
    expect(
      worst([
        { level: 'degraded', what: '' },
        { level: 'failing', what: '' },
      ]),
    ).toBe('failing');
  });

  it('takes over what a source says of itself', () => {
    const status = { state: 'degraded', reasons: ['do this'], runsSeen: 0 } as const;
    expect(sourceReasons(status)).toEqual([{ level: 'degraded', what: 'do this' }]);
    expect(sourceReasons({ ...status, state: 'closed' })).toMatchObject([{ level: 'failing' }]);
    expect(sourceReasons({ ...status, isBlind: true })).toEqual([{ level: 'failing', what: 'do this' }]);
  });
});
