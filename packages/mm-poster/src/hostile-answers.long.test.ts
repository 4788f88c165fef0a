import { modelSize } from '@live-status/resilience/testing';
import { hostileAnswer } from '@live-status/simulators/hostile';
import fc from 'fast-check';
import { it } from 'vitest';
import { HostileServer } from './testing/hostile-server.ts';

/** Seven requests each. */
const size = modelSize(2_000);

it(`whatever a server answers is a value, or one line of an error for people (${size.name})`, {
  timeout: 600_000,
}, async () => {
  await using server = await HostileServer.open();
  await fc.assert(
    fc.asyncProperty(hostileAnswer, (answer) => server.expectHarmless(answer)),
    size,
  );
});
