import { modelSize } from '@live-status/resilience/testing';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { hostileFiles, LINES_A_RUN, playFiles } from './testing/hostile-transcripts.ts';
import { hostileOptions } from './testing/hostile-world.ts';

/** Inputs of each kind: lines, frames, requests. */
const INPUTS = 10_000;

describe('hostile input does no harm, and honest work is shown after it', () => {
  const files = modelSize(Math.ceil(INPUTS / LINES_A_RUN));
  it(`in transcripts, catalogs and locks (${files.name})`, { timeout: 600_000 }, async () => {
    await fc.assert(fc.asyncProperty(hostileFiles, hostileOptions, playFiles), files);
  });
});
