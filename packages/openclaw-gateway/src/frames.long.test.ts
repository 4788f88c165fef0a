import { describe, it } from 'vitest';
import { checkAllRecordings, checkWrittenRuns } from './testing/frames-model.ts';

const RUN_TIMEOUT_MS = 900_000;

describe('frames over connections that are lost, that come twice or late, many times', () => {
  const written = checkWrittenRuns(10_000);
  const recorded = checkAllRecordings(10_000);

  it(`of written runs show the same as undisturbed: ${written.name}`, written.check, RUN_TIMEOUT_MS);

  it(`of recordings show the same as undisturbed: ${recorded.name}`, recorded.check, RUN_TIMEOUT_MS);
});
