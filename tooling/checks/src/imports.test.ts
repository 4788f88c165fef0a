import { expect, it } from 'vitest';
import { importsOf, packageOf } from './imports.ts';

it('names every module a source refers to once, however it does', () => {
  const source = `
    import a from 'a'; import type { B } from './b.ts'; import 'c'; import { a2 } from 'a';
    export * from 'd'; export { e } from 'e'; export type { F } from 'f';
    export const g = async <T,>(x: T): Promise<unknown> => import("g") satisfies Promise<unknown>;
    const text = "import 'not'";`;
  expect(importsOf('x.ts', source).sort()).toEqual(['./b.ts', 'a', 'c', 'd', 'e', 'f', 'g']);
});

it('refuses a source it cannot read', () => {
  expect(() => importsOf('x.ts', 'import {')).toThrow(/^x\.ts: /);
});

it('tells the package of a specifier', () => {
  expect(['a', 'a/b', '@s/a', '@s/a/b/c'].map(packageOf)).toEqual(['a', 'a', '@s/a', '@s/a']);
});
