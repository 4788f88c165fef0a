import { randomBytes } from 'node:crypto';
import { type Channel, newId, type Team, type User } from './model.ts';

/** What is needed to make an account. */
export interface NewUser {
  readonly username: string;
  readonly email?: string;
  readonly password?: string;
  /** Default `system_user`. */
  readonly roles?: string;
  readonly isBot?: boolean;
}

/** What is needed to make a channel. */
export interface NewChannel {
  readonly teamId: string;
  readonly name: string;
  /** Default: the name. */
  readonly displayName?: string;
  /** Shown above the posts. Default: empty. */
  readonly header?: string;
  /** Default `O`. */
  readonly type?: Channel['type'];
  readonly creatorId?: string;
}

/** Accounts, their tokens, teams, channels and who is a member of what. Holds state, decides nothing. */
export class Directory {
  readonly users: Map<string, User> = new Map();
  readonly teams: Map<string, Team> = new Map();
  readonly channels: Map<string, Channel> = new Map();
  readonly #passwords = new Map<string, string>();
  readonly #tokens = new Map<string, { readonly userId: string; revoked: boolean }>();
  readonly #members = new Set<string>();
  readonly #listeners = new Set<() => void>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  addUser(options: NewUser): User {
    const at = this.#now();
    const user: User = {
      id: newId(),
      create_at: at,
      update_at: at,
      delete_at: 0,
      username: options.username,
      email: options.email ?? `${options.username}@localhost`,
      nickname: '',
      first_name: '',
      last_name: '',
      roles: options.roles ?? 'system_user',
      locale: 'en',
      ...(options.isBot ? { is_bot: true as const } : {}),
    };
    this.users.set(user.id, user);
    if (options.password !== undefined) this.#passwords.set(user.id, options.password);
    return user;
  }

  addTeam(options: { readonly name: string; readonly displayName?: string }): Team {
    const at = this.#now();
    const { name, displayName = name } = options;
    const team: Team = {
      id: newId(),
      create_at: at,
      update_at: at,
      delete_at: 0,
      name,
      display_name: displayName,
      type: 'O',
    };
    this.teams.set(team.id, team);
    return team;
  }

  addChannel(options: NewChannel): Channel {
    const at = this.#now();
    const channel: Channel = {
      id: newId(),
      create_at: at,
      update_at: at,
      delete_at: 0,
      team_id: options.teamId,
      type: options.type ?? 'O',
      name: options.name,
      display_name: options.displayName ?? options.name,
      header: options.header ?? '',
      purpose: '',
      creator_id: options.creatorId ?? '',
    };
    this.#setChannel(channel);
    return channel;
  }

  /** The direct channel of two accounts; made on the first call, the same afterwards. */
  directChannel(userIds: readonly [string, string]): Channel {
    const name = [...userIds].sort().join('__');
    const existing = this.channelNamed('', name);
    if (existing) return existing;
    const channel = this.addChannel({ teamId: '', name, displayName: '', type: 'D', creatorId: userIds[0] });
    for (const userId of userIds) this.addMember(channel.id, userId);
    return channel;
  }

  userNamed(username: string): User | undefined {
    return [...this.users.values()].find((user) => user.username === username);
  }

  teamNamed(name: string): Team | undefined {
    return [...this.teams.values()].find((team) => team.name === name);
  }

  /** The channel of a name in a team; direct channels are in team ''. */
  channelNamed(teamId: string, name: string): Channel | undefined {
    return [...this.channels.values()].find((channel) => channel.team_id === teamId && channel.name === name);
  }

  /** Replaces fields of a channel. Unknown ids are ignored. */
  changeChannel(channelId: string, change: Partial<Channel>): void {
    const channel = this.channels.get(channelId);
    if (channel) this.#setChannel({ ...channel, ...change });
  }

  /** Calls `listener` when a channel is created or changes. */
  onChannelChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Makes an account a member of a team or channel. */
  addMember(groupId: string, userId: string): void {
    this.#members.add(`${groupId} ${userId}`);
  }

  removeMember(groupId: string, userId: string): void {
    this.#members.delete(`${groupId} ${userId}`);
  }

  isMember(groupId: string, userId: string): boolean {
    return this.#members.has(`${groupId} ${userId}`);
  }

  /** A new token of an account: 26 characters, like an id. */
  addToken(userId: string): string {
    const token = randomBytes(13).toString('hex');
    this.#tokens.set(token, { userId, revoked: false });
    return token;
  }

  setRevoked(token: string, revoked: boolean): void {
    const entry = this.#tokens.get(token);
    if (!entry) throw new TypeError('This simulator never issued that token; use adminToken or addBot().');
    entry.revoked = revoked;
  }

  userOfToken(token: string): User | undefined {
    const entry = this.#tokens.get(token);
    return entry && !entry.revoked ? this.users.get(entry.userId) : undefined;
  }

  userOfPassword(loginId: string, password: string): User | undefined {
    const user = [...this.users.values()].find(({ username, email }) => username === loginId || email === loginId);
    return user && this.#passwords.get(user.id) === password ? user : undefined;
  }

  #setChannel(channel: Channel): void {
    this.channels.set(channel.id, channel);
    for (const listener of this.#listeners) listener();
  }
}
