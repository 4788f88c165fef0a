import type { ServerResponse } from 'node:http';
import type { World } from '../call.ts';
import { postView, stateView } from './view.ts';

/** Server-Sent Events: the whole state to each new reader, then every post that changes and the list of channels. */
export class EventStream {
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
