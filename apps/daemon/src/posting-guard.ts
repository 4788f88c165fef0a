import {
  MattermostError,
  type MattermostErrorKind,
  type PostApi,
  type Target,
  type User,
} from '@live-status/mm-poster';
import type { MattermostListening, Secret, Settings } from '@live-status/operations';
import { type Clock, retry } from '@live-status/resilience';
import type { Logger } from 'pino';
import { type Identity, refusal } from './guard.ts';
import type { Reason } from './health.ts';

/** What a {@link PostingGuard} needs. */
export interface PostingGuardOptions {
  readonly settings: Pick<Settings, 'mmUrl' | 'mmToken' | 'openclaw'>;
  readonly api: Pick<PostApi, 'getMe' | 'getUserByUsername' | 'setToken'>;
  /** Reads the bot token again where it is kept. */
  readonly readToken?: (() => Promise<string | undefined>) | undefined;
  /** Says whose a token is on a server. */
  readonly whoIs: (account: { readonly url: string; readonly token: Secret }, signal: AbortSignal) => Promise<User>;
  readonly clock: Clock;
  readonly log: Logger;
  /** It is known now who posts: what was `pending` is decided. */
  readonly onLearnt: () => void;
}

/** Longest wait between two attempts to learn who posts, milliseconds. */
const MAX_RETRY_MS = 60_000;

/** Keeps status posts out of channels where agents would answer them. Learns in the background who posts. */
export class PostingGuard {
  readonly #options: PostingGuardOptions;
  #identity: Identity;
  #known: boolean;
  readonly #refused = new Set<string>();
  #trouble: unknown;

  constructor(options: PostingGuardOptions) {
    this.#options = options;
    this.#identity = compareSettings(options.settings);
    this.#known = this.#identity.kind !== 'other-bot';
  }

  /** Whether posting to a place is safe; `pending` while that is not known. */
  check(target: Target): 'allowed' | 'pending' | 'refused' {
    const reason = refusal(this.#identity, target);
    if (reason === undefined) return 'allowed';
    if (!this.#known) return 'pending';
    if (!this.#refused.has(reason)) this.#options.log.warn({ reason }, 'posting refused');
    this.#refused.add(reason);
    return 'refused';
  }

  /** Places that were refused so far, one sentence each with the cure. */
  refusals(): readonly string[] {
    return [...this.#refused];
  }

  /** Why nobody knows yet who posts: an idle daemon that could post nothing must not look healthy. */
  trouble(): Reason | undefined {
    if (this.#trouble === undefined) return undefined;
    if (isKind(this.#trouble, 'auth')) {
      const cure = 'Configure a valid bot token; it is read and tried again every 60 s';
      return { level: 'failing', what: 'Mattermost refuses the token; nothing can be posted', cure };
    }
    const why = this.#trouble instanceof Error ? this.#trouble.message : String(this.#trouble);
    const cure = 'Check MM_URL, the server and the network; it is tried again by itself';
    return { level: 'failing', what: `Mattermost has not answered since the start (${why})`, cure };
  }

  /** Asks the server until it is known who posts. Rejects only when aborted. */
  async learn(signal: AbortSignal): Promise<void> {
    const { settings, log, onLearnt } = this.#options;
    const me = await this.#whoAmI(signal);
    log.info({ userId: me.id, username: me.username, url: settings.mmUrl }, 'connected to Mattermost');
    if (this.#identity.kind === 'other-bot') this.#identity = await this.#compare(this.#identity.listening, me, signal);
    this.#known = true;
    onLearnt();
  }

  /** An operator may repair the token or the network while the daemon runs: every error is worth a new attempt. */
  #whoAmI(signal: AbortSignal): Promise<User> {
    const { clock, log } = this.#options;
    return retry(() => this.#askWhoIAm(signal), {
      isTransient: () => true,
      initialDelayMs: 1_000,
      maxDelayMs: MAX_RETRY_MS,
      signal,
      clock,
      onRetry: ({ attempt, error }) => {
        if (attempt === 1) log.warn({ err: error }, 'account on Mattermost not known yet');
      },
    });
  }

  async #askWhoIAm(signal: AbortSignal): Promise<User> {
    const { api, readToken } = this.#options;
    try {
      const me = await api.getMe({ signal });
      this.#trouble = undefined;
      return me;
    } catch (error) {
      this.#trouble = error;
      const token = isKind(error, 'auth') ? await readToken?.().catch(() => undefined) : undefined;
      if (token !== undefined) api.setToken(token);
      throw error;
    }
  }

  /** Compares the accounts of two tokens, without showing either token to a server it was not made for. */
  async #compare(listening: MattermostListening, me: User, signal: AbortSignal): Promise<Identity> {
    const { settings, whoIs } = this.#options;
    const other: Identity = { kind: 'other-bot', listening, bot: { userId: me.id, username: me.username } };
    const { mattermostToken: token, mattermostUrl: url = settings.mmUrl } = settings.openclaw ?? {};
    if (token === undefined) return other;
    const openclawBot = await this.#ask(() => whoIs({ url, token }, signal), signal).catch(() => undefined);
    signal.throwIfAborted();
    if (openclawBot === undefined) return other;
    if (openclawBot.id === me.id) return { kind: 'own-bot' };
    // Ids are random: without OpenClaw's account on this server its agents do not hear us.
    return (await this.#hasAccount(openclawBot, signal)) ? other : { kind: 'no-listener' };
  }

  /** Whether our server knows the account; true when it does not say. */
  async #hasAccount({ id, username }: User, signal: AbortSignal): Promise<boolean> {
    try {
      const { api } = this.#options;
      return (await this.#ask(() => api.getUserByUsername(username, { signal }), signal)).id === id;
    } catch (error) {
      signal.throwIfAborted();
      return !isKind(error, 'gone');
    }
  }

  #ask<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return retry(ask, {
      isTransient: (error) => isKind(error, 'transient'),
      maxAttempts: 5,
      signal,
      clock: this.#options.clock,
    });
  }
}

/** What the settings alone tell. */
function compareSettings({ openclaw, mmToken }: PostingGuardOptions['settings']): Identity {
  if (openclaw?.listening === undefined) return { kind: 'no-listener' };
  if (openclaw.mattermostToken?.equals(mmToken)) return { kind: 'own-bot' };
  return { kind: 'other-bot', listening: openclaw.listening };
}

function isKind(error: unknown, kind: MattermostErrorKind): boolean {
  return error instanceof MattermostError && error.kind === kind;
}
