import { describe, expect, it } from 'vitest';
import { DeadlineTimer } from './deadline-timer.ts';
import { createFakeClock } from './testing.ts';

describe('DeadlineTimer', () => {
  const start = () => {
    const clock = createFakeClock();
    const due: number[] = [];
    const startedAt = clock.now();
    const timer = new DeadlineTimer(clock, () => due.push(clock.now() - startedAt));
    return { clock, due, timer, at: (ms: number) => timer.set(startedAt + ms) };
  };

  it('fires once, at the moment that was set last', async () => {
    const { clock, due, timer, at } = start();
    at(100);
    at(50);
    await clock.advance(40);
    expect(timer.isSet).toBe(true);
    at(200);
    await clock.advance(1_000);
    expect(due).toEqual([200]);
    expect(timer.isSet).toBe(false);
  });

  it('fires as soon as possible when the moment is past', async () => {
    const { clock, due, at } = start();
    await clock.advance(500);
    at(100);
    await clock.advance(0);
    expect(due).toEqual([500]);
  });

  it('fires at its moment although the timers of its clock are early', async () => {
    const clock = createFakeClock();
    const early = { ...clock, setTimeout: (fn: () => void, ms: number) => clock.setTimeout(fn, ms > 1 ? ms - 1 : ms) };
    const startedAt = clock.now();
    const due: number[] = [];
    const timer = new DeadlineTimer(early, () => due.push(clock.now() - startedAt));
    timer.set(startedAt + 100);
    await clock.advance(99);
    expect([due, timer.isSet]).toEqual([[], true]);
    await clock.advance(1);
    expect([due, timer.isSet]).toEqual([[100], false]);
  });

  it('can be set again by what it calls, and waits for nothing once it is closed', async () => {
    const { clock, timer, at } = start();
    at(10);
    timer.set(undefined);
    expect(clock.timerCount).toBe(0);
    at(10);
    timer.close();
    at(20);
    expect(clock.timerCount).toBe(0);
  });
});
