import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PublishedManifest } from './local-registry.ts';
import { findPublishedProblems } from './published-packages.ts';

const NAME = '@live-status/one';
const VERSION = '1.2.0';
const RULE = '-'.repeat(80);

/** A library as it should be. */
const MANIFEST = {
  name: NAME,
  version: VERSION,
  license: 'MIT',
  description: 'One.',
  engines: { node: '>=22' },
  files: ['dist'],
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
  dependencies: { '@live-status/two': VERSION, chokidar: '6.0.0' },
};
const FILES: Readonly<Record<string, string>> = {
  'README.md': 'One',
  LICENSE: 'MIT',
  'CHANGELOG.md': `# ${NAME}\n\n## ${VERSION}\n\n### Minor Changes\n\n- First.\n`,
  'dist/index.js': 'export const one = 1;\n',
  'dist/index.d.ts': 'export declare const one: number;\n',
};

/** What makes a program of it. */
const PROGRAM = { bin: { one: './dist/main.js' }, exports: undefined, dependencies: {} };
const PROGRAM_FILES = {
  'dist/main.js': '',
  'dist/THIRD-PARTY-LICENSES.txt': `${RULE}\n@a/used 2.0.0 (MIT)\n\ntext\n`,
  'dist/bom.json': bill({ name: 'used', group: '@a', version: '2.0.0' }),
};

function bill(component: object, version: string = VERSION): string {
  const metadata = { component: { group: '@live-status', name: 'one', version } };
  return JSON.stringify({ bomFormat: 'CycloneDX', metadata, components: [component] });
}

describe('findPublishedProblems', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'live-status-published-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Packs files and looks at them as if they came from a registry. `undefined` in place of a text: no such file. */
  function find(
    fields: object = {},
    changed: Readonly<Record<string, string | undefined>> = {},
    { latest = VERSION, integrity }: { readonly latest?: string; readonly integrity?: string } = {},
  ): Promise<string[]> {
    const manifest = { ...MANIFEST, ...fields };
    const files = { ...FILES, 'package.json': JSON.stringify(manifest), ...changed };
    for (const [file, text] of Object.entries(files)) {
      if (text === undefined) continue;
      const path = join(folder, 'package', file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    execFileSync('tar', ['-czf', 'packed.tgz', 'package'], { cwd: folder });
    const bytes = readFileSync(join(folder, 'packed.tgz'));
    const dist = {
      tarball: `data:application/gzip;base64,${bytes.toString('base64')}`,
      integrity: integrity ?? `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
    };
    const published = { ...manifest, dist } as unknown as PublishedManifest;
    const described = { 'dist-tags': { latest }, versions: { [VERSION]: published } };
    return findPublishedProblems([{ kind: 'packages', path: 'packages/one', dir: folder, manifest: { name: NAME } }], {
      registry: { describe: async () => described },
      version: VERSION,
      folder: join(folder, 'unpacked'),
      forbidden: ['/home/builder'],
      signal: AbortSignal.timeout(20_000),
    });
  }

  it('finds nothing in a library and in a program as they should be', async () => {
    expect(await find()).toEqual([]);
    expect(await find(PROGRAM, PROGRAM_FILES)).toEqual([]);
  });

  it.for([
    [
      'a range of the workspace',
      { dependencies: { '@live-status/two': 'workspace:*' } },
      /has @live-status\/two as work/,
    ],
    ['a catalog', { devDependencies: { vite: 'catalog:' } }, /devDependencies has vite as catalog:/],
    [
      'another version of ours',
      { dependencies: { '@live-status/two': '1.1.0' } },
      /needs @live-status\/two 1\.1\.0 inst/,
    ],
    [
      'a range of ours',
      { peerDependencies: { '@live-status/two': `^${VERSION}` } },
      /needs @live-status\/two \^1\.2\.0/,
    ],
    ['a script at installation', { scripts: { postinstall: 'node x.js' } }, /runs a script at postinstall/],
    ['no licence', { license: undefined }, /has no license/],
    ['another licence', { license: 'GPL-3.0-only' }, /has the licence GPL-3\.0-only/],
    ['an entry that is not there', { exports: { '.': './dist/other.js' } }, /names dist\/other\.js, which it does not/],
    ['a program that is not there', { bin: { one: './dist/main.js' } }, /names dist\/main\.js/],
    ['a program without licences', { bin: { one: './dist/main.js' } }, /lacks dist\/THIRD-PARTY-LICENSES\.txt/],
  ] as const)('finds %s', async ([, fields, problem]) => {
    expect((await find(fields)).join('\n')).toMatch(problem);
  });

  it.for([
    ['no README', { 'README.md': undefined }, /lacks README\.md/],
    ['no licence', { LICENSE: undefined }, /lacks LICENSE/],
    ['a test', { 'dist/index.test.js': '' }, /should not hold dist\/index\.test\.js/],
    ['a file of no use', { 'notes.txt': '' }, /should not hold notes\.txt/],
    ['settings of somebody', { 'dist/.env': 'MM_TOKEN=x' }, /should not hold dist\/\.env/],
    ['a path of this machine', { 'dist/index.js': '// /home/builder/x' }, /dist\/index\.js holds \/home\/builder/],
    ['a changelog without the version', { 'CHANGELOG.md': '## 1.1.0\n' }, /says nothing about 1\.2\.0/],
    ['commits in the changelog', { 'CHANGELOG.md': `## ${VERSION}\n- 0a1b2c3: x\n` }, /lines that only tools read/],
  ] as const)('finds %s', async ([, files, problem]) => {
    expect((await find({}, files)).join('\n')).toMatch(problem);
  });

  it.for([
    ['a dependency', { dependencies: { used: '1.0.0' } }, {}, /needs used, though programs are bundled/],
    [
      'a package without a licence',
      {},
      { 'dist/bom.json': bill({ name: 'b', version: '1.0.0' }) },
      /not list @a\/used/,
    ],
    ['a list of another version', {}, { 'dist/bom.json': bill({}, '1.1.0') }, /calls itself @live-status\/one 1\.1\.0/],
  ] as const)('finds %s in a program', async ([, fields, files, problem]) => {
    expect((await find({ ...PROGRAM, ...fields }, { ...PROGRAM_FILES, ...files })).join('\n')).toMatch(problem);
  });

  it('finds a version that is not the latest, and refuses an archive that is not the published one', async () => {
    expect(await find({}, {}, { latest: '1.1.0' })).toEqual([`${NAME}: latest is 1.1.0 instead of ${VERSION}`]);
    await expect(find({}, {}, { integrity: 'sha512-other' })).rejects.toThrow(
      /has the hash sha512-.* instead of sha512-other/,
    );
  });
});
