import type { Target } from '@live-status/mm-poster';
import type { Route } from '@live-status/session-state';

/** Where a box is shown and how much of it. */
export interface Destination {
  readonly target: Target;
  /**
   * `all`: the conversation's own place. `no-answer`: a default channel that is not the conversation's. `labels`: what
   * was done but nothing that was said, for conversations that are private to another channel.
   */
  readonly show: 'all' | 'no-answer' | 'labels';
}

/** The channel for work without a Mattermost conversation. */
export interface DefaultChannel {
  /** `undefined` when none is set. */
  readonly target: Target | undefined;
  /** Kinds of work it takes: `cron`, `hook`, `cli`, and names of other channels. */
  readonly kinds: readonly string[];
}

/** Where the box of a route is shown; `undefined`: nowhere. */
export function chooseDestination(
  route: Route | undefined,
  { target, kinds }: DefaultChannel,
): Destination | undefined {
  if (route === undefined) return undefined;
  const thread = 'rootId' in route && route.rootId !== undefined ? { rootId: route.rootId } : {};
  switch (route.kind) {
    case 'mattermost':
      return { target: { channelId: route.channelId, ...thread }, show: 'all' };
    case 'mattermost-user':
      return { target: { userId: route.userId, ...thread }, show: 'all' };
    case 'background':
      return target && kinds.includes(route.origin) ? { target, show: 'no-answer' } : undefined;
    case 'elsewhere':
      return target && kinds.includes(route.origin) ? { target, show: 'labels' } : undefined;
  }
}
