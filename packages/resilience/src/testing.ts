import type { Clock } from './clock.ts';

/** A clock that stands still until a test advances it. */
export interface FakeClock extends Clock {
  /**
   * Advances time by `ms` milliseconds and calls the timers that are due, in order. Before, between and after them,
   * promise reactions and `setImmediate` callbacks run; I/O that takes longer does not.
   */
  advance(ms: number): Promise<void>;
  /**
   * Lets `ms` milliseconds pass without calling a timer, as in a process that was stopped. The next `advance` calls all
   * that have become due.
   */
  skip(ms: number): void;
  /** Pending timers. 0 after a clean close. */
  readonly timerCount: number;
}

interface Timer {
  readonly handle: number;
  readonly dueAt: number;
  readonly fn: () => void;
}

/** Lets everything run that is ready: all promise reactions, then one turn of the event loop. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * A {@link FakeClock} for tests of code that takes a `Clock`.
 *
 * @param startMs where it starts, milliseconds since the epoch. Default: 2026-01-01T00:00:00Z.
 */
export function createFakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  let nowMs = startMs;
  let lastHandle = 0;
  const timers = new Map<number, Timer>();

  const takeNextDue = (untilMs: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers.values()) {
      if (timer.dueAt <= untilMs && (next === undefined || timer.dueAt < next.dueAt)) next = timer;
    }
    if (next !== undefined) timers.delete(next.handle);
    return next;
  };

  return {
    now: () => nowMs,
    setTimeout(fn, ms) {
      lastHandle += 1;
      timers.set(lastHandle, { handle: lastHandle, dueAt: nowMs + Math.max(0, ms), fn });
      return lastHandle;
    },
    clearTimeout(handle) {
      timers.delete(Number(handle));
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settle();
      for (let timer = takeNextDue(untilMs); timer !== undefined; timer = takeNextDue(untilMs)) {
        nowMs = Math.max(nowMs, timer.dueAt);
        timer.fn();
        await settle();
      }
      nowMs = untilMs;
    },
    skip(ms) {
      nowMs += ms;
    },
    get timerCount() {
      return timers.size;
    },
  };
}

/** How often a model or property test plays, and from which seed; `name` says both, to be part of the test's name. */
export interface ModelSize {
  readonly numRuns: number;
  readonly seed: number;
  readonly name: string;
}

/** The same plays each time: a run is red because of a change, not by chance. Other seeds are for looking for more. */
const DEFAULT_SEED = 20_261_130;

/**
 * The size of a model test: `MODEL_RUNS` of the environment, else `defaultRuns`; `MODEL_SEED`, else `defaultSeed`, by
 * default always the same one.
 * Pass it to fast-check's `assert`, and put `name` into the name of the test, so that every run can be repeated.
 *
 * @throws RangeError if one of the variables is not a whole number.
 */
export function modelSize(defaultRuns: number, defaultSeed: number = DEFAULT_SEED): ModelSize {
  const numRuns = wholeNumber('MODEL_RUNS') ?? defaultRuns;
  const seed = wholeNumber('MODEL_SEED') ?? defaultSeed;
  return { numRuns, seed, name: `${numRuns} runs of seed ${seed}` };
}

function wholeNumber(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  if (!/^\d+$/.test(text)) throw new RangeError(`${variable} must be a whole number, not "${text}"`);
  return Number(text);
}
