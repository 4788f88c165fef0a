import { createServer } from 'node:http';
import { type Clock, systemClock } from '@live-status/resilience';
import { Api, RequestLog, routeNames } from './api.ts';
import type { ServerSettings, World } from './call.ts';
import { Conditions } from './conditions.ts';
import { Deduplication } from './deduplication.ts';
import { Directory, type NewChannel, type NewUser } from './directory.ts';
import { EventHub } from './event-hub.ts';
import { Faults } from './faults.ts';
import { sendPlainError } from './http.ts';
import { Limiter, type LimiterOptions } from './limiter.ts';
import { Listener } from './listener.ts';
import type { Channel, Post, PostVersion, RequestRecord, Team, User } from './model.ts';
import { Page } from './page/page.ts';
import { type PostListener, PostStore } from './post-store.ts';

/** How to start a simulator; every option has a default. */
export interface SimulatorOptions extends Partial<ServerSettings> {
  /** Port on 127.0.0.1. Default 0: any free one. */
  readonly port?: number;
  /** Default: the clock of the machine. */
  readonly clock?: Clock;
  /** Default: off, as on a fresh server. */
  readonly limiter?: LimiterOptions;
  /** User name of the bot. Default `bot`. */
  readonly botName?: string;
  /** The open channel. Default `town-square`. */
  readonly channel?: Omit<NewChannel, 'teamId'>;
}

/** A bot account with a token for it. */
export interface Bot {
  readonly user: User;
  readonly token: string;
}

/** A running simulator with something in it. */
export interface Simulator extends EmptySimulator {
  /** Token of a system admin. */
  readonly adminToken: string;
  /** The team `main`. */
  readonly team: Team;
  /** The open channel of that team. */
  readonly channel: Channel;
  /** A bot that is a member of both. */
  readonly bot: Bot;
}

