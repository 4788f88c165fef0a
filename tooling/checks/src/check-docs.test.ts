import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findDocumentProblems } from './check-docs.ts';

const README = '# Tail\n\nFollows files.\n\n```ts\nexport {};\n```\n\n## What it is not for\n\nTables.\n';

describe('findDocumentProblems', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'live-status-docs-'));
    execFileSync('git', ['init', '-q', root]);
    write('package.json', JSON.stringify({ scripts: { start: 'node start.mjs', check: 'x' } }));
    write('packages/tail/package.json', '{}');
    write('packages/tail/README.md', README);
    write('README.md', '# Project\n');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }

  function problemsWith(path: string, text: string): string[] {
    write(path, text);
    return findDocumentProblems(root);
  }

  it('finds nothing in documents that are as they should be', () => {
    write('apps/daemon/src/main.ts', '');
    const text =
      '# Project\n\n## How it works!\n\n[here](#how-it-works), [tail](packages/tail/README.md#what-it-is-not-for), [web](https://example.org)\n\n';
    const commands = '```sh\n$ npm start\nnpm run check\nnode apps/daemon/dist/main.js run\n```\n';
    expect(problemsWith('README.md', text + commands)).toEqual([]);
  });

  it('finds tests that a document names and nobody wrote', () => {
    write('packages/tail/src/tail.test.ts', "it('follows a file', f);\nit.each(some)('reads %i lines at once', f);\n");
    const named =
      '`tail/src/tail.test.ts`: *follows a file*, *reads … lines at once*, *follows…*; `tail.test.ts`, one of `.test.ts`';
    const gone =
      '`tail.test.ts`: *follows a file*, *follows two files*; `other.test.ts` and `src/none.test.ts`: *none*';
    expect(problemsWith('docs/architecture.md', named)).toEqual([]);
    expect(problemsWith('docs/architecture.md', gone)).toEqual([
      'docs/architecture.md: there is no test "follows two files" in tail.test.ts',
      'docs/architecture.md: there is no test "of any name" in other.test.ts',
      'docs/architecture.md: there is no test "none" in src/none.test.ts',
    ]);
    rmSync(join(root, 'docs/architecture.md'));
    expect(problemsWith('docs/other.md', gone)).toEqual([]);
  });

  it.for([
    ['a missing README', 'packages/new/package.json', '{}', 'packages/new/README.md: is missing'],
    [
      'a README without a title',
      'packages/tail/README.md',
      README.slice(8),
      'packages/tail/README.md: starts without a title',
    ],
    [
      'a README without an example',
      'packages/tail/README.md',
      README.replace('```ts', '```'),
      'packages/tail/README.md: has no ```ts example',
    ],
    [
      'a README without its limits',
      'packages/tail/README.md',
      README.replace('not for', 'for'),
      'packages/tail/README.md: has no section "What it is not for"',
    ],
    ['a link to a missing file', 'docs/a.md', '[b](b.md)', 'docs/a.md: the link b.md leads nowhere'],
    ['a link out of the checkout', 'docs/a.md', '[b](../..)', 'docs/a.md: the link ../.. leads nowhere'],
    [
      'a link to a missing heading',
      'docs/a.md',
      '[b](../README.md#b)',
      'docs/a.md: the link ../README.md#b leads nowhere',
    ],
    [
      'a missing npm script',
      'README.md',
      '# P\n\n```sh\nnpm run absent # x\n```',
      'README.md: the command "npm run absent # x" does not exist',
    ],
    [
      'a missing program',
      'README.md',
      '# P\n\n```sh\n./install.sh\n```',
      'README.md: the command "./install.sh" does not exist',
    ],
    [
      'a path of one machine',
      'src/a.ts',
      '\nopen("/builds/main");',
      'src/a.ts:2: says "/builds/", which means nothing outside one machine',
    ],
    [
      'a registry',
      'docs/a.md',
      'from registry.npmjs.org',
      'docs/a.md:1: says "registry.npmjs", which means nothing outside one machine',
    ],
  ] as const)('finds %s', ([, path, text, problem]) => {
    expect(problemsWith(path, text)).toEqual([problem]);
  });

  it('leaves files alone that git ignores', () => {
    write('.gitignore', 'dist/\n');
    expect(problemsWith('dist/a.md', '[b](b.md) /builds/')).toEqual([]);
  });
});
