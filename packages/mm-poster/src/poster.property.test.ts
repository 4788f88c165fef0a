import { describe, it } from 'vitest';
import { checkPosting } from './testing/posting-model.ts';

describe('whatever happens to servers, posts and processes', () => {
  // Always the same plays: the long test has others each time.
  const { name, check } = checkPosting(300, 2026);

  it(`every box has one post, shows the last text in the end, and keeps the pace: ${name}`, check, 60_000);
});
