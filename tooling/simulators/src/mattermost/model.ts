import { randomBytes } from 'node:crypto';

/** A user or bot account, in the server's wire shape. */
export interface User {
  readonly id: string;
  readonly create_at: number;
  readonly update_at: number;
  readonly delete_at: number;
  readonly username: string;
  readonly email: string;
  readonly nickname: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly roles: string;
  readonly locale: string;
  readonly is_bot?: true;
}

/** A team, in the server's wire shape. */
export interface Team {
  readonly id: string;
  readonly create_at: number;
  readonly update_at: number;
  readonly delete_at: number;
  readonly name: string;
  readonly display_name: string;
  readonly type: 'O' | 'I';
}

/** A channel, in the server's wire shape: `O` open, `P` private, `D` direct. */
export interface Channel {
  readonly id: string;
  readonly create_at: number;
  readonly update_at: number;
  readonly delete_at: number;
  readonly team_id: string;
  readonly type: 'O' | 'P' | 'D';
  readonly name: string;
  readonly display_name: string;
  readonly header: string;
  readonly purpose: string;
  readonly creator_id: string;
}

/** A post, in the server's wire shape. Times are milliseconds since the epoch, 0 = never. */
export interface Post {
  readonly id: string;
  readonly create_at: number;
  readonly update_at: number;
  readonly edit_at: number;
  readonly delete_at: number;
  readonly is_pinned: boolean;
  readonly user_id: string;
  readonly channel_id: string;
  readonly root_id: string;
  /** Id of the living post on rows of the edit history, else empty. */
  readonly original_id: string;
  readonly message: string;
  readonly type: string;
  readonly props: Readonly<Record<string, unknown>>;
  readonly hashtags: string;
  readonly file_ids: readonly string[];
  readonly pending_post_id: string;
  readonly has_reactions: boolean;
  readonly reply_count: number;
  readonly last_reply_at: number;
  readonly participants: null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What a post looked like from `at` on, and which request made it so. */
export interface PostVersion {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly post: Post;
  /** Id of the request that made it, to be found in `requests()`; absent where the test or a person did it. */
  readonly requestId?: string;
}

/** One request the API answered or cut. Tokens and passwords are never part of it. */
export interface RequestRecord {
  readonly id: string;
  /** When it arrived, milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  /** Path below `/api/v4`, without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The route that matched, for example `PUT /posts/:post_id/patch`. */
  readonly route?: string;
  readonly userId?: string;
  /** The parsed JSON body, where one was read. */
  readonly body?: unknown;
  /** Absent while open, and always where the connection was cut instead of an answer. */
  readonly status?: number;
  readonly errorId?: string;
  /** Kind of the fault that struck it. */
  readonly fault?: string;
}

const ALPHABET = 'ybndrfg8ejkmcpqxot1uwisza345h769';

/** A new id as the server makes them: 26 characters of z-base-32. */
export function newId(): string {
  return Array.from(randomBytes(26), (byte) => ALPHABET[byte % 32]).join('');
}

/** Whether `value` has the form of an id. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[a-zA-Z0-9]{26}$/.test(value);
}
