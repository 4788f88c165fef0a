import { isAdmin, requireAdmin, userOf } from '../access.ts';
import { type Answer, type Call, created, objectBody, ok, type RouteTable, requiredText, text } from '../call.ts';
import { AppError, permissionError } from '../errors.ts';
import type { User } from '../model.ts';

/** Accounts, bots, log-in and access tokens. */
export const userRoutes: RouteTable = {
  'POST /users': createUser,
  'POST /users/login': login,
  'GET /users/me': (call) => ok(userOf(call)),
  'GET /users/username/:username': getByUsername,
  'POST /users/:user_id/typing': typing,
  'GET /users/:user_id': getUser,
  'POST /users/:user_id/tokens': createToken,
  'POST /bots': createBot,
};

/** The first account of an empty server needs no session and becomes its system admin. */
function createUser(call: Call): Answer {
  const { directory } = call.world;
  const fields = objectBody(call.body, 'user');
  const isFirst = directory.users.size === 0;
  if (!isFirst && !(call.session && isAdmin(call.session))) {
    throw new AppError(403, 'api.user.create_user.no_open_server', 'This server does not allow open signups.');
  }
  const username = requiredText(fields, 'username');
  rejectTaken(call, username);
  const user = directory.addUser({
    username,
    email: requiredText(fields, 'email'),
    password: requiredText(fields, 'password'),
    roles: isFirst ? 'system_admin system_user' : 'system_user',
  });
  return created(user);
}

function login(call: Call): Answer {
  const fields = objectBody(call.body, 'login');
  const user = call.world.directory.userOfPassword(
    requiredText(fields, 'login_id'),
    text(fields, 'password', 'password') ?? '',
  );
  if (!user) {
    throw new AppError(
      401,
      'api.user.login.invalid_credentials_email_username',
      'Enter a valid email or username and/or password.',
    );
  }
  return { status: 200, body: user, headers: { Token: call.world.directory.addToken(user.id) } };
}

function getByUsername(call: Call): Answer {
  const user = call.world.directory.userNamed(call.params.username ?? '');
  if (!user)
    throw new AppError(
      404,
      'app.user.get_by_username.app_error',
      'Unable to find an existing account matching your username for this team.',
    );
  return ok(user);
}

function getUser(call: Call): Answer {
  return ok(existingUser(call, call.params.user_id));
}

/** Somebody is typing. The simulator notifies nobody. */
function typing(call: Call): Answer {
  userOf(call);
  return ok({ status: 'OK' });
}

function createToken(call: Call): Answer {
  const caller = userOf(call);
  const user = existingUser(call, call.params.user_id);
  if (caller.id !== user.id && !isAdmin(caller)) throw permissionError();
  const description = requiredText(objectBody(call.body, 'user_access_token'), 'description');
  const token = call.world.directory.addToken(user.id);
  return ok({ id: user.id, token, user_id: user.id, description, is_active: true });
}

function createBot(call: Call): Answer {
  const owner = requireAdmin(call);
  const fields = objectBody(call.body, 'bot');
  const username = requiredText(fields, 'username');
  rejectTaken(call, username);
  const { id, create_at, update_at } = call.world.directory.addUser({ username, isBot: true });
  return created({
    user_id: id,
    username,
    display_name: text(fields, 'display_name', 'bot') ?? '',
    description: text(fields, 'description', 'bot') ?? '',
    owner_id: owner.id,
    create_at,
    update_at,
    delete_at: 0,
  });
}

function rejectTaken(call: Call, username: string): void {
  if (call.world.directory.userNamed(username)) {
    throw new AppError(400, 'app.user.save.username_exists.app_error', 'An account with that username already exists.');
  }
}

function existingUser(call: Call, id: string | undefined): User {
  const user = id === 'me' ? userOf(call) : call.world.directory.users.get(id ?? '');
  if (!user) throw new AppError(404, 'app.user.missing_account.const', 'Unable to find the user.');
  return user;
}
