import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findInstalledVersion } from './installed-version.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'live-status-version-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, content = ''): void {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
}

describe('findInstalledVersion', () => {
  it('reads the package that the command in PATH belongs to', () => {
    write('lib/openclaw/package.json', '{ "name": "openclaw", "version": "2026.7.1" }');
    write('lib/openclaw/bin/openclaw.mjs');
    mkdirSync(join(root, 'bin'));
    symlinkSync(join(root, 'lib/openclaw/bin/openclaw.mjs'), join(root, 'bin/openclaw'));
    expect(findInstalledVersion(`/nowhere:${join(root, 'bin')}`)).toBe('2026.7.1');
  });

  it('knows nothing of a command that is not there, or whose package is broken', () => {
    expect(findInstalledVersion(root)).toBeUndefined();
    write('openclaw');
    write('package.json', '{ broken');
    expect(findInstalledVersion(root)).toBeUndefined();
  });
});
