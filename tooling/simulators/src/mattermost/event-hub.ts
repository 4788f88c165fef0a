import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { World } from './call.ts';
import { newId, type Post, type User } from './model.ts';

const PATH = '/api/v4/websocket';

interface Reader {
  readonly socket: WebSocket;
  user: User | undefined;
  seq: number;
}

/**
 * `/api/v4/websocket`: `hello`, `posted`, `post_edited` and `post_deleted`, in the shapes of the server's source. A reader
 * gets what happens in the channels of its account, its own posts too, once its token was accepted: in the
 * `Authorization` header or in an `authentication_challenge`.
 */
export class EventHub implements Disposable {
  readonly #world: World;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #readers = new Set<Reader>();
  readonly #subscription: Disposable;
  readonly #onProgress: () => void;

  /** `onProgress` is called when a reader is admitted or leaves. */
  constructor(world: World, onProgress: () => void) {
    this.#world = world;
    this.#onProgress = onProgress;
    this.#subscription = world.posts.onChange((post) => this.#announce(post));
  }

  /** The accounts that listen now. */
  get users(): readonly User[] {
    return [...this.#readers].flatMap(({ user }) => user ?? []);
  }

  /** Answers an upgrade request: the socket is the hub's from now on. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (new URL(request.url ?? '/', 'http://simulator').pathname !== PATH) return void socket.destroy();
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, request));
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    for (const { socket } of this.#readers) socket.terminate();
  }

  #open(socket: WebSocket, request: IncomingMessage): void {
    const reader: Reader = { socket, user: undefined, seq: 0 };
    this.#readers.add(reader);
    socket.once('close', () => {
      this.#readers.delete(reader);
      this.#onProgress();
    });
    // A reader that is cut off leaves an error and a close; the close is what counts.
    socket.on('error', () => {});
    socket.on('message', (data) => this.#receive(reader, String(data)));
    this.#admit(reader, /^bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1]);
  }

  #receive(reader: Reader, text: string): void {
    const { seq, action, data } = asAction(text);
    if (action !== 'authentication_challenge') return;
    if (this.#admit(reader, data?.token)) reader.socket.send(JSON.stringify({ status: 'OK', seq_reply: seq }));
    else reader.socket.close(1008, 'authentication failed');
  }

  #admit(reader: Reader, token: unknown): boolean {
    const user = typeof token === 'string' ? this.#world.directory.userOfToken(token) : undefined;
    if (!user) return false;
    reader.user = user;
    const data = { server_version: this.#world.settings.version, connection_id: newId() };
    send(reader, { event: 'hello', data, broadcast: { user_id: user.id, channel_id: '', team_id: '' } });
    this.#onProgress();
    return true;
  }

  #announce(post: Post): void {
    const { directory } = this.#world;
    const listening = [...this.#readers].filter(({ user }) => user && directory.isMember(post.channel_id, user.id));
    if (listening.length === 0) return;
    const broadcast = { channel_id: post.channel_id, user_id: '', team_id: '' };
    for (const reader of listening) send(reader, { ...this.#eventOf(post), broadcast });
  }

  #eventOf(post: Post): { readonly event: string; readonly data: object } {
    const { directory, posts } = this.#world;
    if (post.delete_at !== 0) return { event: 'post_deleted', data: { post: JSON.stringify(post) } };
    if (posts.versions(post.id).length > 1) return { event: 'post_edited', data: { post: JSON.stringify(post) } };
    const channel = directory.channels.get(post.channel_id);
    const data = {
      channel_display_name: channel?.display_name ?? '',
      channel_name: channel?.name ?? '',
      channel_type: channel?.type ?? '',
      post: JSON.stringify(post),
      sender_name: `@${directory.users.get(post.user_id)?.username ?? ''}`,
      set_online: true,
      team_id: channel?.team_id ?? '',
    };
    return { event: 'posted', data };
  }
}

function send(reader: Reader, event: object): void {
  reader.socket.send(JSON.stringify({ ...event, seq: reader.seq }));
  reader.seq += 1;
}

interface Action {
  readonly seq?: unknown;
  readonly action?: unknown;
  readonly data?: { readonly token?: unknown };
}

function asAction(text: string): Action {
  try {
    const action: unknown = JSON.parse(text);
    return typeof action === 'object' && action !== null ? action : {};
  } catch {
    return {};
  }
}
