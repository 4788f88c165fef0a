import { type MattermostApi, MattermostError, POST_TYPE, type Post, type User } from '@live-status/mm-poster/api';
import { failureOf } from '../request-failure.ts';
import { type About, type Finding, fail, ok, warn } from './finding.ts';

const POSTING: About = { id: 'mattermost.posting', name: 'posting' };
const EDITING: About = { id: 'mattermost.editing', name: 'editing' };
const TYPE: About = { id: 'mattermost.post-type', name: 'post type' };

/** What {@link tryPosting} asks of a server. */
export type PostingApi = Pick<MattermostApi, 'createDirectChannel' | 'createPost' | 'patchPost' | 'deletePost'>;

/**
 * Does what the daemon does, where nobody sees it: creates a post in the direct channel of the bot with itself, edits it and deletes
 * it. Only that shows a proxy that lets no edits pass, or a server that changes posts. Never rejects.
 */
export async function tryPosting(api: PostingApi, me: User): Promise<readonly Finding[]> {
  let post: Post;
  try {
    const { id: channelId } = await api.createDirectChannel([me.id, me.id]);
    const message = 'Live Status checks that it can post here.';
    post = await api.createPost({ channelId, message, type: POST_TYPE, silent: me.isBot });
  } catch (error) {
    return [createFinding(error)];
  }
  const editing = await tryEdit(api, post);
  // A post that stays is seen by nobody.
  await api.deletePost(post.id).catch(() => undefined);
  return [ok(POSTING, 'a post was created and deleted'), editing, typeFinding(post)];
}

async function tryEdit(api: PostingApi, { id }: Post): Promise<Finding> {
  try {
    await api.patchPost(id, { message: 'Live Status checked that it can post here.' });
    return ok(EDITING, 'a post was edited');
  } catch (error) {
    const found = `posts cannot be edited (${failureOf(error)}), so none would ever show how work goes on`;
    const fix = isBlocked(error)
      ? 'let PUT requests to /api/v4/posts pass through the proxy or firewall in front of Mattermost'
      : 'give the bot the permission to edit its own posts (edit_post)';
    return fail(EDITING, found, fix);
  }
}

function createFinding(error: unknown): Finding {
  if (isBlocked(error)) {
    const fix = 'let requests to /api/v4 pass through the proxy, firewall or login page in front of Mattermost';
    return fail(POSTING, `something on the way to Mattermost refuses posts (${failureOf(error)})`, fix);
  }
  const found = `could not be tried in a direct channel of the bot with itself (${failureOf(error)})`;
  return warn(POSTING, found, 'run the doctor again; if it stays, check that the bot may write direct messages');
}

/** OpenClaw ignores posts that have a type. */
function typeFinding({ type }: Post): Finding {
  if (type === POST_TYPE) return ok(TYPE, `the server keeps ${POST_TYPE}`);
  const found = `the server does not keep the type of posts (${POST_TYPE}): agents could answer them, so none are created`;
  return fail(TYPE, found, 'find the plugin or proxy that changes posts');
}

function isBlocked(error: unknown): boolean {
  return error instanceof MattermostError && error.kind === 'blocked';
}
