import { createMattermostApi, type PostApi, type User } from '@live-status/mm-poster';
import { type Clock, type Log, retry } from '@live-status/resilience';
import type { Settings } from '@live-status/settings';
import { isUserName } from '@live-status/status-render';

/** What an {@link AnsweringBot} needs. */
export interface AnsweringBotOptions {
  /** Asks Mattermost which account OpenClaw's token belongs to; `undefined` if that token is not known. */
  readonly ask: ((signal: AbortSignal) => Promise<User>) | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The bot as which OpenClaw's agents answer. A person approves a command by mentioning it, so a post that waits for an
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

  /** Asks until the name is known. Rejects only with the reason of `signal`. */
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
    // The name becomes part of posts, so only what Mattermost allows in a name is accepted.
    if (isUserName(username)) this.#name = username;
    log.debug({ username }, 'answering bot known');
  }
}

/**
 * Returns how to ask Mattermost which account OpenClaw's own token belongs to, `undefined` if that token is not known.
 * Where the daemon posts with that token, too, `ours` is asked.
 */
export function openClawAccount(
  { openclaw, mmToken, mmUrl }: Settings,
  ours: Pick<PostApi, 'getMe'>,
): AnsweringBotOptions['ask'] {
  const token = openclaw?.mattermostToken;
  if (token === undefined) return undefined;
  if (token.equals(mmToken)) return (signal) => ours.getMe({ signal });
  const url = openclaw?.mattermostUrl ?? mmUrl;
  return async (signal) => {
    const api = createMattermostApi({ url, token: token.reveal() });
    try {
      return await api.getMe({ signal });
    } finally {
      await api.close();
    }
  };
}
