import { seededRandom } from '@live-status/simulators/random';
import { expect, it } from 'vitest';
import { trendOf } from './trend.ts';

/** Half an hour of samples, 10 s apart. */
function samples(valueAt: (hours: number, i: number) => number): { hours: number; value: number }[] {
  return Array.from({ length: 180 }, (_, i) => ({ hours: i / 360, value: valueAt(i / 360, i) }));
}

it('finds the slope of a line, without doubt', () => {
  const { slope, margin } = trendOf(samples((hours) => 100 + 12 * hours)) ?? {};
  expect(slope).toBeCloseTo(12);
  expect(margin).toBeCloseTo(0);
});

it('has no doubt about what never changes', () => {
  expect(trendOf(samples(() => 11))).toEqual({ slope: 0, margin: 0 });
});

it('contains the true slope in about 95 of 100 noisy runs', () => {
  const random = seededRandom(1);
  const hits = Array.from({ length: 400 }, () => {
    const { slope, margin } = trendOf(samples((hours) => 5 * hours + random() + random())) ?? { slope: 0, margin: 0 };
    return Math.abs(slope - 5) <= margin;
  }).filter(Boolean).length;
  expect(hits).toBeGreaterThan(0.92 * 400);
  expect(hits).toBeLessThan(0.99 * 400);
});

it('trusts samples less that resemble the ones before, as those of a saw', () => {
  const random = seededRandom(2);
  let walked = 0;
  const wandering = samples(() => {
    walked = 0.9 * walked + random() - 0.5;
    return walked;
  });
  const mixed = wandering.map(({ hours }, i) => ({ hours, value: wandering[(i * 73) % 180]?.value ?? 0 }));
  expect(trendOf(wandering)?.margin).toBeGreaterThan(2 * (trendOf(mixed)?.margin ?? Number.NaN));
});

it('says nothing about a few samples', () => {
  expect(trendOf(samples((hours) => hours).slice(0, 7))).toBeUndefined();
});
