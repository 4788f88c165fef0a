import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findDaemonProgram } from './daemon-program.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-program-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('findDaemonProgram', () => {
  it('takes the daemon beside this program, run by the same Node', () => {
    const beside = join(directory, 'main.js');
    writeFileSync(beside, '');
    expect(findDaemonProgram({}, beside)).toEqual({ command: process.execPath, args: [beside, 'run'] });
  });

  it('takes the first in PATH that can be run when there is none beside it', () => {
    const command = join(directory, 'live-status-daemon');
    writeFileSync(command, '');
    const env = { PATH: `/nowhere:${directory}` };
    chmodSync(command, 0o644);
    expect(findDaemonProgram(env, '/none')).toBeUndefined();
    chmodSync(command, 0o755);
    expect(findDaemonProgram(env, '/none')).toEqual({ command, args: ['run'] });
    expect(findDaemonProgram({}, '/none')).toBeUndefined();
  });
});
