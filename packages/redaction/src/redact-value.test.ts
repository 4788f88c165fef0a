import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactValue } from './redact-value.ts';

describe('redactValue', () => {
  it('keeps ordinary arguments as they are', () => {
    const args = { path: '/a/b.ts', limit: 3, background: true, none: null, edits: [{ oldText: 'a', newText: 'b' }] };
    expect(redactValue(args)).toEqual(args);
  });

  it('masks values under names of secrets and secrets in strings', () => {
    expect(
      redactValue({
        command: 'curl -u bob:hunter2 https://example.org',
        env: { GITHUB_TOKEN: 'abc', NODE_ENV: 'test', API_KEY: 42 },
        headers: { Authorization: 'Bearer abc', Cookie: 'a=b' },
        password: { nested: 'hunter2' },
        secret: false,
        apiKey: '$API_KEY',
        maxTokens: 5,
        sessionId: 'brisk-wharf',
      }),
    ).toEqual({
      command: 'curl -u bob:*** https://example.org',
      env: { GITHUB_TOKEN: '***', NODE_ENV: 'test', API_KEY: '***' },
      headers: { Authorization: '***', Cookie: '***' },
      password: '***',
      secret: false,
      apiKey: '$API_KEY',
      maxTokens: 5,
      sessionId: 'brisk-wharf',
    });
  });

  it('masks a value that follows its flag or stands beside its name', () => {
    expect(redactValue(['gh', '--token', 'abc', '--web'])).toEqual(['gh', '--token', '***', '--web']);
    expect(redactValue(['docker', 'login', '-u', 'bob', '-p', 'a b', 'ghcr.io'])).toEqual([
      ...['docker', 'login', '-u', 'bob', '-p', '***', 'ghcr.io'],
    ]);
    expect(redactValue(['curl', '-u', 'bob:a b', 'x'])).toEqual(['curl', '-u', 'bob:***', 'x']);
    expect(redactValue(['mysql', '-uroot', '-phunter2'])).toEqual(['mysql', '-uroot', '-p***']);
    for (const same of [
      ['mkdir', '-p', 'a/b'],
      ['docker', 'run', '-p', '8080:80'],
      ['-p', 'a'],
      ['docker', 'login', 7, '-p'],
    ])
      expect(redactValue(same)).toEqual(same);
    expect(redactValue([{ name: 'API_TOKEN', value: 'abc' }])).toEqual([{ name: 'API_TOKEN', value: '***' }]);
  });

  it('cuts the longest strings first', () => {
    const copy = redactValue({ path: '/a/b.ts', content: 'x'.repeat(5000) });
    expect(copy).toEqual({ path: '/a/b.ts', content: `${'x'.repeat(511)}…` });
  });

  it('counts bytes, not characters', () => {
    const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
    expect(bytes(redactValue('界'.repeat(1000)))).toBeLessThanOrEqual(1024);
    expect(bytes(redactValue('"'.repeat(1000)))).toBeLessThanOrEqual(1024);
  });

  it('survives cycles, depth, breadth and accessors that throw', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = [cycle, cycle, cycle];
    const deep = Array.from({ length: 10_000 }).reduce<unknown>((inner) => [inner], 'x');
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, 'v'.repeat(100)]));
    const throwing = {
      get a(): string {
        throw new Error('no');
      },
    };
    for (const value of [cycle, deep, wide, throwing, [1n, Symbol('s'), () => 1, Number.NaN, undefined]]) {
      expect(Buffer.byteLength(JSON.stringify(redactValue(value)))).toBeLessThanOrEqual(1024);
    }
  });

  it('does not let a name become a prototype', () => {
    const copy = redactValue(JSON.parse('{"__proto__":{"polluted":true}}'));
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(Object.keys(copy as object)).toEqual(['__proto__']);
  });

  it('fits any value into any budget', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true }),
        fc.integer({ min: 8, max: 2048 }),
        (value, maxBytes) => {
          const json = JSON.stringify(redactValue(value, { maxBytes }));
          expect(Buffer.byteLength(json)).toBeLessThanOrEqual(maxBytes);
          expect(json.isWellFormed()).toBe(true);
        },
      ),
    );
  });
});
