import { describe, expect, it } from 'vitest';
import { pathJob, type ScanJob, type ScanOutcome, ScanQueue } from './scan-queue.ts';

function record(outcomes: Record<string, ScanOutcome[]> = {}): { readonly ran: string[]; readonly queue: ScanQueue } {
  const ran: string[] = [];
  const queue = new ScanQueue(async (job) => {
    const name = nameOf(job);
    ran.push(name);
    await Promise.resolve();
    return outcomes[name]?.shift() ?? 'done';
  });
  return { ran, queue };
}

function nameOf(job: ScanJob): string {
  return job.type === 'path' ? job.path : job.type;
}

describe('ScanQueue', () => {
  it('runs a job asked for while it waits once, and one asked for while it runs once more', async () => {
    const { ran, queue } = record();
    queue.add(pathJob('a'));
    queue.add(pathJob('b'));
    queue.add(pathJob('b'));
    queue.add(pathJob('a'));
    await queue.request(pathJob('c'));
    expect(ran).toEqual(['a', 'b', 'a', 'c']);
  });

  it('puts a job that is not done behind the others', async () => {
    const { ran, queue } = record({ big: ['again', 'again'] });
    queue.add(pathJob('big'));
    await queue.request(pathJob('small'));
    await queue.request(pathJob('big'));
    expect(ran).toEqual(['big', 'small', 'big', 'big']);
  });

  it('lets a request wait for everything it led to', async () => {
    const { ran, queue } = record({ tree: [['a', 'b'].map(pathJob)], b: [[pathJob('c')], 'done'] });
    await queue.request(pathJob('tree'));
    expect(ran).toEqual(['tree', 'a', 'b', 'c']);
  });

  it('releases requests when it closes and runs nothing afterwards', async () => {
    const { ran, queue } = record();
    const requests = [queue.request(pathJob('a')), queue.request(pathJob('b'))];
    await queue.close();
    await Promise.all(requests);
    await queue.request(pathJob('d'));
    expect(ran).toEqual(['a']);
  });
});
