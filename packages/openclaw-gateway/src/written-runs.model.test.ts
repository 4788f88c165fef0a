import { describe, it } from 'vitest';
import { checkWrittenRuns } from './testing/frames-model.ts';

describe('runs of any kind, over connections that are lost, with frames that come twice or late', () => {
  const { name, check } = checkWrittenRuns(200, 2026);

  it(`show the same as undisturbed, and end as they ended: ${name}`, check, 60_000);
});
