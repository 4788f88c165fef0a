import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removePidFile, writePidFile } from './pid-file.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-pid-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('writePidFile', () => {
  it('replaces a link instead of writing through it', () => {
    const victim = join(directory, 'victim');
    const path = join(directory, 'daemon.pid');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, path);
    expect(writePidFile(path, 42)).toBeUndefined();
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(readFileSync(path, 'utf8')).toBe('42\n');
  });

  it('says why it could not write and removes only its own file', () => {
    expect(writePidFile(join(directory, 'none', 'x.pid'), 42)).toContain('(ENOENT)');
    const path = join(directory, 'daemon.pid');
    writePidFile(path, 42);
    removePidFile(path, 43);
    expect(readFileSync(path, 'utf8')).toBe('42\n');
    removePidFile(path, 42);
    expect(readdirSync(directory)).toEqual([]);
  });
});
