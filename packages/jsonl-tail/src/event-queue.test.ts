import { describe, expect, it } from 'vitest';
import { EventQueue } from './event-queue.ts';

describe('EventQueue', () => {
  it('counts an event as taken when the next one is asked for', async () => {
    const taken: number[] = [];
    const queue = new EventQueue<number>((event) => taken.push(event));
    queue.push(1);
    queue.push(2);
    expect(await queue.next()).toEqual({ done: false, value: 1 });
    expect(taken).toEqual([]);
    await queue.next();
    expect(taken).toEqual([1]);
  });

  it('tells the producer when everything was taken', async () => {
    const queue = new EventQueue<number>(() => undefined);
    let isDrained = false;
    queue.push(1);
    const drained = queue.drained().then(() => {
      isDrained = true;
    });
    await queue.next();
    await Promise.resolve();
    expect(isDrained).toBe(false);
    void queue.next();
    await drained;
    expect(isDrained).toBe(true);
  });

  it('hands out what is inside after close, then ends', async () => {
    const queue = new EventQueue<number>(() => undefined);
    queue.push(1);
    queue.close();
    queue.push(2);
    await queue.drained();
    expect(await queue.next()).toEqual({ done: false, value: 1 });
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  it('ends a waiting consumer', async () => {
    const queue = new EventQueue<number>(() => undefined);
    const next = queue.next();
    queue.close();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('refuses a second question before the first is answered', async () => {
    const queue = new EventQueue<number>(() => undefined);
    const first = queue.next();
    await expect(queue.next()).rejects.toThrow('ask for one event at a time');
    queue.push(1);
    expect(await first).toEqual({ done: false, value: 1 });
  });
});
