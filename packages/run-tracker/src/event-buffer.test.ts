import { createFakeClock, settle } from '@live-status/resilience/testing';
import type { SessionEvent } from '@live-status/session-state';
import { describe, expect, it } from 'vitest';
import { EventBuffer } from './event-buffer.ts';

const started = (runId: string): SessionEvent => ({
  type: 'run-started',
  sessionKey: 's',
  at: 0,
  runId,
  startedAt: 0,
  evidence: [],
});

describe('EventBuffer', () => {
  const start = () => {
    const clock = createFakeClock();
    const buffer = new EventBuffer(clock);
    const left: string[] = [];
    const batches = buffer.batches(async () => void left.push('left'));
    const next = async () => {
      const step = await batches.next();
      return step.done === true ? 'end' : step.value.map((event) => ('runId' in event ? event.runId : event.type));
    };
    return { clock, buffer, batches, next, left };
  };

  it('hands out nothing before it is flushed, then all of it as one batch', async () => {
    const { clock, buffer, next } = start();
    const asked = next();
    buffer.add([started('a')]);
    buffer.add([started('b')]);
    await settle();
    expect([buffer.size, buffer.counts]).toEqual([2, { runsSeen: 0 }]);
    buffer.flush();
    expect(await asked).toEqual(['a', 'b']);
    expect([buffer.size, buffer.counts]).toEqual([0, { runsSeen: 2, lastEventAt: clock.now() }]);
  });

  it('makes one batch of what is flushed while the consumer works, and a long one in parts', async () => {
    const { buffer, next } = start();
    buffer.add([started('a')]);
    buffer.flush();
    expect(await next()).toEqual(['a']);
    for (let n = 0; n < 1_500; n += 1) {
      buffer.add([started(`${n}`)]);
      buffer.flush();
    }
    expect((await next()).length).toBe(1_000);
    expect((await next()).length).toBe(500);
  });

  it('is drained when the consumer has taken everything, also what was flushed meanwhile', async () => {
    const { buffer, next } = start();
    buffer.add([started('a')]);
    buffer.flush();
    let drained = false;
    void buffer.drained().then(() => {
      drained = true;
    });
    await next();
    buffer.add([started('b')]);
    buffer.flush();
    await next();
    await settle();
    expect(drained).toBe(false);
    void next();
    await settle();
    expect(drained).toBe(true);
  });

  it('reports that the source has caught up in its place, and lets nobody wait for that', async () => {
    const { buffer, next } = start();
    buffer.addCaughtUp();
    buffer.flush();
    await buffer.drained();
    buffer.add([started('a')]);
    buffer.flush();
    expect(await next()).toEqual(['caught-up']);
    expect(await next()).toEqual(['a']);
  });

  it('ends after what was flushed when it is closed', async () => {
    const { buffer, next } = start();
    for (const runId of ['a', 'b']) {
      buffer.add([started(runId)]);
      buffer.flush();
    }
    buffer.add([started('never flushed')]);
    buffer.close();
    buffer.flush();
    await buffer.drained();
    expect([await next(), await next(), await next()]).toEqual([['a'], ['b'], 'end']);
  });

  it('drops what waits and says so when the consumer leaves', async () => {
    const { buffer, batches, next, left } = start();
    buffer.add([started('a')]);
    buffer.flush();
    await batches.return?.();
    await buffer.drained();
    expect([left, await next()]).toEqual([['left'], 'end']);
  });
});
