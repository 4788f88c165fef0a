import { describe, expect, it } from 'vitest';
import type { Check, CheckResult } from './check.ts';
import { runChecks } from './run-checks.ts';

const passed: CheckResult = { passed: 1, failed: 0, skipped: [], output: '' };

function setUp({ concurrency = 2 } = {}) {
  const events: string[] = [];
  const gates = new Map<string, () => void>();
  const check = (name: string, more: Partial<Check> = {}): Check => ({
    name,
    part: 'check',
    run: () => new Promise((resolve) => gates.set(name, () => resolve(passed))),
    ...more,
  });
  const start = (checks: readonly Check[]) =>
    runChecks(checks, {
      root: '/',
      signal: new AbortController().signal,
      concurrency,
      onStart: ({ name }) => events.push(`${name} starts`),
      onEnd: ({ name }) => events.push(`${name} ends`),
    });
  const finish = async (name: string) => {
    gates.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { events, check, start, finish };
}

describe('runChecks', () => {
  it('runs no more checks at once than allowed', async () => {
    const { events, check, start, finish } = setUp();
    const run = start([check('a'), check('b'), check('c')]);
    expect(events).toEqual(['a starts', 'b starts']);
    await finish('b');
    expect(events.slice(2)).toEqual(['b ends', 'c starts']);
    await finish('a');
    await finish('c');
    expect(await run).toHaveLength(3);
  });

  it('holds a check back until those it uses are over, and lets others pass it', async () => {
    const { events, check, start, finish } = setUp();
    const run = start([check('build'), check('pack', { after: ['build'] }), check('lint')]);
    expect(events).toEqual(['build starts', 'lint starts']);
    await finish('lint');
    expect(events).not.toContain('pack starts');
    await finish('build');
    await finish('pack');
    await run;
    expect(events.slice(-2)).toEqual(['pack starts', 'pack ends']);
  });

  it('runs a check that wants to be alone after all others', async () => {
    const { events, check, start, finish } = setUp();
    const run = start([check('alone', { alone: true }), check('a')]);
    expect(events).toEqual(['a starts']);
    await finish('a');
    await finish('alone');
    await run;
    expect(events).toEqual(['a starts', 'a ends', 'alone starts', 'alone ends']);
  });

  it('takes a check that throws for a failed one and goes on', async () => {
    const { check, start } = setUp();
    const run = start([
      check('a', { run: () => Promise.reject(new Error('no such program')) }),
      check('b', { run: () => Promise.resolve(passed) }),
    ]);
    expect(await run).toEqual([
      expect.objectContaining({ failed: 1, output: expect.stringContaining('no such program') }),
      passed,
    ]);
  });
});
