import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireInstanceLock, findInstance, removePidFile, writePidFile } from './index.ts';
import { readStartTime } from './process-identity.ts';

const MODULE = new URL('./instance-lock.ts', import.meta.url).href;
/** Takes the lock, prints what came of it, and stays until it is killed. */
const HOLDER = `
  const { acquireInstanceLock } = await import(${JSON.stringify(MODULE)});
  const result = await acquireInstanceLock(process.argv[1], { pid: process.pid });
  console.log(result.held ? 'held' : 'refused ' + result.pid);
  setInterval(() => {}, 60_000);
`;

let directory: string;
let children: ChildProcess[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-lock-'));
  children = [];
});

afterEach(async () => {
  await Promise.all(children.map(kill));
  rmSync(directory, { recursive: true, force: true });
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Starts a process that wants the lock; resolves with the line it prints. */
async function contend(): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', HOLDER, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, line };
}

describe('acquireInstanceLock', () => {
  it('refuses a second process and names the first', async () => {
    const first = await contend();
    const second = await contend();
    expect(first.line).toBe('held');
    expect(second.line).toBe(`refused ${first.child.pid}`);
    expect(findInstance(directory)?.pid).toBe(first.child.pid);
  });

  it('takes over from a process that was killed', async () => {
    const first = await contend();
    await kill(first.child);
    expect(findInstance(directory)).toBeUndefined();
    expect((await contend()).line).toBe('held');
    expect(readdirSync(directory)).toHaveLength(1);
  });

  it('gives the lock to exactly one of many that start at once beside a stale one', async () => {
    const stale = await contend();
    await kill(stale.child);
    const lines = (await Promise.all(Array.from({ length: 6 }, contend))).map(({ line }) => line);
    expect(lines.filter((line) => line === 'held')).toHaveLength(1);
    const owner = findInstance(directory)?.pid;
    expect(lines.filter((line) => line === `refused ${owner}`)).toHaveLength(5);
  });

  it('waits for one that is just starting, to see whether it runs or steps back', async () => {
    const claim = join(directory, `daemon-${process.ppid}-${readStartTime(process.ppid)}.lock`);
    writeFileSync(claim, 'starting\n');
    let steppedBack = false;
    setTimeout(() => {
      steppedBack = true;
      rmSync(claim);
    }, 20);
    const result = await acquireInstanceLock(directory, { pid: process.pid });
    expect(result.held && steppedBack).toBe(true);
  });

  it('is not fooled by a pid that was given to another process', async () => {
    // Our own pid lives, but never started at that time.
    writeFileSync(join(directory, `daemon-${process.ppid}-1.lock`), 'running\n');
    const result = await acquireInstanceLock(directory, { pid: process.pid });
    expect(result.held).toBe(true);
  });

  it('is free again after release, which may come twice', async () => {
    const first = await acquireInstanceLock(directory, { pid: process.pid });
    if (!first.held) throw new Error('not held');
    first.lock.release();
    first.lock.release();
    expect(readdirSync(directory)).toEqual([]);
    expect((await contend()).line).toBe('held');
  });

  it('creates the directory for its user alone', async () => {
    const stateDir = join(directory, 'a', 'state');
    await acquireInstanceLock(stateDir, { pid: process.pid });
    expect(statSync(stateDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(stateDir, readdirSync(stateDir)[0] ?? '')).mode & 0o777).toBe(0o600);
  });
});

describe('readStartTime', () => {
  it('tells a living process from one that never was', () => {
    expect(readStartTime(process.pid)).toMatch(/^\d+$/);
    expect(readStartTime(2 ** 22 + 1)).toBeUndefined();
  });
});

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
