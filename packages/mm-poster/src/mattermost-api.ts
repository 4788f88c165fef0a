import { insecureUrlWarning, parseBaseUrl, parseToken } from './address.ts';
import type { CommandApi, Team } from './command-api.ts';
import { MattermostError } from './errors.ts';
import type { CallOptions, Channel, NewPost, Post, PostApi, PostPatch, User } from './post-api.ts';
import { type Parse, Transport } from './transport.ts';
import { toChannel, toPong, toPost, toPosts, toTeams, toUser } from './wire.ts';

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
}

/** A {@link PostApi} over HTTP. */
export interface MattermostApi extends PostApi, CommandApi, AsyncDisposable {
  /** What the operator should know about the address, with the cure. */
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
  const { timeoutMs = 10_000, maxSockets = 4 } = options;
  const base = parseBaseUrl(options.url);
  const client = new Transport(timeoutMs, maxSockets);
  client.setUrl(base.href.replace(/\/+$/, ''));
  client.setToken(parseToken(options.token));
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= client.agent.close();
    return closed;
  };
  return {
    ...postCalls(client),
    ...lookupCalls(client),
    ...commandCalls(client),
    ping: async (call) => {
      await client.call(toPong, 'get', `${client.getBaseRoute()}/system/ping`, undefined, call);
    },
    setToken: (token) => client.setToken(parseToken(token)),
    onAnswer(listener) {
      client.listeners.add(listener);
      return () => client.listeners.delete(listener);
    },
    warnings: [insecureUrlWarning(base)].filter((warning) => warning !== undefined),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function postCalls(client: Transport): Pick<PostApi, 'createPost' | 'patchPost' | 'getPost' | 'getPostsSince'> {
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
      return client.call(toPost, 'post', `${client.getPostsRoute()}${query}`, body, call);
    },
    async patchPost(postId: string, patch: PostPatch, call?: CallOptions): Promise<Post> {
      const { message, props } = patch;
      return client.call(toPost, 'put', `${client.getPostRoute(segment(postId))}/patch`, { message, props }, call);
    },
    getPost: async (postId, call) => client.call(toPost, 'get', client.getPostRoute(segment(postId)), undefined, call),
    getPostsSince: (channelId, sinceMs, call) =>
      getPostsSince(client, channelId, Math.max(0, Math.floor(sinceMs)), call),
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
  const changed = await client.call(toPosts, 'get', `${route}?since=${sinceMs}`, undefined, call);
  if (changed.length < SINCE_LIMIT) return changed;
  const posts = [...changed];
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const newest = await client.call(toPosts, 'get', `${route}?page=${page}&per_page=${PAGE_SIZE}`, undefined, call);
    posts.push(...newest);
    if (newest.length < PAGE_SIZE || newest.some((post) => post.createAt < sinceMs)) break;
  }
  return posts;
}

type Lookups = 'getMe' | 'getUserByUsername' | 'getChannel' | 'getChannelByName' | 'createDirectChannel';

function lookupCalls(client: Transport): Pick<PostApi, Lookups> {
  const get = <T>(parse: Parse<T>, url: string, call?: CallOptions): Promise<T> =>
    client.call(parse, 'get', url, undefined, call);
  return {
    getMe: (call): Promise<User> => get(toUser, client.getUserRoute('me'), call),
    getUserByUsername: async (name, call) => get(toUser, `${client.getUsersRoute()}/username/${segment(name)}`, call),
    getChannel: async (id, call): Promise<Channel> => get(toChannel, client.getChannelRoute(segment(id)), call),
    async getChannelByName(team, name, call) {
      return get(toChannel, `${client.getTeamNameRoute(segment(team))}/channels/name/${segment(name)}`, call);
    },
    createDirectChannel: (userIds, call) =>
      client.call(toChannel, 'post', `${client.getChannelsRoute()}/direct`, userIds, call),
  };
}

function commandCalls(client: Transport): CommandApi {
  return {
    async deletePost(postId, call) {
      await client.call(toPong, 'delete', client.getPostRoute(segment(postId)), undefined, call);
    },
    async isMember(channelId, call) {
      try {
        const url = `${client.getChannelRoute(segment(channelId))}/members/me`;
        await client.call(toPong, 'get', url, undefined, call);
        return true;
      } catch (error) {
        // Whoever may not read a channel is no member of it.
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
      detail: 'is no id or name on a Mattermost server',
    });
  }
  return encodeURIComponent(value);
}
