import { MattermostError } from './errors.ts';
import type { Gate, PassOptions } from './gate.ts';
import type { CallOptions, PostApi, User } from './post-api.ts';

/**
 * Where a post goes. `rootId` makes it a reply in that thread. `account` names who makes it, for a poster that has
 * several accounts; a direct channel is that account's.
 */
export type Target = (
  | { readonly channelId: string; readonly rootId?: string | undefined }
  /** The direct channel with a user. */
  | { readonly userId: string; readonly rootId?: string | undefined }
  /** `team/name`, as in the channel's address. */
  | { readonly channel: string }
  /** The direct channel with a user, by name. */
  | { readonly username: string }
) & { readonly account?: string | undefined };

/** A channel as a person names it: an id, `team/name` (as in the channel's address) or `@user`. */
export type ChannelName = { readonly channelId: string } | { readonly channel: string } | { readonly username: string };

/** A target as a person names it: what `parseTarget` reads, or the id of a user. */
export function formatTarget(target: Target): string {
  if ('channel' in target) return target.channel;
  if ('username' in target) return `@${target.username}`;
  return 'userId' in target ? target.userId : target.channelId;
}

/** A channel name, or why the text is not one. */
export type ParsedTarget =
  | { readonly ok: true; readonly target: ChannelName }
  | { readonly ok: false; readonly reason: string };

const ID = /^[a-z0-9]{26}$/;
const CHANNEL = /^[a-z0-9][a-z0-9_-]*\/[a-z0-9_-]+$/;
const USERNAME = /^@[a-z0-9._-]+$/;

/** Reads a channel name as a person writes it: an id, `team/name` or `@user`; case does not matter. Never throws. */
export function parseTarget(text: string): ParsedTarget {
  const value = text.trim().toLowerCase();
  if (ID.test(value)) return { ok: true, target: { channelId: value } };
  if (CHANNEL.test(value)) return { ok: true, target: { channel: value } };
  if (USERNAME.test(value)) return { ok: true, target: { username: value.slice(1) } };
  return {
    ok: false,
    reason: `"${text}" does not name a channel; use a channel id (26 letters and digits), team/name as in the address, or @user`,
  };
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** Whether a value read back from a file is a {@link Target}. */
export function isTarget(value: unknown): value is Target {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  const fits = [fields.rootId, fields.account].every((value) => value === undefined || isText(value));
  return fits && [fields.channelId, fields.userId, fields.channel, fields.username].filter(isText).length === 1;
}

/** The thread root a target names, if any. */
export function rootIdOf(target: Target): string | undefined {
  return 'rootId' in target ? target.rootId : undefined;
}

/** The requests that {@link findChannelId} makes; their owner may cache or repeat each of them. */
export interface ChannelLookups<Options> {
  getMe(options: Options): Promise<{ readonly id: string }>;
  getUserByUsername(username: string, options: Options): Promise<{ readonly id: string }>;
  getChannelByName(team: string, name: string, options: Options): Promise<{ readonly id: string }>;
  createDirectChannel(userIds: readonly [string, string], options: Options): Promise<{ readonly id: string }>;
}

/** The id of the channel that a target names; a direct channel is created if there is none. Rejects as `lookups` do. */
export async function findChannelId<Options>(
  target: Target,
  lookups: ChannelLookups<Options>,
  options: Options,
): Promise<string> {
  if ('channelId' in target) return target.channelId;
  if ('channel' in target) {
    return (await lookups.getChannelByName(...splitName(target.channel), options)).id;
  }
  const userId = 'userId' in target ? target.userId : (await lookups.getUserByUsername(target.username, options)).id;
  const me = await lookups.getMe(options);
  return (await lookups.createDirectChannel([me.id, userId], options)).id;
}

/** What is asked by {@link isChannelThere}. */
export type ChannelQuestions = Pick<PostApi, 'getChannel' | 'getChannelByName' | 'getUserByUsername' | 'checkHealth'>;

/**
 * Whether one of these accounts sees the channel, or for `@user` the person; undefined if that is not known now. A refusal
 * counts only from a server that is well. Never rejects.
 */
export async function isChannelThere(
  name: ChannelName,
  accounts: readonly ChannelQuestions[],
  options: CallOptions = {},
): Promise<boolean | undefined> {
  const answers = await Promise.all(accounts.map((api) => isSeenBy(api, name, options)));
  if (answers.includes(true)) return true;
  return answers.includes(undefined) || answers.length === 0 ? undefined : false;
}

async function isSeenBy(api: ChannelQuestions, name: ChannelName, options: CallOptions): Promise<boolean | undefined> {
  try {
    if ('channelId' in name) await api.getChannel(name.channelId, options);
    else if ('username' in name) await api.getUserByUsername(name.username, options);
    else await api.getChannelByName(...splitName(name.channel), options);
    return true;
  } catch (error) {
    if (!(error instanceof MattermostError) || !/^(?:gone|forbidden|invalid)$/.test(error.kind)) return undefined;
    return api.checkHealth(options).then(
      () => false,
      () => undefined,
    );
  }
}

function splitName(channel: string): [team: string, name: string] {
  const [team = '', name = ''] = channel.split('/');
  return [team, name];
}

/** Turns targets into channel ids. Asks the server once for each; failures are not remembered, as a channel may be created later. */
export class Locator {
  readonly #gate: Gate;
  readonly #api: PostApi;
  readonly #ids = new Map<string, string>();
  readonly #lookups: ChannelLookups<PassOptions>;
  #me: User | undefined;

  constructor(api: PostApi, gate: Gate) {
    this.#api = api;
    this.#gate = gate;
    this.#lookups = {
      getMe: (options) => this.me(options),
      getUserByUsername: (name, options) =>
        this.#once(`user ${name}`, () => api.getUserByUsername(name, options), options),
      getChannelByName: (team, name, options) =>
        this.#once(`channel ${team}/${name}`, () => api.getChannelByName(team, name, options), options),
      createDirectChannel: (ids, options) =>
        this.#once(`direct ${ids[1]}`, () => api.createDirectChannel(ids, options), options),
    };
  }

  /** User name of the account; undefined while it is not known. */
  get username(): string | undefined {
    return this.#me?.username;
  }

  /** The account. */
  async me(options: PassOptions): Promise<User> {
    this.#me ??= await this.#gate.pass(() => this.#api.getMe(options), options);
    return this.#me;
  }

  /** Rejects with the server's refusal for a target that does not exist for this account. */
  channelIdOf(target: Target, options: PassOptions): Promise<string> {
    return findChannelId(target, this.#lookups, options);
  }

  async #once(
    key: string,
    ask: () => Promise<{ readonly id: string }>,
    options: PassOptions,
  ): Promise<{ readonly id: string }> {
    const id = this.#ids.get(key) ?? (await this.#gate.pass(ask, options)).id;
    this.#ids.set(key, id);
    return { id };
  }
}
