import { isAdmin, mayRead, mayWrite, userOf } from '../access.ts';
import { type Answer, type Call, created, objectBody, ok, type RouteTable, requiredText, text } from '../call.ts';
import { AppError, invalidBody, invalidUrl, permissionError } from '../errors.ts';
import { type Channel, isId } from '../model.ts';
import { teamByName } from './teams.ts';

/** Channels, their members, direct channels. */
export const channelRoutes: RouteTable = {
  'POST /channels': createChannel,
  'POST /channels/direct': createDirect,
  'GET /channels/:channel_id': (call) => ok(readableChannel(call)),
  'DELETE /channels/:channel_id': archive,
  'POST /channels/:channel_id/members': addMember,
  'GET /channels/:channel_id/members/:user_id': member,
  'GET /teams/:team_id/channels/name/:channel_name': (call) => byName(call, call.params.team_id ?? ''),
  'GET /teams/name/:team_name/channels/name/:channel_name': (call) =>
    byName(call, teamByName(call, call.params.team_name).id),
};

function createChannel(call: Call): Answer {
  const creator = userOf(call);
  const { directory } = call.world;
  const fields = objectBody(call.body, 'channel');
  const teamId = requiredText(fields, 'team_id');
  const name = requiredText(fields, 'name');
  const type = text(fields, 'type', 'channel') === 'P' ? 'P' : 'O';
  if (!isAdmin(creator) && !directory.isMember(teamId, creator.id)) throw permissionError();
  if (directory.channelNamed(teamId, name)) {
    throw new AppError(
      400,
      'store.sql_channel.save_channel.exists.app_error',
      'A channel with that name already exists on the same team.',
    );
  }
  const displayName = text(fields, 'display_name', 'channel') ?? name;
  const channel = directory.addChannel({ teamId, name, displayName, type, creatorId: creator.id });
  directory.addMember(channel.id, creator.id);
  return created(channel);
}

function createDirect(call: Call): Answer {
  const user = userOf(call);
  const ids: unknown = call.body;
  if (!Array.isArray(ids) || ids.length !== 2 || !ids.every(isId)) throw invalidBody('user_ids');
  const [first, second] = ids;
  if (!isAdmin(user) && !ids.includes(user.id)) throw permissionError();
  const { directory } = call.world;
  if (!first || !second || !directory.users.has(first) || !directory.users.has(second)) {
    throw new AppError(400, 'api.channel.create_direct_channel.invalid_user.app_error', 'Invalid user ID.');
  }
  return created(directory.directChannel([first, second]));
}

function archive(call: Call): Answer {
  const channel = readableChannel(call);
  if (!mayWrite(call, channel.id)) throw permissionError();
  call.world.directory.changeChannel(channel.id, { delete_at: call.world.now() });
  return ok({ status: 'OK' });
}

function addMember(call: Call): Answer {
  const channel = readableChannel(call);
  const { directory } = call.world;
  const userId = requiredText(objectBody(call.body, 'channel_member'), 'user_id');
  if (!directory.isMember(channel.team_id, userId)) {
    throw new AppError(
      404,
      'app.team.get_member.missing.app_error',
      'No team member found for that user ID and team ID.',
    );
  }
  directory.addMember(channel.id, userId);
  return created({ channel_id: channel.id, user_id: userId, roles: 'channel_user' });
}

/** A channel member, as its own account asks for it (`me`). Server source: 403 to those who may not read the channel. */
function member(call: Call): Answer {
  const channel = readableChannel(call);
  const userId = call.params.user_id === 'me' ? userOf(call).id : (call.params.user_id ?? '');
  if (!call.world.directory.isMember(channel.id, userId)) {
    throw new AppError(404, 'app.channel.get_member.missing.app_error', 'No channel member found for that user ID.');
  }
  return ok({ channel_id: channel.id, user_id: userId, roles: 'channel_user' });
}

function byName(call: Call, teamId: string): Answer {
  const channel = call.world.directory.channelNamed(teamId, call.params.channel_name ?? '');
  // A private channel looks missing to those outside it; an archived one needs `include_deleted`.
  const isHidden = !channel || (channel.type === 'P' && !mayRead(call, channel)) || channel.delete_at !== 0;
  if (isHidden) throw new AppError(404, 'app.channel.get_by_name.missing.app_error', 'Channel does not exist.');
  if (!mayRead(call, channel)) throw permissionError();
  return ok(channel);
}

/** The channel in the path. Throws 400 on a malformed id, 404 where there is none, 403 where the caller may not read it. */
export function readableChannel(call: Call): Channel {
  if (!isId(call.params.channel_id)) throw invalidUrl('channel_id');
  const channel = call.world.directory.channels.get(call.params.channel_id);
  if (!channel) throw new AppError(404, 'app.channel.get.existing.app_error', 'Unable to find the existing channel.');
  if (!mayRead(call, channel)) throw permissionError();
  return channel;
}
