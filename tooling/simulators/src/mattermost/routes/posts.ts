import { isAdmin, mayRead, mayWrite, userOf } from '../access.ts';
import {
  type Answer,
  type Call,
  created,
  type Fields,
  isFields,
  objectBody,
  ok,
  type RouteTable,
  text,
} from '../call.ts';
import { AppError, invalidBody, invalidUrl, permissionError } from '../errors.ts';
import { isId, type Post, type User } from '../model.ts';
import { channelPosts, pinnedPosts, thread } from './post-lists.ts';

const MAX_PROPS_RUNES = 800_000;

/** Posts: create, read, edit, delete, threads, listings. */
export const postRoutes: RouteTable = {
  'POST /posts': createPost,
  'GET /posts/:post_id': (call) => ok(readablePost(call)),
  'PUT /posts/:post_id': updatePost,
  'PUT /posts/:post_id/patch': patchPost,
  'POST /posts/:post_id/pin': (call) => setPinned(call, true),
  'POST /posts/:post_id/unpin': (call) => setPinned(call, false),
  'DELETE /posts/:post_id': deletePost,
  'GET /posts/:post_id/thread': (call) => thread(call, readablePost(call)),
  'GET /channels/:channel_id/posts': channelPosts,
  'GET /channels/:channel_id/pinned': pinnedPosts,
};

/** POST /posts in the server's order: permission, type, channel, de-duplication, silence, root, limits, commit. */
async function createPost(call: Call): Promise<Answer> {
  const { deduplication, directory } = call.world;
  const user = userOf(call);
  const fields = objectBody(call.body, 'post');
  const channel = directory.channels.get(text(fields, 'channel_id', 'post') ?? '');
  if (!channel || !mayWrite(call, channel.id)) throw permissionError();
  const type = text(fields, 'type', 'post') ?? '';
  if (type.startsWith('system_')) {
    throw new AppError(400, 'api.context.invalid_param.app_error', 'Invalid or missing post.type in request body.');
  }
  if (channel.delete_at !== 0) {
    throw new AppError(400, 'api.post.create_post.can_not_post_to_deleted.error', 'Can not post to deleted channel.');
  }
  const pendingId = text(fields, 'pending_post_id', 'post') ?? '';
  const seen = deduplication.reserve(pendingId);
  if (seen.state === 'created') return created(duplicate(call, seen.postId));
  try {
    const post = await commit(call, { user, fields, type, channelId: channel.id });
    deduplication.commit(pendingId, post.id);
    return created({ ...post, pending_post_id: pendingId });
  } catch (error) {
    deduplication.release(pendingId);
    throw error;
  }
}

interface Draft {
  readonly user: User;
  readonly fields: Fields;
  readonly type: string;
  readonly channelId: string;
}

async function commit(call: Call, draft: Draft): Promise<Post> {
  const { user, fields, type, channelId } = draft;
  const isSilent = wantsSilence(call, user);
  const rootId = text(fields, 'root_id', 'post') ?? '';
  checkRoot(call, rootId, channelId);
  const message = text(fields, 'message', 'post') ?? '';
  const props = {
    ...(isFields(fields.props) ? fields.props : {}),
    ...(user.is_bot ? { from_bot: 'true' } : {}),
    ...(isSilent ? { silent_notification: true } : {}),
  };
  checkMessage(call, message, props);
  if (type !== '' && !type.startsWith('custom_')) {
    throw new AppError(400, 'model.post.is_valid.type.app_error', 'Invalid type.');
  }
  await call.world.faults.strike('save', call);
  return call.world.posts.create(
    {
      userId: user.id,
      channelId,
      rootId,
      message,
      props,
      fileIds: Array.isArray(fields.file_ids) ? fields.file_ids.filter(isId) : [],
      isPinned: fields.is_pinned === true,
      type: call.world.settings.typeKept ? type : '',
    },
    call.requestId,
  );
}

function wantsSilence(call: Call, user: User): boolean {
  if (!call.world.settings.silentSupported || call.query.silent !== 'true') return false;
  if (user.is_bot) return true;
  throw new AppError(
    403,
    'api.post.create_post.silent_notification.app_error',
    'Only bots, OAuth apps and webhooks can create silent posts.',
  );
}

function checkRoot(call: Call, rootId: string, channelId: string): void {
  if (rootId === '') return;
  const root = call.world.posts.living(rootId);
  if (!root || (root.channel_id === channelId && root.root_id !== '')) {
    throw new AppError(400, 'api.post.create_post.root_id.app_error', 'Invalid RootId parameter.');
  }
  if (root.channel_id !== channelId) {
    throw new AppError(
      400,
      'api.post.create_post.channel_root_id.app_error',
      'Invalid ChannelId for RootId parameter.',
    );
  }
}

