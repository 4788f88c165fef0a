import type { ServerSettings } from './call.ts';
import type { SimulatorClock } from './clock.ts';
import type { NewChannel, NewUser } from './directory.ts';
import type { Faults } from './faults.ts';
import type { LimiterOptions } from './limiter.ts';
import type { Channel, Post, PostVersion, RequestRecord, Team, User } from './model.ts';

/** How to start a simulator; every option has a default. */
export interface SimulatorOptions extends Partial<ServerSettings> {
  /** Port on 127.0.0.1. Default 0: any free one. */
  readonly port?: number;
  /** Default: the clock of the machine. */
  readonly clock?: SimulatorClock;
  /** Default: off, as on a fresh server. */
  readonly limiter?: LimiterOptions;
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
  /** The open channel `town-square` of that team. */
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
   * Resolves as soon as `condition` holds; it is looked at now, with every change of a post and with every request
   * that arrives or ends. Rejects with the reason of `signal` when that aborts first.
   */
  until(condition: () => boolean, options?: { readonly signal?: AbortSignal }): Promise<void>;
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