/** A running simulator without accounts. Everything that changes state without a request stands for a person or an admin. */
export interface EmptySimulator extends AsyncDisposable {
  /** Base URL, `http://127.0.0.1:<port>`; the page is there, the API below `/api/v4`. */
  readonly url: string;
  /** Living posts, oldest first. */
  posts(): readonly Post[];
  /** The post, deleted ones too; undefined where there is none. */
  post(id: string): Post | undefined;
  /** Every version of a post, oldest first: the create, each edit, pin and the deletion. */
  edits(postId: string): readonly PostVersion[];
  /** Every API request, in order of arrival. */
  requests(): readonly RequestRecord[];
  /**
   * Resolves as soon as `condition` holds; it is checked now, with every change of a post and with every request
   * that arrives or ends. Rejects with the reason of `signal` when that aborts first.
   */
  until(condition: () => boolean, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Calls `listener` with every post that is created, edited, pinned or deleted from now on, in the middle of the request. */
  onPost(listener: PostListener): Disposable;
  /**
   * Forgets posts, their versions and requests that are older than a moment (milliseconds since the epoch), as a server
   * that keeps data for a limited time. Without it everything is kept: a simulator that runs for hours needs it.
   */
  forget(before: number): void;
  /** The accounts whose WebSocket is open, one for each connection. */
  listeners(): readonly User[];
  users(): readonly User[];
  teams(): readonly Team[];
  channels(): readonly Channel[];

  addUser(options: NewUser): User;
  /** A bot with a token, member of the given teams and channels. */
  addBot(options: { readonly username: string; readonly memberOf: readonly string[] }): Bot;
  addTeam(options: { readonly name: string; readonly displayName?: string }): Team;
  addChannel(options: NewChannel): Channel;
  /** The direct channel of two accounts, made on the first call. */
  addDirectChannel(userIds: readonly [string, string]): Channel;
  /** Makes an account a member of teams and channels. */
  join(userId: string, groupIds: readonly string[]): void;
  /** Takes the membership of a team or channel away. */
  leave(userId: string, groupId: string): void;
  /** A new token of an account. */
  addToken(userId: string): string;
  /** Answers 401 to a token from now on. */
  revokeToken(token: string): void;
  restoreToken(token: string): void;
  archiveChannel(channelId: string): void;
  unarchiveChannel(channelId: string): void;
  /** A person writes a post. */
  writePost(options: {
    readonly userId: string;
    readonly channelId: string;
    readonly message: string;
    readonly rootId?: string;
  }): Post;
  /** A person deletes a post, and with a root its thread. Unknown ids are ignored. */
  deletePost(postId: string): void;
  /** A person pins a post. Unknown ids are ignored. */
  pinPost(postId: string): void;
  /** Changes limits while it runs. */
  configure(settings: Partial<ServerSettings>): void;
  /** Turns the rate limiter on, off, or to other rates, with a full budget. */
  setLimiter(options: LimiterOptions): void;

  readonly faults: Faults;
  /** Forgets every `pending_post_id`, as 30 s or a restart do. */
  expireDeduplication(): void;
  /** Cuts every connection and frees the port. Idempotent. */
  close(): Promise<void>;
}

const defaults = {
  maxMessageRunes: 16_383,
  editTimeLimitS: -1,
  silentSupported: true,
  typeKept: true,
  maxBodyBytes: 300_000,
  version: '11.10.0',
} as const satisfies ServerSettings;

/**
 * Starts a Mattermost server simulator on loopback, with an admin, a team, an open channel and a bot in them.
 * @throws the error of listening, for example EADDRINUSE where `port` is taken.
 */
export async function createSimulator({
  botName = 'bot',
  channel: newChannel = { name: 'town-square', displayName: 'Town Square' },
  ...options
}: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await createEmptySimulator(options);
  const admin = simulator.addUser({ username: 'admin', roles: 'system_admin system_user' });
  const team = simulator.addTeam({ name: 'main', displayName: 'Main' });
  const channel = simulator.addChannel({ ...newChannel, teamId: team.id });
  const memberOf = [team.id, channel.id];
  simulator.join(admin.id, memberOf);
  const bot = simulator.addBot({ username: botName, memberOf });
  return Object.assign(simulator, { adminToken: simulator.addToken(admin.id), team, channel, bot });
}

/**
 * Starts a simulator as a fresh server is: without accounts; the first one made by `POST /users` becomes its admin.
 * @throws the error of listening, for example EADDRINUSE where `port` is taken.
 */
export async function createEmptySimulator(
  options: Omit<SimulatorOptions, 'botName' | 'channel'> = {},
): Promise<EmptySimulator> {
  const { port = 0, clock = systemClock, limiter: limiterOptions = {}, ...settings } = options;
  // As the real server: an idle connection is kept long enough not to be cut under a client's next request.
  const server = createServer({ keepAliveTimeout: 60_000 });
  const listener = new Listener(server, port);
  const world = createWorld({ settings, clock, listener });
  const log = new RequestLog();
  const conditions = new Conditions();
  let limiter = limiterFor(limiterOptions);
  const api = new Api({
    world,
    log,
    now: () => clock.now(),
    limit: (from) => limiter?.take(limiter.keyOf(from), clock.now()),
    onProgress: () => conditions.check(),
  });
  const page = new Page(world);
  const hub = new EventHub(world, () => conditions.check());
  world.posts.onChange(() => conditions.check());
  server.on('request', (request, response) => {
    const handler = request.url?.startsWith('/api/v4/') ? api : page;
    handler.handle(request, response).catch(() => {
      if (!response.headersSent) sendPlainError(response, 400, '400 bad request');
    });
  });
  server.on('upgrade', (request, socket, head) => hub.accept(request, socket, head));
  await listener.online();
  const close = async (): Promise<void> => {
    world.faults.close();
    page.close();
    hub[Symbol.dispose]();
    await listener.offline();
  };
  return {
    ...state(world, log),
    ...people(world),
    url: listener.url,
    listeners: () => hub.users,
    setLimiter: (change) => {
      limiter = limiterFor(change);
    },
    until: (condition, waiting) => conditions.until(condition, waiting),
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface WorldOptions {
  readonly settings: Partial<ServerSettings>;
  readonly clock: Clock;
  readonly listener: Listener;
}

function createWorld({ settings, clock, listener }: WorldOptions): World {
  const now = (): number => Math.trunc(clock.now());
  return {
    directory: new Directory(now),
    posts: new PostStore(now),
    deduplication: new Deduplication(now),
    faults: new Faults(clock, listener, routeNames),
    settings: { ...defaults, ...settings },
    now,
  };
}

function limiterFor(options: LimiterOptions): Limiter | undefined {
  return options.enable ? new Limiter(options) : undefined;
}

type State = Pick<
  EmptySimulator,
  'posts' | 'post' | 'edits' | 'requests' | 'onPost' | 'forget' | 'users' | 'teams' | 'channels'
>;

function state({ directory, posts, deduplication }: World, log: RequestLog): State {
  return {
    posts: () => [...posts.posts.values()].filter((post) => post.delete_at === 0),
    post: (id) => posts.posts.get(id),
    edits: (postId) => posts.versions(postId),
    requests: () => log.all(),
    onPost: (listener) => posts.onChange(listener),
    forget: (before) => {
      posts.forget(before);
      log.forget(before);
      deduplication.prune();
    },
    users: () => [...directory.users.values()],
    teams: () => [...directory.teams.values()],
    channels: () => [...directory.channels.values()],
  };
}

/** What people, admins and faults do, without a request. */
function people(world: World): People {
  const { directory, posts, faults, deduplication, settings } = world;
  return {
    faults,
    expireDeduplication: () => deduplication.expire(),
    configure: (change) => void Object.assign(settings, change),
    addUser: (options) => directory.addUser(options),
    addBot: (options) => addBot(directory, options),
    addTeam: (options) => directory.addTeam(options),
    addChannel: (options) => directory.addChannel(options),
    addDirectChannel: (userIds) => directory.directChannel(userIds),
    join: (userId, groupIds) => join(directory, userId, groupIds),
    leave: (userId, groupId) => directory.removeMember(groupId, userId),
    addToken: (userId) => directory.addToken(userId),
    revokeToken: (token) => directory.setRevoked(token, true),
    restoreToken: (token) => directory.setRevoked(token, false),
    archiveChannel: (id) => directory.changeChannel(id, { delete_at: world.now() }),
    unarchiveChannel: (id) => directory.changeChannel(id, { delete_at: 0 }),
    writePost: ({ rootId = '', ...rest }) => posts.create({ ...rest, rootId, props: {}, fileIds: [], isPinned: false }),
    deletePost: (id) => ifLiving(world, id, (post) => posts.delete(post)),
    pinPost: (id) => ifLiving(world, id, (post) => posts.update(post, { is_pinned: true })),
  };
}

type People = Omit<
  EmptySimulator,
  keyof State | 'url' | 'listeners' | 'setLimiter' | 'until' | 'close' | typeof Symbol.asyncDispose
>;

function addBot(
  directory: Directory,
  options: { readonly username: string; readonly memberOf: readonly string[] },
): Bot {
  const user = directory.addUser({ username: options.username, isBot: true });
  join(directory, user.id, options.memberOf);
  return { user, token: directory.addToken(user.id) };
}

function join(directory: Directory, userId: string, groupIds: readonly string[]): void {
  for (const groupId of groupIds) directory.addMember(groupId, userId);
}

function ifLiving({ posts }: World, id: string, change: (post: Post) => void): void {
  const post = posts.living(id);
  if (post) change(post);
}
