import { expect, it } from 'vitest';
import { stateOf } from './observed-post.ts';

it.for([
  ['**[ACTIVE] main** | 38s', 'ACTIVE'],
  ['[DONE] main', 'DONE'],
  ['```\n[ERROR] main', 'ERROR'],
  ['Hello [ACTIVE]', undefined],
])('reads the state of %j', ([message, state]) => {
  expect(stateOf(message ?? '')).toBe(state);
});
