import { expect, it } from 'vitest';
import { isDatabaseNewer } from './session-database.ts';

it.for([
  [1_000, false],
  [5_000, false],
  [5_001, true],
  [Number.NEGATIVE_INFINITY, false],
] as const)('a database %i ms after the transcripts is newer: %s', ([afterMs, newer]) => {
  expect(isDatabaseNewer({ databaseAt: 1e12 + afterMs, transcriptsAt: 1e12 })).toBe(newer);
});

it('is newer than no transcripts at all', () => {
  expect(isDatabaseNewer({ databaseAt: 0, transcriptsAt: Number.NEGATIVE_INFINITY })).toBe(true);
});
