import { describe, expect, it } from 'vitest';
import { LARGE_INPUTS, playLargeInput } from './large-input.ts';

const MB = 1024 * 1024;
/** A tenth of what `hostile.ts` gives. */
const SIZES = { bytes: 100 * MB, calls: 50_000, files: 10_000, sessions: 1_000, frames: 10_000 };
/** The most memory a daemon may have resident while it reads them, whatever they are, MB. */
const MOST_MB = 600;
/** Eight million values, which the gateway's client parses: half a minute of collecting garbage. */
const TOO_SLOW = new Set(['largest frame: nothing but {}']);

describe('an input larger than any there is takes bounded memory, and honest work is shown after it', () => {
  for (const input of LARGE_INPUTS.filter(({ name }) => !TOO_SLOW.has(name))) {
    it(`${input.name}: ${input.size(SIZES)}`, async ({ signal }) => {
      const { peakMb } = await playLargeInput(input, SIZES, signal);
      expect(peakMb).toBeLessThan(MOST_MB);
    });
  }
});
