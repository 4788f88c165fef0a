import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundleProgram } from './bundle-program.ts';
import { LICENCES_FILE } from './licences.ts';

describe('bundleProgram', () => {
  let root = '';
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'live-status-bundle-')));
    write('package.json', '{"type":"module"}');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }

  function install(name: string, manifest: object, code: string): void {
    write(
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, version: '1.2.3', main: 'main.js', ...manifest }),
    );
    write(`node_modules/${name}/main.js`, code);
  }

  const run = (): string => execFileSync(process.execPath, [join(root, 'dist/main.js')], { encoding: 'utf8' });

  it('makes a program that needs nothing else, and keeps licences of what is in it', async () => {
    install('used', { license: 'MIT' }, 'exports.used = () => "used";');
    write('node_modules/used/LICENSE', 'Copyright of used\n');
    install('@scope/loaded', { license: 'ISC', homepage: 'https://example.com/loaded' }, 'exports.loaded = "loaded";');
    install('unused', { license: 'GPL-3.0' }, 'exports.unused = "unused";');
    write(
      'src/main.ts',
      "#!/usr/bin/env node\nimport { used } from 'used';\nvoid import('./part.ts').then(({ part }) => console.log(used(), part));\n",
    );
    write('src/part.ts', "import { loaded } from '@scope/loaded';\nexport const part: string = loaded;\n");
    await bundleProgram(root);
    rmSync(join(root, 'node_modules'), { recursive: true });
    rmSync(join(root, 'src'), { recursive: true });
    expect(run()).toBe('used loaded\n');
    const licences = readFileSync(join(root, 'dist', LICENCES_FILE), 'utf8');
    expect(licences).toMatch(/@scope\/loaded 1\.2\.3 \(ISC\)[\s\S]*https:\/\/example\.com\/loaded/);
    expect(licences).toMatch(/used 1\.2\.3 \(MIT\)\n\nCopyright of used\n/);
    expect(licences).not.toContain('unused');
    const bill = readFileSync(join(root, 'dist/bom.json'), 'utf8');
    const { bomFormat, components } = JSON.parse(bill);
    expect(bomFormat).toBe('CycloneDX');
    expect(components.map(({ purl }: { readonly purl: string }) => purl).sort()).toEqual([
      'pkg:npm/%40scope/loaded@1.2.3',
      'pkg:npm/used@1.2.3',
    ]);
    expect(bill).not.toContain(root);
  });

  it.each([
    ['MIT', { author: 'A. Person' }, /Copyright \(c\) A\. Person\n\nPermission is hereby granted, free of charge/],
    ['MIT', { author: { name: 'A. Team' } }, /Copyright \(c\) A\. Team/],
    ['Apache-2.0', {}, /Copyright \(c\) the authors of used[\s\S]*Apache License\s+Version 2\.0[\s\S]*Redistribution/],
  ])('adds the text of %s for a package that has no licence file (%o)', async (license, more, text) => {
    install('used', { license, ...more }, 'exports.used = () => "used";');
    write('src/main.ts', "import { used } from 'used';\nconsole.log(used());\n");
    await bundleProgram(root);
    const licences = readFileSync(join(root, 'dist', LICENCES_FILE), 'utf8');
    expect(licences).toContain(`used 1.2.3 (${license})`);
    expect(licences).toMatch(text);
  });

  it('loads a part only where the program asks for it', async () => {
    write('src/main.ts', "console.log('main');\nif (process.argv.length > 9) void import('./part.ts');\n");
    write('src/part.ts', "console.log('part');\nexport {};\n");
    await bundleProgram(root);
    expect(run()).toBe('main\n');
    expect(readFileSync(join(root, 'dist/part.js'), 'utf8')).toContain('part');
  });

  it('does not call the getters of the modules of Node', async () => {
    write(
      'src/main.ts',
      "import { request } from 'node:http';\nconsole.log(typeof request, process.moduleLoadList.some((name) => name.includes('undici')));\n",
    );
    await bundleProgram(root);
    expect(run()).toBe('function false\n');
  });

  it('keeps paths that start from the source, and refuses those that would be others', async () => {
    write('page.css', 'a page');
    write('src/main.ts', "import { page } from './page.ts';\nconsole.log(page);\n");
    const page =
      "import { readFileSync } from 'node:fs';\nexport const page: string = readFileSync(new URL('../page.css', import.meta.url), 'utf8');\n";
    write('src/page.ts', page);
    await bundleProgram(root);
    expect(run()).toBe('a page\n');
    write('src/main.ts', "import { page } from './live/page.ts';\nconsole.log(page);\n");
    write('src/live/page.ts', page.replace('../', '../../'));
    await expect(bundleProgram(root)).rejects.toThrow(/src\/live\/page\.ts uses import\.meta/);
  });

  it.each([
    ['a package that is not installed', "import 'missing';", /missing/],
    ['top-level await', 'await Promise.resolve();', /await/],
  ])('fails on %s', async (_, code, message) => {
    write('src/main.ts', `${code}\nexport {};\n`);
    await expect(bundleProgram(root)).rejects.toThrow(message);
  });

  it('fails on a package that names no licence', async () => {
    install('used', {}, 'exports.used = 1;');
    write('src/main.ts', "import { used } from 'used';\nconsole.log(used);\n");
    await expect(bundleProgram(root)).rejects.toThrow('used 1.2.3 names no licence in its package.json');
  });

  it('writes characters beyond Latin-1 as escapes', async () => {
    write('src/main.ts', "const text = '😀 → ü';\nconsole.log(text, /^[😀→]/u.test(text), `…`);\n");
    await bundleProgram(root);
    expect(run()).toBe('😀 → ü true …\n');
    expect(readFileSync(join(root, 'dist/main.js'), 'utf8')).toMatch(/^[\0-\xff]*$/);
  });

  it('leaves nothing of an earlier build', async () => {
    write('dist/old.js', '');
    write('src/main.ts', 'console.log(1);\n');
    await bundleProgram(root);
    expect(existsSync(join(root, 'dist/old.js'))).toBe(false);
  });
});
