import type { Account } from './account.ts';
import type { PassOptions } from './gate.ts';
import type { Channel } from './post-api.ts';

/** Where a target leads, as people know it. */
export interface Place {
  readonly channelId: string;
  /** `group`: a group message. */
  readonly type: 'channel' | 'direct' | 'group';
  /** `team/name`, as in the channel's address, or `@user`, the person in direct messages; undefined for a group message. */
  readonly name?: string | undefined;
}

/** Asks for what a channel is called. Rejects with the server's refusal. */
export async function readPlace(account: Account, channelId: string, pass: PassOptions): Promise<Place> {
  const { api, gate } = account;
  const channel = await gate.pass(() => api.getChannel(channelId, pass), pass);
  if (channel.type === 'G') return { channelId, type: 'group' };
  if (channel.type === 'D') return { channelId, type: 'direct', name: await personIn(channel, account, pass) };
  const team = await gate.pass(() => api.getTeam(channel.teamId, pass), pass);
  return { channelId, type: 'channel', name: `${team.name}/${channel.name}`.toLowerCase() };
}

/** `@user`: with whom the account has these direct messages. */
export async function personIn(
  channel: Channel,
  { api, gate, locator }: Account,
  pass: PassOptions,
): Promise<string | undefined> {
  const me = await locator.me(pass);
  const ids = channel.name.split('__');
  // An account may also write to itself.
  const other = ids.find((id) => id !== me.id) ?? ids[0];
  if (other === undefined || other === '') return undefined;
  const { username } = await gate.pass(() => api.getUser(other, pass), pass);
  return `@${username}`;
}
