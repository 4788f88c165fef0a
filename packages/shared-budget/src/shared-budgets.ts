import { type Clock, DeadlineTimer, type Log, silentLog, systemClock } from '@live-status/resilience';
import type { Ask, BudgetStore, Grant } from './budget-store.ts';
import { budgetName, memberName } from './names.ts';
import { problemOf, type RedisProblem, RedisTimeoutError } from './redis-problem.ts';
import { createRedisStore } from './redis-store.ts';
import { SharedBudget } from './shared-budget.ts';

/** Options of {@link openSharedBudgets}. */
export interface SharedBudgetsOptions {
  /** Address of Redis or Valkey: `redis://` or `rediss://`, with user name, password and number of the database. */
  readonly url: string;
  /** Names this process among those that share; should be the same after a restart. Only its hash is sent. */
  readonly member: string;
  /** How many members there were last, as `onMembers` said: counts until Redis says it. Default 1. */
  readonly lastMembers?: number | undefined;
  /** Called when there are more or fewer members than before. */
  readonly onMembers?: ((members: number) => void) | undefined;
  /** Default: `systemClock`. */
  readonly clock?: Clock | undefined;
  /** A pino logger fits. Default: nothing is logged. */
  readonly log?: Log | undefined;
}

/** How sharing stands. Plain data. */
export interface SharingStatus {
  /**
   * `shared`: all members divide the rate as they need it. `own-share`: Redis cannot be used, and each keeps to an equal
   * part. `connecting`: Redis was not asked yet.
   */
  readonly state: 'connecting' | 'shared' | 'own-share';
  /** Since when, milliseconds since the epoch. */
  readonly since: number;
  /** Members that share, as far as Redis said it last. */
  readonly members: number;
  /** Times that Redis was asked. */
  readonly calls: number;
  /** How many of them failed. */
  readonly failures: number;
  /** Why Redis cannot be used, while that is so. */
  readonly problem?: RedisProblem | undefined;
}

/** The rates that this process shares with others, one for each server. */
export interface SharedBudgets extends AsyncDisposable {
  /** The budget for a server, by its address. Called once for each server. */
  budget(options: BudgetOptions): SharedBudget;
  status(): SharingStatus;
  /** Says goodbye to the other members and disconnects. Whoever still waits gets turns of this process's own share. Idempotent. */
  close(): Promise<void>;
}

/** A rate that is shared. */
export interface BudgetOptions {
  /** Address of the server, for example `https://chat.example.com`; only its hash is sent. Default: one that all without an address share. */
  readonly server?: string | undefined;
  /** Tokens a second, for all members together. */
  readonly ratePerS: number;
}

/** Longest time for an answer of Redis, milliseconds: posts are not late by more than this. */
const TIMEOUT_MS = 500;
/** Gaps between two attempts to reach Redis, milliseconds: from the first, doubling. */
const FIRST_PROBE_MS = 1000;
const MAX_PROBE_MS = 15_000;
/** How long Redis has to answer before the gaps are small again, milliseconds. */
const STABLE_MS = 60_000;
/**
 * Members say at least this often that they are there, in a large crowd less often, and more often after members came or
 * went, milliseconds.
 */
const PRESENCE_MS = 10_000;
const PRESENCE_PER_MEMBER_MS = 60;
const FIRST_PRESENCE_MS = 1000;

/**
 * Shares request rates with other processes through Redis. Connects in the background: a Redis that is away is tried again
 * by itself, and keeps nobody waiting meanwhile.
 */
export async function openSharedBudgets({ url, ...options }: SharedBudgetsOptions): Promise<SharedBudgets> {
  return new RunningBudgets(await createRedisStore({ url, timeoutMs: TIMEOUT_MS }), options);
}

/** The same over a store of your own. */
export function openSharedBudgetsWith(store: BudgetStore, options: Omit<SharedBudgetsOptions, 'url'>): SharedBudgets {
  return new RunningBudgets(store, options);
}

class RunningBudgets implements SharedBudgets {
  readonly #store: BudgetStore;
  readonly #member: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #budgets = new Set<SharedBudget>();
  /** The next attempt to reach Redis, or the next sign of life. */
  readonly #timer: DeadlineTimer;
  #state: SharingStatus['state'] = 'connecting';
  #since: number;
  readonly #onMembers: ((members: number) => void) | undefined;
  #members: number;
  #calls = 0;
  #failures = 0;
  #problem: RedisProblem | undefined;
  #probeGapMs = FIRST_PROBE_MS;
  #presenceGapMs = FIRST_PRESENCE_MS;
  #closed: Promise<void> | undefined;

