import { expect, it } from 'vitest';
import {
  compact,
  errorCode,
  idOf,
  isObject,
  memberOf,
  numberOf,
  objectOf,
  printableLine,
  textOf,
  toId,
} from './index.ts';

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

it('makes one line of a text in which nothing controls a terminal', () => {
  const sequences = [
    '\u001b[31m',
    '\u001b[2J',
    '\u001b]0;title\u0007',
    '\u001b]8;;https://a.example\u001b\\',
    '\u009b2J',
    '\u001bc',
  ];
  const text = sequences.map((sequence) => printableLine(`a${sequence}b\r\nc\u2028`)).join('');
  expect(text).not.toMatch(/[\p{Cc}\u2028]/u);
  expect(printableLine('\u001b[1;31mred\u001b[0m\n next')).toBe('red  next');
  expect(printableLine('שלום – ok')).toBe('שלום – ok');
});

it('makes it in a time that grows with the text only', () => {
  const startedAt = performance.now();
  for (const start of ['\u001b]', '\u001b[', '\u001b]8;;', '\u009b1;']) printableLine(start.repeat(100_000));
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

it('asks tables for names from outside, and finds nothing that objects inherit', () => {
  const table = { done: 1 };
  expect(['done', 'constructor', '__proto__', 'toString', ''].map((name) => memberOf(table, name))).toEqual([
    ...[1, undefined, undefined, undefined, undefined],
  ]);
});

it('keeps ordinary ids, and replaces long ones and those with hidden characters, each always by the same', () => {
  const ordinary = ['call_1|fc_2', 'bc42fc22-1', 'a b', 'שלום', '@120', ''];
  expect(ordinary.map(toId)).toEqual(ordinary);
  expect([idOf('a'), idOf(1), idOf(null)]).toEqual(['a', undefined, undefined]);
  const long = 'x'.repeat(100_000);
  const odd = [long, `${long}y`, 'a\u001b]0;t\u0007', 'a\u202eb', 'a\nb', 'a\ud83d', '\u0000'];
  const ids = odd.map(toId);
  expect(ids.filter((id) => id.length > 64 || /[\p{C}\n]/u.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(odd.length);
  expect(odd.map(toId)).toEqual(ids);
  expect(ids.map(toId)).toEqual(ids);
});
