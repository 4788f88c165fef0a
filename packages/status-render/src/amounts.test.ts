import { expect, it } from 'vitest';
import { formatCost, formatCount, formatDuration } from './amounts.ts';

it.for([
  [-5, '0s'],
  [999, '0s'],
  [38_000, '38s'],
  [59_999, '59s'],
  [60_000, '1m 00s'],
  [125_000, '2m 05s'],
  [3_599_999, '59m 59s'],
  [3_720_000, '1h 02m'],
  [360_000_000, '100h 00m'],
  [Number.NaN, '0s'],
] as const)('%d ms is %s', ([ms, shown]) => {
  expect(formatDuration(ms)).toBe(shown);
});

it.for([
  [0, '0'],
  [950, '950'],
  [1000, '1k'],
  [12_400, '12.4k'],
  [999_949, '999.9k'],
  [999_950, '1M'],
  [3_140_000, '3.1M'],
] as const)('%d is %s', ([count, shown]) => {
  expect(formatCount(count)).toBe(shown);
});

it.for([
  [undefined, undefined],
  [0, undefined],
  [0.00001, undefined],
  [0.000356, '$0.00036'],
  [0.042, '$0.042'],
  [0.5, '$0.50'],
  [12.3, '$12.30'],
] as const)('%d dollars are %s', ([costUsd, shown]) => {
  expect(formatCost(costUsd)).toBe(shown);
});
