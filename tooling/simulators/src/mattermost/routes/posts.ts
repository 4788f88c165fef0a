import { isAdmin, mayRead, mayWrite, userOf } from '../access.ts';
import { type Answer, type Call, type Fields, isFields, objectBody, ok, type RouteTable, text } from '../call.ts';
import { AppError, invalidBody, invalidUrl, permissionError } from '../errors.ts';
import { isId, type Post } from '../model.ts';
import { createPost } from './create-post.ts';
import { checkMessage } from './message.ts';
import { channelPosts, thread } from './post-lists.ts';

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
};

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
  if (message !== undefined) checkEditTime(call, old);
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
