import { describe, it } from 'vitest';
import { checkCutsOf, checkDisorderOf, RECORDINGS, WAITING_RECORDINGS } from './testing/frames-model.ts';

const CUTS_PER_RECORDING = { numRuns: 100, seed: 2026 };
const DISORDERS_PER_RECORDING = { numRuns: 20, seed: 2026 };

describe.each(WAITING_RECORDINGS)('connections that are lost and taken up again in %s', (name) => {
  it('says nothing false meanwhile, and shows the same in the end', () => {
    checkCutsOf(name, CUTS_PER_RECORDING);
  });
});

describe.each(RECORDINGS)('frames of %s that come twice, and messages that come late', (name) => {
  it('show the same', () => {
    checkDisorderOf(name, DISORDERS_PER_RECORDING);
  });
});
