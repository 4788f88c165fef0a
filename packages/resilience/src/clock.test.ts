import { describe, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';

describe('systemClock', () => {
  it('tells milliseconds since the epoch and does not follow a wall clock that is set', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 });
    try {
      expect(systemClock.now()).toBeGreaterThan(Date.UTC(2025, 0, 1));
    } finally {
      vi.useRealTimers();
    }
  });

  it('does not fire a timer at once whose delay is beyond what Node can count', async () => {
    let fired = false;
    const handle = systemClock.setTimeout(() => {
      fired = true;
    }, 2 ** 40);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 5));
    systemClock.clearTimeout(handle);
    expect(fired).toBe(false);
  });
});
