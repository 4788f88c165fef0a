import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readChangesets } from '@changesets/read';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPackages, repositoryRoot, type WorkspacePackage } from './repository.ts';

const WORDS = 'Words for those who use the parser.';
const BIN = join(repositoryRoot, 'node_modules/.bin/changeset');

/** `changeset version` on a copy of everything it reads, with one changeset more. */
describe('the next release', () => {
  const packages = readPackages(repositoryRoot);
  const published = packages.filter(({ manifest }) => !manifest.private);
  let copy = '';
  let summaries: readonly { readonly name: string; readonly words: string }[];

  beforeAll(async () => {
    copy = mkdtempSync(join(tmpdir(), 'live-status-release-'));
    const files = ['package.json', 'pnpm-workspace.yaml', ...packages.map(({ path }) => join(path, 'package.json'))];
    for (const file of files) {
      mkdirSync(join(copy, dirname(file)), { recursive: true });
      copyFileSync(join(repositoryRoot, file), join(copy, file));
    }
    writeFileSync(join(copy, 'pnpm-lock.yaml'), '');
    cpSync(join(repositoryRoot, '.changeset'), join(copy, '.changeset'), { recursive: true });
    writeFileSync(join(copy, '.changeset/test.md'), `---\n"@live-status/transcript-parser": minor\n---\n\n${WORDS}\n`);
    const changesets = await readChangesets(copy);
    summaries = changesets.flatMap(({ releases, summary }) =>
      releases.map(({ name }) => ({ name, words: summary.split('\n', 1)[0] ?? '' })),
    );
    const git = ['-c', 'user.name=nobody', '-c', 'user.email=nobody@example.com', '-c', 'commit.gpgsign=false'];
    for (const args of [
      ['init', '--quiet'],
      ['add', '--all'],
      [...git, 'commit', '--quiet', '--message=copy'],
    ]) {
      execFileSync('git', args, { cwd: copy });
    }
    execFileSync(BIN, ['version'], { cwd: copy, stdio: 'pipe' });
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  const changelog = ({ path }: Pick<WorkspacePackage, 'path'>): string => {
    const file = join(copy, path, 'CHANGELOG.md');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const versionIn = (dir: string): unknown => JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')).version;
  const after = ({ path }: WorkspacePackage): unknown => versionIn(join(copy, path));

  it('gives every published package the same new version, and private ones none', () => {
    const [version, ...others] = new Set(published.map((pkg) => after(pkg)));
    expect(others).toEqual([]);
    expect(version).not.toBe(versionIn(published[0]?.dir ?? ''));
    const unpublished = packages.filter(({ manifest }) => manifest.private);
    expect(unpublished.filter((pkg) => after(pkg) !== '0.0.0' || changelog(pkg) !== '')).toEqual([]);
    for (const pkg of published) expect(changelog(pkg)).toContain(`## ${version}`);
  });

  it('tells the users of each package what changed for them', () => {
    const missing = summaries.filter(({ name, words }) => {
      const pkg = published.find(({ manifest }) => manifest.name === name);
      return pkg === undefined || !changelog(pkg).includes(words);
    });
    expect(missing).toEqual([]);
    expect(summaries.map(({ words }) => words)).toContain(WORDS);
  });

  it('has changelogs for people: no hashes of commits, no lists of dependencies, no empty parts', () => {
    for (const pkg of published) {
      const [, ...parts] = changelog(pkg).split(/^### .*$/m);
      expect(changelog(pkg)).not.toMatch(/\b[0-9a-f]{7}:|Updated dependencies/);
      expect(parts.filter((part) => !part.includes('- '))).toEqual([]);
    }
  });

  it('packs what changed, too: npm takes a changelog only where it is named', () => {
    expect(published.filter(({ manifest }) => !manifest.files?.includes('CHANGELOG.md'))).toEqual([]);
  });

  it('has words of its own for a package that was never released', () => {
    const fresh = published.filter(({ dir }) => !existsSync(join(dir, 'CHANGELOG.md')));
    const described = new Set(summaries.filter(({ words }) => words !== WORDS).map(({ name }) => name));
    expect(fresh.map(({ manifest }) => manifest.name).filter((name) => !described.has(name))).toEqual([]);
  });
});
