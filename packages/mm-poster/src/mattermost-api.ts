/** The one module that knows @mattermost/client and undici: routes and headers from the one, transport from the other. */
import mattermost from '@mattermost/client';
import type { Options } from '@mattermost/types/client4';
import { MattermostConfigError, MattermostError } from './errors.ts';
import { createExchange, type Exchange, networkReason } from './exchange.ts';
import type {
  Answer,
  CallOptions,
  Channel,
  CommandApi,
  NewPost,
  Post,
  PostApi,
  PostPatch,
  Team,
  User,
} from './post-api.ts';
import {
  type Headers,
  parseJson,
  toAnswer,
  toChannel,
  toDatabaseStatus,
  toError,
  toMembership,
  toPageError,
  toPong,
  toPost,
  toPosts,
  toServerSettings,
  toTeam,
  toTeams,
  toUser,
} from './wire.ts';

/** Options of {@link createMattermostApi}. */
export interface MattermostApiOptions {
  /** Base address of the server: `https://chat.example.com`, with its sub-path if it has one. */
  readonly url: string;
  /** Token of a bot account, or a personal access token. */
  readonly token: string;
  /** Longest time a request may take, its wait for a socket included, milliseconds. Default 10 000. */
  readonly timeoutMs?: number | undefined;
  /** Sockets at most, kept alive. Default 4. */
  readonly maxSockets?: number | undefined;
  /** Where `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are read. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** A {@link PostApi} over HTTP. */
export interface MattermostApi extends PostApi, CommandApi, AsyncDisposable {
  /** What the operator should know about the address, with the fix. */
  readonly warnings: readonly string[];
  /** Waits for requests in flight and closes the sockets. Idempotent. */
  close(): Promise<void>;
}

/**
 * The adapter of {@link PostApi} to a Mattermost server.
 *
 * Redirects are errors: following one would hand the token to another address. Every request has a timeout.
 *
 * @throws MattermostConfigError for an address or token that no request could use; the token is not in the text.
 */
export function createMattermostApi(options: MattermostApiOptions): MattermostApi {
  const { timeoutMs = 10_000, maxSockets = 4, env = process.env } = options;
  const base = parseBaseUrl(options.url);
  const client = new Transport(createExchange(base, { timeoutMs, maxSockets, env }), timeoutMs);
  client.setUrl(base.href.replace(/\/+$/, ''));
  client.setToken(parseToken(options.token));
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= client.exchange.close();
    return closed;
  };
  return {
    ...postCalls(client),
    ...lookupCalls(client),
    ...commandCalls(client),
    ping: async (call) => {
      await client.call(toPong, 'get', `${client.getBaseRoute()}/system/ping`, undefined, call);
    },
    checkHealth: (call) => client.checkHealth(`${client.getBaseRoute()}/system/ping?get_server_status=true`, call),
    getServerSettings: async (call) =>
      client.call(toServerSettings, 'get', `${client.getBaseRoute()}/config/client?format=old`, undefined, call),
    setToken: (token) => client.setToken(parseToken(token)),
    onAnswer(listener) {
      client.listeners.add(listener);
      return () => client.listeners.delete(listener);
    },
    warnings: [insecureUrlWarning(base), uncheckedWarning(base, env)].filter((warning) => warning !== undefined),
    close,
    [Symbol.asyncDispose]: close,
  };
}

type PostCalls =
  | 'createPost'
  | 'patchPost'
  | 'getPost'
  | 'getPostsSince'
  | 'setPinned'
  | 'getPinnedPosts'
  | 'getThread'
  | 'deletePost';

