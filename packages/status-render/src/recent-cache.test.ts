import { expect, it } from 'vitest';
import { RecentCache } from './recent-cache.ts';

it('remembers the last keys, and forgets those that nobody asked for', () => {
  const cache = new RecentCache<number, string>(3);
  for (const key of [1, 2, 3]) cache.set(key, `value ${key}`);
  expect([1, 2, 3, 4].map((key) => cache.get(key))).toEqual(['value 1', 'value 2', 'value 3', undefined]);
  for (const key of [4, 5]) cache.set(key, `value ${key}`);
  expect(cache.get(1)).toBe('value 1');
  for (const key of [6, 7, 8]) cache.set(key, `value ${key}`);
  expect([2, 3].map((key) => cache.get(key))).toEqual([undefined, undefined]);
  expect(cache.get(8)).toBe('value 8');
});
