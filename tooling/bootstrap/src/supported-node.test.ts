import { expect, it } from 'vitest';
import { satisfies } from './supported-node.mjs';

const RANGE = '^22.22 || ^24 || >=26';

it.for([
  ['20.20.2', false],
  ['22.21.9', false],
  ['22.22.0', true],
  ['22.23.3', true],
  ['23.11.0', false],
  ['24.0.0', true],
  ['25.9.0', false],
  ['26.0.0', true],
  ['31.1.0', true],
] as const)('tells whether Node %s lies in the range of this project', ([version, supported]) => {
  expect(satisfies(version, RANGE)).toBe(supported);
});

it('refuses a range it cannot read', () => {
  expect(() => satisfies('24.0.0', '~24.1')).toThrow(RangeError);
});
