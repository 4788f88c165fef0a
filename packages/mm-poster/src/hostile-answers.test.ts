import { hostileAnswer } from '@live-status/simulators/hostile';
import fc from 'fast-check';
import { it } from 'vitest';
import { HostileServer } from './testing/hostile-server.ts';

/** A short run of what `hostile-answers.long.test.ts` plays thousands of times. */
it('whatever a server answers is a value, or one line of an error for people', async () => {
  await using server = await HostileServer.open();
  await fc.assert(
    fc.asyncProperty(hostileAnswer, (answer) => server.expectHarmless(answer)),
    { numRuns: 60 },
  );
});
