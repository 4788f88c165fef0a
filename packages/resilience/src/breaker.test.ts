import { describe, expect, it } from 'vitest';
import { type Breaker, createBreaker } from './breaker.ts';
import { CircuitOpenError } from './errors.ts';
import { createFakeClock, type FakeClock } from './testing.ts';

class Transient extends Error {}

function setUp(): { breaker: Breaker; clock: FakeClock; states: string[] } {
  const clock = createFakeClock();
  const breaker = createBreaker({
    threshold: 3,
    cooldownMs: 1000,
    clock,
    isTransient: (error) => error instanceof Transient,
  });
  const states: string[] = [];
  breaker.onStateChange((state) => states.push(state));
  return { breaker, clock, states };
}

const fail = async (breaker: Breaker, error: Error = new Transient('down')): Promise<void> => {
  await expect(breaker.execute(() => Promise.reject(error))).rejects.toBe(error);
};
const openIt = async (breaker: Breaker): Promise<void> => {
  for (let i = 0; i < 3; i += 1) await fail(breaker);
};

describe('createBreaker', () => {
  it('opens after consecutive transient failures, and a success starts the count again', async () => {
    const { breaker, states } = setUp();
    await fail(breaker);
    await fail(breaker);
    await breaker.execute(async () => 1);
    await fail(breaker);
    await fail(breaker);
    expect(breaker.state).toBe('closed');
    await fail(breaker);
    expect(breaker.state).toBe('open');
    expect(states).toEqual(['open']);
  });

  it('never counts errors that are not transient', async () => {
    const { breaker } = setUp();
    for (let i = 0; i < 10; i += 1) await fail(breaker, new Error('400'));
    expect(breaker.state).toBe('closed');
    expect(breaker.toJSON().consecutiveFailures).toBe(0);
  });

  it('refuses calls without making them while open', async () => {
    const { breaker, clock } = setUp();
    await openIt(breaker);
    let called = false;
    const call = breaker.execute(async () => {
      called = true;
    });
    await expect(call).rejects.toBeInstanceOf(CircuitOpenError);
    await expect(call).rejects.toMatchObject({ probeAt: clock.now() + 1000, code: 'ERR_CIRCUIT_OPEN' });
    expect(called).toBe(false);
  });

  it('lets exactly one probe through after the cooldown and closes on its success', async () => {
    const { breaker, clock, states } = setUp();
    await openIt(breaker);
    await clock.advance(1000);
    const probe = Promise.withResolvers<string>();
    const first = breaker.execute(() => probe.promise);
    expect(breaker.state).toBe('half-open');
    await expect(breaker.execute(async () => 2)).rejects.toBeInstanceOf(CircuitOpenError);
    probe.resolve('up');
    await expect(first).resolves.toBe('up');
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });

  it('opens again for a whole cooldown when the probe fails', async () => {
    const { breaker, clock } = setUp();
    await openIt(breaker);
    await clock.advance(1000);
    await fail(breaker);
    expect(breaker.toJSON()).toMatchObject({ state: 'open', probeAt: clock.now() + 1000 });
  });

  it('probes after 1, 2, 4, 8 s and so on up to the cooldown, and begins anew the next time', async () => {
    const clock = createFakeClock();
    const breaker = createBreaker({ threshold: 1, cooldownMs: 12_000, clock, isTransient: () => true });
    for (let outage = 0; outage < 2; outage += 1) {
      await fail(breaker);
      const gaps: number[] = [];
      for (let probe = 0; probe < 6; probe += 1) {
        const gap = (breaker.toJSON().probeAt ?? 0) - clock.now();
        gaps.push(gap);
        await clock.advance(gap);
        if (probe < 5) await fail(breaker);
      }
      expect(gaps).toEqual([1000, 2000, 4000, 8000, 10_000, 12_000]);
      await breaker.execute(async () => 1);
    }
  });

  it('counts calls that fail together once', async () => {
    const { breaker } = setUp();
    for (let moment = 1; moment <= 2; moment += 1) {
      await Promise.all(Array.from({ length: 20 }, () => fail(breaker)));
      expect(breaker.toJSON()).toMatchObject({ state: 'closed', consecutiveFailures: moment });
    }
    await Promise.all(Array.from({ length: 20 }, () => fail(breaker)));
    expect(breaker.state).toBe('open');
  });

  it('says since when it is open, however many probes failed', async () => {
    const { breaker, clock } = setUp();
    await openIt(breaker);
    const openedAt = clock.now();
    for (let i = 0; i < 3; i += 1) {
      await clock.advance(1000);
      await fail(breaker);
    }
    expect(breaker.toJSON()).toMatchObject({ state: 'open', openedAt, probeAt: openedAt + 4000 });
    await clock.advance(1000);
    await breaker.execute(async () => 1);
    await openIt(breaker);
    expect(breaker.toJSON()).toMatchObject({ openedAt: openedAt + 4000 });
  });

  it('stays open after a probe without a verdict, and the next probe may go at once', async () => {
    const { breaker, clock } = setUp();
    await openIt(breaker);
    await clock.advance(1000);
    await fail(breaker, new DOMException('aborted', 'AbortError'));
    expect(breaker.state).toBe('open');
    await breaker.execute(async () => 1);
    expect(breaker.state).toBe('closed');
  });

  it('ignores outcomes of calls that began before the circuit opened', async () => {
    const { breaker, clock } = setUp();
    const slow = Promise.withResolvers<void>();
    const early = breaker.execute(() => slow.promise);
    await openIt(breaker);
    slow.resolve();
    await early;
    expect(breaker.state).toBe('open');
    await clock.advance(1000);
    expect(breaker.toJSON().consecutiveFailures).toBe(3);
  });

  it('ready() waits for the cooldown, and through a probe for its verdict', async () => {
    const { breaker, clock } = setUp();
    await breaker.ready();
    await openIt(breaker);
    let ready = 0;
    const waits = [breaker.ready(), breaker.ready()].map((wait) => wait.then(() => (ready += 1)));
    await clock.advance(999);
    expect(ready).toBe(0);
    await clock.advance(1);
    expect(ready).toBe(2);
    await Promise.all(waits);

    const probe = Promise.withResolvers<void>();
    const probing = breaker.execute(() => probe.promise);
    let closed = false;
    const wait = breaker.ready().then(() => {
      closed = true;
    });
    await clock.advance(100);
    expect(closed).toBe(false);
    probe.resolve();
    await Promise.all([probing, wait]);
    expect(clock.timerCount).toBe(0);
  });

  it('ready() ends with the reason of an abort and leaves no timer', async () => {
    const { breaker, clock } = setUp();
    await openIt(breaker);
    const aborter = new AbortController();
    const wait = breaker.ready({ signal: aborter.signal });
    aborter.abort(new Error('stop'));
    await expect(wait).rejects.toThrow('stop');
    expect(clock.timerCount).toBe(0);
  });
});
