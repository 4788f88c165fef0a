import type { Route } from '@live-status/session-state';

/** A place that posts go to, as the poster takes it. */
export type Place =
  | { readonly kind: 'channel'; readonly channelId: string; readonly rootId?: string }
  | { readonly kind: 'user'; readonly userId: string; readonly rootId?: string };

/** Where a box is shown and how much of it. */
export interface Destination {
  readonly place: Place;
  /**
   * `all`: the conversation's own place. `no-answer`: a default channel that is not the conversation's. `labels`: what
   * was done but nothing that was said, for conversations that are private to another channel.
   */
  readonly show: 'all' | 'no-answer' | 'labels';
}

/** The channel for work without a Mattermost conversation. */
export interface DefaultChannel {
  /** `undefined` while no channel is set, or its id is not known yet. */
  readonly place: Place | undefined;
  /** Kinds of work it takes: `cron`, `hook`, `cli`, and names of other channels. */
  readonly kinds: readonly string[];
}

/** Where the box of a route is shown; `undefined`: nowhere (for now). */
export function chooseDestination(route: Route | undefined, { place, kinds }: DefaultChannel): Destination | undefined {
  if (route === undefined) return undefined;
  const thread = 'rootId' in route && route.rootId !== undefined ? { rootId: route.rootId } : {};
  switch (route.kind) {
    case 'mattermost':
      return { place: { kind: 'channel', channelId: route.channelId, ...thread }, show: 'all' };
    case 'mattermost-user':
      return { place: { kind: 'user', userId: route.userId, ...thread }, show: 'all' };
    case 'background':
      return place && kinds.includes(route.origin) ? { place, show: 'no-answer' } : undefined;
    case 'elsewhere':
      return place && kinds.includes(route.origin) ? { place, show: 'labels' } : undefined;
  }
}
