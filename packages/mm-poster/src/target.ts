import type { Gate, PassOptions } from './gate.ts';
import type { PostApi } from './post-api.ts';

/** Where a post goes. `rootId` makes it a reply in that thread. */
export type Target =
  | { readonly channelId: string; readonly rootId?: string | undefined }
  /** The direct channel with a user. */
  | { readonly userId: string; readonly rootId?: string | undefined }
  /** `team/name`, as in the channel's address. */
  | { readonly channel: string }
  /** The direct channel with a user, by name. */
  | { readonly username: string };

/** A target, or why the text names none. */
export type ParsedTarget =
  | { readonly ok: true; readonly target: Target }
  | { readonly ok: false; readonly reason: string };

const ID = /^[a-z0-9]{26}$/;
const CHANNEL = /^[a-z0-9][a-z0-9_-]*\/[a-z0-9_-]+$/;
const USERNAME = /^@[a-z0-9._-]+$/;

/** Reads a target as a person writes it: a channel id, `team/name` or `@user`. Never throws. */
export function parseTarget(text: string): ParsedTarget {
  const value = text.trim().toLowerCase();
  if (ID.test(value)) return { ok: true, target: { channelId: value } };
  if (CHANNEL.test(value)) return { ok: true, target: { channel: value } };
  if (USERNAME.test(value)) return { ok: true, target: { username: value.slice(1) } };
  return {
    ok: false,
    reason: `"${text}" names no channel; use a channel id (26 letters and digits), team/name as in the address, or @user`,
  };
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** Whether a value read back from a file is a {@link Target}. */
export function isTarget(value: unknown): value is Target {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  const rootFits = fields.rootId === undefined || isText(fields.rootId);
  return rootFits && [fields.channelId, fields.userId, fields.channel, fields.username].filter(isText).length === 1;
}

/** The thread root a target names, if any. */
export function rootIdOf(target: Target): string | undefined {
  return 'rootId' in target ? target.rootId : undefined;
}

/** Turns targets into channel ids. Asks the server once for each; failures are not remembered, as a channel may be created later. */
export class Locator {
  readonly #api: PostApi;
  readonly #gate: Gate;
  readonly #ids = new Map<string, string>();

  constructor(api: PostApi, gate: Gate) {
    this.#api = api;
    this.#gate = gate;
  }

  /** User id of the poster's own account. */
  ownUserId(options: PassOptions): Promise<string> {
    return this.#idOf('me', () => this.#api.getMe(options), options);
  }

  /** Rejects with the server's refusal for a target that is not there for this account. */
  async channelIdOf(target: Target, options: PassOptions): Promise<string> {
    if ('channelId' in target) return target.channelId;
    if ('userId' in target) return this.#directChannel(target.userId, options);
    if ('username' in target) {
      const { username } = target;
      const getUser = (): Promise<{ readonly id: string }> => this.#api.getUserByUsername(username, options);
      return this.#directChannel(await this.#idOf(`user ${username}`, getUser, options), options);
    }
    const [team = '', name = ''] = target.channel.split('/');
    return this.#idOf(`channel ${target.channel}`, () => this.#api.getChannelByName(team, name, options), options);
  }

  async #directChannel(userId: string, options: PassOptions): Promise<string> {
    const me = await this.ownUserId(options);
    return this.#idOf(`direct ${userId}`, () => this.#api.createDirectChannel([me, userId], options), options);
  }

  async #idOf(key: string, ask: () => Promise<{ readonly id: string }>, options: PassOptions): Promise<string> {
    const id = this.#ids.get(key) ?? (await this.#gate.pass(ask, options)).id;
    this.#ids.set(key, id);
    return id;
  }
}
