import { type Clock, systemClock } from '@live-status/resilience';
import { MattermostError, type MattermostErrorKind } from './errors.ts';
import type {
  Answer,
  CallOptions,
  Channel,
  NewPost,
  Post,
  PostApi,
  PostPatch,
  ServerSettings,
  Team,
  User,
} from './post-api.ts';

/** A request on its way to the {@link MemoryServer}. */
export interface MemoryRequest {
  readonly name: Exclude<keyof PostApi, 'setToken' | 'onAnswer'>;
  /** `before`: throwing means it was not done. `after`: it was done, throwing loses the answer. */
  readonly phase: 'before' | 'after';
  /** Who makes it. */
  readonly username: string;
  readonly signal: AbortSignal | undefined;
}

/** An edit, or the create, of a post. */
export interface MemoryEdit {
  readonly postId: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A Mattermost server in memory, for tests of code that takes a `PostApi`: any account, any channel. */
export interface MemoryServer {
  /** The account `bot`. */
  readonly api: PostApi;
  /** Another account: it may not edit the posts of others. */
  account(username: string): PostApi;
  readonly posts: Map<string, Post>;
  /** Ids of the posts that are pinned to their channel. */
  readonly pinned: Set<string>;
  /** Every create and edit, in order. */
  readonly edits: MemoryEdit[];
  /** Names of the requests that arrived, in order, but for questions about the server itself and names of things on it. */
  readonly requests: MemoryRequest['name'][];
  /** Called in both phases of every request: may wait (latency), or throw (a fault). */
  onRequest: (request: MemoryRequest) => Promise<void> | void;
  settings: ServerSettings;
  /** What is different about channels, by id. By default each is a public one that is called like its id, in the team `main`. */
  readonly channels: Map<string, Partial<Channel>>;
  /** Head of the next answers. */
  answer: Answer;
  /** Whether a post keeps the type it was created with. Default true, as on every real server. */
  keepsType: boolean;
  /** Forgets the keys of creates, as 30 s or a restart do. */
  expireDeduplication(): void;
  /** What a person does. */
  deletePost(postId: string): void;
}

/** An error as the server would answer it. */
export function mattermostError(kind: MattermostErrorKind, errorId?: string, retryAfterMs?: number): MattermostError {
  return new MattermostError({ kind, request: 'TEST', errorId, retryAfterMs });
}

/** Requests that ask how the server is, and what things on it are called. */
const QUESTIONS: ReadonlySet<string> = new Set([
  'checkHealth',
  'getServerSettings',
  'getChannel',
  'getTeam',
  'getUser',
]);
const DEDUPLICATION_MS = 30_000;
const ME = { id: 'bot-user', username: 'bot', isBot: true } as const;

/** Starts a {@link MemoryServer}. It answers as the real one does: 30 s de-duplication of creates, 403 for an edit of a deleted post. */
export function createMemoryServer(clock: Clock = systemClock): MemoryServer {
  const keys = new Map<string, { readonly postId: string; readonly at: number }>();
  const listeners = new Set<(answer: Answer) => void>();
  let lastId = 0;

  const handle = async <T>(
    { username }: User,
    name: MemoryRequest['name'],
    { signal }: CallOptions,
    act: () => T,
  ): Promise<T> => {
    signal?.throwIfAborted();
    if (!QUESTIONS.has(name)) server.requests.push(name);
    await server.onRequest({ name, phase: 'before', username, signal });
    const value = act();
    await server.onRequest({ name, phase: 'after', username, signal });
    signal?.throwIfAborted();
    for (const listener of listeners) listener(server.answer);
    return value;
  };
  const living = (postId: string): Post | undefined => {
    const post = server.posts.get(postId);
    return post?.deleteAt === 0 ? post : undefined;
  };
  const store = (post: Post): Post => {
    server.posts.set(post.id, post);
    server.edits.push({ postId: post.id, message: post.message, at: clock.now() });
    return post;
  };
  const create = (me: User, post: NewPost): Post => {
    const { channelId, message, rootId = '', props = {}, type = '', pendingPostId = '' } = post;
    const known = keys.get(pendingPostId);
    const first = known && clock.now() - known.at < DEDUPLICATION_MS ? server.posts.get(known.postId) : undefined;
    if (first !== undefined) return first;
    lastId += 1;
    const now = clock.now();
    const origin = { id: `post-${lastId}`, channelId, rootId, userId: me.id, originalId: '' };
    const kept = server.keepsType ? type : '';
    const made = store({ ...origin, message, type: kept, props, createAt: now, updateAt: now, deleteAt: 0 });
    if (pendingPostId !== '') keys.set(pendingPostId, { postId: made.id, at: now });
    return made;
  };
  const patch = (me: User, postId: string, { message, props }: PostPatch): Post => {
    const post = living(postId);
    if (post?.userId !== me.id) throw mattermostError('forbidden', 'api.context.permissions.app_error');
    return store({ ...post, message, props: props ?? post.props, updateAt: clock.now() });
  };
  const get = (postId: string): Post => {
    const post = living(postId);
    if (post === undefined) throw mattermostError('gone', 'app.post.get.app_error');
    return post;
  };
  const repliesTo = (postId: string): readonly Post[] =>
    [...server.posts.values()].filter((post) => post.rootId === postId && post.deleteAt === 0);
  const remove = (me: User, postId: string): void => {
    if (living(postId)?.userId !== me.id) throw mattermostError('forbidden', 'api.context.permissions.app_error');
    for (const { id } of [get(postId), ...repliesTo(postId)]) server.deletePost(id);
  };
  const channel = (id: string, type = 'O'): Channel => ({
    id,
    name: id.replace(/^channel-main-/, ''),
    displayName: id,
    type,
    teamId: type === 'D' ? '' : 'team',
    deleteAt: 0,
  });
  const since = (channelId: string, sinceMs: number): readonly Post[] =>
    [...server.posts.values()].filter((post) => post.channelId === channelId && post.updateAt >= sinceMs);

  const apiOf = (me: User): PostApi => {
    const ask = <T>(name: MemoryRequest['name'], call: CallOptions, act: () => T): Promise<T> =>
      handle(me, name, call, act);
    return {
      createPost: (post, call = {}) => ask('createPost', call, () => create(me, post)),
      patchPost: (id, change, call = {}) => ask('patchPost', call, () => patch(me, id, change)),
      getPost: (id, call = {}) => ask('getPost', call, () => get(id)),
      getThread: (id, call = {}) => ask('getThread', call, () => [get(id), ...repliesTo(id)]),
      deletePost: (id, call = {}) => ask('deletePost', call, () => remove(me, id)),
      getPostsSince: (id, sinceMs, call = {}) => ask('getPostsSince', call, () => since(id, sinceMs)),
      setPinned: (id, pinned, call = {}) =>
        ask('setPinned', call, () => {
          const post = get(id);
          if (pinned) server.pinned.add(id);
          else server.pinned.delete(id);
          server.posts.set(id, { ...post, updateAt: clock.now() });
        }),
      getPinnedPosts: (id, call = {}) =>
        ask('getPinnedPosts', call, () =>
          [...server.posts.values()].filter(
            (post) => post.channelId === id && post.deleteAt === 0 && server.pinned.has(post.id),
          ),
        ),
      getMe: (call = {}) => ask('getMe', call, () => me),
      getUser: (id, call = {}) => ask('getUser', call, () => ({ id, username: `name-of-${id}`, isBot: false })),
      getUserByUsername: (name, call = {}) =>
        ask('getUserByUsername', call, () => ({ id: `user-${name}`, username: name, isBot: false })),
      getChannel: (id, call = {}) => ask('getChannel', call, () => ({ ...channel(id), ...server.channels.get(id) })),
      getTeam: (id, call = {}) => ask('getTeam', call, (): Team => ({ id, name: 'main' })),
      getChannelByName: (team, name, call = {}) =>
        ask('getChannelByName', call, () => channel(`channel-${team}-${name}`)),
      createDirectChannel: ([a, b], call = {}) =>
        ask('createDirectChannel', call, () => {
          const direct = { ...channel(`direct-${a}-${b}`, 'D'), name: `${a}__${b}` };
          server.channels.set(direct.id, direct);
          return direct;
        }),
      ping: (call = {}) => ask('ping', call, () => undefined),
      checkHealth: (call = {}) => ask('checkHealth', call, () => undefined),
      getServerSettings: (call = {}) => ask('getServerSettings', call, () => server.settings),
      setToken: () => undefined,
      onAnswer(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
  };
  const server: MemoryServer = {
    api: apiOf(ME),
    account: (username) => apiOf({ id: `${username}-user`, username, isBot: true }),
    posts: new Map(),
    pinned: new Set(),
    edits: [],
    requests: [],
    onRequest: () => undefined,
    settings: {},
    channels: new Map(),
    answer: { status: 200 },
    keepsType: true,
    expireDeduplication: () => keys.clear(),
    deletePost(postId) {
      const post = living(postId);
      if (post) server.posts.set(postId, { ...post, message: '', deleteAt: clock.now(), updateAt: clock.now() });
    },
  };
  return server;
}
