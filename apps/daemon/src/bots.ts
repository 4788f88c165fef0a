import {
  type AccountAccess,
  type AccountProblem,
  type ChannelName,
  createMattermostApi,
  isChannelThere,
  type MattermostApi,
  type PostApi,
} from '@live-status/mm-poster';
import type { Clock, Log } from '@live-status/resilience';
import {
  defaultAccount,
  findPostingAccount,
  type PostingAccount,
  postingAccounts,
  type Settings,
} from '@live-status/settings';
import { isUserName } from '@live-status/status-render';
import { AnsweringBot, openClawAccount } from './answering-bot.ts';
import { ConnectionCheck } from './connection-check.ts';
import type { Reason } from './health.ts';

/** What {@link Bots} need. */
export interface BotsOptions {
  readonly settings: Settings;
  /** Reads the settings again: a token may have been replaced, or an account added. */
  readonly readSettings: () => Promise<Settings | undefined>;
  readonly clock: Clock;
  readonly log: Log;
  /** Gets what the operator should know about an address, with the fix. Default: it is logged. */
  readonly onWarning?: (warning: string) => void;
  /** Default: a connection over HTTP. Throws for an address or token that no request could use. */
  readonly connect?: (account: PostingAccount) => PostApi & Partial<Pick<MattermostApi, 'warnings'>>;
  /** The bot that answers through the default account. Default: the one of OpenClaw's own token, as Mattermost says. */
  readonly answeringBot?: Pick<AnsweringBot, 'name' | 'run'>;
}

/** One account, and what is known of it. */
interface Bot {
  readonly account: PostingAccount;
  readonly access: AccountAccess;
  readonly check: ConnectionCheck;
}

/** How long settings that were read again are believed, milliseconds: every box of an account asks for it. */
const BELIEVED_MS = 5_000;
/** How long a notice waits for the name of whom it mentions, milliseconds. */
const USER_NAME_TIMEOUT_MS = 3_000;

/**
 * The Mattermost accounts that posts are made with: the bot that takes part in a conversation also shows its status
 * there. An account that OpenClaw was given while the daemon runs is found when a session names it.
 */
export class Bots {
  readonly #options: BotsOptions;
  readonly #answering: Pick<AnsweringBot, 'name' | 'run'>;
  readonly #main: Bot;
  readonly #bots = new Map<string, Bot>();
  readonly #problems: readonly AccountProblem[];
  readonly #userNames = new Map<string, string>();
  /** Accounts that have another server since the start. */
  readonly #moved = new Set<string>();
  #latest: Settings;
  #readAt = Number.NEGATIVE_INFINITY;
  #signal: AbortSignal | undefined;

  /** @throws MattermostConfigError for an address or token of the default account that no request could use */
  constructor(options: BotsOptions) {
    const { clock, log, settings } = options;
    this.#options = options;
    this.#latest = settings;
    this.#main = this.#connect(defaultAccount(settings));
    this.#bots.set(this.#main.account.id, this.#main);
    const ask = openClawAccount(settings, this.#main.access.api);
    this.#answering = options.answeringBot ?? new AnsweringBot({ ask, clock, log });
    const others = postingAccounts(settings).filter(({ id }) => id !== this.#main.account.id);
    this.#problems = others.flatMap((account) => {
      if (!('url' in account)) return account.isDisabled ? [] : [{ what: account.what, fix: account.fix }];
      const opened = this.#open(account);
      return 'access' in opened ? [] : [opened];
    });
  }

  /** The account that is used where a session names none. */
  get main(): AccountAccess {
    return this.#main.access;
  }

