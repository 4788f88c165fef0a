import { randomUUID } from 'node:crypto';
import {
  afterCreate,
  afterEdit,
  MattermostError,
  type NewPost,
  POST_TYPE,
  type Post,
  type Step,
} from '@live-status/mm-poster/api';
import { findChannel, findDefaultChannel } from './channel.ts';
import { CommandError } from './command-error.ts';
import { cutMessage } from './message.ts';
import { explain, type Server } from './server.ts';

/** What every Mattermost server accepts, code points; old servers accept no more. */
const LEAST_MAX_CHARS = 4_000;
const DONE = '[DONE]';
const ID = /^[a-z0-9]{26}$/;

/** Where a new post goes. */
export interface Place {
  /** As a person names it. Default: the channel of `replyTo`, else `DEFAULT_CHANNEL`. */
  readonly channel?: string | undefined;
  /** Id of a post in the thread to reply in. */
  readonly replyTo?: string | undefined;
}

/**
 * Posts a message, silently if the server supports that. Repeated attempts make one post.
 *
 * @returns the id of the post
 */
export async function createPost(server: Server, message: string, place: Place): Promise<string> {
  // Scripts pass an empty one if their variable is not set: v1 ignored it.
  const answered = place.replyTo ? await getPost(server, place.replyTo) : undefined;
  const named = place.channel === undefined ? answered?.channelId : await findChannel(server, place.channel);
  const channelId = named ?? (await findDefaultChannel(server));
  let post: NewPost = {
    channelId,
    rootId: answered && (answered.rootId || answered.id),
    message: cutMessage(message, server.maxChars),
    type: POST_TYPE,
    pendingPostId: randomUUID(),
    silent: true,
  };
  for (;;) {
    try {
      const attempt = post;
      const created = await server.ask((signal) => server.api.createPost(attempt, { signal }));
      if (created.type !== POST_TYPE) throw await withdrawUntyped(server, created);
      return created.id;
    } catch (error) {
      const step = stepAfter(error, afterCreate);
      if (step?.do === 'post-aloud' && post.silent) post = { ...post, silent: false };
      else if (step?.do === 'shorten' && isLong(post.message)) post = { ...post, message: shortened(post.message) };
      else throw createFailure(error, step, server, post);
    }
  }
}

/** Deletes a post that agents could take for a message to them. The caller gets no id, so that no more are made. */
async function withdrawUntyped(server: Server, { id, channelId }: Post): Promise<CommandError> {
  await deletePost(server, id);
  return new CommandError(
    `Not posted in channel ${channelId}: Mattermost at ${server.url} does not keep the type of posts, so agents could answer this one; ` +
      'find the plugin or proxy that changes posts',
  );
}

/** Replaces the message of a post. */
export async function updatePost(server: Server, postId: string, message: string): Promise<void> {
  let shown = cutMessage(message, server.maxChars);
  for (;;) {
    try {
      const attempt = shown;
      await server.ask((signal) => server.api.patchPost(postId, { message: attempt }, { signal }));
      return;
    } catch (error) {
      const step = stepAfter(error, afterEdit);
      if (step?.do !== 'shorten' || !isLong(shown)) throw await editFailure(error, step, server, postId);
      shown = shortened(shown);
    }
  }
}

/** Sets the final message of a post; without one, appends a line `[DONE]` to the message it has. */
export async function completePost(server: Server, postId: string, message: string | undefined): Promise<void> {
  await updatePost(server, postId, message ?? withDone((await getPost(server, postId)).message, server.maxChars));
}

/** Deletes a post. */
export async function deletePost(server: Server, postId: string): Promise<void> {
  await getPost(server, postId);
  try {
    await server.ask((signal) => server.api.deletePost(postId, { signal }));
  } catch (error) {
    throw explain(error, server, `deleting post ${postId}`);
  }
}

async function getPost(server: Server, postId: string): Promise<Post> {
  try {
    return await server.ask((signal) => server.api.getPost(postId, { signal }));
  } catch (error) {
    const isUnknown = error instanceof MattermostError && (error.kind === 'gone' || error.kind === 'invalid');
    throw isUnknown ? noSuchPost(server, postId) : explain(error, server, `post ${postId}`);
  }
}

function stepAfter(error: unknown, decide: (error: MattermostError) => Step): Step | undefined {
  return error instanceof MattermostError ? decide(error) : undefined;
}

function createFailure(error: unknown, step: Step | undefined, server: Server, { channelId }: NewPost): unknown {
  if (step?.do === 'drop-root') {
    return new CommandError(
      '--reply-to names a post of another channel, or a deleted one: leave out --channel or --reply-to',
    );
  }
  if (step?.do === 'hold' && step.reason === 'archived') return archived(channelId);
  const isGone = error instanceof MattermostError && error.kind === 'gone';
  return explain(error, server, isGone ? `channel ${channelId}` : `posting in channel ${channelId}`);
}

/** The server answers the same for a deleted post and for one of another account, so this checks which it is. */
async function editFailure(error: unknown, step: Step | undefined, server: Server, postId: string): Promise<unknown> {
  if (step?.do === 'new-post') {
    return new CommandError(`Post ${postId} is too old to be edited on this server: create a new one`);
  }
  if (step?.do === 'hold' && step.reason === 'archived') return archived(`of post ${postId}`);
  if (step?.do === 'stop' || !ID.test(postId)) return noSuchPost(server, postId);
  if (step?.do !== 'check-post') return explain(error, server, `editing post ${postId}`);
  await getPost(server, postId);
  return new CommandError(
    `Post ${postId} cannot be edited: it belongs to another account, or the bot has left the channel`,
  );
}

function archived(channel: string): CommandError {
  return new CommandError(`Channel ${channel} is archived: unarchive it, or use another one`);
}

function noSuchPost({ url }: Server, postId: string): CommandError {
  return new CommandError(
    `There is no post ${postId || 'without an id'} at ${url}: it was deleted, or the id is wrong; create a new one`,
  );
}

function isLong(message: string): boolean {
  return Array.from(message).length > LEAST_MAX_CHARS;
}

function shortened(message: string): string {
  return cutMessage(message, LEAST_MAX_CHARS);
}

function withDone(message: string, maxChars: number): string {
  if (message.endsWith(DONE)) return message;
  return `${cutMessage(message, maxChars - DONE.length - 1)}\n${DONE}`;
}
