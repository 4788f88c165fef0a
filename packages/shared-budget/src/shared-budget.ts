import {
  type Clock,
  DeadlineTimer,
  type ExternalLimit,
  serveTurns,
  type TakeOptions,
  type TokenBucket,
  TokenLevel,
  TurnQueue,
} from '@live-status/resilience';
import type { Ask, Grant } from './budget-store.ts';

/** What a member needs, without what is always the same. */
type Demand = Pick<Ask, 'priority' | 'demand' | 'reserve' | 'remaining' | 'blockMs' | 'leaves'>;

/** What a {@link SharedBudget} needs. */
export interface SharedBudgetOptions {
  /** Tokens a second, for all members together. */
  readonly ratePerS: number;
  /** How many members there were last. */
  readonly lastMembers: number;
  readonly clock: Clock;
  /** Asks for tokens. Rejects when the store cannot be used; `isShared` is false then. */
  readonly ask: (demand: Demand) => Promise<Grant>;
  /** Whether the store is used now. */
  readonly isShared: () => boolean;
}

/**
 * One request rate that all members divide as they need it: a token bucket whose tokens come from a store that they share.
 * Without it, each keeps to an equal part, at once.
 */
export class SharedBudget implements TokenBucket {
  readonly #options: SharedBudgetOptions;
  readonly #queue: TurnQueue;
  /** The equal part of this member. It is spent along while the rate is shared, so that it is right when it counts. */
  readonly #own: TokenLevel;
  readonly #timer: DeadlineTimer;
  #isAsking = false;
  #askAgainAt = Number.NEGATIVE_INFINITY;
  /** Priority of the request that was asked for last: a more urgent one is asked for at once. */
  #askedPriority = Number.NEGATIVE_INFINITY;
  /** What the server said since the store was last asked. */
  #remaining: number | undefined;
  #blockedUntil: number | undefined;
  #isClosed = false;

  constructor(options: SharedBudgetOptions) {
    const { clock, lastMembers, ratePerS } = options;
    this.#options = options;
    this.#own = new TokenLevel({ ratePerS: ratePerS / lastMembers, clock });
    this.#queue = new TurnQueue(() => this.change());
    this.#timer = new DeadlineTimer(clock, () => this.change());
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** Tokens a second that this member keeps to while the store cannot be used. */
  get ownRatePerS(): number {
    return this.#own.ratePerS;
  }

  take(options?: TakeOptions): Promise<void> {
    return this.#queue.wait(options);
  }

  limitUntil(at: number): void {
    this.#own.limitUntil(at);
    this.#blockedUntil = Math.max(at, this.#blockedUntil ?? at);
    this.change();
  }

  observe(external: ExternalLimit): void {
    this.#own.observe(external);
    const { limit, remaining, resetMs } = external;
    if (remaining <= 0 && limit > 0) this.limitUntil(this.#options.clock.now() + resetMs / limit);
    else if (remaining < this.#options.ratePerS) this.#remaining = Math.min(remaining, this.#remaining ?? remaining);
  }

  /** Something changed that may let a request go on. */
  change(): void {
    this.#timer.set(undefined);
    if (this.#isClosed || !this.#options.isShared()) this.#serveOwnShare();
    else void this.#askIfDue();
  }

  /** Tells the store that this member is there, with all that is known here. */
  async signOfLife(): Promise<void> {
    if (!this.#isAsking) await this.#ask();
  }

  /** Tells the store that this member is gone. */
  async leave(): Promise<void> {
    await this.#options.ask({ priority: 0, demand: 0, reserve: 0, leaves: true });
  }

  /** Never asks again: whoever waits gets a turn of the own share. */
  close(): void {
    this.#isClosed = true;
    this.change();
  }

  async #askIfDue(): Promise<void> {
    if (this.#isAsking) return;
    const turn = this.#queue.next();
    // The others must not send while the server takes nothing, so they are told at once.
    const isNews = this.#blockedUntil !== undefined;
    if (turn === undefined && !isNews) return;
    const isDue = (turn?.priority ?? 0) > this.#askedPriority || this.#options.clock.now() >= this.#askAgainAt;
    if (!isDue && !isNews) {
      this.#timer.set(this.#askAgainAt);
      return;
    }
    await this.#ask().catch(() => undefined);
  }

  async #ask(): Promise<void> {
    const { ask, clock, ratePerS } = this.#options;
    const { count: demand, priority, reserve } = this.#queue.next() ?? { count: 0, priority: 0, reserve: 0 };
    const remaining = this.#remaining;
    const blockMs = this.#blockedUntil === undefined ? undefined : Math.max(0, this.#blockedUntil - clock.now());
    this.#remaining = undefined;
    this.#blockedUntil = undefined;
    this.#isAsking = true;
    try {
      const { askAgainMs, granted, members } = await ask({
        priority,
        demand,
        reserve,
        remaining,
        blockMs,
      });
      if (this.#own.ratePerS !== ratePerS / members) this.#own.setRate(ratePerS / members);
      this.#askedPriority = priority;
      this.#askAgainAt = clock.now() + askAgainMs;
      for (let left = granted; left > 0; left -= 1) this.#serveNext();
    } finally {
      this.#isAsking = false;
      this.change();
    }
  }

  #serveOwnShare(): void {
    this.#askAgainAt = Number.NEGATIVE_INFINITY;
    const ms = serveTurns(this.#queue, this.#own);
    if (ms !== undefined) this.#timer.set(this.#options.clock.now() + ms);
  }

  #serveNext(): void {
    const turn = this.#queue.next();
    if (turn === undefined) return;
    this.#own.spend();
    turn.serve();
  }
}
