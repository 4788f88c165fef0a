import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Coalescer, createCoalescer } from './coalescer.ts';
import { delay } from './delay.ts';
import { createFakeClock, type FakeClock } from './testing.ts';

interface Run {
  readonly value: number;
  readonly startedAt: number;
  endedAt: number;
}

function setUp(runMs: () => number = () => 0): {
  coalescer: Coalescer<number>;
  clock: FakeClock;
  runs: Run[];
  overlap: () => number;
} {
  const clock = createFakeClock(0);
  const runs: Run[] = [];
  let inFlight = 0;
  let most = 0;
  const coalescer = createCoalescer<number>({
    clock,
    intervalMs: 500,
    onError: (error) => {
      throw error;
    },
    run: async (latest, { signal }) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      const run: Run = { value: latest(), startedAt: clock.now(), endedAt: -1 };
      runs.push(run);
      try {
        const ms = runMs();
        if (ms > 0) await delay(ms, { clock, signal });
      } finally {
        run.endedAt = clock.now();
        inFlight -= 1;
      }
      return true;
    },
  });
  return { coalescer, clock, runs, overlap: () => most };
}

describe('createCoalescer', () => {
  it('runs at once on the leading edge and once more with the latest value on the trailing edge', async () => {
    const { coalescer, clock, runs } = setUp();
    coalescer.push(1);
    expect(runs.map((run) => run.value)).toEqual([1]);
    await clock.advance(10);
    coalescer.push(2);
    coalescer.push(3);
    await clock.advance(10_000);
    expect(runs.map((run) => [run.value, run.startedAt])).toEqual([
      [1, 0],
      [3, 500],
    ]);
  });

  it('counts the interval from the end of a run', async () => {
    const { coalescer, clock, runs } = setUp(() => 200);
    coalescer.push(1);
    coalescer.push(2);
    await clock.advance(10_000);
    expect(runs.map((run) => run.startedAt)).toEqual([0, 700]);
  });

  it('does not keep the interval after a run that spent nothing', async () => {
    const clock = createFakeClock(0);
    const values: number[] = [];
    const coalescer = createCoalescer<number>({
      clock,
      intervalMs: 500,
      onError: () => undefined,
      run: async (latest) => {
        values.push(latest());
        return false;
      },
    });
    coalescer.push(1);
    await clock.advance(1);
    coalescer.push(2);
    expect(values).toEqual([1, 2]);
  });

  it('covers what was pushed before latest() is called by the run in flight', async () => {
    const clock = createFakeClock(0);
    const values: number[] = [];
    const coalescer = createCoalescer<number>({
      clock,
      intervalMs: 500,
      onError: () => undefined,
      run: async (latest) => {
        await delay(100, { clock });
        values.push(latest());
        return true;
      },
    });
    coalescer.push(1);
    coalescer.push(2);
    await clock.advance(10_000);
    expect(values).toEqual([2]);
  });

  it('reports an error of a run and goes on with the next value', async () => {
    const clock = createFakeClock(0);
    const errors: unknown[] = [];
    const values: number[] = [];
    const coalescer = createCoalescer<number>({
      clock,
      intervalMs: 500,
      onError: (error) => errors.push(error),
      run: async (latest) => {
        const value = latest();
        if (value === 1) throw new Error('one');
        values.push(value);
        return true;
      },
    });
    coalescer.push(1);
    await clock.advance(1);
    coalescer.push(2);
    await clock.advance(1000);
    expect(errors).toEqual([new Error('one')]);
    expect(values).toEqual([2]);
  });

  it('flush runs what waits without keeping the interval', async () => {
    const { coalescer, clock, runs } = setUp();
    coalescer.push(1);
    coalescer.push(2);
    await coalescer.flush();
    expect(runs.map((run) => run.value)).toEqual([1, 2]);
    expect(clock.now()).toBe(0);
  });

  it('drain refuses new values; close gives up after its deadline', async () => {
    const { coalescer, clock, runs } = setUp(() => 60_000);
    coalescer.push(1);
    coalescer.push(2);
    const closed = coalescer.close({ deadlineMs: 1000 });
    expect(() => coalescer.push(3)).toThrow('closed');
    expect(coalescer.close({ deadlineMs: 1 })).toBe(closed);
    await clock.advance(1000);
    await closed;
    expect(runs.map((run) => run.value)).toEqual([1]);
    expect(clock.timerCount).toBe(0);
  });

  it('always delivers the last value, one run at a time, never inside the interval', async () => {
    const steps = fc.array(fc.record({ waitMs: fc.nat(900), runMs: fc.nat(900) }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        let runMs = 0;
        const { coalescer, clock, runs, overlap } = setUp(() => runMs);
        for (const [index, step] of sequence.entries()) {
          runMs = step.runMs;
          coalescer.push(index);
          await clock.advance(step.waitMs);
        }
        await clock.advance(3000);
        expect(runs.at(-1)?.value).toBe(sequence.length - 1);
        expect(overlap()).toBe(1);
        for (const [index, run] of runs.entries()) {
          const next = runs[index + 1];
          if (next !== undefined) expect(next.startedAt - run.endedAt).toBeGreaterThanOrEqual(500);
        }
      }),
      { numRuns: 50 },
    );
  });
});
