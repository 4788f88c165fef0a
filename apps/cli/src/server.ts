import { EXIT } from '@live-status/daemon-control/exit-code';
import { type CommandApi, createMattermostApi, MattermostError, type PostApi } from '@live-status/mm-poster/api';
import { retry } from '@live-status/resilience';
import { errorsOf, readSettings, type Settings, type SettingsContext } from '@live-status/settings';
import { CommandError } from './command-error.ts';
import { failureOf } from './request-failure.ts';

/** A Mattermost server with what a command needs to use it. */
export interface Server {
  readonly url: string;
  readonly api: PostApi & CommandApi;
  /** Code points a message may have. */
  readonly maxChars: number;
  readonly defaultChannel: Settings['defaultChannel'];
  /** Makes a request, and repeats it if that may help. The request must be safe to repeat. */
  ask<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** Mattermost recognizes a repeated create for 30 s: all attempts together take less. */
const DEADLINE_MS = 25_000;
const MAX_ATTEMPTS = 5;

/**
 * Calls `act` with the server that the settings name.
 *
 * @throws {CommandError} naming every setting that is missing or invalid
 */
export async function withServer<T>(
  env: NodeJS.ProcessEnv,
  context: SettingsContext,
  act: (server: Server) => Promise<T>,
): Promise<T> {
  const reading = await readSettings(env, context);
  const errors = errorsOf(reading, ['MM_URL', 'MM_TOKEN', 'MAX_MESSAGE_CHARS', 'DEFAULT_CHANNEL']);
  const { mmUrl: url, mmToken: token, maxMessageChars: maxChars, defaultChannel } = reading.sound;
  if (errors.length > 0 || url === undefined || token === undefined || maxChars === undefined) {
    // A misspelled name or an unreadable secret is often the reason why something is not set.
    throw new CommandError([...errors, ...reading.warnings].join('\n'), { exitCode: EXIT.usage });
  }
  const api = createMattermostApi({ url, token: token.reveal() });
  const signal = AbortSignal.timeout(DEADLINE_MS);
  try {
    const ask: Server['ask'] = (request) => askAgain(request, signal);
    return await act({ url, api, maxChars, defaultChannel, ask });
  } finally {
    await api.close();
  }
}

const WORTH_REPEATING: readonly string[] = ['transient', 'unreadable', 'rate-limited'];

async function askAgain<T>(request: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  let lastError: unknown;
  try {
    return await retry(() => request(signal), {
      isTransient: (error) => error instanceof MattermostError && WORTH_REPEATING.includes(error.kind),
      retryAfterMs: (error) => (error instanceof MattermostError ? error.retryAfterMs : undefined),
      maxAttempts: MAX_ATTEMPTS,
      maxDelayMs: 4_000,
      signal,
      onRetry: ({ error }) => {
        lastError = error;
      },
    });
  } catch (error) {
    // After the deadline, the last error says more than the deadline itself.
    throw signal.aborted ? (lastError ?? error) : error;
  }
}

/**
 * What a failed request means for the person who ran the command. Other errors are rethrown.
 *
 * @param what the thing that the request was about, with its name: `channel main/news`
 */
export function explain(error: unknown, { url }: Pick<Server, 'url'>, what: string): CommandError {
  if (!(error instanceof MattermostError)) throw error;
  return new CommandError(sentence(error, url, what), { cause: error });
}

function sentence(error: MattermostError, url: string, what: string): string {
  switch (error.kind) {
    case 'auth':
      return `Mattermost at ${url} does not accept the token: set MM_TOKEN to a valid bot token`;
    case 'transient':
      return `Mattermost at ${url} is unreachable or failing (${failureOf(error)}): check MM_URL, the network and the server`;
    case 'unreadable':
      return `Mattermost at ${url} does not answer with Mattermost's JSON: check MM_URL and any proxy in front of it`;
    case 'rate-limited':
      return `Mattermost at ${url} limits the rate of requests: call less often, or raise the limit on the server`;
    case 'forbidden':
      return `No permission for ${what} at ${url}: add the bot to the team and channel`;
    case 'gone':
      return `There is no ${what} at ${url}, or the bot may not see it: check the name, and add the bot to the team`;
    case 'blocked':
      return `Something on the way to Mattermost at ${url} refused ${what} (${failureOf(error)}): let the bot pass through the proxy, firewall or login page`;
    case 'invalid':
      return `Mattermost at ${url} refused ${what} (${failureOf(error)})`;
  }
}
