import { modelSize } from '@live-status/resilience/testing';
import { seededRandom } from '@live-status/simulators/random';
import { describe, it, vi } from 'vitest';
import { judgeDeaths } from './judge-deaths.ts';
import { describeRun, planRuns } from './plan.ts';

/** Kills of each source: a share of what `deaths/main.ts --kills 100` plays. */
const { numRuns: kills, seed, name } = modelSize(24);
const TIMEOUT_MS = 180_000;

// Most of the time they wait.
vi.setConfig({ maxConcurrency: 8 });

describe(`a daemon that is killed at random moments: ${name}`, () => {
  const random = seededRandom(seed);
  const runs = (['transcripts', 'gateway'] as const).flatMap((source) => planRuns(source, { kills, random }));

  it.concurrent.for(runs.map((run) => [describeRun(run), run] as const))(
    '%s',
    { timeout: TIMEOUT_MS },
    async ([, run], { expect, signal }) => {
      const { problems } = await judgeDeaths(run, signal);
      expect(problems).toEqual([]);
    },
  );
});
