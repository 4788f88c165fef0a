import type { Clock, Log } from '@live-status/resilience';
import { ChannelNames } from './channel-names.ts';
import { Gate } from './gate.ts';
import type { PosterStats } from './health.ts';
import type { Answer, PostApi } from './post-api.ts';
import { type CreateBudget, Server } from './server.ts';
import { ServerLimits } from './server-limits.ts';
import { Locator } from './target.ts';

/** An account that posts are made with. */
export interface AccountAccess {
  /** Not closed with the poster. One account is always given with the same one. */
  readonly api: PostApi;
  /** Address of its server. Accounts with the same one share its request rate. Default: the server of the first account. */
  readonly server?: string | undefined;
  /** Reads the token from where it is kept; called every 5 s while the server refuses the present one. */
  readonly readToken?: (() => Promise<string | undefined>) | undefined;
}

/** Why there is no account of a name. */
export interface AccountProblem {
  /** `The account "ops" is not configured`. */
  readonly what: string;
  readonly fix: string;
}

/** Finds the account of a name. Called again for as long as there is a problem, so what it does should be cheap. */
export type FindAccount = (name: string) => Promise<AccountAccess | AccountProblem>;

/** A target names an account that cannot be used. */
export class MissingAccountError extends Error {
  override readonly name = 'MissingAccountError';
  readonly summary: string;
  readonly fix: string;

  constructor({ what, fix }: AccountProblem) {
    super(what);
    this.summary = what;
    this.fix = fix;
  }
}

/** What all boxes of one account share. */
export interface Account {
  /** As targets name it; undefined for the first one. */
  readonly name: string | undefined;
  readonly api: PostApi;
  readonly server: Server;
  readonly gate: Gate;
  readonly limits: ServerLimits;
  readonly locator: Locator;
}

/** What {@link Accounts} need. */
export interface AccountsOptions {
  /** The account of targets that name none. */
  readonly first: AccountAccess;
  readonly findAccount?: FindAccount | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly stats: PosterStats;
  readonly maxChars: number;
  /** Called with the head of every answer, of any account. */
  readonly onAnswer?: ((answer: Answer) => void) | undefined;
  readonly maxUpdatesPerS: number;
  readonly createBudget?: CreateBudget | undefined;
  readonly breakerThreshold: number;
  readonly breakerCooldownMs: number;
  readonly signal: AbortSignal;
}

/** The accounts that post, and their servers. */
export class Accounts {
  readonly names: ChannelNames;
  readonly #options: AccountsOptions;
  readonly #servers = new Map<string | undefined, Server>();
  readonly #byApi = new Map<PostApi, Account>();
  readonly #byName = new Map<string, Account>();
  /** The account of targets that name none. */
  readonly first: Account;
  readonly #stopListening: (() => void)[] = [];
  #serverVersion: string | undefined;

  constructor(options: AccountsOptions) {
    this.#options = options;
    this.first = this.#add(undefined, options.first);
    this.names = new ChannelNames((server) => this.all.filter((account) => account.server === server));
  }

  /** Those that were used so far. */
  get all(): readonly Account[] {
    return [...this.#byApi.values()];
  }

  /** `X-Version-Id` of the last answer. */
  get serverVersion(): string | undefined {
    return this.#serverVersion;
  }

  /** The account of a name, if it was opened before. */
  known(name: string | undefined): Account | undefined {
    const isFirst = name === undefined || this.#options.findAccount === undefined;
    return isFirst ? this.first : this.#byName.get(name);
  }

  /** Rejects with `MissingAccountError` when there is no such account. */
  async open(name = ''): Promise<Account> {
    const found = await this.#options.findAccount?.(name).catch((error: unknown) => unreadable(name, error));
    if (found === undefined) return this.first;
    if (!('api' in found)) throw new MissingAccountError(found);
    const account = this.#byApi.get(found.api) ?? this.#add(name, found);
    this.#byName.set(name, account);
    return account;
  }

  close(): void {
    for (const stop of this.#stopListening) stop();
  }

  #add(name: string | undefined, { api, server: address, readToken }: AccountAccess): Account {
    const { clock, log, maxChars, signal, stats } = this.#options;
    const server = this.#serverAt(address ?? this.#options.first.server);
    const gate = new Gate({ api, server, clock, log, stats, readToken, signal });
    const limits = new ServerLimits({ api, gate, clock, log, maxChars, signal });
    const account = { name, api, server, gate, limits, locator: new Locator(api, gate) };
    this.#byApi.set(api, account);
    this.#stopListening.push(
      api.onAnswer((answer) => {
        server.observe(answer);
        this.#options.onAnswer?.(answer);
        if (answer.serverTimeMs !== undefined) limits.serverAheadMs = answer.serverTimeMs - clock.now();
        this.#serverVersion = answer.serverVersion ?? this.#serverVersion;
      }),
    );
    return account;
  }

  #serverAt(address: string | undefined): Server {
    const server = this.#servers.get(address) ?? new Server({ ...this.#options, address });
    this.#servers.set(address, server);
    return server;
  }
}

function unreadable(name: string, error: unknown): AccountProblem {
  const why = error instanceof Error ? error.message : String(error);
  return { what: `The account "${name}" could not be read (${why})`, fix: 'Correct its configuration' };
}
