import { testHostileInput } from './testing/hostile-suite.ts';

/** A short run of what `hostile-input.long.test.ts` plays thousands of times. */
testHostileInput({
  files: { numRuns: 15 },
  frames: { numRuns: 15 },
  settings: { numRuns: 100 },
  words: { numRuns: 100 },
  ledgers: { numRuns: 50 },
  requests: { numRuns: 50 },
});
