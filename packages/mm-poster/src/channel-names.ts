import type { Account } from './account.ts';
import { type PassOptions, PRIORITY } from './gate.ts';
import { type PlaceLookups, personIn } from './place.ts';
import type { Channel } from './post-api.ts';
import type { Server } from './server.ts';

/**
 * Channels as people know them. An account that was removed from a channel may not ask for its name, so names are
 * learnt while it may; and of several accounts another one may know it.
 */
export class ChannelNames {
  readonly #names = new Map<string, string>();
  readonly #asked = new Set<string>();
  readonly #accountsOf: (server: Server) => readonly Account[];

  /** @param accountsOf the accounts on a server */
  constructor(accountsOf: (server: Server) => readonly Account[]) {
    this.#accountsOf = accountsOf;
  }

  /** `#name`, or `the direct messages with @name`; undefined while it is not known. */
  of(channelId: string): string | undefined {
    return this.#names.get(channelId);
  }

  /** Asks for the name of a channel, once, unless nobody could tell it. Never rejects. */
  async learn(account: Account, channelId: string, signal: AbortSignal): Promise<void> {
    if (this.#asked.has(channelId)) return;
    this.#asked.add(channelId);
    const pass: PassOptions = { signal, priority: () => PRIORITY.background };
    const others = this.#accountsOf(account.server).filter((other) => other !== account);
    for (const each of [account, ...others]) {
      const name = await nameFor(each, channelId, pass).catch(() => undefined);
      if (name !== undefined) {
        this.#names.set(channelId, name);
        return;
      }
    }
    this.#asked.delete(channelId);
  }
}

async function nameFor(account: Account, channelId: string, pass: PassOptions): Promise<string | undefined> {
  const { api, gate } = account;
  const channel: Channel = await gate.pass(() => api.getChannel(channelId, pass), pass);
  if (channel.type === 'G') return channel.displayName || undefined;
  if (channel.type !== 'D') return `#${channel.name}`;
  const person = await personIn(channel, lookupsOf(account), pass);
  return person === undefined ? undefined : `the direct messages with ${person}`;
}

/** Asks as an account, each question when it is its turn. */
export function lookupsOf({ api, gate, locator }: Account): PlaceLookups<PassOptions> {
  return {
    getMe: (pass) => locator.me(pass),
    getUser: (id, pass) => gate.pass(() => api.getUser(id, pass), pass),
    getChannel: (id, pass) => gate.pass(() => api.getChannel(id, pass), pass),
    getTeam: (id, pass) => gate.pass(() => api.getTeam(id, pass), pass),
  };
}
