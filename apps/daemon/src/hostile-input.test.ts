import { hostileRequest } from '@live-status/simulators/hostile';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { hostileGateway, playFrames } from './testing/hostile-frames.ts';
import { AskedServer } from './testing/hostile-requests.ts';
import {
  hostileLedger,
  hostileSettings,
  hostileWords,
  readHostileSettings,
  readHostileWords,
  startOnLedger,
} from './testing/hostile-settings.ts';
import { hostileFiles, playFiles } from './testing/hostile-transcripts.ts';
import { hostileOptions } from './testing/hostile-world.ts';

/** A short run of what `hostile-input.long.test.ts` plays thousands of times. */
describe('hostile input does no harm, and honest work is shown after it', () => {
  it('in transcripts, catalogs and locks', async () => {
    await fc.assert(fc.asyncProperty(hostileFiles, hostileOptions, playFiles), { numRuns: 15 });
  });

  it('in frames of a gateway', async () => {
    await fc.assert(fc.asyncProperty(hostileGateway, hostileOptions, playFrames), {
      numRuns: 15,
    });
  });

  it('in the environment, openclaw.json and .env', async () => {
    await fc.assert(fc.asyncProperty(hostileSettings, readHostileSettings), { numRuns: 100 });
  });

  it('in files of labels, languages and rules', async () => {
    await fc.assert(fc.asyncProperty(hostileWords, readHostileWords), { numRuns: 100 });
  });

  it('in the ledger', async () => {
    await fc.assert(fc.asyncProperty(hostileLedger, hostileOptions, startOnLedger), {
      numRuns: 50,
    });
  });

  it('in requests to the health server', async () => {
    await using server = await AskedServer.open();
    await fc.assert(
      fc.asyncProperty(hostileRequest, (request) => server.expectHarmless(request)),
      { numRuns: 50 },
    );
  });
});
