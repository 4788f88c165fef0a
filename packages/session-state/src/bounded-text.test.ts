import { describe, expect, it } from 'vitest';
import { boundFirstLine, boundName, boundReason, boundStep } from './bounded-text.ts';

const SECRET = `ghp_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}`;

describe.each([boundFirstLine, boundName, boundReason, boundStep])('%o', (bound) => {
  it('keeps no secret, and no more than a little', () => {
    expect(bound(`The key is ${SECRET}`)).not.toContain('ghp_a1B2');
    expect([...bound('x'.repeat(100_000))].length).toBeLessThanOrEqual(500);
  });
});
