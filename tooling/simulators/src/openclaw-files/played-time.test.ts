import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPlayedTime } from './replay.ts';

describe('createPlayedTime', () => {
  it('shortens long pauses only', () => {
    const played = createPlayedTime([0, 100, 10_100, 10_200], 1000);
    expect([0, 100, 600, 5000, 10_100, 10_200, 11_000].map(played)).toEqual([0, 100, 600, 1100, 1100, 1200, 2000]);
  });

  it('keeps time as recorded without a limit', () => {
    const played = createPlayedTime([0, 50_000], Number.POSITIVE_INFINITY);
    expect([0, 25_000, 50_000, 60_000].map(played)).toEqual([0, 25_000, 50_000, 60_000]);
  });

  it('keeps the order of events, their short gaps, and bounds the others', () => {
    const times = fc.array(fc.nat(100_000), { minLength: 2 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 50_000 }), (list, longest) => {
        const played = createPlayedTime(list, longest);
        for (const [index, tMs] of list.entries()) {
          const gap = tMs - (list[index - 1] ?? 0);
          expect(played(tMs) - played(list[index - 1] ?? 0)).toBe(Math.min(gap, longest));
        }
      }),
    );
  });
});
