import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimFile } from './claims.ts';
import { acquireInstanceLock, findInstance } from './index.ts';
import { readPlace, readStartTime } from './processes.ts';

const MODULE = new URL('./instance-lock.ts', import.meta.url).href;
const IDENTITY = new URL('./processes.ts', import.meta.url).href;
const HIDE_PROC = new URL('./testing/hide-proc.mjs', import.meta.url).href;
/** Takes the lock, prints what came of it, and stays until it is killed. */
const HOLDER = `
  const { acquireInstanceLock } = await import(${JSON.stringify(MODULE)});
  const result = await acquireInstanceLock(process.argv[1], { pid: process.pid, heartbeatMs: 300 });
  console.log(result.held ? 'held' : 'refused ' + result.pid + (result.elsewhere ? ' elsewhere' : ''));
  if (result.held) result.lock.lost.then(() => console.log('lost'));
  setInterval(() => {}, 60_000);
`;

/** A {@link HOLDER} of another place whose first write as an owner stands still until there is a file `go`. */
const STANDS_STILL = `
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const { readlinkSync, writeFileSync } = fs;
  fs.readlinkSync = (path, ...rest) => path === '/proc/self/ns/pid' ? 'pid:[7]' : readlinkSync(path, ...rest);
  fs.writeFileSync = (path, text, ...rest) => {
    if (text === 'running\\n' && !fs.existsSync(process.argv[1] + '/go')) {
      fs.writeSync(1, 'stands still\\n');
      const nothing = new Int32Array(new SharedArrayBuffer(4));
      while (!fs.existsSync(process.argv[1] + '/go')) Atomics.wait(nothing, 0, 0, 10);
    }
    return writeFileSync(path, text, ...rest);
  };
  syncBuiltinESMExports();
  ${HOLDER}`;

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

interface Contender {
  readonly child: ChildProcess;
  readonly line: string;
  readonly nextLine: () => Promise<string>;
}

/** Starts a process that wants the lock; resolves with the line it prints. */
async function contend(container: readonly string[] = [], code: string = HOLDER): Promise<Contender> {
  const [command = '', ...args] = [...container, process.execPath, '--input-type=module', '-e', code, directory];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const output = createInterface({ input: child.stdout });
  const nextLine = (): Promise<string> => once(output, 'line').then(([line]) => line as string);
  return { child, line: await nextLine(), nextLine };
}

