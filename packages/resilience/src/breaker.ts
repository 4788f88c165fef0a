import { ConsecutiveBreaker } from 'cockatiel';
import { type Clock, systemClock } from './clock.ts';
import { delay } from './delay.ts';
import { CircuitOpenError } from './errors.ts';

/** `half-open`: one probe is on its way. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** A breaker as plain data, for health. Times are milliseconds since the epoch. */
export interface BreakerSnapshot {
  readonly state: BreakerState;
  readonly consecutiveFailures: number;
  /** When it opened; probes that failed since do not change it. */
  readonly openedAt?: number;
  readonly probeAt?: number;
}

/** Options of {@link createBreaker}. */
export interface BreakerOptions {
  /** Only these errors count. All others (an abort, a refusal of one request) say nothing about the other side. */
  readonly isTransient: (error: unknown) => boolean;
  /** Transient failures in a row that open the circuit. Default 5. */
  readonly threshold?: number | undefined;
  /** Time from opening to the next probe, milliseconds. Default 30 000. */
  readonly cooldownMs?: number | undefined;
  /** Default: `systemClock`. */
  readonly clock?: Clock | undefined;
}

/** See {@link createBreaker}. */
export interface Breaker {
  readonly state: BreakerState;
  /**
   * Calls `fn` when the circuit is closed, or as the one probe after the cooldown.
   *
   * @throws CircuitOpenError without calling `fn` otherwise; any error of `fn`.
   */
  execute<T>(fn: () => Promise<T>): Promise<T>;
  /**
   * Waits until `execute` would let a call through. Several callers may wake for one probe; those that come second
   * get a `CircuitOpenError` and wait again.
   *
   * @throws the signal's reason when aborted.
   */
  ready(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Calls `listener` after every change of state. Returns what removes it. */
  onStateChange(listener: (state: BreakerState) => void): () => void;
  toJSON(): BreakerSnapshot;
}

type Circuit =
  | { readonly state: 'closed' }
  | { readonly state: 'open'; readonly openedAt: number; readonly probeAt: number }
  | { readonly state: 'half-open'; readonly openedAt: number };

/**
 * A circuit breaker that opens after consecutive transient failures (counted by cockatiel's `ConsecutiveBreaker`).
 *
 * The circuit itself is not cockatiel's policy: that one closes on an aborted probe, measures its cooldown with the
 * wall clock, and offers no way to wait. Here a probe that ends without a verdict leaves the circuit open and the
 * next probe may go at once. Outcomes of calls that began before the circuit last changed say nothing.
 */
export function createBreaker(options: BreakerOptions): Breaker {
  const { isTransient, threshold = 5, cooldownMs = 30_000, clock = systemClock } = options;
  const counter = new ConsecutiveBreaker(threshold);
  const listeners = new Set<(state: BreakerState) => void>();
  let circuit: Circuit = { state: 'closed' };

  const change = (next: Circuit): void => {
    circuit = next;
    for (const listener of [...listeners]) listener(next.state);
  };
  /** A probe that fails changes nothing about since when the circuit is open. */
  const open = (): void => {
    const now = clock.now();
    const openedAt = circuit.state === 'closed' ? now : circuit.openedAt;
    change({ state: 'open', openedAt, probeAt: now + cooldownMs });
  };
  const admits = (): boolean =>
    circuit.state === 'closed' || (circuit.state === 'open' && clock.now() >= circuit.probeAt);
  const admit = (): Circuit => {
    if (circuit.state === 'half-open') throw new CircuitOpenError(clock.now());
    if (circuit.state === 'open') {
      if (clock.now() < circuit.probeAt) throw new CircuitOpenError(circuit.probeAt);
      change({ state: 'half-open', openedAt: circuit.openedAt });
    }
    return circuit;
  };
  const succeeded = (): void => {
    counter.success();
    if (circuit.state === 'half-open') change({ state: 'closed' });
  };
  const failed = (error: unknown): void => {
    if (!isTransient(error)) {
      // No verdict: a probe gives its place to the next call.
      if (circuit.state === 'half-open') change({ ...circuit, state: 'open', probeAt: clock.now() });
    } else if (counter.failure() || circuit.state === 'half-open') {
      open();
    }
  };

  /** Until the state changes or the cooldown ends, whichever is first. */
  const changed = async (signal: AbortSignal | undefined): Promise<void> => {
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    listeners.add(wake);
    const waitMs = circuit.state === 'open' ? circuit.probeAt - clock.now() : Number.POSITIVE_INFINITY;
    try {
      const signals = signal === undefined ? [woken.signal] : [woken.signal, signal];
      await delay(Math.min(waitMs, cooldownMs), { signal: AbortSignal.any(signals), clock });
    } catch (error) {
      if (!woken.signal.aborted || signal?.aborted) throw error;
    } finally {
      listeners.delete(wake);
    }
  };

  return {
    get state() {
      return circuit.state;
    },
    async execute(fn) {
      const admitted = admit();
      try {
        const value = await fn();
        if (circuit === admitted) succeeded();
        return value;
      } catch (error) {
        if (circuit === admitted) failed(error);
        throw error;
      }
    },
    async ready({ signal } = {}) {
      signal?.throwIfAborted();
      while (!admits()) await changed(signal);
    },
    onStateChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    toJSON: () => ({ consecutiveFailures: counter.state, ...circuit }),
  };
}
