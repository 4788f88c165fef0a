import { expect, it } from 'vitest';
import { closingLine, sumOutcomes } from './check.ts';

it('closes with the counts, and names skipped tests only when there are some', () => {
  const some = { passed: 3, failed: 1, skipped: [] };
  expect(closingLine(some)).toBe('3 passed, 1 failed');
  expect(closingLine(sumOutcomes([some, { passed: 2, failed: 0, skipped: ['a: no kernel', 'b: no browser'] }]))).toBe(
    '5 passed, 1 failed, 2 skipped',
  );
});
