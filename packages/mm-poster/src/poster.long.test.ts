import { describe, it } from 'vitest';
import { checkPosting } from './testing/posting-model.ts';

const RUN_TIMEOUT_MS = 900_000;

describe('whatever happens to servers, posts and processes, many times', () => {
  const { name, check } = checkPosting(10_000);

  it(`every box has one post, shows the last text in the end, and keeps the pace: ${name}`, check, RUN_TIMEOUT_MS);
});
