import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findChangesetProblems } from './check-changesets.ts';

describe('findChangesetProblems', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'live-status-changesets-'));
    mkdirSync(join(root, '.changeset'));
    mkdirSync(join(root, 'packages/tail'), { recursive: true });
    writeFileSync(join(root, 'package.json'), '{ "name": "root", "private": true }');
    writeFileSync(join(root, 'pnpm-workspace.yaml'), 'packages: [packages/*]\n');
    writeFileSync(join(root, 'pnpm-lock.yaml'), '');
    writeFileSync(join(root, 'packages/tail/package.json'), '{ "name": "@live-status/tail", "version": "0.0.0" }');
    configure({ fixed: [['@live-status/*']] });
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const configure = (config: object) => writeFileSync(join(root, '.changeset/config.json'), JSON.stringify(config));
  const describeChange = (name: string, summary: string) =>
    writeFileSync(join(root, '.changeset/brave-cat.md'), `---\n"${name}": minor\n---\n\n${summary}\n`);

  it('finds nothing in a valid configuration and changeset', async () => {
    describeChange('@live-status/tail', 'Follows files.');
    expect(await findChangesetProblems(root)).toEqual([]);
  });

  it('finds a configuration that names no package', async () => {
    configure({ fixed: [['@live-status/absent']] });
    expect(await findChangesetProblems(root)).toEqual([expect.stringContaining('@live-status/absent')]);
  });

  it('finds an unknown package and a missing description', async () => {
    describeChange('@live-status/absent', '');
    expect(await findChangesetProblems(root)).toEqual([
      '.changeset/brave-cat.md: says nothing',
      '.changeset/brave-cat.md: names @live-status/absent, which is not a package here',
    ]);
  });
});
