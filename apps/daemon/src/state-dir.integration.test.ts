import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeGateway } from '@live-status/simulators/gateway';
import { freePort } from '@live-status/stage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DaemonProcess, type DaemonStart, ProcessStage, until } from './testing/process-stage.ts';

const DISK_BYTES = 64 * 1024;
const isRoot = process.getuid?.() === 0;
/** A mount namespace of its own; root of a user namespace where this user is not root. */
const NAMESPACE = ['unshare', ...(isRoot ? [] : ['--map-root-user']), '--mount'] as const;
const cannotMount =
  spawnSync(NAMESPACE[0], [...NAMESPACE.slice(1), 'mount', '-t', 'tmpfs', 'none', tmpdir()]).status === 0
    ? undefined
    : 'no disk can be mounted here';

let stage: ProcessStage;

beforeEach(async () => {
  stage = await ProcessStage.open();
  mkdirSync(stage.stateDir);
});

afterEach(() => stage[Symbol.asyncDispose]());

/** Its state directory is a small disk of its own, for which `then` is run. */
function onSmallDisk(then: string): DaemonStart {
  const script = `mount -t tmpfs -o size=${DISK_BYTES} none "$STATE_DIR" && ${then} && exec "$@"`;
  return { within: (command) => [...NAMESPACE, 'sh', '-c', script, 'sh', ...command] };
}

/** A command that changes the options of a disk at the path that follows; `mount` would look a user's disk up in vain. */
function remounted(option: string): string {
  return `mount --internal-only --types tmpfs --options remount,${option} none`;
}

/** Plays a run to its end and waits until its one post shows that. */
async function playRun(): Promise<void> {
  const session = stage.session();
  session.begin('hello').call('a', 'npm test');
  await stage.shows(/^\*\*\[ACTIVE\]/);
  session.result('a').answer('All tests pass.');
  await stage.shows(/^\*\*\[DONE\] main\*\*[\s\S]*`npm test` \[OK\]/);
  expect(stage.messages()).toHaveLength(1);
}

async function stop({ child, exited }: DaemonProcess): Promise<number | null> {
  child.kill('SIGTERM');
  return exited;
}

describe('a daemon whose state directory cannot be used', () => {
  it.for([
    ['/proc/live-status/state', 'ENOENT'],
    ['/proc/live-status', 'ENOENT'],
    ['/dev/null/state', 'ENOTDIR'],
  ] as const)('names %s and the fix, and does not hang', async ([path, code], { skip }) => {
    skip(path.startsWith('/proc') && process.platform !== 'linux', 'only Linux has a /proc');
    const daemon = stage.start(['run'], { env: { STATE_DIR: path } });
    expect(await daemon.exited).toBe(1);
    expect(daemon.stderr).toMatch(new RegExp(`^STATE_DIR ${path} cannot be written \\(${code}\\): .*set STATE_DIR`));
  });

  it('names one that is read-only', async ({ skip }) => {
    if (cannotMount) skip(cannotMount);
    const daemon = stage.start(['run'], onSmallDisk(`${remounted('ro')} "$STATE_DIR"`));
    expect(await daemon.exited).toBe(1);
    expect(daemon.stderr).toMatch(/^STATE_DIR .* cannot be written \(EROFS\): .*set STATE_DIR to another folder\n$/);
  });

  it('names one whose disk is full', async ({ skip }) => {
    if (cannotMount) skip(cannotMount);
    const daemon = stage.start(['run'], onSmallDisk(`${remounted('nr_inodes=1')} "$STATE_DIR"`));
    expect(await daemon.exited).toBe(1);
    expect(daemon.stderr).toMatch(/^STATE_DIR .* cannot be written \(ENOSPC\): .*free space on the disk/);
  });
});