function postCalls(client: Transport): Pick<PostApi, PostCalls> {
  return {
    async createPost(post: NewPost, call?: CallOptions): Promise<Post> {
      const query = post.silent === true ? '?silent=true&set_online=false' : '?set_online=false';
      const body = {
        channel_id: post.channelId,
        message: post.message,
        root_id: post.rootId,
        props: post.props,
        type: post.type,
        pending_post_id: post.pendingPostId,
      };
      const isThere = ({ channelId, rootId }: Post): boolean =>
        channelId === post.channelId && rootId === (post.rootId ?? '');
      return client.call(asked(toPost, isThere), 'post', `${client.getPostsRoute()}${query}`, body, call);
    },
    async patchPost(postId: string, patch: PostPatch, call?: CallOptions): Promise<Post> {
      const { message, props } = patch;
      const route = `${client.getPostRoute(segment(postId))}/patch`;
      return client.call(withIdOf(postId, toPost), 'put', route, { message, props }, call);
    },
    getPost: async (postId, call) =>
      client.call(withIdOf(postId, toPost), 'get', client.getPostRoute(segment(postId)), undefined, call),
    getPostsSince: (channelId, sinceMs, call) =>
      getPostsSince(client, channelId, Math.max(0, Math.floor(sinceMs)), call),
    async setPinned(postId, pinned, call) {
      const route = `${client.getPostRoute(segment(postId))}/${pinned ? 'pin' : 'unpin'}`;
      await client.call(toPong, 'post', route, undefined, call);
    },
    getPinnedPosts: async (channelId, call) => {
      const route = `${client.getChannelRoute(segment(channelId))}/pinned`;
      return client.call(asked(toPosts, areIn(channelId)), 'get', route, undefined, call);
    },
    getThread: async (postId, call) => {
      const isOfThread = ({ id, rootId }: Post): boolean => id === postId || rootId === postId;
      const isThread = (posts: readonly Post[]): boolean =>
        posts.some(({ id }) => id === postId) && posts.every(isOfThread);
      const route = `${client.getPostRoute(segment(postId))}/thread`;
      return client.call(asked(toPosts, isThread), 'get', route, undefined, call);
    },
    async deletePost(postId, call) {
      await client.call(toPong, 'delete', client.getPostRoute(segment(postId)), undefined, call);
    },
  };
}

/** Rows of a `since` listing at most, history rows included. A full one need not hold the newest. */
const SINCE_LIMIT = 1000;
const PAGE_SIZE = 200;
const MAX_PAGES = 10;

async function getPostsSince(
  client: Transport,
  channelId: string,
  sinceMs: number,
  call?: CallOptions,
): Promise<readonly Post[]> {
  const route = `${client.getChannelRoute(segment(channelId))}/posts`;
  const parse = asked(toPosts, areIn(channelId));
  const changed = await client.call(parse, 'get', `${route}?since=${sinceMs}`, undefined, call);
  if (changed.length < SINCE_LIMIT) return changed;
  const posts = [...changed];
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const newest = await client.call(parse, 'get', `${route}?page=${page}&per_page=${PAGE_SIZE}`, undefined, call);
    posts.push(...newest);
    if (newest.length < PAGE_SIZE || newest.some((post) => post.createAt < sinceMs)) break;
  }
  return posts;
}

type Lookups =
  | 'getMe'
  | 'getUser'
  | 'getUserByUsername'
  | 'getChannel'
  | 'getChannelByName'
  | 'getTeam'
  | 'createDirectChannel';

function lookupCalls(client: Transport): Pick<PostApi, Lookups> {
  const get = <T>(parse: Parse<T>, url: string, call?: CallOptions): Promise<T> =>
    client.call(parse, 'get', url, undefined, call);
  return {
    getMe: (call): Promise<User> => get(toUser, client.getUserRoute('me'), call),
    getUser: async (id, call) => get(withIdOf(id, toUser), client.getUserRoute(segment(id)), call),
    async getUserByUsername(name, call) {
      const isNamed = ({ username }: User): boolean => isSameName(username, name);
      return get(asked(toUser, isNamed), `${client.getUsersRoute()}/username/${segment(name)}`, call);
    },
    getChannel: async (id, call): Promise<Channel> =>
      get(withIdOf(id, toChannel), client.getChannelRoute(segment(id)), call),
    async getChannelByName(team, name, call) {
      const isNamed = (channel: Channel): boolean => isSameName(channel.name, name);
      const route = `${client.getTeamNameRoute(segment(team))}/channels/name/${segment(name)}`;
      return get(asked(toChannel, isNamed), route, call);
    },
    getTeam: async (id, call): Promise<Team> => get(withIdOf(id, toTeam), client.getTeamRoute(segment(id)), call),
    createDirectChannel(userIds, call) {
      // Such a channel is called by the ids of the two, in the order of the alphabet.
      const isTheirs = ({ type, name }: Channel): boolean => type === 'D' && name === userIds.toSorted().join('__');
      return client.call(asked(toChannel, isTheirs), 'post', `${client.getChannelsRoute()}/direct`, userIds, call);
    },
  };
}

