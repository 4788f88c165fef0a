import { type Answer, type Call, ok } from '../call.ts';
import { invalidUrl } from '../errors.ts';
import type { Post } from '../model.ts';
import { readableChannel } from './channels.ts';

const SINCE_LIMIT = 1000;

/** GET /posts/:post_id/thread: the root and its replies, oldest first. */
export function thread(call: Call, post: Post): Answer {
  const rootId = post.root_id || post.id;
  const living = [...call.world.posts.posts.values()].filter((other) => other.delete_at === 0);
  return ok(postList(living.filter((other) => other.id === rootId || other.root_id === rootId)));
}

/** GET /channels/:channel_id/posts, by page or `since` a time. */
export function channelPosts(call: Call): Answer {
  const channel = readableChannel(call);
  return ok(call.query.since ? since(call, channel.id) : page(call, channel.id));
}

/**
 * What changed after a time, newest first: deleted posts too, and the rows of the edit history, which carry
 * `delete_at`, `original_id` and the props of the post. At most 1000 rows, and it is not the newest that are kept.
 */
function since(call: Call, channelId: string): PostList {
  const time = Number(call.query.since);
  if (!Number.isInteger(time)) throw invalidUrl('since');
  const { posts, historyRows } = call.world.posts;
  const rows = [...historyRows, ...posts.values()].filter(
    (post) => post.channel_id === channelId && post.update_at > time,
  );
  const kept = rows.slice(0, SINCE_LIMIT).toSorted((a, b) => b.create_at - a.create_at);
  return withRoots(call, postList(kept));
}

function page(call: Call, channelId: string): PostList {
  const perPage = Math.min(Number(call.query.per_page ?? 60) || 60, 200);
  const offset = (Number(call.query.page ?? 0) || 0) * perPage;
  const living = [...call.world.posts.posts.values()].filter(
    (post) => post.channel_id === channelId && post.delete_at === 0,
  );
  const newestFirst = living.reverse();
  const list = postList(newestFirst.slice(offset, offset + perPage));
  const next = newestFirst[offset - 1]?.id ?? '';
  const previous = newestFirst[offset + perPage]?.id ?? '';
  return { ...withRoots(call, list), next_post_id: next, prev_post_id: previous };
}

/** GET /channels/:channel_id/pinned: all of them, the oldest first. */
export function pinnedPosts(call: Call): Answer {
  const channel = readableChannel(call);
  const living = [...call.world.posts.posts.values()].filter((post) => post.delete_at === 0);
  return ok(postList(living.filter((post) => post.channel_id === channel.id && post.is_pinned)));
}

interface PostList {
  readonly order: readonly string[];
  readonly posts: Readonly<Record<string, Post>>;
  readonly next_post_id: string;
  readonly prev_post_id: string;
}

function postList(posts: readonly Post[]): PostList {
  return {
    order: posts.map(({ id }) => id),
    posts: Object.fromEntries(posts.map((post) => [post.id, post])),
    next_post_id: '',
    prev_post_id: '',
  };
}

/** Adds the roots of listed replies, outside `order`. */
function withRoots(call: Call, list: PostList): PostList {
  const roots = Object.values(list.posts).flatMap((post) => call.world.posts.living(post.root_id) ?? []);
  return { ...list, posts: { ...Object.fromEntries(roots.map((root) => [root.id, root])), ...list.posts } };
}