  constructor(store: BudgetStore, options: Omit<SharedBudgetsOptions, 'url'>) {
    const { member, lastMembers = 1, clock = systemClock, log = silentLog } = options;
    this.#members = lastMembers;
    this.#onMembers = options.onMembers;
    this.#store = store;
    this.#member = memberName(member);
    this.#clock = clock;
    this.#log = log;
    this.#since = clock.now();
    this.#timer = new DeadlineTimer(clock, () => void this.#signOfLife());
  }

  budget({ server = '', ratePerS }: BudgetOptions): SharedBudget {
    const name = budgetName(server);
    const budget = new SharedBudget({
      ratePerS,
      lastMembers: this.#members,
      clock: this.#clock,
      ask: (demand) => this.#ask({ ...demand, ...this.#standing(), budget: name, ratePerS }),
      isShared: () => this.#state !== 'own-share' && this.#closed === undefined,
    });
    this.#budgets.add(budget);
    // It is known who shares before the first request, and health says early what is wrong.
    this.#timer.set(this.#clock.now());
    return budget;
  }

  status(): SharingStatus {
    return {
      state: this.#state,
      since: this.#since,
      members: this.#members,
      calls: this.#calls,
      failures: this.#failures,
      problem: this.#problem,
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#timer.set(undefined);
    if (this.#state === 'shared') {
      await Promise.all([...this.#budgets].map((budget) => budget.leave().catch(() => undefined)));
    }
    await this.#store.close();
    for (const budget of this.#budgets) budget.close();
  }

  #standing(): Pick<Ask, 'member' | 'lastMembers' | 'awayMs'> {
    const awayMs = this.#state === 'own-share' ? this.#clock.now() - this.#since : 0;
    return { member: this.#member, lastMembers: this.#members, awayMs };
  }

  /** Asks the store; rejects, with the state changed, when it cannot be used. */
  async #ask(ask: Ask): Promise<Grant> {
    this.#calls += 1;
    try {
      const grant = await this.#inTime(this.#store.ask(ask));
      this.#works(grant);
      return grant;
    } catch (error) {
      this.#failures += 1;
      this.#fails(error);
      throw error;
    }
  }

  async #inTime<T>(answer: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const giveUp = (): void => late.reject(new RedisTimeoutError(TIMEOUT_MS));
    // Two timers: where it is this process that hangs, what has come meanwhile is read between them.
    let timer = this.#clock.setTimeout(() => {
      timer = this.#clock.setTimeout(giveUp, TIMEOUT_MS / 10);
    }, TIMEOUT_MS * 0.9);
    try {
      return await Promise.race([answer, late.promise]);
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }

  #works({ members }: Grant): void {
    const now = this.#clock.now();
    if (members !== this.#members) {
      this.#members = members;
      this.#presenceGapMs = FIRST_PRESENCE_MS;
      this.#onMembers?.(members);
    }
    this.#timer.set(this.#closed === undefined ? now + this.#presenceGapMs : undefined);
    if (this.#state === 'shared') {
      if (now - this.#since >= STABLE_MS) this.#probeGapMs = FIRST_PROBE_MS;
      return;
    }
    this.#state = 'shared';
    this.#since = now;
    this.#problem = undefined;
    this.#log.info({ daemons: members }, 'sharing MAX_UPDATES_PER_S through Redis');
    for (const budget of this.#budgets) budget.change();
  }

  #fails(error: unknown): void {
    // Whatever it answers later was for a question that nobody waits for.
    this.#store.reset();
    const now = this.#clock.now();
    this.#problem = problemOf(error);
    if (this.#closed === undefined) this.#timer.set(now + this.#probeGapMs);
    this.#probeGapMs = Math.min(this.#probeGapMs * 2, MAX_PROBE_MS);
    if (this.#state === 'own-share' || this.#closed !== undefined) return;
    this.#state = 'own-share';
    this.#since = now;
    const { what, fix } = this.#problem;
    this.#log.warn(
      { reason: what, fix, daemons: this.#members },
      'cannot share MAX_UPDATES_PER_S: keeping to an equal share',
    );
    for (const budget of this.#budgets) budget.change();
  }

  /** Says that this member is there, which also finds out whether Redis works again. */
  async #signOfLife(): Promise<void> {
    const longestMs = Math.max(PRESENCE_MS, this.#members * PRESENCE_PER_MEMBER_MS);
    this.#presenceGapMs = Math.min(this.#presenceGapMs * 2, longestMs);
    await Promise.all([...this.#budgets].map((budget) => budget.signOfLife().catch(() => undefined)));
  }
}
