import { expect, it } from 'vitest';
import { Histogram } from './histogram.ts';

it('counts each duration in the first bucket that holds it, by label', () => {
  const histogram = new Histogram();
  for (const durationMs of [0, 5, 6, 500, 300_000, 300_001]) histogram.observe('jsonl', durationMs);
  histogram.observe('gateway', 1_000);
  const [jsonl, gateway] = histogram.series();
  expect(jsonl?.counts).toEqual([2, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1]);
  expect(jsonl?.sumS).toBeCloseTo(600.512);
  expect(gateway).toMatchObject({ label: 'gateway', sumS: 1 });
});

it('takes a clock that went back for no time at all', () => {
  const histogram = new Histogram();
  histogram.observe('jsonl', -20);
  expect(histogram.series()[0]).toMatchObject({ sumS: 0 });
});
