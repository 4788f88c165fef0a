import { expect, it } from 'vitest';
import { compact, errorCode, isObject, numberOf, objectOf, textOf } from './index.ts';

it('leaves out what is undefined and nothing else', () => {
  expect(Object.entries(compact({ a: 1, b: undefined, c: null, d: false, e: '' }))).toEqual([
    ['a', 1],
    ['c', null],
    ['d', false],
    ['e', ''],
  ]);
});

it('gives the code of an error that has one', () => {
  expect(errorCode(Object.assign(new Error('gone'), { code: 'ENOENT' }))).toBe('ENOENT');
  for (const other of [
    new Error('plain'),
    Object.assign(new Error('odd'), { code: 7 }),
    { code: 'X' },
    null,
    'ENOENT',
  ]) {
    expect(errorCode(other)).toBeUndefined();
  }
});

it('tells the kinds of JSON values apart', () => {
  expect([{}, [], null, 'a', 1].map(isObject)).toEqual([true, false, false, false, false]);
  expect([objectOf({ a: 1 }), objectOf([])]).toEqual([{ a: 1 }, undefined]);
  expect([textOf(''), textOf(1)]).toEqual(['', undefined]);
  expect([numberOf(0), numberOf(Number.NaN), numberOf('1')]).toEqual([0, undefined, undefined]);
});
