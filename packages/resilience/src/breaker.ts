import { ConsecutiveBreaker } from 'cockatiel';
import { type Clock, systemClock } from './clock.ts';
import { delay } from './delay.ts';
import { CircuitOpenError } from './errors.ts';

/** `half-open`: one probe is in flight. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** The state of a breaker as plain data. Times are milliseconds since the epoch. */
export interface BreakerSnapshot {
  readonly state: BreakerState;
  readonly consecutiveFailures: number;
  /** When it opened; failed probes do not change it. */
  readonly openedAt?: number;
  /** When the next probe may go. */
  readonly probeAt?: number;
}

/** Options of {@link createBreaker}. */
export interface BreakerOptions {
  /** Only these errors count. All others, such as an abort or one refused request, say nothing about the server. */
  readonly isTransient: (error: unknown) => boolean;
  /** Consecutive transient failures that open the circuit. Default 5. */
  readonly threshold?: number | undefined;
  /**
   * Time from opening to the first probe, milliseconds. The first three failed probes double it, each further one adds a
   * quarter: a long absence costs little more than itself. Default 1000.
   */
  readonly firstProbeMs?: number | undefined;
  /** Longest time to the next probe, milliseconds. Default 30 000. */
  readonly cooldownMs?: number | undefined;
  /** Default: `systemClock`. */
  readonly clock?: Clock | undefined;
}

/** See {@link createBreaker}. */
export interface Breaker {
  readonly state: BreakerState;
  /**
   * Calls `fn` when the circuit is closed, or as the one probe that is due.
   *
   * @throws CircuitOpenError without calling `fn` otherwise; any error of `fn`.
   */
  execute<T>(fn: () => Promise<T>): Promise<T>;
  /**
   * Waits until `execute` would let a call through. Several callers may wake for one probe; all but the first get a
   * `CircuitOpenError` from `execute` and should wait again.
   *
   * @throws the signal's reason when aborted.
   */
  ready(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Calls `listener` after every change of state. Returns a function that removes it. */
  onStateChange(listener: (state: BreakerState) => void): () => void;
  /** The state as plain data. */
  toJSON(): BreakerSnapshot;
}

type Circuit =
  | { readonly state: 'closed' }
  | { readonly state: 'open'; readonly openedAt: number; readonly probeAt: number; readonly probes: number }
  | { readonly state: 'half-open'; readonly openedAt: number; readonly probes: number };

/** How many failed probes double the gap to the next one. */
const DOUBLINGS = 3;

/**
 * A circuit breaker that opens after consecutive transient failures (counted by cockatiel's `ConsecutiveBreaker`).
 *
 * cockatiel's own policy is not used: it closes on an aborted probe, measures its cooldown with the wall clock, and
 * offers no way to wait. Here an inconclusive probe leaves the circuit open and the next one may go at once. Calls that
 * started before the last change of state are ignored, and calls that fail together count once: many callers that
 * notice the same moment of absence say no more about the server than one does.
 */
export function createBreaker(options: BreakerOptions): Breaker {
  const { isTransient, threshold = 5, firstProbeMs = 1000, cooldownMs = 30_000, clock = systemClock } = options;
  const counter = new ConsecutiveBreaker(threshold);
  const listeners = new Set<(state: BreakerState) => void>();
  let circuit: Circuit = { state: 'closed' };
  /** How many failures have counted. A call that began before the last of them failed together with it. */
  let counted = 0;

  const change = (next: Circuit): void => {
    circuit = next;
    for (const listener of [...listeners]) listener(next.state);
  };
  /** A failed probe keeps the time at which the circuit opened. */
  const open = (): void => {
    const now = clock.now();
    const { openedAt, probes } = circuit.state === 'closed' ? { openedAt: now, probes: 0 } : circuit;
    const growth = 2 ** Math.min(probes, DOUBLINGS) * 1.25 ** Math.max(0, probes - DOUBLINGS);
    const waitMs = Math.min(firstProbeMs * growth, cooldownMs);
    change({ state: 'open', openedAt, probes: probes + 1, probeAt: now + waitMs });
  };
  const admits = (): boolean =>
    circuit.state === 'closed' || (circuit.state === 'open' && clock.now() >= circuit.probeAt);
  const admit = (): Circuit => {
    if (circuit.state === 'half-open') throw new CircuitOpenError(clock.now());
    if (circuit.state === 'open') {
      if (clock.now() < circuit.probeAt) throw new CircuitOpenError(circuit.probeAt);
      change({ state: 'half-open', openedAt: circuit.openedAt, probes: circuit.probes });
    }
    return circuit;
  };
  const succeeded = (): void => {
    counter.success();
    if (circuit.state === 'half-open') change({ state: 'closed' });
  };
  const failed = (error: unknown, began: number): void => {
    if (!isTransient(error)) {
      // Inconclusive: the next call may be the probe.
      if (circuit.state === 'half-open') change({ ...circuit, state: 'open', probeAt: clock.now() });
    } else if (began === counted) {
      counted += 1;
      if (counter.failure() || circuit.state === 'half-open') open();
    }
  };

  /** Waits until the state changes or the next probe is due, whichever comes first. */
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
      const began = counted;
      try {
        const value = await fn();
        if (circuit === admitted) succeeded();
        return value;
      } catch (error) {
        if (circuit === admitted) failed(error, began);
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
    toJSON: () => {
      const { state } = circuit;
      const opened = state === 'closed' ? {} : { openedAt: circuit.openedAt };
      const probe = state === 'open' ? { probeAt: circuit.probeAt } : {};
      return { state, consecutiveFailures: counter.state, ...opened, ...probe };
    },
  };
}
