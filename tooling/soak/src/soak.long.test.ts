import { describe, expect, it } from 'vitest';
import { toMarkdown } from './report.ts';
import type { Sample } from './sampler.ts';
import { soak } from './soak.ts';

/** After this nothing new is opened that stays. */
const WARM_UP_MINUTES = 0.5;

describe.concurrent('a short soak', { timeout: 300_000 }, () => {
  it.each(['jsonl', 'gateway'] as const)('of %s: every post is right, and nothing piles up', async (source) => {
    const report = await soak({
      ...{ source, minutes: 1.25, warmUpMinutes: WARM_UP_MINUTES, sessions: 20, seed: 1, sampleS: 2, keepFiles: 20 },
      troubles: { restMs: [1_000, 3_000], scale: 0.3 },
      onSample: () => {},
      signal: new AbortController().signal,
    });
    const table = toMarkdown(report);
    const warm = report.samples.filter(({ minute }) => minute >= WARM_UP_MINUTES);
    const most = (read: (sample: Sample) => number): number => Math.max(...warm.map(read));
    expect([report.problems, report.errors], table).toEqual([[], []]);
    expect(report.latencies.count, table).toBeGreaterThan(0);
    expect(report.troubles.size, table).toBeGreaterThan(5);
    expect(
      most(({ rssMb }) => rssMb),
      table,
    ).toBeLessThan(250);
    expect(
      most(({ heapMb }) => heapMb ?? 0),
      table,
    ).toBeLessThan(50);
    expect(
      most(({ openFiles }) => openFiles),
      table,
    ).toBeLessThan(120);
    expect(
      most(({ threads }) => threads),
      table,
    ).toBeLessThan(20);
    expect(
      most(({ timers }) => timers),
      table,
    ).toBeLessThan(150);
    expect(
      most(({ stateKb }) => stateKb),
      table,
    ).toBeLessThan(500);
  });
});
