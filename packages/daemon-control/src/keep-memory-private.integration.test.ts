import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MODULE = new URL('./keep-memory-private.ts', import.meta.url).href;
const SECRET = 'planted-secret-1234567890';
const KEEP = `(await import(${JSON.stringify(MODULE)})).keepMemoryPrivate(process);`;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-memory-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

function run(script: string): { readonly signal: NodeJS.Signals | null; readonly output: string } {
  const path = join(directory, 'program.mjs');
  writeFileSync(path, script);
  const command = `ulimit -c unlimited && exec "$0" "$1"`;
  const { signal, stdout, stderr } = spawnSync('/bin/sh', ['-c', command, process.execPath, path], {
    cwd: directory,
    env: { PATH: process.env.PATH, SECRET },
    encoding: 'utf8',
  });
  return { signal, output: `${stdout}${stderr}` };
}

/** Whether the core file of a crash holds the secret; undefined without one. Most of such a file is a hole. */
function isInCoreFile(): boolean | undefined {
  const name = readdirSync(directory).find((file) => /^core(\.\d+)?$/.test(file));
  if (name === undefined) return undefined;
  const { status } = spawnSync('grep', ['-q', SECRET, join(directory, name)]);
  rmSync(join(directory, name));
  return status === 0;
}

function readPattern(): string {
  try {
    return readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim();
  } catch {
    return '';
  }
}

describe('keepMemoryPrivate', () => {
  it('leaves nothing of the memory in a core file', ({ skip }) => {
    skip(readPattern() !== 'core', 'core files of this machine go elsewhere');
    expect(run('process.abort();').signal).toBe('SIGABRT');
    const isIn = isInCoreFile();
    skip(isIn === undefined, 'no core file can be written here');
    expect(isIn).toBe(true);
    expect(run(`${KEEP} process.abort();`).signal).toBe('SIGABRT');
    expect(isInCoreFile()).toBe(false);
  });

  it('leaves the environment out of diagnostic reports', () => {
    const report = 'console.log(process.report.getReport().environmentVariables?.SECRET ?? "left out");';
    expect(run(report).output).toBe(`${SECRET}\n`);
    expect(run(`${KEEP} ${report}`).output).toBe('left out\n');
  });

  it('opens no debugger at SIGUSR1', () => {
    const signalled = `
      import { setTimeout as wait } from 'node:timers/promises';
      import inspector from 'node:inspector';
      process.kill(process.pid, 'SIGUSR1');
      for (let i = 0; i < 20 && !inspector.url(); i += 1) await wait(50);
      console.log(inspector.url() === undefined ? 'closed' : 'open');`;
    expect(run(`process.debugPort = 0; ${signalled}`).output).toMatch(/^open$/m);
    expect(run(`${KEEP} process.debugPort = 0; ${signalled}`).output).toBe('closed\n');
  });
});
