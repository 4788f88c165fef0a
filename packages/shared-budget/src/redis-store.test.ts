import { expect, it } from 'vitest';
import { RedisAnswerError } from './redis-problem.ts';
import { grantOf } from './redis-store.ts';

it('takes an answer of the script', () => {
  expect(grantOf([2, 250, 3], 2)).toEqual({ granted: 2, askAgainMs: 250, members: 3 });
  expect(grantOf(['0', '0', '1'], 0)).toEqual({ granted: 0, askAgainMs: 0, members: 1 });
});

it.for<readonly [string, unknown]>([
  ['nothing', null],
  ['a text', 'PONG'],
  ['too little', [1, 0]],
  ['empty values', [null, null, null]],
  ['no numbers', ['x', 0, 1]],
  ['more tokens than were asked for', [3, 0, 1]],
  ['tokens without an end', ['Infinity', 0, 1]],
  ['less than no tokens', [-1, 0, 1]],
  ['a part of a token', [0.5, 0, 1]],
  ['no member', [0, 0, 0]],
  ['more members than there can be', [0, 0, 1e15]],
  ['a time in the past', [0, -1, 1]],
  ['no time', [0, 'NaN', 1]],
])('does not believe %s', ([, reply]) => {
  expect(() => grantOf(reply, 2)).toThrow(RedisAnswerError);
});
