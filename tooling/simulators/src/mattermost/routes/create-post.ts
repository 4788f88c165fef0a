import { mayWrite, userOf } from '../access.ts';
import { type Answer, type Call, created, type Fields, isFields, objectBody, text } from '../call.ts';
import { AppError, permissionError } from '../errors.ts';
import { isId, type Post, type User } from '../model.ts';
import { checkMessage } from './message.ts';

/** POST /posts in the server's order: permission, type, channel, de-duplication, silence, root, limits, commit. */
export async function createPost(call: Call): Promise<Answer> {
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
    const post = await save(call, { user, fields, type, channelId: channel.id });
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

async function save(call: Call, draft: Draft): Promise<Post> {
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