describe('a daemon older than the ledger', () => {
  const NEWER = JSON.stringify({ version: 2, entries: [{ something: 'that this version does not know' }] });

  it.for(['run', 'start', 'finalize'] as const)(
    'refuses to %s, says how to go on, and changes nothing',
    async (command) => {
      const ledger = join(stage.stateDir, 'ledger.json');
      writeFileSync(ledger, NEWER);
      const daemon = stage.start([command]);
      // Not 1: a service manager would start it again and again.
      expect(await daemon.exited).toBe(2);
      expect(daemon.stderr).toContain(`${ledger} has format 2`);
      expect(daemon.stderr).toContain('Install the newer version again');
      expect(daemon.stderr).not.toContain('    at ');
      expect(readFileSync(ledger, 'utf8')).toBe(NEWER);
      expect(readdirSync(stage.stateDir).filter((name) => name.includes('corrupt'))).toEqual([]);
      expect(stage.messages()).toEqual([]);
    },
  );
});

describe('a daemon whose disk is full before its first start', () => {
  /** One block is free, which the instance lock takes. */
  const full = onSmallDisk(`head -c ${DISK_BYTES - 4096} /dev/zero > "$STATE_DIR/filler"`);

  it('shows work without a ledger, and stops when it is asked to', async ({ skip }) => {
    if (cannotMount) skip(cannotMount);
    const daemon = await stage.startFollowing(full);
    await playRun();
    await until(() => daemon.stdout.includes('could not write the ledger'));
    expect(daemon.stdout).toContain('ENOSPC');
    expect(await stop(daemon)).toBe(0);
  });

  it('follows the gateway with an identity of this process alone, and says so', async ({ skip }) => {
    if (cannotMount) skip(cannotMount);
    await using gateway = await FakeGateway.listen();
    const env = { SOURCE: 'gateway', OPENCLAW_GATEWAY_URL: gateway.url, OPENCLAW_GATEWAY_TOKEN: 'shared' };
    const daemon = await stage.startFollowing({ ...full, env });
    expect(daemon.stdout).toMatch(/ENOSPC.*could not save the device identity/);
    expect(gateway.connects).toHaveLength(1);
    expect(await stop(daemon)).toBe(0);
  });
});

