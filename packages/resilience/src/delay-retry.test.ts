import { describe, expect, it } from 'vitest';
import { delay } from './delay.ts';
import { retry } from './retry.ts';
import { createFakeClock } from './testing.ts';

const always = { isTransient: () => true };

describe('delay', () => {
  it('resolves after its time and not before', async () => {
    const clock = createFakeClock();
    let done = false;
    const wait = delay(100, { clock }).then(() => {
      done = true;
    });
    await clock.advance(99);
    expect(done).toBe(false);
    await clock.advance(1);
    await wait;
    expect(done).toBe(true);
  });

  it('rejects with the reason of the abort and leaves no timer', async () => {
    const clock = createFakeClock();
    const aborter = new AbortController();
    const wait = delay(100, { clock, signal: aborter.signal });
    aborter.abort(new Error('stop'));
    await expect(wait).rejects.toThrow('stop');
    expect(clock.timerCount).toBe(0);
    await expect(delay(1, { clock, signal: aborter.signal })).rejects.toThrow('stop');
    expect(clock.timerCount).toBe(0);
  });
});

describe('retry', () => {
  it('counts attempts from 1 and ends with the first success', async () => {
    const clock = createFakeClock();
    const attempts: number[] = [];
    const result = retry(
      async (attempt) => {
        attempts.push(attempt);
        if (attempt < 3) throw new Error('again');
        return 'done';
      },
      { ...always, clock },
    );
    await clock.advance(60_000);
    await expect(result).resolves.toBe('done');
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('throws an error that is not transient at once', async () => {
    let calls = 0;
    const failing = async (): Promise<never> => {
      calls += 1;
      throw new Error('refused');
    };
    await expect(retry(failing, { isTransient: () => false })).rejects.toThrow('refused');
    expect(calls).toBe(1);
  });

  it('gives up with the last error after maxAttempts', async () => {
    const clock = createFakeClock();
    const failing = async (attempt: number): Promise<never> => {
      throw new Error(`attempt ${attempt}`);
    };
    const result = expect(retry(failing, { ...always, clock, maxAttempts: 4 })).rejects.toThrow('attempt 4');
    await clock.advance(300_000);
    await result;
  });

  it('waits as long as the other side asks when that is longer than the backoff', async () => {
    const clock = createFakeClock();
    const calledAt: number[] = [];
    const begunAt = clock.now();
    const result = retry(
      async (attempt) => {
        calledAt.push(clock.now() - begunAt);
        if (attempt === 1) throw new Error('later');
      },
      { ...always, clock, retryAfterMs: () => 90_000 },
    );
    await clock.advance(100_000);
    await result;
    expect(calledAt).toEqual([0, 90_000]);
  });

  it('ends at once when aborted during a delay, and does not call again', async () => {
    const clock = createFakeClock();
    const aborter = new AbortController();
    let calls = 0;
    const result = retry(
      async () => {
        calls += 1;
        throw new Error('again');
      },
      { ...always, clock, signal: aborter.signal },
    );
    const rejected = expect(result).rejects.toThrow('stop');
    await clock.advance(0);
    aborter.abort(new Error('stop'));
    await rejected;
    await clock.advance(60_000);
    expect(calls).toBe(1);
    expect(clock.timerCount).toBe(0);
  });

  it('does not call at all with a signal that is already aborted', async () => {
    let calls = 0;
    const signal = AbortSignal.abort(new Error('stop'));
    const call = async (): Promise<void> => {
      calls += 1;
    };
    await expect(retry(call, { ...always, signal })).rejects.toThrow('stop');
    expect(calls).toBe(0);
  });
});
