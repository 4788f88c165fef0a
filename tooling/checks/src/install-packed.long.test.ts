import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withArchives } from './check-packed.ts';
import { findInstallProblems, fromArchive } from './install-packed.ts';

describe('findInstallProblems', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'live-status-install-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function makePackage(name: string, files: Readonly<Record<string, string>>, fields: object = {}): void {
    const dir = join(root, 'packages', name);
    mkdirSync(dir, { recursive: true });
    const manifest = { name: `@test/${name}`, version: '1.2.3', type: 'module', exports: { '.': './index.js' } };
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ ...manifest, ...fields }));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(dir, file), text);
  }

  const findProblems = (): Promise<string[]> =>
    withArchives(root, (archives, folder) =>
      findInstallProblems(archives.map(fromArchive), {
        folder,
        node: process.execPath,
        signal: AbortSignal.timeout(60_000),
      }),
    );

  it('finds nothing in packages that bring all they need', async () => {
    const program = "#!/usr/bin/env node\nconsole.log(process.argv[2] === '--version' ? '1.2.3' : 'help');\n";
    const good = "export { one } from '@test/base';\n";
    makePackage(
      'base',
      { 'index.js': 'export const one = 1;\n', 'index.d.ts': 'export declare const one: number;\n' },
      { exports: { '.': { types: './index.d.ts', default: './index.js' } } },
    );
    makePackage(
      'program',
      { 'index.js': good, 'index.d.ts': good, 'main.js': program },
      {
        bin: { 'a-program': './main.js' },
        dependencies: { '@test/base': '1.2.3' },
        exports: { '.': { types: './index.d.ts', default: './index.js' } },
      },
    );
    expect(await findProblems()).toEqual([]);
  });

  it('finds what is not packed, not declared, not exported, not for this Node, and a program or example that fails', async () => {
    const good = 'export const one = 1;\n';
    makePackage('undeclared', { 'index.js': "import 'nowhere-to-be-found';\n" });
    makePackage('unpacked', { 'index.js': "export * from './other.js';\n", 'other.js': good }, { files: ['index.js'] });
    makePackage('empty', { 'index.js': '' });
    makePackage('future', { 'index.js': good }, { engines: { node: '>=99' } });
    makePackage('liar', { 'index.js': good, 'main.js': "console.log('0.0.1');\n" }, { bin: { liar: './main.js' } });
    makePackage(
      'untyped',
      { 'index.js': good, 'index.d.ts': "export * from './missing.js';\nexport declare const one: Missing;\n" },
      { exports: { '.': { types: './index.d.ts', default: './index.js' } } },
    );
    makePackage('example', { 'index.js': good, 'README.md': '```ts\nthrow new Error("of the example");\n```\n' });
    const problems = await findProblems();
    const of = (name: string): string | undefined => problems.find((text) => text.startsWith(`packages/${name}: `));
    expect(of('undeclared')).toMatch(/import @test\/undeclared .*[\s\S]*nowhere-to-be-found/);
    expect(of('unpacked')).toMatch(/other\.js/);
    expect(of('empty')).toMatch(/exports nothing/);
    expect(of('future')).toMatch(/npm install .*[\s\S]*EBADENGINE/);
    expect(of('liar')).toMatch(/liar --version says 0\.0\.1/);
    expect(of('untyped')).toMatch(/types of @test\/untyped .*[\s\S]*Missing/);
    expect(of('example')).toMatch(/README example-1\.ts .*[\s\S]*of the example/);
  });
});
