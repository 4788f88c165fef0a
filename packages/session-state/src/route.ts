import type { Route } from './event.ts';

/**
 * The Mattermost place that OpenClaw names `channel:<id>` or `user:<id>`, in the thread `threadId`. `undefined` for
 * anything else; a malformed `threadId` is left out. This is the one check between what OpenClaw wrote and an id that
 * posts are created with.
 */
export function mattermostRoute(to: string, threadId: string | undefined): Route | undefined {
  const [, kind, id] = /^(channel|user):([a-z0-9]+)$/.exec(to) ?? [];
  const root = threadId !== undefined && /^[a-z0-9]+$/.test(threadId) ? { rootId: threadId } : {};
  if (id === undefined) return undefined;
  return kind === 'user'
    ? { kind: 'mattermost-user', userId: id, ...root }
    : { kind: 'mattermost', channelId: id, ...root };
}
