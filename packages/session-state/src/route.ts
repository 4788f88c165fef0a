import type { Route } from './event.ts';

/**
 * The Mattermost place OpenClaw names `channel:<id>` or `user:<id>`, in the thread `threadId`. `undefined` when it is
 * none; an odd `threadId` is left out. The one check between what OpenClaw wrote and an id that posts are made with.
 */
export function mattermostRoute(to: string, threadId: string | undefined): Route | undefined {
  const [, kind, id] = /^(channel|user):([a-z0-9]+)$/.exec(to) ?? [];
  const root = threadId !== undefined && /^[a-z0-9]+$/.test(threadId) ? { rootId: threadId } : {};
  if (id === undefined) return undefined;
  return kind === 'user'
    ? { kind: 'mattermost-user', userId: id, ...root }
    : { kind: 'mattermost', channelId: id, ...root };
}
