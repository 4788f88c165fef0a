/** How a caller waits for its turn. */
export interface TakeOptions {
  /** Higher goes first, equal ones in order. Evaluated for each turn, so that a waiter can become urgent. Default 0. */
  readonly priority?: (() => number) | undefined;
  /** How many tokens must be left for others, at most the burst without one. Evaluated like the priority. Default 0. */
  readonly reserve?: (() => number) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The most urgent of those who wait. */
export interface Turn {
  readonly priority: number;
  /** How many wait with this priority. */
  readonly count: number;
  /** Tokens that it wants to be left for others. */
  readonly reserve: number;
  /** Lets it go on. */
  readonly serve: () => void;
}

interface Waiter {
  readonly priority: () => number;
  readonly reserve: () => number;
  readonly resolve: () => void;
}

const zero = (): number => 0;

/** Callers that wait for their turn, the most urgent first. Whoever owns it decides when somebody is served. */
export class TurnQueue {
  readonly #waiters = new Set<Waiter>();
  readonly #onChange: () => void;

  /** @param onChange called when somebody began to wait, or gave up */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiters.size;
  }

  /**
   * Waits to be served.
   *
   * @throws the signal's reason when aborted; the turn is left to the next one then.
   */
  wait({ priority = zero, reserve = zero, signal }: TakeOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        this.#waiters.delete(waiter);
        reject(signal?.reason);
        this.#onChange();
      };
      const waiter: Waiter = {
        priority,
        reserve,
        resolve: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
      this.#onChange();
    });
  }

  /** Whoever is next; undefined when nobody waits. */
  next(): Turn | undefined {
    let best: { waiter: Waiter; priority: number; count: number } | undefined;
    for (const waiter of this.#waiters) {
      const priority = waiter.priority();
      if (best === undefined || priority > best.priority) best = { waiter, priority, count: 1 };
      else if (priority === best.priority) best.count += 1;
    }
    if (best === undefined) return undefined;
    const { waiter, priority, count } = best;
    const serve = (): void => {
      this.#waiters.delete(waiter);
      waiter.resolve();
    };
    return { priority, count, reserve: waiter.reserve(), serve };
  }
}
