import { parseScenarioId } from '@live-status/fixtures';
import { expect, it } from 'vitest';
import { judgeRun } from './judged-run.ts';

/** OpenClaw tries again for half a minute. */
it('2026.3.28/error-late-500 in real time: posts as written down', async () => {
  const { problems } = await judgeRun(parseScenarioId('2026.3.28/error-late-500'));
  expect(problems).toEqual([]);
});
