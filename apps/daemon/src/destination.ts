import type { EffectiveRule } from '@live-status/channel-rules';
import type { Target } from '@live-status/mm-poster';
import type { Route } from '@live-status/session-state';
import type { BoardVisibility } from './board.ts';

/** Where a box is shown, and how much of it. */
export interface Destination {
  readonly target: Target;
  /**
   * - `conversation`: everything but the answer, which follows as the next message of the same conversation.
   * - `background`: everything, because nothing else in the default channel tells how the work ended.
   * - `labels`: what was done but nothing that was said, because the conversation is private to another channel.
   */
  readonly show: 'conversation' | 'background' | 'labels';
  /** The kind of work that is not a Mattermost conversation: `cron`, `telegram`, …; undefined if nobody wrote it down. */
  readonly workKind?: string;
}

/** What decides about what readers of the board may see. */
export interface BoardReaders {
  /** Whether they can read a channel. */
  readonly canBeRead: (channelId: string) => boolean;
  /** What `CHANNEL_RULES` says of the work. */
  readonly rule: Pick<EffectiveRule, 'show' | 'arguments'>;
}

/**
 * What readers of the board may see of work with this route. What was said or typed is for them only where they may read it
 * anyway: in work without a conversation, and in channels that they can read. A rule may allow less.
 */
export function chooseBoardVisibility(route: Route | undefined, { canBeRead, rule }: BoardReaders): BoardVisibility {
  if (rule.show === 'off') return 'off';
  if (!rule.arguments) return 'labels';
  if (route?.kind === 'background') return 'full';
  return route?.kind === 'mattermost' && canBeRead(route.channelId) ? 'full' : 'labels';
}

/** The channel for work without a Mattermost conversation. */
export interface DefaultChannel {
  /** `undefined` when none is set. */
  readonly target: Target | undefined;
  /** Kinds of work that it shows: `cron`, `hook`, `cli`, and names of other channels. */
  readonly kinds: readonly string[];
}

/** Where a box with this route is shown; `undefined`: nowhere. */
export function chooseDestination(
  route: Route | undefined,
  { target, kinds }: DefaultChannel,
): Destination | undefined {
  if (route === undefined) return undefined;
  const thread = 'rootId' in route && route.rootId !== undefined ? { rootId: route.rootId } : {};
  const account = 'accountId' in route && route.accountId !== undefined ? { account: route.accountId } : {};
  switch (route.kind) {
    case 'mattermost':
      return { target: { channelId: route.channelId, ...thread, ...account }, show: 'conversation' };
    case 'mattermost-user':
      return { target: { userId: route.userId, ...thread, ...account }, show: 'conversation' };
    case 'background':
      return target && kinds.includes(route.origin)
        ? { target, show: 'background', workKind: route.origin }
        : undefined;
    case 'elsewhere':
      return target && kinds.includes(route.origin) ? { target, show: 'labels', workKind: route.origin } : undefined;
  }
}
