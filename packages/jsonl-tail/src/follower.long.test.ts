import { describe, it } from 'vitest';
import { checkTail } from './testing/tail-model.ts';

const RUN_TIMEOUT_MS = 900_000;

describe('a follower and any sequence of file operations, many times', () => {
  const { name, check } = checkTail(10_000);

  it(`holds exactly the lines the files hold: ${name}`, check, RUN_TIMEOUT_MS);
});
