import type { Sample } from './sampler.ts';
import { type Trend, trendOf } from './trend.ts';

/** What is to stay flat, and how much it may rise. */
export interface Limit {
  readonly name: string;
  readonly unit: string;
  readonly read: (sample: Sample) => number | null;
  /** Per hour. A slope of which even the lower bound is above it is a leak. */
  readonly perHour: number;
}

/** How something changed over a soak. */
export interface Verdict {
  readonly limit: Limit;
  readonly first: number;
  readonly last: number;
  readonly trend: Trend | undefined;
  /** `unclear`: the interval of the slope contains the limit, so a longer soak is needed. */
  readonly says: 'flat' | 'rises' | 'unclear';
}

/** Fewer calls than this in a sample say nothing about its latency. */
const FEWEST_CALLS = 20;

/** What must stay flat. Latencies are those of calls that were made and shown while nothing was wrong. */
const LIMITS: readonly Limit[] = [
  { name: 'RSS', unit: 'MB', read: ({ rssMb }) => rssMb, perHour: 6 },
  { name: 'live heap', unit: 'MB', read: ({ heapMb }) => heapMb, perHour: 3 },
  { name: 'memory outside the heap', unit: 'MB', read: ({ externalMb }) => externalMb, perHour: 2 },
  { name: 'open files', unit: '', read: ({ openFiles }) => openFiles, perHour: 2 },
  { name: 'threads', unit: '', read: ({ threads }) => threads, perHour: 0.5 },
  { name: 'timers', unit: '', read: ({ timers }) => timers, perHour: 5 },
  { name: 'all that keeps the event loop alive', unit: '', read: ({ resources }) => resources, perHour: 5 },
  { name: 'state directory', unit: 'KB', read: ({ stateKb }) => stateKb, perHour: 100 },
  { name: 'latency p50', unit: 'ms', read: (sample) => ifMany(sample, sample.p50Ms), perHour: 2 },
  { name: 'latency p99', unit: 'ms', read: (sample) => ifMany(sample, sample.p99Ms), perHour: 60 },
  { name: 'CPU', unit: '% of a core', read: ({ cpuPercent }) => cpuPercent, perHour: 3 },
];

function ifMany({ shown }: Sample, value: number | null): number | null {
  return shown < FEWEST_CALLS ? null : value;
}

/** Judges everything that must stay flat by the samples after the warm-up. */
export function judge(samples: readonly Sample[], warmUpMinutes: number): Verdict[] {
  const warm = samples.filter(({ minute }) => minute >= warmUpMinutes);
  return LIMITS.map((limit) => {
    const points = warm.flatMap((sample) => {
      const value = limit.read(sample);
      return value === null || Number.isNaN(value) ? [] : [{ hours: sample.minute / 60, value }];
    });
    const trend = trendOf(points);
    return {
      limit,
      first: points[0]?.value ?? Number.NaN,
      last: points.at(-1)?.value ?? Number.NaN,
      trend,
      says: trend === undefined ? 'unclear' : saysOf(trend, limit.perHour),
    };
  });
}

function saysOf({ slope, margin }: Trend, perHour: number): Verdict['says'] {
  if (slope - margin > perHour) return 'rises';
  const isZero = Math.abs(slope) <= margin;
  return isZero || slope + margin <= perHour ? 'flat' : 'unclear';
}
