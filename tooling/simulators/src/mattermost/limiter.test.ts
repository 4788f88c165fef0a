import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Limiter } from './limiter.ts';

describe('Limiter', () => {
  it('lets 101 requests through at once with the defaults, then refuses', () => {
    const limiter = new Limiter();
    const verdicts = Array.from({ length: 102 }, () => limiter.take('host', 0));
    expect(verdicts.filter(({ limited }) => !limited)).toHaveLength(101);
    expect(verdicts[0]?.headers).toEqual({
      'X-RateLimit-Limit': '101',
      'X-RateLimit-Remaining': '100',
      'X-RateLimit-Reset': '1',
    });
    expect(verdicts[101]?.headers).toEqual({
      'X-RateLimit-Limit': '101',
      'X-RateLimit-Remaining': '0',
      'X-RateLimit-Reset': '11',
      'Retry-After': '1',
    });
  });

  it('lets 104 of 160 requests through that come 2.2 ms apart, as measured on a real server', () => {
    const limiter = new Limiter();
    const verdicts = Array.from({ length: 160 }, (_, index) => limiter.take('host', index * 2.2));
    expect(verdicts.filter(({ limited }) => !limited)).toHaveLength(104);
  });

  it('lets one more through for every 100 ms, and says how long to wait', () => {
    const limiter = new Limiter({ perSec: 10, burst: 0 });
    expect(limiter.take('host', 0).limited).toBe(false);
    expect(limiter.take('host', 99)).toMatchObject({ limited: true, headers: { 'Retry-After': '1' } });
    expect(limiter.take('host', 100).limited).toBe(false);
  });

  it('rounds the wait up to whole seconds', () => {
    const limiter = new Limiter({ perSec: 0.25, burst: 0 });
    limiter.take('host', 0);
    expect(limiter.take('host', 900).headers).toMatchObject({ 'Retry-After': '4', 'X-RateLimit-Reset': '4' });
  });

  it('keeps one budget per key', () => {
    const limiter = new Limiter({ burst: 0 });
    expect(limiter.take('a', 0).limited).toBe(false);
    expect(limiter.take('b', 0).limited).toBe(false);
    expect(limiter.take('a', 0).limited).toBe(true);
  });

  it('never lets more through than burst + 1 + elapsed × rate', () => {
    const gaps = fc.array(fc.nat(400), { maxLength: 300 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 20 }), fc.nat(30), (gapsMs, perSec, burst) => {
        const limiter = new Limiter({ perSec, burst });
        let now = 0;
        let passed = 0;
        for (const gapMs of gapsMs) {
          now += gapMs;
          if (!limiter.take('host', now).limited) passed += 1;
        }
        expect(passed).toBeLessThanOrEqual(burst + 1 + (now * perSec) / 1000 + 1e-6);
      }),
    );
  });
});
