import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from './testing.ts';
import { createTokenBucket } from './token-bucket.ts';

describe('createTokenBucket', () => {
  it('gives the burst at once and the rest at the rate, in order', async () => {
    const clock = createFakeClock(0);
    const bucket = createTokenBucket({ ratePerS: 4, burst: 2, clock });
    const taken: [number, number][] = [];
    for (let i = 0; i < 5; i += 1) void bucket.take().then(() => taken.push([i, clock.now()]));
    await clock.advance(5000);
    expect(taken).toEqual([
      [0, 0],
      [1, 0],
      [2, 250],
      [3, 500],
      [4, 750],
    ]);
  });

  it('serves the most urgent first, asking for the priority at each hand-out', async () => {
    const clock = createFakeClock(0);
    const bucket = createTokenBucket({ ratePerS: 1, burst: 1, clock });
    const taken: string[] = [];
    let lateUrgency = 0;
    await bucket.take();
    void bucket.take().then(() => taken.push('plain'));
    void bucket.take({ priority: () => lateUrgency }).then(() => taken.push('becomes urgent'));
    void bucket.take({ priority: () => 1 }).then(() => taken.push('urgent'));
    await clock.advance(1000);
    lateUrgency = 2;
    await clock.advance(2000);
    expect(taken).toEqual(['urgent', 'becomes urgent', 'plain']);
  });

  it('leaves the token to the next when a waiter is aborted', async () => {
    const clock = createFakeClock(0);
    const bucket = createTokenBucket({ ratePerS: 1, burst: 1, clock });
    await bucket.take();
    const aborter = new AbortController();
    const first = bucket.take({ signal: aborter.signal });
    let second = -1;
    void bucket.take().then(() => {
      second = clock.now();
    });
    aborter.abort(new Error('stop'));
    await expect(first).rejects.toThrow('stop');
    await clock.advance(5000);
    expect(second).toBe(1000);
    expect(bucket.waiting).toBe(0);
    expect(clock.timerCount).toBe(0);
  });

  it('hands out nothing before limitUntil', async () => {
    const clock = createFakeClock(0);
    const bucket = createTokenBucket({ ratePerS: 10, clock });
    bucket.limitUntil(3000);
    bucket.limitUntil(1000);
    let at = -1;
    void bucket.take().then(() => {
      at = clock.now();
    });
    await clock.advance(10_000);
    expect(at).toBe(3000);
  });

  it.for([
    [4, 250],
    [1, 1_000],
  ] as const)('leaves a token for others where a waiter asks for that, of a burst of %i', async ([burst, at]) => {
    const clock = createFakeClock(0);
    const bucket = createTokenBucket({ ratePerS: burst, burst, clock });
    for (let i = 0; i < Math.max(1, burst - 1); i += 1) void bucket.take();
    const taken: string[] = [];
    const take = (name: string, options = {}): void =>
      void bucket.take(options).then(() => taken.push(`${name} ${clock.now()}`));
    take('patient', { priority: () => -1, reserve: () => 1 });
    await clock.advance(0);
    expect(taken).toEqual([]);
    await clock.advance(5_000);
    expect(taken).toEqual([`patient ${at}`]);
    take('other');
    await clock.advance(0);
    expect(taken).toEqual([`patient ${at}`, `other 5000`]);
  });

  it('never spends more than the server has left, and waits for its next slot when nothing is', async () => {
    const clock = createFakeClock(0);
    const bucket = createTokenBucket({ ratePerS: 10, burst: 10, clock });
    bucket.observe({ limit: 101, remaining: 1, resetMs: 10_000 });
    const taken: number[] = [];
    for (let i = 0; i < 2; i += 1) void bucket.take().then(() => taken.push(clock.now()));
    await clock.advance(1);
    expect(taken).toEqual([0]);
    bucket.observe({ limit: 10, remaining: 0, resetMs: 10_000 });
    await clock.advance(10_000);
    expect(taken).toEqual([0, 1001]);
  });

  it.for(['observe', 'limitUntil'] as const)('hands out one token, not what came together, after %s', async (told) => {
    const clock = createFakeClock(0);
    const bucket = createTokenBucket({ ratePerS: 4, burst: 4, clock });
    if (told === 'observe') bucket.observe({ limit: 4, remaining: 0, resetMs: 4_000 });
    else bucket.limitUntil(1_000);
    const taken: number[] = [];
    for (let i = 0; i < 3; i += 1) void bucket.take().then(() => taken.push(clock.now()));
    await clock.advance(1_600);
    expect(taken).toEqual([1_000, 1_250, 1_500]);
  });

  it('never gives more than burst + rate × time in any window', async () => {
    const waits = fc.array(fc.nat(2000), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        waits,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 8 }),
        async (gaps, ratePerS, burst) => {
          const clock = createFakeClock(0);
          const bucket = createTokenBucket({ ratePerS, burst, clock });
          const taken: number[] = [];
          for (const gap of gaps) {
            for (let i = 0; i < 3; i += 1) void bucket.take().then(() => taken.push(clock.now()));
            await clock.advance(gap);
          }
          await clock.advance(100_000);
          expect(taken).toHaveLength(gaps.length * 3);
          for (const [from, start] of taken.entries()) {
            for (const [to, end] of taken.entries()) {
              if (to >= from)
                expect(to - from + 1).toBeLessThanOrEqual(burst + ((end - start) / 1000) * ratePerS + 1e-6);
            }
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});
