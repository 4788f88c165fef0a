import { MattermostError, type PostApi, type User } from '@live-status/mm-poster';
import { type Clock, type Log, retry } from '@live-status/resilience';
import { explainMattermostProblem, type MattermostProblem } from '@live-status/settings';
import type { Reason } from './health.ts';

/** What a {@link ConnectionCheck} needs. */
export interface ConnectionCheckOptions {
  readonly api: Pick<PostApi, 'getMe' | 'setToken'>;
  /** Address of the server, for the log. */
  readonly url: string;
  /** Reads the bot token again from where it is kept. */
  readonly readToken?: (() => Promise<string | undefined>) | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** What follows a correction. The environment of a running process does not change, and addresses are read once. */
const AFTERWARDS: Readonly<Record<MattermostProblem['change'], string>> = {
  address: '; then restart the daemon',
  token: '; a token in openclaw.json is read again by itself, for one in the environment restart the daemon',
  server: '; it is tried again by itself',
};

/** A token that was replaced, or a server that came back, is noticed this soon. */
const MAX_RETRY_MS = 10_000;

/**
 * Asks Mattermost at the start whose the token is, so that health reports a refused token or an absent server before
 * there is anything to post: an idle daemon that could post nothing must not look healthy.
 */
export class ConnectionCheck {
  readonly #options: ConnectionCheckOptions;
  readonly #asked = Promise.withResolvers<void>();
  #error: unknown;
  #username: string | undefined;

  constructor(options: ConnectionCheckOptions) {
    this.#options = options;
  }

  /** Resolves with the first answer, or when there was none. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** User name of the account; `undefined` before the server said it. */
  get username(): string | undefined {
    return this.#username;
  }

  /** Why the server has not accepted the token yet; undefined before the first answer and after the check succeeded. */
  problem(): Reason | undefined {
    if (this.#error === undefined) return undefined;
    const { what, fix, change } = explainMattermostProblem(this.#error, this.#options.url);
    const todo = `${fix.charAt(0).toUpperCase()}${fix.slice(1)}${AFTERWARDS[change]}`;
    if (isAuthError(this.#error)) {
      return {
        level: 'failing',
        what: `Mattermost answered 401 to the token; nothing can be posted: ${what}`,
        fix: todo,
      };
    }
    return { level: 'failing', what: `Mattermost has not answered since the start: ${what}`, fix: todo };
  }

  /**
   * Asks until the server answers with the account. An operator may fix the token or the network while the daemon
   * runs, so every error is worth another attempt. Rejects only with the reason of `signal`.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, url } = this.#options;
    const { id, username } = await retry(() => this.#getMe(signal), {
      isTransient: () => true,
      initialDelayMs: 1_000,
      maxDelayMs: MAX_RETRY_MS,
      signal,
      clock,
      onRetry: ({ attempt, error }) => {
        if (attempt === 1) log.warn({ err: error }, 'cannot connect to Mattermost yet; retrying');
      },
    });
    this.#username = username;
    log.info({ userId: id, username, url }, 'connected to Mattermost');
  }

  async #getMe(signal: AbortSignal): Promise<User> {
    const { api, readToken } = this.#options;
    try {
      const me = await api.getMe({ signal });
      this.#error = undefined;
      return me;
    } catch (error) {
      this.#error = error;
      const token = isAuthError(error) ? await readToken?.().catch(() => undefined) : undefined;
      if (token !== undefined) api.setToken(token);
      throw error;
    } finally {
      this.#asked.resolve();
    }
  }
}

function isAuthError(error: unknown): boolean {
  return error instanceof MattermostError && error.kind === 'auth';
}
