import type { User } from '@live-status/mm-poster';
import { type Clock, type Log, retry } from '@live-status/resilience';

/** What an {@link AnsweringBot} needs. */
export interface AnsweringBotOptions {
  /** Asks Mattermost whose OpenClaw's token is; `undefined` when that token is not known. */
  readonly ask: ((signal: AbortSignal) => Promise<User>) | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The bot that OpenClaw's agents answer as. A person who approves a command mentions it, so a post that waits for an
 * approval names it.
 */
export class AnsweringBot {
  readonly #options: AnsweringBotOptions;
  #name: string | undefined;

  constructor(options: AnsweringBotOptions) {
    this.#options = options;
  }

  /** Its user name, without `@`; `undefined` while it is not known. */
  get name(): string | undefined {
    return this.#name;
  }

  /** Asks until it is known. Rejects only with the reason of `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    const { ask, clock, log } = this.#options;
    if (ask === undefined) return;
    const { username } = await retry(() => ask(signal), {
      isTransient: () => true,
      initialDelayMs: 1_000,
      maxDelayMs: 60_000,
      signal,
      clock,
    });
    // It is written into posts: nothing but what Mattermost allows in a name.
    if (/^[a-z0-9._-]{1,64}$/.test(username)) this.#name = username;
    log.debug({ username }, 'bot of the agents known');
  }
}
