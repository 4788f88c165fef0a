import { expect, it } from 'vitest';
import { checkRedis } from './redis.ts';

it('says how many daemons share, where there are several', () => {
  expect(checkRedis({ ok: true, members: 1 })).toMatchObject({ state: 'ok', found: 'answers' });
  expect(checkRedis({ ok: true, members: 3 }).found).toBe('answers; 3 daemons share MAX_UPDATES_PER_S');
});

it('warns where Redis cannot be used, because posting goes on', () => {
  const problem = { what: 'Redis refuses the password (WRONGPASS)', fix: 'Correct it' };
  expect(checkRedis({ ok: false, problem })).toMatchObject({
    state: 'warn',
    found: 'Redis refuses the password (WRONGPASS): each daemon keeps to an equal share',
    fix: 'Correct it',
  });
});
