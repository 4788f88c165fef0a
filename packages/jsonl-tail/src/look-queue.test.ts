import { describe, expect, it } from 'vitest';
import { type JobOutcome, LookQueue } from './look-queue.ts';

function record(outcomes: Record<string, JobOutcome[]> = {}): { readonly ran: string[]; readonly queue: LookQueue } {
  const ran: string[] = [];
  const queue = new LookQueue(async (job) => {
    ran.push(job);
    await Promise.resolve();
    return outcomes[job]?.shift() ?? 'done';
  });
  return { ran, queue };
}

describe('LookQueue', () => {
  it('runs a job asked for while it waits once, and one asked for while it runs once more', async () => {
    const { ran, queue } = record();
    queue.add('a');
    queue.add('b');
    queue.add('b');
    queue.add('a');
    await queue.request('c');
    expect(ran).toEqual(['a', 'b', 'a', 'c']);
  });

  it('puts a job that is not done behind the others', async () => {
    const { ran, queue } = record({ big: ['again', 'again'] });
    queue.add('big');
    await queue.request('small');
    await queue.request('big');
    expect(ran).toEqual(['big', 'small', 'big', 'big']);
  });

  it('lets a request wait for everything it led to', async () => {
    const { ran, queue } = record({ tree: [['a', 'b']], b: [['c'], 'done'] });
    await queue.request('tree');
    expect(ran).toEqual(['tree', 'a', 'b', 'c']);
  });

  it('releases requests when it closes and runs nothing afterwards', async () => {
    const { ran, queue } = record();
    const requests = [queue.request('a'), queue.request('b')];
    await queue.close();
    await Promise.all(requests);
    await queue.request('d');
    expect(ran).toEqual(['a']);
  });
});
