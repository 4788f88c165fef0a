import { describe, expect, it } from 'vitest';
import { delay } from './delay.ts';
import { LifecycleScope } from './lifecycle-scope.ts';
import { createFakeClock } from './testing.ts';

describe('LifecycleScope', () => {
  it('aborts its signal, calls closers last first, and waits for tasks that start tasks', async () => {
    const scope = new LifecycleScope();
    const seen: string[] = [];
    scope.defer(() => seen.push('first'));
    scope.defer(async () => {
      await Promise.resolve();
      seen.push('last');
    });
    const aborted = new Promise<void>((resolve) => scope.signal.addEventListener('abort', () => resolve()));
    scope.track(
      aborted.then(() => {
        scope.track(Promise.resolve().then(() => seen.push('inner task')));
      }),
    );
    await expect(scope.close({ deadlineMs: 1000 })).resolves.toEqual({ completed: true, errors: [] });
    expect(seen).toContain('inner task');
    expect(seen.indexOf('last')).toBeLessThan(seen.indexOf('first'));
  });

  it('gives up at the deadline and says so', async () => {
    const clock = createFakeClock();
    const scope = new LifecycleScope({ clock });
    scope.track(new Promise(() => undefined));
    const closed = scope.close({ deadlineMs: 500 });
    await clock.advance(500);
    await expect(closed).resolves.toMatchObject({ completed: false });
  });

  it('keeps errors of tasks and closers, but not its own abort', async () => {
    const clock = createFakeClock();
    const scope = new LifecycleScope({ clock });
    scope.track(delay(60_000, { clock, signal: scope.signal }));
    scope.track(Promise.reject(new Error('task')));
    scope.defer(() => {
      throw new Error('closer');
    });
    const { completed, errors } = await scope.close({ deadlineMs: 500 });
    expect(completed).toBe(true);
    expect(errors.map(String).sort()).toEqual(['Error: closer', 'Error: task']);
    expect(clock.timerCount).toBe(0);
  });

  it('is terminal, closes once, and closes at the end of await using', async () => {
    let closed = 0;
    const scope = new LifecycleScope();
    {
      await using inner = scope;
      inner.defer(() => {
        closed += 1;
      });
    }
    await scope.close({ deadlineMs: 1 });
    expect(closed).toBe(1);
    expect(() => scope.defer(() => undefined)).toThrow('closed');
    expect(() => scope.track(Promise.resolve())).toThrow('closed');
  });
});