function commandCalls(client: Transport): CommandApi {
  return {
    async isMember(channelId, call) {
      try {
        const url = `${client.getChannelRoute(segment(channelId))}/members/me`;
        await client.call(
          asked(toMembership, (membership) => membership.channelId === channelId),
          'get',
          url,
          undefined,
          call,
        );
        return true;
      } catch (error) {
        // Whoever may not read a channel is not a member of it.
        if (error instanceof MattermostError && (error.kind === 'gone' || error.kind === 'forbidden')) return false;
        throw error;
      }
    },
    getTeams: (call): Promise<readonly Team[]> =>
      client.call(toTeams, 'get', `${client.getUserRoute('me')}/teams`, undefined, call),
  };
}

/** Ids and names come from files and settings: none of them may choose another route. */
function segment(value: string): string {
  if (value === '' || value === '.' || value === '..') {
    throw new MattermostError({
      kind: 'invalid',
      request: `"${value}"`,
      detail: 'is not an id or name on a Mattermost server',
    });
  }
  return encodeURIComponent(value);
}

/** Longest answer that is read, bytes: the props of a post may have 800 000 characters. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** The same for lists of posts. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;
const LISTS = /\/(?:posts\?|pinned$|thread$)/;

interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined when the head came and the rest was cut off. */
  readonly body: string | undefined;
}

/** An answer that can be read, but is about another thing than the request. */
const OTHER = Symbol('other');
/** Checks JSON; undefined when it cannot be read. */
type Parse<T> = (value: unknown) => T | typeof OTHER | undefined;

/**
 * A server or proxy that confuses requests may answer with another person's post, or with a channel that others read:
 * such an answer is not believed.
 */
function asked<T>(parse: (value: unknown) => T | undefined, isAskedFor: (value: T) => boolean): Parse<T> {
  return (value) => {
    const parsed = parse(value);
    return parsed === undefined || isAskedFor(parsed) ? parsed : OTHER;
  };
}

function withIdOf<T extends { readonly id: string }>(id: string, parse: (value: unknown) => T | undefined): Parse<T> {
  return asked(parse, (value) => value.id === id);
}

const areIn =
  (channelId: string) =>
  (posts: readonly Post[]): boolean =>
    posts.every((post) => post.channelId === channelId);
const isSameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/**
 * Client4 with its own `fetch` replaced: that one has no timeout, loses status and headers of errors, and `Retry-After`.
 * (Its named import fails on Node 22: the client is CommonJS whose exports the loader cannot see.)
 */
class Transport extends mattermost.Client4 {
  readonly exchange: Exchange;
  readonly listeners: Set<(answer: Answer) => void> = new Set();
  readonly timeoutMs: number;

  constructor(exchange: Exchange, timeoutMs: number) {
    super();
    this.timeoutMs = timeoutMs;
    this.exchange = exchange;
    this.setIncludeCookies(false);
    this.setUserAgent('live-status');
  }

  /** Sends one request and gives its JSON; every route of Client4 goes through here. */
  protected override doFetch = async <T>(url: string, options: Options): Promise<T> => {
    const method = (options.method ?? 'get').toUpperCase();
    const name = `${method} ${new URL(url).pathname}`;
    const { status, headers, body } = await this.#exchange(name, url, method, options);
    if (status < 200 || status > 299) throw toError(name, status, headers, body ?? '');
    const json = body === undefined ? undefined : parseJson(body);
    if (json === undefined) {
      const page = toPageError(name, status, headers, body ?? '');
      throw page ?? new MattermostError({ kind: 'unreadable', request: name, status });
    }
    return json as T;
  };

  /** One call as the port makes it: JSON in, a checked object out. */
  async call<T>(parse: Parse<T>, method: string, url: string, body?: object, { signal }: CallOptions = {}): Promise<T> {
    signal?.throwIfAborted();
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await this.doFetch<unknown>(url, { method, signal: signal ?? null, ...json });
    const parsed = parse(answer);
    if (parsed !== undefined && parsed !== OTHER) return parsed;
    const request = `${method.toUpperCase()} ${new URL(url).pathname}`;
    const detail = parsed === OTHER ? 'is an answer about something else' : undefined;
    throw new MattermostError({ kind: 'unreadable', request, status: 200, detail });
  }

