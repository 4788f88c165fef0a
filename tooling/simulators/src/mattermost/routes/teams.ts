import { isAdmin, requireAdmin, userOf } from '../access.ts';
import { type Answer, type Call, created, objectBody, ok, type RouteTable, requiredText, text } from '../call.ts';
import { AppError, permissionError } from '../errors.ts';
import type { Team } from '../model.ts';

/** Teams and their members. */
export const teamRoutes: RouteTable = {
  'POST /teams': createTeam,
  'GET /teams/name/:team_name': (call) => ok(teamByName(call, call.params.team_name)),
  'GET /teams/:team_id': (call) => ok(existingTeam(call, call.params.team_id)),
  'POST /teams/:team_id/members': addMember,
  'GET /users/me/teams': teamsOf,
};

function createTeam(call: Call): Answer {
  const creator = userOf(call);
  const fields = objectBody(call.body, 'team');
  const name = requiredText(fields, 'name');
  const { directory } = call.world;
  if (directory.teamNamed(name)) {
    throw new AppError(400, 'app.team.save.existing.app_error', 'A team with that name already exists.');
  }
  const team = directory.addTeam({ name, displayName: text(fields, 'display_name', 'team') ?? name });
  directory.addMember(team.id, creator.id);
  return created(team);
}

function addMember(call: Call): Answer {
  requireAdmin(call);
  const team = existingTeam(call, call.params.team_id);
  const userId = requiredText(objectBody(call.body, 'team_member'), 'user_id');
  if (!call.world.directory.users.has(userId)) {
    throw new AppError(404, 'app.user.missing_account.const', 'Unable to find the user.');
  }
  call.world.directory.addMember(team.id, userId);
  return created({ team_id: team.id, user_id: userId, roles: 'team_user', delete_at: 0 });
}

/** The teams the caller is a member of. */
function teamsOf(call: Call): Answer {
  const { directory } = call.world;
  const user = userOf(call);
  return ok([...directory.teams.values()].filter((team) => directory.isMember(team.id, user.id)));
}

/** The team of a name. Throws 404 where there is none, 403 to those outside it. */
export function teamByName(call: Call, name: string | undefined): Team {
  const team = call.world.directory.teamNamed(name ?? '');
  if (!team) throw new AppError(404, 'app.team.get_by_name.missing.app_error', 'Unable to find the existing team.');
  return visible(call, team);
}

function existingTeam(call: Call, id: string | undefined): Team {
  const team = call.world.directory.teams.get(id ?? '');
  if (!team) throw new AppError(404, 'app.team.get.find.app_error', 'Unable to find the existing team.');
  return visible(call, team);
}

function visible(call: Call, team: Team): Team {
  const user = userOf(call);
  if (!isAdmin(user) && !call.world.directory.isMember(team.id, user.id)) throw permissionError();
  return team;
}
