/** Options of every call. */
export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A post as the server has it. Times are milliseconds since the epoch on the server's clock. */
export interface Post {
  readonly id: string;
  readonly channelId: string;
  /** Empty for a post that is not a reply. */
  readonly rootId: string;
  readonly userId: string;
  readonly message: string;
  /** Empty for an ordinary message; `custom_…` and `system_…` name others. */
  readonly type: string;
  readonly props: Readonly<Record<string, unknown>>;
  readonly createAt: number;
  readonly updateAt: number;
  /** 0 unless deleted. */
  readonly deleteAt: number;
  /** Empty, but for a row of the edit history: the post it was a version of. */
  readonly originalId: string;
}

/** An account. */
export interface User {
  readonly id: string;
  readonly username: string;
  readonly isBot: boolean;
}

/** A channel. */
export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  /** `O` public, `P` private, `D` direct, `G` group. */
  readonly type: string;
  /** Empty for a direct or group channel. */
  readonly teamId: string;
  /** 0 unless archived. */
  readonly deleteAt: number;
}

/** A post to be created. */
export interface NewPost {
  readonly channelId: string;
  readonly message: string;
  readonly rootId?: string | undefined;
  readonly props?: Readonly<Record<string, unknown>> | undefined;
  /** `custom_…`: clients show such a post like any other. No edit changes it. Default: an ordinary message. */
  readonly type?: string | undefined;
  /** The server answers a repeat within 30 s with the post it already made. Unguessable: the key is server-wide. */
  readonly pendingPostId?: string | undefined;
  /** Visible, but notifies nobody (bots only; servers older than 11.9 ignore it). Default false. */
  readonly silent?: boolean | undefined;
}

/** What to change of a post; the rest (pinned, reactions) stays. */
export interface PostPatch {
  readonly message: string;
  /** Replaces all props when given. */
  readonly props?: Readonly<Record<string, unknown>> | undefined;
}

/** Settings of a server; each is undefined when the server does not say it, or has no limit. */
export interface ServerSettings {
  /** How long after its creation a post may be edited, milliseconds. */
  readonly editLimitMs?: number | undefined;
  /** Longest message, code points. */
  readonly maxPostChars?: number | undefined;
}

/** What the head of an answer says, whatever its status. */
export interface Answer {
  readonly status: number;
  /** Of the request: `GET`, `POST`, `PUT`, `DELETE`. */
  readonly method?: string | undefined;
  /** From the request until the head of the answer, milliseconds. */
  readonly durationMs?: number | undefined;
  /** The server's limiter, when it is on. */
  readonly rateLimit?: { readonly limit: number; readonly remaining: number; readonly resetMs: number } | undefined;
  /** The server's clock, milliseconds since the epoch, whole seconds. */
  readonly serverTimeMs?: number | undefined;
  /** `X-Version-Id`: version, build and configuration hash, joined by dots. */
  readonly serverVersion?: string | undefined;
}

/**
 * The part of the Mattermost API (v4) that posting needs. Every method rejects with a `MattermostError`, or with the
 * reason of its signal.
 */
export interface PostApi {
  /** Creates a post without making its account appear online. */
  createPost(post: NewPost, options?: CallOptions): Promise<Post>;
  /** Changes a post and nothing else of it: unlike a `PUT` of the post, it keeps pin, reactions and props. */
  patchPost(postId: string, patch: PostPatch, options?: CallOptions): Promise<Post>;
  /** Rejects with kind `gone` for a deleted post. */
  getPost(postId: string, options?: CallOptions): Promise<Post>;
  /**
   * Posts of a channel created, edited or deleted since (milliseconds since the epoch on the server's clock), replies
   * included, and in busy channels at least the 2000 newest. Rows of the edit history come along (`originalId`).
   */
  getPostsSince(channelId: string, sinceMs: number, options?: CallOptions): Promise<readonly Post[]>;
  /** Pins a post to its channel, or unpins it. Whether it is pinned already makes no difference. */
  setPinned(postId: string, pinned: boolean, options?: CallOptions): Promise<void>;
  /** The posts that are pinned to a channel. */
  getPinnedPosts(channelId: string, options?: CallOptions): Promise<readonly Post[]>;
  /** A post and the posts of its thread that were not deleted, in any order. Rejects with kind `gone` for a deleted post. */
  getThread(postId: string, options?: CallOptions): Promise<readonly Post[]>;
  /** Deletes a post, and with a thread root its thread. */
  deletePost(postId: string, options?: CallOptions): Promise<void>;
  /** The account of the token. */
  getMe(options?: CallOptions): Promise<User>;
  /** By the name without `@`. */
  getUserByUsername(username: string, options?: CallOptions): Promise<User>;
  /** By its id. */
  getUser(userId: string, options?: CallOptions): Promise<User>;
  /** By its id. */
  getChannel(channelId: string, options?: CallOptions): Promise<Channel>;
  /** By the names in the channel's address: `https://…/<team>/channels/<name>`. */
  getChannelByName(team: string, name: string, options?: CallOptions): Promise<Channel>;
  /** By its id. */
  getTeam(teamId: string, options?: CallOptions): Promise<Team>;
  /** The direct channel of two users; made when it does not exist. */
  createDirectChannel(userIds: readonly [string, string], options?: CallOptions): Promise<Channel>;
  /** Resolves when the server is up. Needs no valid token. */
  ping(options?: CallOptions): Promise<void>;
  /**
   * Resolves when the server and its database are up: with its database away a server refuses what it would not refuse
   * otherwise. Needs no valid token. Rejects with kind `transient` when it says that its database is not.
   */
  checkHealth(options?: CallOptions): Promise<void>;
  /** Settings of the server that decide what may be posted. */
  getServerSettings(options?: CallOptions): Promise<ServerSettings>;
  /** Uses another token from the next request on. */
  setToken(token: string): void;
  /** Calls `listener` with the head of every answer. Returns what removes it. */
  onAnswer(listener: (answer: Answer) => void): () => void;
}

/** A team. */
export interface Team {
  readonly id: string;
  /** As in the addresses of its channels. */
  readonly name: string;
}

/** Calls that posting does not need but commands for people do. Errors are those of `PostApi`. */
export interface CommandApi {
  /** Whether the account of the token is a member of a channel: only members may post. */
  isMember(channelId: string, options?: CallOptions): Promise<boolean>;
  /** The teams of the account of the token. */
  getTeams(options?: CallOptions): Promise<readonly Team[]>;
}
