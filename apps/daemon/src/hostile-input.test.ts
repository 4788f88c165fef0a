import fc from 'fast-check';
import { describe, it } from 'vitest';
import { hostileFiles, playFiles } from './testing/hostile-transcripts.ts';
import { hostileOptions } from './testing/hostile-world.ts';

/** A short run of what `hostile-input.long.test.ts` plays thousands of times. */
describe('hostile input does no harm, and honest work is shown after it', () => {
  it('in transcripts, catalogs and locks', async () => {
    await fc.assert(fc.asyncProperty(hostileFiles, hostileOptions, playFiles), { numRuns: 15 });
  });
});
