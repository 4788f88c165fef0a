import { describe, expect, it } from 'vitest';
import { AsyncQueue } from './async-queue.ts';
import { settle } from './testing.ts';

const item = <T>(value: T) => ({ done: false, value });
const end = { done: true, value: undefined };

describe('AsyncQueue', () => {
  it('hands out items in order, whether they came before or after the question', async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    queue.push(2);
    expect(queue.size).toBe(2);
    expect(await queue.next()).toEqual(item(1));
    expect(await queue.next()).toEqual(item(2));
    const asked = queue.next();
    queue.push(3);
    expect(await asked).toEqual(item(3));
    expect(queue.size).toBe(0);
  });

  it('takes an item when the next one is asked for', async () => {
    const taken: number[] = [];
    const queue = new AsyncQueue<number>({ onTaken: (value) => taken.push(value) });
    queue.push(1);
    await queue.next();
    expect(taken).toEqual([]);
    void queue.next();
    expect(taken).toEqual([1]);
  });

  it('is drained once everything pushed before was taken, whatever is pushed afterwards', async () => {
    const queue = new AsyncQueue<number>();
    await queue.drained();
    queue.push(1);
    let drained = false;
    void queue.drained().then(() => {
      drained = true;
    });
    queue.push(2);
    await queue.next();
    await settle();
    expect(drained).toBe(false);
    await queue.next();
    await settle();
    expect(drained).toBe(true);
  });

  it('hands out what waits after close, then the end, and drops what comes later', async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    const drained = queue.drained();
    queue.close();
    queue.push(2);
    await drained;
    expect(await queue.next()).toEqual(item(1));
    expect(await queue.next()).toEqual(end);
    expect(await queue.next()).toEqual(end);
  });

  it('ends a question that waits when it is closed', async () => {
    const queue = new AsyncQueue<number>();
    const asked = queue.next();
    queue.close();
    expect(await asked).toEqual(end);
  });

  it('drops what waits when the consumer leaves the loop', async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    queue.push(2);
    for await (const value of queue) {
      expect(value).toBe(1);
      break;
    }
    expect(queue.size).toBe(0);
    await queue.drained();
    expect(await queue.next()).toEqual(end);
  });

  it('rejects with the first failure of a producer, after the last item', async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    queue.fail(new Error('first'));
    queue.fail(new Error('second'));
    expect(await queue.next()).toEqual(item(1));
    await expect(queue.next()).rejects.toThrow('first');
  });

  it('refuses a second question at a time', async () => {
    const queue = new AsyncQueue<number>();
    void queue.next();
    await expect(queue.next()).rejects.toThrow('ask for one item at a time');
  });
});
