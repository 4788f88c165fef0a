import type { Log } from '@live-status/resilience';
import type { Post } from './post-api.ts';

/**
 * Type of every status post. Clients show such a post like any other message, and OpenClaw drops posts that have a
 * type, whoever wrote them: a status post never starts an agent, whichever bot posts it.
 */
export const POST_TYPE = 'custom_live_status';

/**
 * Keeps status posts from starting agents on a server that does not keep the type of a post (a plugin or proxy may
 * change posts on their way). What the server keeps is known only from its answer to a create, when agents may have
 * read that post already. So posts that exist are kept and edited, because edits start no agent, and no more are made.
 */
export class FeedbackLoopGuard {
  readonly #log: Log;
  #typeLost = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Whether the server lost the type of a post: from then on none may be created. */
  get typeLost(): boolean {
    return this.#typeLost;
  }

  /** Checks the server's answer to a create. */
  observe({ id, channelId, type }: Post): void {
    if (type === POST_TYPE || this.#typeLost) return;
    this.#typeLost = true;
    const fields = { postId: id, channelId, sent: POST_TYPE, kept: type };
    this.#log.error(fields, 'Mattermost does not keep the type of posts: no new posts are created');
  }
}
