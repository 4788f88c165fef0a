/** What one process asks of the store that all of them share. */
export interface Ask {
  /** Names the budget; whoever shares it uses the same one. */
  readonly budget: string;
  /** Names the process; the same one after a restart. */
  readonly member: string;
  /** Tokens a second, for all members together. */
  readonly ratePerS: number;
  /** Priority of the most urgent request that waits. */
  readonly priority: number;
  /** How many requests of that priority wait. 0 only says that the member is there. */
  readonly demand: number;
  /** Tokens to be left over for others. */
  readonly reserve: number;
  /** What the server that is written to said it has left. */
  readonly remaining?: number | undefined;
  /** For how long it takes nothing, milliseconds. */
  readonly blockMs?: number | undefined;
  /** How many members there were when the store last answered: a store that lost its data does not know. */
  readonly lastMembers: number;
  /** For how long the member could not use the store until now, milliseconds; 0 where it could. */
  readonly awayMs: number;
  /** The member goes away for good. */
  readonly leaves?: boolean | undefined;
}

/** What the store gives. */
export interface Grant {
  /** Requests that may be sent at once. */
  readonly granted: number;
  /** When to ask again for those that still wait, milliseconds from now. */
  readonly askAgainMs: number;
  /** Members that share the budget, those not heard of lately included. */
  readonly members: number;
}

/** Where the state of a budget is kept for all members. */
export interface BudgetStore {
  /** Asks for tokens. Connects first if need be. Rejects when that fails. */
  ask(ask: Ask): Promise<Grant>;
  /** Cuts the connection: the next `ask` makes another one. */
  reset(): void;
  /** Closes the connection for good. */
  close(): Promise<void>;
}
