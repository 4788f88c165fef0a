import type { CallOptions } from './post-api.ts';

/** A team. */
export interface Team {
  readonly id: string;
  /** As in the addresses of its channels. */
  readonly name: string;
}

/** Calls that posting does not need but commands for people do. Errors are those of `PostApi`. */
export interface CommandApi {
  /** Deletes a post, and with a thread root its thread. */
  deletePost(postId: string, options?: CallOptions): Promise<void>;
  /** Whether the account of the token is a member of a channel: only members may post. */
  isMember(channelId: string, options?: CallOptions): Promise<boolean>;
  /** The teams of the account of the token. */
  getTeams(options?: CallOptions): Promise<readonly Team[]>;
}
