import type { Gate, PassOptions } from './gate.ts';
import type { PostApi } from './post-api.ts';
import type { Target } from './target.ts';

/** Turns targets into channel ids, asking the server once for each. */
export interface Locator {
  channelIdOf(target: Target, options: PassOptions): Promise<string>;
  /** User id of the poster's own account. */
  ownUserId(options: PassOptions): Promise<string>;
}

/** Failures are not remembered: a channel may be made, an account added, later. */
export function createLocator(api: PostApi, gate: Gate): Locator {
  const known = new Map<string, string>();

  const cached = async (
    key: string,
    ask: () => Promise<{ readonly id: string }>,
    options: PassOptions,
  ): Promise<string> => {
    const id = known.get(key) ?? (await gate.pass(ask, options)).id;
    known.set(key, id);
    return id;
  };
  const ownUserId = (options: PassOptions): Promise<string> => cached('me', () => api.getMe(options), options);
  const directChannel = async (userId: string, options: PassOptions): Promise<string> => {
    const me = await ownUserId(options);
    return cached(`direct ${userId}`, () => api.createDirectChannel([me, userId], options), options);
  };

  return {
    ownUserId,
    async channelIdOf(target, options) {
      if ('channelId' in target) return target.channelId;
      if ('userId' in target) return directChannel(target.userId, options);
      if ('username' in target) {
        const { username } = target;
        const userId = await cached(`user ${username}`, () => api.getUserByUsername(username, options), options);
        return directChannel(userId, options);
      }
      const [team = '', name = ''] = target.channel.split('/');
      return cached(`channel ${target.channel}`, () => api.getChannelByName(team, name, options), options);
    },
  };
}
