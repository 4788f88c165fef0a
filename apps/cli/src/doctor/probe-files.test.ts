import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findWriteProblem } from '@live-status/instance-lock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scanTranscripts } from './probe-files.ts';

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

describe('findWriteProblem', () => {
  it('tries what would be created, and leaves nothing of it', () => {
    write('file', 1);
    expect(findWriteProblem(join(root, 'a', 'b'))).toBeUndefined();
    expect(readdirSync(root)).toEqual(['file']);
    if (process.platform === 'linux') expect(findWriteProblem('/proc/live-status')).toBe('ENOENT');
    expect(findWriteProblem(join(root, 'file', 'b'))).toBe('ENOTDIR');
    expect(scanTranscripts(join(root, 'a')).problem).toBe('ENOENT');
  });
});
