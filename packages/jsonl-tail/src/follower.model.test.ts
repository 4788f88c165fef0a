import { describe, it } from 'vitest';
import { checkTail } from './testing/tail-model.ts';

describe('a follower and any sequence of file operations', () => {
  const { name, check } = checkTail(300);

  it(`holds exactly the lines the files hold: ${name}`, check, 60_000);
});
