import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findLayerProblems } from './check-layers.ts';
import { type Layer, layers } from './layers.ts';

const table: Record<string, Layer> = {
  'packages/pure': { packages: [], libraries: [], pure: true },
  'packages/tail': { packages: ['pure'], libraries: ['chokidar'] },
  'apps/daemon': { packages: 'any', libraries: 'any' },
  'apps/demo': { packages: 'any', libraries: 'any', tooling: ['stage'] },
};

describe('findLayerProblems', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'live-status-layers-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }

  function plant(path: string, source: string, manifest: object = {}): string[] {
    write(`${path}/package.json`, JSON.stringify({ name: `@live-status/${path.split('/')[1]}`, ...manifest }));
    write(`${path}/src/index.ts`, source);
    return findLayerProblems(root, table);
  }

  it('finds nothing in packages that keep to the table', () => {
    plant('packages/pure', `import { a } from './a.ts';\nexport const b: number = a;`);
    const manifest = { dependencies: { '@live-status/pure': 'workspace:*', chokidar: 'catalog:' } };
    const source = `import type { A } from '@live-status/pure/part';\nimport { open } from 'node:fs/promises';\nawait import('chokidar');`;
    expect(plant('packages/tail', source, manifest)).toEqual([]);
  });

  it.for([
    [
      'a node module in a pure package',
      'packages/pure',
      `import 'node:fs';`,
      'imports node:fs, but the package is pure',
    ],
    ['a node module without its prefix', 'packages/pure', `import 'fs';`, 'imports fs, but the package is pure'],
    [
      'a package outside its row',
      'packages/pure',
      `export * from '@live-status/tail';`,
      'may not import @live-status/tail',
    ],
    [
      'a type of a package outside its row',
      'packages/pure',
      `import type { A } from '@live-status/tail';`,
      'may not import @live-status/tail',
    ],
    ['a library outside its row', 'packages/tail', `export { a } from 'lodash/a';`, 'may not import lodash'],
    ['a dynamic import', 'packages/tail', `await import('lodash');`, 'may not import lodash'],
    [
      'an undeclared dependency',
      'packages/tail',
      `import 'chokidar';`,
      'imports chokidar, which its package.json does not declare',
    ],
    ['a file of another package', 'packages/tail', `import '../../pure/src/index.ts';`, 'a file outside its package'],
    ['an app', 'apps/daemon', `import '@live-status/cli';`, 'may not import @live-status/cli'],
    ['tooling', 'apps/daemon', `import '@live-status/simulators';`, 'may not import @live-status/simulators'],
  ] as const)('finds an import of %s', ([, path, source, problem]) => {
    expect(plant(path, source)).toEqual([expect.stringContaining(problem)]);
  });

  it('finds a dependency outside the row that no source imports', () => {
    expect(plant('packages/pure', '', { dependencies: { '@live-status/simulators': 'workspace:*' } })).toEqual([
      'packages/pure/package.json: may not depend on @live-status/simulators',
    ]);
  });

  it('finds a published package that needs a private one', () => {
    plant('packages/pure', '', { private: true });
    expect(plant('packages/tail', '', { dependencies: { '@live-status/pure': 'workspace:*' } })).toEqual([
      expect.stringContaining('nobody could install it: its dependency @live-status/pure is private'),
    ]);
  });

  it('lets a private app use the tooling of its row, and no other', () => {
    const source = `import '@live-status/stage';\nimport '@live-status/replay';`;
    const dependencies = { '@live-status/stage': 'workspace:*' };
    expect(plant('apps/demo', source, { private: true, dependencies })).toEqual([
      expect.stringContaining('may not import @live-status/replay'),
    ]);
    expect(plant('apps/demo', '', { dependencies })).toEqual(['apps/demo: uses tooling, so it must be private']);
  });

  it('asks for a row for a new package', () => {
    expect(plant('packages/new', '')).toEqual([expect.stringContaining('packages/new: has no row')]);
  });

  it('leaves tests and tooling free', () => {
    write('packages/pure/src/a.test.ts', `import 'node:fs';\nimport '@live-status/simulators';`);
    plant('tooling/simulators', `import '@live-status/daemon';`);
    expect(plant('packages/pure', '')).toEqual([]);
  });
});

it('names only packages that have a row themselves', () => {
  const named = Object.values(layers).flatMap(({ packages }) => (packages === 'any' ? [] : packages));
  expect(Object.keys(layers)).toEqual(expect.arrayContaining(named.map((name) => `packages/${name}`)));
});
