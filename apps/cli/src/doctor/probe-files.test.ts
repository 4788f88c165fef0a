import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findWriteProblem } from '@live-status/instance-lock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findInstalledVersion, scanTranscripts } from './probe-files.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'live-status-probe-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A file with its time of change, seconds since the epoch. */
function write(path: string, changedAtS: number, content = ''): void {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
  utimesSync(file, changedAtS, changedAtS);
}

describe('scanTranscripts', () => {
  it('counts transcripts', () => {
    write('main/sessions/a.jsonl', 100);
    write('main/sessions/b.jsonl', 300);
    write('main/sessions/sessions.json', 900);
    write('main/sessions/c.jsonl.lock', 900);
    write('other/sessions/d.jsonl', 200);
    write('main/agent/openclaw-agent.sqlite', 50);
    expect(scanTranscripts(root)).toEqual({ directory: root, files: 3, unreadable: [] });
  });

  it('says what is wrong with the folder itself', () => {
    const directory = join(root, 'none');
    expect(scanTranscripts(directory)).toEqual({ directory, problem: 'ENOENT', files: 0, unreadable: [] });
    expect(scanTranscripts(root)).toEqual({ directory: root, files: 0, unreadable: [] });
  });
});

describe('findInstalledVersion', () => {
  it('reads the package that the command in PATH belongs to', () => {
    write('lib/openclaw/package.json', 1, '{ "name": "openclaw", "version": "2026.7.1" }');
    write('lib/openclaw/bin/openclaw.mjs', 1);
    mkdirSync(join(root, 'bin'));
    symlinkSync(join(root, 'lib/openclaw/bin/openclaw.mjs'), join(root, 'bin/openclaw'));
    expect(findInstalledVersion(`/nowhere:${join(root, 'bin')}`)).toBe('2026.7.1');
  });

  it('knows nothing of a command that is not there, or whose package is broken', () => {
    expect(findInstalledVersion(root)).toBeUndefined();
    write('openclaw', 1);
    write('package.json', 1, '{ broken');
    expect(findInstalledVersion(root)).toBeUndefined();
  });
});

describe('findWriteProblem', () => {
  it('tries what would be created, and leaves nothing of it', () => {
    write('file', 1);
    expect(findWriteProblem(join(root, 'a', 'b'))).toBeUndefined();
    expect(readdirSync(root)).toEqual(['file']);
    expect(findWriteProblem('/proc/live-status')).toBe('ENOENT');
    expect(findWriteProblem(join(root, 'file', 'b'))).toBe('ENOTDIR');
    expect(scanTranscripts(join(root, 'a')).problem).toBe('ENOENT');
  });
});
