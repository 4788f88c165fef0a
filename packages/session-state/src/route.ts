import type { Route } from './event.ts';

/** A Mattermost place as OpenClaw names it. */
export interface MattermostPlace {
  /** `channel:<id>`, or `user:<id>` for direct messages. */
  readonly to: string;
  readonly threadId?: string | undefined;
  /** OpenClaw's account there. */
  readonly accountId?: string | undefined;
}

/**
 * The route to a Mattermost place. `undefined` for anything else; a malformed `threadId` or `accountId` is left out.
 * This is the one check between what OpenClaw wrote and an id that posts are created with.
 */
export function mattermostRoute({ to, threadId = '', accountId = '' }: MattermostPlace): Route | undefined {
  const [, kind, id] = /^(channel|user):([a-z0-9]+)$/.exec(to) ?? [];
  if (id === undefined) return undefined;
  const place =
    kind === 'user' ? { kind: 'mattermost-user' as const, userId: id } : { kind: 'mattermost' as const, channelId: id };
  return {
    ...place,
    ...(/^[a-z0-9]+$/.test(threadId) ? { rootId: threadId } : {}),
    ...(/^[a-z0-9_-]{1,64}$/.test(accountId) ? { accountId } : {}),
  };
}