/** Runs a program in a pid namespace of its own, which ends with it. */
const CONTAINER = ['unshare', '--map-root-user', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;
const noContainer =
  spawnSync(CONTAINER[0], [...CONTAINER.slice(1), 'true']).status === 0
    ? undefined
    : 'unshare may not make a pid namespace';

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
    const lines = (await Promise.all(Array.from({ length: 6 }, () => contend()))).map(({ line }) => line);
    expect(lines.filter((line) => line === 'held')).toHaveLength(1);
    const owner = findInstance(directory)?.pid;
    expect(lines.filter((line) => line === `refused ${owner}`)).toHaveLength(5);
  });

  it('waits for one that is just starting, to see whether it runs or steps back', async () => {
    const claim = join(directory, claimFile({ pid: process.ppid, startTime: readStartTime(process.ppid) ?? '' }));
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
    writeFileSync(join(directory, claimFile({ pid: process.ppid, startTime: '1' })), 'running\n');
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

describe('acquireInstanceLock of one that stood still', () => {
  it('is refused to a candidate that another place took for dead before it could write that it runs', async () => {
    const late = await contend([], STANDS_STILL);
    expect(late.line).toBe('stands still');
    const owner = await contend();
    expect(owner.line).toBe('held');
    const said = late.nextLine();
    writeFileSync(join(directory, 'go'), '');
    expect(await said).toBe(`refused ${owner.child.pid} elsewhere`);
    expect(readdirSync(directory).filter((file) => file !== 'go')).toHaveLength(1);
  });

  it('is lost to an owner that came first, and not to one that came later', async () => {
    const result = await acquireInstanceLock(directory, { pid: process.pid, heartbeatMs: 10 });
    if (!result.held) throw new Error('not held');
    let lost = false;
    void result.lock.lost.then(() => {
      lost = true;
    });
    const own = join(directory, readdirSync(directory)[0] ?? '');
    const later = join(directory, claimFile({ pid: 1, startTime: '1', place: 'web1.pid-7' }));
    writeFileSync(later, 'running\n');
    utimesSync(later, new Date(), new Date(Date.now() + 60_000));
    for (let beats = 0; beats < 3; beats += 1) {
      const { ctimeMs } = statSync(own);
      while (statSync(own).ctimeMs === ctimeMs) await new Promise(setImmediate);
    }
    expect(lost).toBe(false);
    utimesSync(later, new Date(), new Date(0));
    await result.lock.lost;
    result.lock.release();
  });
});

describe('acquireInstanceLock in two containers that share a directory', () => {
  it('refuses the second, though it sees no process of the first', async ({ skip }) => {
    if (noContainer) skip(noContainer);
    const first = await contend(CONTAINER);
    expect(first.line).toBe('held');
    expect((await contend(CONTAINER)).line).toMatch(/^refused \d+ elsewhere$/);
    expect((await contend()).line).toMatch(/^refused \d+ elsewhere$/);
    expect(findInstance(directory)?.elsewhere).toMatch(/\.pid-\d+$/);
  });

  it('takes over when the first was killed and shows no life any more', async ({ skip }) => {
    if (noContainer) skip(noContainer);
    const first = await contend(CONTAINER);
    await kill(first.child);
    expect((await contend(CONTAINER)).line).toBe('held');
    expect(readdirSync(directory)).toHaveLength(1);
  });

  it('tells one that was taken for dead that it lost the lock', async ({ skip }) => {
    if (noContainer) skip(noContainer);
    const first = await contend();
    process.kill(first.child.pid ?? 0, 'SIGSTOP');
    expect((await contend(CONTAINER)).line).toBe('held');
    const said = first.nextLine();
    process.kill(first.child.pid ?? 0, 'SIGCONT');
    expect(await said).toBe('lost');
  });
});

describe('acquireInstanceLock without /proc', () => {
  const HIDDEN = ['env', `NODE_OPTIONS=--import=${HIDE_PROC}`] as const;
  const noPs = existsSync('/bin/ps') ? undefined : 'there is no /bin/ps';

  it('refuses a second process, names the first, and takes over once that was killed', async ({ skip }) => {
    if (noPs) skip(noPs);
    const first = await contend(HIDDEN);
    expect(first.line).toBe('held');
    expect(readdirSync(directory)).toEqual([
      expect.stringMatching(/^daemon-\d+-\w{3}-\w{3}-\d+-\d\d-\d\d-\d\d-\d{4}@.*\.lock$/),
    ]);
    expect((await contend(HIDDEN)).line).toBe(`refused ${first.child.pid}`);
    await kill(first.child);
    expect((await contend(HIDDEN)).line).toBe('held');
    expect(readdirSync(directory)).toHaveLength(1);
  });

  it('is not fooled by a pid that was given to another process', async ({ skip }) => {
    if (noPs) skip(noPs);
    const first = await contend(HIDDEN);
    const [claim = ''] = readdirSync(directory);
    const older = claim.replace(/\d{4}(?=@)/, '1999').replace(String(first.child.pid), String(process.pid));
    await kill(first.child);
    writeFileSync(join(directory, older), 'running\n');
    expect((await contend(HIDDEN)).line).toBe('held');
  });
});

describe('findInstance', () => {
  it('only reads: a claim that seems dead stays', () => {
    const claim = claimFile({ pid: process.ppid, startTime: '1' });
    writeFileSync(join(directory, claim), 'running\n');
    expect(findInstance(directory)).toBeUndefined();
    expect(readdirSync(directory)).toEqual([claim]);
  });
});

describe('readPlace', () => {
  it('is another on a machine that has the same id under another name', ({ skip }) => {
    const uts = ['--map-root-user', '--uts', 'sh', '-c', 'hostname copy && exec "$@"', 'sh'];
    const code = `import(${JSON.stringify(IDENTITY)}).then(({ readPlace }) => console.log(readPlace()))`;
    const copy = spawnSync(CONTAINER[0], [...uts, process.execPath, '-e', code], { encoding: 'utf8' });
    if (copy.status !== 0) skip('unshare may not give a machine another name');
    expect(copy.stdout).toMatch(/^copy\./);
    expect(readPlace()).not.toMatch(/^copy\./);
  });

  it('is the same in every process of a machine, and another in a container', ({ skip }) => {
    if (noContainer) skip(noContainer);
    const code = `import(${JSON.stringify(IDENTITY)}).then(({ readPlace }) => console.log(readPlace()))`;
    const read = ([command = '', ...args]: readonly string[]): string =>
      spawnSync(command, args, { encoding: 'utf8' }).stdout.trim();
    const program = [process.execPath, '-e', code];
    expect(read(program)).toBe(readPlace());
    expect(read([...CONTAINER, ...program])).toMatch(/^[\w.-]+\.pid-\d+$/);
    expect(read([...CONTAINER, ...program])).not.toBe(readPlace());
  });
});

describe('readStartTime', () => {
  it('tells a living process from one that never was', () => {
    expect(readStartTime(process.pid)).toMatch(/^[\w-]+$/);
    expect(readStartTime(2 ** 22 + 1)).toBeUndefined();
  });
});
