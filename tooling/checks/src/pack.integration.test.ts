import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repositoryRoot } from './repository.ts';

const PACK = join(repositoryRoot, 'tooling', 'checks', 'src', 'pack.ts');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'live-status-pack-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function pack(...args: readonly string[]): {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
} {
  const env = { ...process.env, INIT_CWD: folder };
  const { status, stdout, stderr } = spawnSync(process.execPath, [PACK, ...args], { env, encoding: 'utf8' });
  return { exitCode: status, out: stdout, err: stderr };
}

describe('npm run pack', () => {
  it('packs a library with what it needs, itself last, and prints how to install them', () => {
    const { exitCode, out, err } = pack('session-state');
    expect(exitCode, err).toBe(0);
    expect(out).toBe('npm install ./packed/packages-redaction.tgz ./packed/packages-session-state.tgz\n');
    expect(readdirSync(join(folder, 'packed')).sort()).toEqual([
      'packages-redaction.tgz',
      'packages-session-state.tgz',
    ]);
  });

  it('packs into the folder that is named', () => {
    expect(pack('basics', 'here').out).toBe('npm install ./here/packages-basics.tgz\n');
  });

  it.for([[], ['nothing']])('names the libraries for %j', (args) => {
    const { exitCode, err } = pack(...args);
    expect(exitCode).toBe(2);
    expect(err).toMatch(/Usage: npm run pack[\s\S]*Names: .*mm-poster/);
  });
});