  /** Resolves when each server has answered once, or did not. */
  get asked(): Promise<void> {
    return Promise.all([...this.#bots.values()].map(({ check }) => check.asked)).then(() => undefined);
  }

  /** The account that a session names. */
  async find(id: string): Promise<AccountAccess | AccountProblem> {
    const known = this.#bots.get(id);
    if (known !== undefined) return known.access;
    let found = findPostingAccount(this.#latest, id);
    if (!('url' in found)) {
      await this.#readAgain();
      found = findPostingAccount(this.#latest, id);
    }
    const opened = 'url' in found ? this.#open({ ...found, id }) : found;
    return 'access' in opened ? opened.access : opened;
  }

  /** Address of the server of an account; `undefined` for one that is not connected. */
  serverOf(id: string | undefined): string | undefined {
    return (id === undefined ? this.#main : this.#bots.get(id))?.access.server;
  }

  /** User name of the bot that takes answers in conversations of an account; `undefined` while it is not known. */
  answeringName(id: string | undefined): string | undefined {
    const bot = id === undefined ? this.#main : this.#bots.get(id);
    if (bot === undefined || bot.access.api === this.#main.access.api) return this.#answering.name;
    const name = bot.check.username;
    return name !== undefined && isUserName(name) ? name : undefined;
  }

  /** User name of a person, asked for as an account; `undefined` when the server does not say it in time. Never rejects. */
  async userName(id: string | undefined, userId: string): Promise<string | undefined> {
    const known = this.#userNames.get(userId);
    if (known !== undefined) return known;
    const { clock } = this.#options;
    const { api } = ((id !== undefined && this.#bots.get(id)) || this.#main).access;
    const late = new AbortController();
    const timer = clock.setTimeout(() => late.abort(), USER_NAME_TIMEOUT_MS);
    try {
      const { username } = await api.getUser(userId, { signal: late.signal });
      this.#userNames.set(userId, username);
      return username;
    } catch {
      return undefined;
    } finally {
      clock.clearTimeout(timer);
    }
  }

  /** Whether one of the accounts sees a channel, or a person; undefined if that is not known now. Never rejects. */
  async isThere(name: ChannelName, signal: AbortSignal): Promise<boolean | undefined> {
    const apis = new Set([...this.#bots.values()].map(({ access }) => access.api));
    return isChannelThere(name, [...apis], { signal });
  }

  /**
   * What keeps accounts from posting that nothing was posted with yet.
   *
   * @param isTried whether the poster knows better how an account stands; undefined names the default one
   */
  problems(isTried: (account: string | undefined) => boolean): readonly Reason[] {
    const bots = [...new Map([...this.#bots.values()].map((bot) => [bot.access.api, bot])).values()];
    const refused = bots.filter(({ check }) => check.problem() !== undefined);
    const level = refused.length === bots.length ? 'failing' : 'degraded';
    const named = bots.length > 1;
    const unconnected = refused.flatMap(({ access, account, check }) => {
      const name = access.api === this.#main.access.api ? undefined : account.id;
      const problem = isTried(name) ? undefined : check.problem();
      if (problem === undefined) return [];
      const what = named ? `Account ${account.id}: ${problem.what}` : problem.what;
      return [{ ...problem, level, what } as const];
    });
    return [...unconnected, ...this.#problems.map((problem) => ({ level: 'degraded' as const, ...problem }))];
  }

  /** Asks for the names of all bots until they are known. Rejects only with the reason of `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    const checks = [...this.#bots.values()].map(({ check }) => check.run(signal));
    await Promise.all([this.#answering.run(signal), ...checks]);
  }

  #open(account: PostingAccount): Bot | AccountProblem {
    try {
      const bot = this.#connect(account);
      this.#bots.set(account.id, bot);
      if (this.#signal !== undefined) bot.check.run(this.#signal).catch(() => undefined);
      return bot;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const what = `The Mattermost account ${account.id} cannot be used: ${why}`;
      return { what, fix: `Correct channels.mattermost.accounts.${account.id} in openclaw.json` };
    }
  }

  #connect(account: PostingAccount): Bot {
    const { clock, log, connect = connectOverHttp } = this.#options;
    const { url: server } = account;
    // Two accounts of one bot are one account on the server.
    const same = [...this.#bots.values()].find(
      (bot) => bot.account.url === server && bot.account.token.equals(account.token),
    );
    if (same !== undefined) return { ...same, account };
    const api = connect(account);
    for (const warning of api.warnings ?? []) this.#warn(warning);
    const readToken = (): Promise<string | undefined> => this.#readToken(account);
    const access = { api, server, readToken };
    return { account, access, check: new ConnectionCheck({ api, url: server, readToken, clock, log }) };
  }

  /** The token of an account as it is now, but never that of another server: it would be shown to the one of before. */
  async #readToken({ id, url }: PostingAccount): Promise<string | undefined> {
    const settings = await this.#options.readSettings();
    if (settings === undefined) return undefined;
    const found = id === this.#main.account.id ? defaultAccount(settings) : findPostingAccount(settings, id);
    if (!('url' in found)) return undefined;
    if (found.url === url) return found.token.reveal();
    if (!this.#moved.has(id)) this.#warn(`The Mattermost account ${id} is at ${found.url} now; restart the daemon`);
    this.#moved.add(id);
    return undefined;
  }

  #warn(warning: string): void {
    const { log, onWarning = () => log.warn({ warning }, 'configuration') } = this.#options;
    onWarning(warning);
  }

  async #readAgain(): Promise<void> {
    const { clock, readSettings } = this.#options;
    if (clock.now() - this.#readAt < BELIEVED_MS) return;
    this.#readAt = clock.now();
    this.#latest = (await readSettings()) ?? this.#latest;
  }
}

function connectOverHttp({ url, token }: PostingAccount): MattermostApi {
  return createMattermostApi({ url, token: token.reveal() });
}
