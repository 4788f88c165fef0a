import { seededRandom } from '@live-status/simulators/random';
import { expect, it } from 'vitest';
import type { Sample } from './sampler.ts';
import { judge } from './verdict.ts';

const STILL: Sample = {
  at: '',
  minute: 0,
  rssMb: 120,
  heapMb: 25,
  fullCollections: 1,
  externalMb: 5,
  openFiles: 50,
  threads: 11,
  timers: 20,
  resources: 30,
  cpuPercent: 8,
  stateKb: 70,
  logKb: 1,
  p50Ms: 4,
  p99Ms: 500,
  shown: 100,
  editsPerS: 18,
  boxesActive: 18,
  queue: 0,
  load: 1,
  ownRssMb: 140,
  isCalm: true,
};

/** 35 minutes, a sample in 10 s. */
function soaked(change: (minute: number, i: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: 210 }, (_, i) => ({ ...STILL, minute: i / 6, ...change(i / 6, i) }));
}

function saysOf(samples: readonly Sample[], name: string): string | undefined {
  return judge(samples, 5).find(({ limit }) => limit.name === name)?.says;
}

it('calls what does not change flat', () => {
  expect(
    new Set(
      judge(
        soaked(() => ({})),
        5,
      ).map(({ says }) => says),
    ),
  ).toEqual(new Set(['flat']));
});

it.each([
  ['RSS', (hours: number) => ({ rssMb: 120 + 20 * hours })],
  ['live heap', (hours: number) => ({ heapMb: 25 + 8 * hours })],
  ['open files', (hours: number) => ({ openFiles: Math.round(50 + 10 * hours) })],
  ['timers', (hours: number) => ({ timers: Math.round(20 + 30 * hours) })],
  ['latency p50', (hours: number) => ({ p50Ms: 4 + 10 * hours })],
] as const)('finds a leak: %s', (name, rise) => {
  const random = seededRandom(3);
  const samples = soaked((minute) => {
    const risen: Partial<Sample> = rise(minute / 60);
    return Object.fromEntries(Object.entries(risen).map(([key, value]) => [key, Number(value) + random()]));
  });
  expect(saysOf(samples, name)).toBe('rises');
});

it('does not count the warm-up', () => {
  const samples = soaked((minute) => ({ rssMb: minute < 5 ? 80 + 10 * minute : 130 }));
  expect(saysOf(samples, 'RSS')).toBe('flat');
});

it('does not know what an interval around the limit means', () => {
  const random = seededRandom(4);
  expect(
    saysOf(
      soaked((minute) => ({ rssMb: 120 + minute / 10 + 6 * random() })),
      'RSS',
    ),
  ).toBe('unclear');
});

it('judges no latency of a few calls', () => {
  expect(
    saysOf(
      soaked((minute) => ({ p50Ms: minute, shown: 5 })),
      'latency p50',
    ),
  ).toBe('unclear');
});