/** The post an earlier request with this key made. One deleted in between is an error of the server's, 500. */
function duplicate(call: Call, postId: string): Post {
  const post = call.world.posts.living(postId);
  if (!post) {
    throw new AppError(
      500,
      'api.post.deduplicate_create_post.failed_to_get',
      'Failed to fetch original post after deduplicating a client repeating the same request.',
    );
  }
  return post;
}

function readablePost(call: Call): Post {
  if (!isId(call.params.post_id)) throw invalidUrl('post_id');
  const post = call.world.posts.living(call.params.post_id);
  const channel = post && call.world.directory.channels.get(post.channel_id);
  if (!channel) throw new AppError(404, 'app.post.get.app_error', 'Unable to get the post.');
  if (!mayRead(call, channel)) throw permissionError();
  return post;
}

/**
 * PUT replaces: what the body leaves out becomes blank, so a body of `{id, message}` unpins the post and wipes its
 * props. Files alone stay where `file_ids` is missing.
 */
function updatePost(call: Call): Answer {
  const fields = objectBody(call.body, 'post');
  if (fields.id !== call.params.post_id) throw invalidBody('id');
  const old = editablePost(call);
  const message = text(fields, 'message', 'post') ?? '';
  if (message !== old.message) checkEditTime(call, old);
  rejectArchived(call, old, 'api.post.update_post.can_not_update_post_in_deleted.error');
  return save(call, old, {
    message,
    is_pinned: fields.is_pinned === true,
    has_reactions: fields.has_reactions === true,
    props: isFields(fields.props) ? fields.props : {},
    ...fileIds(fields),
  });
}

/** PATCH changes only what the body gives; `props`, where given, replaces all props. */
function patchPost(call: Call): Answer {
  const fields = objectBody(call.body, 'post');
  const old = editablePost(call);
  const message = text(fields, 'message', 'post');
  if (message !== undefined && message !== old.message) checkEditTime(call, old);
  rejectArchived(call, old, 'api.post.patch_post.can_not_update_post_in_deleted.error');
  return save(call, old, {
    ...(message === undefined ? {} : { message }),
    ...(typeof fields.is_pinned === 'boolean' ? { is_pinned: fields.is_pinned } : {}),
    ...(typeof fields.has_reactions === 'boolean' ? { has_reactions: fields.has_reactions } : {}),
    ...(isFields(fields.props) ? { props: fields.props } : {}),
    ...fileIds(fields),
  });
}

function setPinned(call: Call, isPinned: boolean): Answer {
  call.world.posts.update(readablePost(call), { is_pinned: isPinned }, call.requestId);
  return ok({ status: 'OK' });
}

function deletePost(call: Call): Answer {
  call.world.posts.delete(editablePost(call), call.requestId);
  return ok({ status: 'OK' });
}

/** The post, where the caller may edit it. A missing one answers as a forbidden one: 403. */
function editablePost(call: Call): Post {
  const user = userOf(call);
  if (!isId(call.params.post_id)) throw invalidUrl('post_id');
  const post = call.world.posts.living(call.params.post_id);
  if (!post || !mayWrite(call, post.channel_id)) throw permissionError();
  if (post.user_id !== user.id && !isAdmin(user)) throw permissionError();
  return post;
}

function checkEditTime(call: Call, post: Post): void {
  const { editTimeLimitS } = call.world.settings;
  if (editTimeLimitS === -1 || call.world.now() <= post.create_at + editTimeLimitS * 1000) return;
  throw new AppError(
    400,
    'api.post.update_post.permissions_time_limit.app_error',
    `Post edit is only allowed for ${editTimeLimitS} seconds. Please ask your System Administrator for details.`,
  );
}

function rejectArchived(call: Call, post: Post, errorId: string): void {
  if (call.world.directory.channels.get(post.channel_id)?.delete_at === 0) return;
  throw new AppError(400, errorId, 'Can not update a post in a deleted channel.');
}

function save(call: Call, old: Post, change: Partial<Post>): Answer {
  checkMessage(call, change.message ?? old.message, change.props ?? old.props);
  return ok(call.world.posts.update(old, change, call.requestId));
}

function fileIds(fields: Fields): Partial<Post> {
  return Array.isArray(fields.file_ids) ? { file_ids: fields.file_ids.filter(isId) } : {};
}

/** The server's limits count code points (Go runes), not UTF-16 units. Throws 400 above them. */
function checkMessage(call: Call, message: string, props: unknown): void {
  const { maxMessageRunes, version } = call.world.settings;
  if (runes(message) > maxMessageRunes) {
    const isOld = Number.parseInt(version, 10) <= 5;
    const id = isOld ? 'model.post.is_valid.msg.app_error' : 'model.post.is_valid.message_length.app_error';
    throw new AppError(400, id, 'Post Message property is longer than the maximum permitted length.');
  }
  if (runes(JSON.stringify(props)) > MAX_PROPS_RUNES) {
    throw new AppError(400, 'model.post.is_valid.props.app_error', 'Invalid props.');
  }
}

function runes(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