describe('a daemon whose state directory becomes unusable', () => {
  it('keeps posts right on a full disk, says what helps, and writes again when there is room', async ({ skip }) => {
    if (cannotMount) skip(cannotMount);
    const port = await freePort();
    const daemon = await stage.startFollowing({ ...onSmallDisk('true'), env: { HEALTH_PORT: String(port) } });
    const health = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/health`)).text();
    const inside = join(`/proc/${daemon.child.pid}/root`, stage.stateDir);
    const filler = join(inside, 'filler');
    expect(() => writeFileSync(filler, Buffer.alloc(DISK_BYTES))).toThrow('ENOSPC');
    await playRun();
    await until(() => daemon.stdout.includes('could not write the ledger'));
    expect(daemon.stdout).toMatch(/ENOSPC/);
    expect(await health()).toMatch(/"status": "degraded"[\s\S]*cannot be written \(ENOSPC\); make room/);
    rmSync(filler);
    await until(() => statSync(join(inside, 'ledger.json'), { throwIfNoEntry: false }) !== undefined);
    await until(async () => (await health()).includes('"status": "ok"'));
    expect(await stop(daemon)).toBe(0);
  });

  it('keeps posts right on a disk that turned read-only', async ({ skip }) => {
    if (cannotMount) skip(cannotMount);
    const daemon = await stage.startFollowing(onSmallDisk('true'));
    const [program = '', ...target] = entering(daemon.child.pid);
    expect(spawnSync(program, [...target, ...remounted('ro').split(' '), stage.stateDir]).status).toBe(0);
    await playRun();
    await until(() => /EROFS.*could not write the ledger/.test(daemon.stdout));
    expect(await stop(daemon)).toBe(0);
  });
});

/** Enters the mount namespace of a process. */
function entering(pid: number | undefined): readonly string[] {
  return ['nsenter', '--target', `${pid}`, ...(isRoot ? [] : ['--user', '--preserve-credentials']), '--mount'];
}

describe('a daemon that is killed while its disk is full', () => {
  it('leaves a trace, so that the next one finds the post that is in no ledger', async ({ skip }) => {
    if (cannotMount) skip(cannotMount);
    const mount = `mount -t tmpfs -o size=${DISK_BYTES} none "$STATE_DIR" && echo mounted && exec sleep 600`;
    const [program, ...args] = [...NAMESPACE, 'sh', '-c', mount] as const;
    const env = { PATH: process.env.PATH, STATE_DIR: stage.stateDir };
    const disk = stage.ended(spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] }));
    await once(disk.stdout, 'data');
    const there: DaemonStart = { within: (command) => [...entering(disk.pid), ...command] };
    const filler = join(`/proc/${disk.pid}/root`, stage.stateDir, 'filler');
    const first = await stage.startFollowing(there);
    expect(() => writeFileSync(filler, Buffer.alloc(DISK_BYTES))).toThrow('ENOSPC');
    const session = stage.session();
    session.begin('hello').call('a', 'npm test');
    await stage.shows(/^\*\*\[ACTIVE\]/);
    await until(() => first.stdout.includes('could not write the ledger'));
    first.child.kill('SIGKILL');
    await first.exited;
    rmSync(filler);
    const second = await stage.startFollowing(there);
    expect(second.stdout).toContain('the ledger may lack boxes of the last day');
    session.result('a').call('b', 'npm publish');
    await stage.shows(/npm publish/);
    session.result('b').answer('Published.');
    await stage.shows(/^\*\*\[DONE\] main\*\*[\s\S]*`npm publish` \[OK\]/);
    expect(stage.messages()).toHaveLength(1);
    expect(await stop(second)).toBe(0);
    const third = await stage.startFollowing(there);
    expect(third.stdout).not.toContain('could not write the ledger');
    expect(await stop(third)).toBe(0);
  });
});

describe('a daemon with a log file', () => {
  it('sets it aside while it runs, keeps three, and writes its last line', async () => {
    const log = join(stage.stateDir, 'daemon.log');
    const maxBytes = 1_500;
    const daemon = stage.start(['run', '--log-file', log, '--log-file-bytes', String(maxBytes)], {
      env: { LOG_LEVEL: 'trace' },
    });
    const files = (): readonly string[] =>
      readdirSync(stage.stateDir)
        .filter((name) => name.startsWith('daemon.log'))
        .sort();
    await until(() => files().length > 0);
    const session = stage.session();
    session.begin('hello').call('a', 'npm test');
    await stage.shows(/^\*\*\[ACTIVE\]/);
    for (let turn = 0; files().length < 3; turn += 1) {
      session.result('a').answer(`Answer ${turn}.`).begin('again').call('a', 'npm test');
      await until(() => stage.simulator.posts().length > turn + 1 || files().length === 3);
    }
    expect(await stop(daemon)).toBe(0);
    expect(files()).toEqual(['daemon.log', 'daemon.log.1', 'daemon.log.2']);
    const lines = [...files()]
      .reverse()
      .flatMap((name) => readFileSync(join(stage.stateDir, name), 'utf8').trim().split('\n'));
    const times = lines.map((line) => (JSON.parse(line) as { readonly time: string }).time);
    expect(times).toEqual(times.toSorted());
    expect(lines.at(-1)).toContain('"msg":"stopped"');
    expect(daemon.stdout + daemon.stderr).toBe('');
  });

  it('goes on without a log on a full disk', async ({ skip }) => {
    if (cannotMount) skip(cannotMount);
    const log = join(stage.stateDir, 'daemon.log');
    const daemon = stage.start(['run', '--log-file', log], onSmallDisk('true'));
    const inside = join(`/proc/${daemon.child.pid}/root`, stage.stateDir);
    await until(() => (statSync(join(inside, 'daemon.log'), { throwIfNoEntry: false })?.size ?? 0) > 0);
    await until(() => readFileSync(join(inside, 'daemon.log'), 'utf8').includes('following sessions'));
    expect(() => writeFileSync(join(inside, 'filler'), Buffer.alloc(DISK_BYTES))).toThrow('ENOSPC');
    await playRun();
    expect(await stop(daemon)).toBe(0);
    expect(daemon.stderr).toBe('');
  });

  it('names a log file that cannot be opened', async () => {
    const daemon = stage.start(['run', '--log-file', join(stage.directory, 'none', 'daemon.log')]);
    expect(await daemon.exited).toBe(1);
    expect(daemon.stderr).toMatch(/^The log file .*daemon\.log cannot be written \(ENOENT\): /);
  });
});
