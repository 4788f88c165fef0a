import type { Channel, Team, User } from './post-api.ts';

/** Where a target leads, as people know it. */
export interface Place {
  readonly channelId: string;
  /** `group`: a group message. */
  readonly type: 'channel' | 'direct' | 'group';
  /** `team/name`, as in the channel's address, or `@user`, the person in direct messages; undefined for a group message. */
  readonly name?: string | undefined;
}

/** The requests that {@link readPlace} makes; their owner may cache or repeat each of them. */
export interface PlaceLookups<Options> {
  getMe(options: Options): Promise<Pick<User, 'id'>>;
  getUser(userId: string, options: Options): Promise<Pick<User, 'username'>>;
  getChannel(channelId: string, options: Options): Promise<Channel>;
  getTeam(teamId: string, options: Options): Promise<Pick<Team, 'name'>>;
}

/** Asks for what a channel is called. Rejects as `lookups` do. */
export async function readPlace<Options>(
  channelId: string,
  lookups: PlaceLookups<Options>,
  options: Options,
): Promise<Place> {
  const channel = await lookups.getChannel(channelId, options);
  if (channel.type === 'G') return { channelId, type: 'group' };
  if (channel.type === 'D') return { channelId, type: 'direct', name: await personIn(channel, lookups, options) };
  const team = await lookups.getTeam(channel.teamId, options);
  return { channelId, type: 'channel', name: `${team.name}/${channel.name}`.toLowerCase() };
}

/** `@user`: with whom the account has these direct messages. */
export async function personIn<Options>(
  { name }: Channel,
  lookups: Pick<PlaceLookups<Options>, 'getMe' | 'getUser'>,
  options: Options,
): Promise<string | undefined> {
  const me = await lookups.getMe(options);
  const ids = name.split('__');
  // An account may also write to itself.
  const other = ids.find((id) => id !== me.id) ?? ids[0];
  if (other === undefined || other === '') return undefined;
  const { username } = await lookups.getUser(other, options);
  return `@${username}`;
}