  /** Asks the server how it is. Its answer is read whatever its status: 500 also stands for a missing file store. */
  async checkHealth(url: string, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const name = `GET ${new URL(url).pathname}`;
    const { status, headers, body = '' } = await this.#exchange(name, url, 'GET', { signal: signal ?? null });
    const database = toDatabaseStatus(body);
    if (database === 'OK') return;
    if (database !== undefined) {
      const detail = `its database is ${database}`;
      throw new MattermostError({ kind: 'transient', request: name, status, detail });
    }
    if (status < 200 || status > 299) throw toError(name, status, headers, body);
    if (toPong(parseJson(body)) === undefined) {
      const page = toPageError(name, status, headers, body);
      throw page ?? new MattermostError({ kind: 'unreadable', request: name, status });
    }
  }

  async #exchange(name: string, url: string, method: string, options: Options): Promise<RawAnswer> {
    // Not AbortSignal.timeout() and any(), which go on after the answer: each request would end with an error nobody needs.
    const ending = new AbortController();
    const abort = (): void => ending.abort(options.signal?.reason);
    const timer = setTimeout(() => ending.abort(), this.timeoutMs).unref();
    options.signal?.addEventListener('abort', abort);
    try {
      options.signal?.throwIfAborted();
      return await this.#read(url, method, options, ending.signal);
    } catch (cause) {
      options.signal?.throwIfAborted();
      const detail = ending.signal.aborted ? `no answer within ${this.timeoutMs / 1000} s` : networkReason(cause);
      throw new MattermostError({ kind: 'transient', request: name, detail }, { cause });
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
    }
  }

  async #read(url: string, method: string, options: Options, signal: AbortSignal): Promise<RawAnswer> {
    const { body: content } = options;
    // Asked about a body, the client loads Node's whole `fetch` to see whether it is a form.
    const { headers: common } = this.getOptions({ ...options, body: undefined });
    const type = content === undefined ? {} : { 'Content-Type': 'application/json' };
    const headers = { ...(common as Record<string, string>), ...type };
    const sentAt = performance.now();
    const answer = await this.exchange.send({ url, method, headers, body: content, signal });
    const head = { ...toAnswer(answer.status, answer.headers), method, durationMs: performance.now() - sentAt };
    for (const listener of this.listeners) listener(head);
    const body = await answer.body(LISTS.test(url) ? MAX_LIST_BYTES : MAX_BODY_BYTES).catch((cause: unknown) => {
      if (options.signal?.aborted) throw cause;
      return undefined;
    });
    return { status: answer.status, headers: answer.headers, body };
  }
}

/** A token as it goes into a header. The error does not quote it. */
function parseToken(token: string): string {
  const trimmed = token.trim();
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  throw new MattermostConfigError('The Mattermost token is empty or has characters that no token has; copy it again');
}

/** The address of a server. */
function parseBaseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new MattermostConfigError(
      'The Mattermost address must be an http(s) URL, for example https://chat.example.com',
    );
  }
  if (parsed.username !== '' || parsed.password !== '' || parsed.search !== '' || parsed.hash !== '') {
    throw new MattermostConfigError('The Mattermost address must have no user, password, query or fragment');
  }
  if (/\/api\/v4\/?$/.test(parsed.pathname)) {
    throw new MattermostConfigError(`Remove "/api/v4" from the end of the Mattermost address ${parsed.href}`);
  }
  return parsed;
}

const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

/** A warning for the operator when the token can be read on its way; undefined when it cannot. */
function insecureUrlWarning({ protocol, hostname, host }: URL): string | undefined {
  if (protocol === 'https:' || LOOPBACK.test(hostname)) return undefined;
  return `The token goes to ${host} over plain http, readable on the way; use https`;
}

/** A warning for the operator when any certificate is taken for the server's. */
function uncheckedWarning({ protocol, host }: URL, env: MattermostApiOptions['env']): string | undefined {
  if (protocol !== 'https:' || env?.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return undefined;
  return `NODE_TLS_REJECT_UNAUTHORIZED=0: whoever stands on the way to ${host} can read the token; unset it, and set NODE_EXTRA_CA_CERTS to the certificate of its authority`;
}
