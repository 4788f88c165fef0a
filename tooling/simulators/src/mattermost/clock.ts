import { setTimeout as delay } from 'node:timers/promises';

/** Time as the simulator sees it. Inject one to run tests on a fake clock. */
export interface SimulatorClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects when `signal` aborts. */
  delay(ms: number, options: { readonly signal: AbortSignal }): Promise<void>;
}

/** The clock of the machine. */
export const systemClock: SimulatorClock = {
  now: () => Date.now(),
  delay: (ms, { signal }) => delay(ms, undefined, { signal }),
};
