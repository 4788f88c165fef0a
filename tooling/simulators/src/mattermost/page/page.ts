import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import findMyWay from 'find-my-way';
import type { World } from '../call.ts';
import { sendJson, sendPlainError } from '../http.ts';
import { contentView, postView, stateView } from './view.ts';

/** Nothing inline, nothing from elsewhere: a post that got markup past the renderer could still do nothing. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/sim/style.css': ['style.css', 'text/css; charset=utf-8'],
  '/sim/app.js': ['app.js', 'text/javascript; charset=utf-8'],
  '/sim/device.js': ['device.js', 'text/javascript; charset=utf-8'],
  '/sim/post.js': ['post.js', 'text/javascript; charset=utf-8'],
  '/sim/timeline.js': ['timeline.js', 'text/javascript; charset=utf-8'],
  '/sim/icon.svg': ['icon.svg', 'image/svg+xml'],
} as const;

type PageRoute = (response: ServerResponse, params: Readonly<Record<string, string | undefined>>) => unknown;

/** The page at `/` that shows the posts, and what it is made of below `/sim`. */
export class Page {
  readonly #world: World;
  readonly #events: EventStream;
  readonly #router = findMyWay<findMyWay.HTTPVersion.V1>();

  constructor(world: World) {
    this.#world = world;
    this.#events = new EventStream(world);
    for (const [path, file] of Object.entries(FILES)) this.#get(path, (response) => sendFile(response, file));
    this.#get('/sim/api/state', (response) => sendJson(response, 200, stateView(world)));
    this.#get('/sim/api/posts/:post_id/versions/:index', (response, params) => this.#version(response, params));
    this.#get('/sim/events', (response) => this.#events.open(response));
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    // A name that points here from outside would let a foreign site read the posts (DNS rebinding).
    if (!/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(request.headers.host ?? '')) {
      return sendPlainError(response, 403, 'Open this page by its loopback address, for example http://127.0.0.1.');
    }
    const { pathname } = new URL(request.url ?? '/', 'http://simulator');
    const match = this.#router.find(request.method as findMyWay.HTTPMethod, pathname);
    if (!match) return sendPlainError(response, 404, '404 page not found');
    await (match.store as PageRoute)(response, match.params);
  }

  close(): void {
    this.#events.close();
  }

  #get(path: string, route: PageRoute): void {
    this.#router.on('GET', path, () => {}, route);
  }

  #version(response: ServerResponse, params: Readonly<Record<string, string | undefined>>): void {
    const version = this.#world.posts.versions(params.post_id ?? '')[Number(params.index)];
    if (version) sendJson(response, 200, { ...contentView(version.post), at: version.at });
    else sendPlainError(response, 404, 'No such version.');
  }
}

async function sendFile(response: ServerResponse, [name, type]: (typeof FILES)[keyof typeof FILES]): Promise<void> {
  const bytes = await readFile(new URL(`./static/${name}`, import.meta.url));
  response.writeHead(200, { 'Content-Type': type }).end(bytes);
}

/** Server-Sent Events: the whole state to each new reader, then every post that changes and the list of channels. */
class EventStream {
  readonly #world: World;
  readonly #readers = new Set<ServerResponse>();
  readonly #subscriptions: readonly Disposable[];

  constructor(world: World) {
    this.#world = world;
    this.#subscriptions = [
      world.posts.onChange((post) => this.#send('post', () => postView(world, post))),
      world.directory.onChannelChange(() => this.#send('channels', () => stateView(world).channels)),
    ];
  }

  open(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(event('state', stateView(this.#world)));
    this.#readers.add(response);
    response.once('close', () => this.#readers.delete(response));
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    for (const reader of this.#readers) reader.end();
  }

  #send(name: string, view: () => unknown): void {
    if (this.#readers.size === 0) return;
    const text = event(name, view());
    for (const reader of this.#readers) reader.write(text);
  }
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
