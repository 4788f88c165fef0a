import type { Call } from './call.ts';
import { permissionError, sessionExpired } from './errors.ts';
import type { Channel, User } from './model.ts';

/** The account behind a call. Throws 401 where there is none. */
export function userOf(call: Call): User {
  if (!call.session) throw sessionExpired();
  return call.session;
}

/** Whether an account may do everything. */
export function isAdmin(user: User): boolean {
  return user.roles.split(' ').includes('system_admin');
}

/** Throws 403 unless the caller is a system admin. */
export function requireAdmin(call: Call): User {
  const user = userOf(call);
  if (!isAdmin(user)) throw permissionError();
  return user;
}

/** Posting and editing want membership of the channel; admins are exempt. */
export function mayWrite(call: Call, channelId: string): boolean {
  const user = userOf(call);
  return isAdmin(user) || call.world.directory.isMember(channelId, user.id);
}

/** Reading wants membership too, but open channels are readable to everyone in their team. */
export function mayRead(call: Call, channel: Channel): boolean {
  const inTeam = channel.type === 'O' && call.world.directory.isMember(channel.team_id, userOf(call).id);
  return inTeam || mayWrite(call, channel.id);
}
