import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createSimulator, type Simulator } from '@live-status/mattermost-sim';
import { channelSession, createScriptedAgent, type ScriptedSession } from '@live-status/replay';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const DISK_BYTES = 64 * 1024;
/** A mount namespace of its own; root of a user namespace where this user is not root. */
const NAMESPACE = ['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--mount'] as const;
const cannotMount =
  spawnSync(NAMESPACE[0], [...NAMESPACE.slice(1), 'mount', '-t', 'tmpfs', 'none', tmpdir()]).status === 0
    ? undefined
    : 'no disk can be mounted here';

let directory: string;
let stateDir: string;
let simulator: Simulator;
let children: ChildProcess[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-state-'));
  stateDir = join(directory, 'state');
  for (const name of ['state', 'agents']) mkdirSync(join(directory, name));
  simulator = await createSimulator();
  children = [];
});

afterEach(async () => {
  for (const child of children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  await simulator.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Daemon {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  stdout: string;
  stderr: string;
}

/** Runs the daemon. With `mount`, its state directory is a small disk of its own. */
function start(
  args: readonly string[] = [],
  { env = {}, mount }: { readonly env?: Record<string, string>; readonly mount?: string } = {},
): Daemon {
  const program = [process.execPath, '--conditions=@live-status/source', MAIN, 'run', ...args];
  const disk = `mount -t tmpfs -o size=${DISK_BYTES} none "$STATE_DIR" && ${mount} && exec "$@"`;
  const [command = '', ...rest] = mount === undefined ? program : [...NAMESPACE, 'sh', '-c', disk, 'sh', ...program];
  const defaults = {
    PATH: process.env.PATH ?? '',
    HOME: directory,
    MM_URL: simulator.url,
    MM_TOKEN: simulator.bot.token,
    TRANSCRIPT_DIR: join(directory, 'agents'),
    STATE_DIR: stateDir,
    PID_FILE: join(directory, 'daemon.pid'),
    HEALTH_PORT: '0',
    POST_DELAY_MS: '0',
  };
  const child = spawn(command, rest, { env: { ...defaults, ...env } });
  children.push(child);
  const daemon: Daemon = { child, ended: once(child, 'close').then(([code]) => code), stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (daemon.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (daemon.stderr += text));
  return daemon;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await wait(20);
}

async function startFollowing(...args: Parameters<typeof start>): Promise<Daemon> {
  const daemon = start(...args);
  await until(() => /following sessions/.test(daemon.stdout) || daemon.child.exitCode !== null);
  expect(daemon.child.exitCode, daemon.stderr + daemon.stdout).toBe(null);
  return daemon;
}

const agentSession = (): ScriptedSession =>
  channelSession(createScriptedAgent(join(directory, 'agents')), simulator.channel.id);
const shows = (pattern: RegExp) => () => pattern.test(simulator.posts()[0]?.message ?? '');

/** Plays a run to its end and waits until its one post shows that. */
async function playRun(): Promise<void> {
  const session = agentSession();
  session.begin('hello').call('a', 'npm test');
  await until(shows(/^\*\*\[ACTIVE\]/));
  session.result('a').answer('All tests pass.');
  await until(shows(/^\*\*\[DONE\] main\*\*[\s\S]*`npm test` \[OK\][\s\S]*All tests pass/));
  expect(simulator.posts()).toHaveLength(1);
}

async function stop({ child, ended }: Daemon): Promise<number | null> {
  child.kill('SIGTERM');
  return ended;
}

describe('a daemon whose state directory cannot be used', () => {
  it.for([
    ['/proc/live-status/state', 'ENOENT'],
    ['/proc/live-status', 'ENOENT'],
    ['/dev/null/state', 'ENOTDIR'],
  ] as const)('names %s and the cure, and does not hang', async ([path, code]) => {
    const daemon = start([], { env: { STATE_DIR: path } });
    expect(await daemon.ended).toBe(1);
    expect(daemon.stderr).toMatch(new RegExp(`^STATE_DIR ${path} cannot be written \\(${code}\\): .*set STATE_DIR`));
  });

  it('names one that is read-only', async ({ skip }) => {
    if (cannotMount) skip(cannotMount);
    const daemon = start([], { mount: 'mount -o remount,ro "$STATE_DIR"' });
    expect(await daemon.ended).toBe(1);
    expect(daemon.stderr).toMatch(/^STATE_DIR .* cannot be written \(EROFS\): .*set STATE_DIR to another folder\n$/);
  });

  it('names one whose disk is full', async ({ skip }) => {
    if (cannotMount) skip(cannotMount);
    const daemon = start([], { mount: 'mount -o remount,nr_inodes=1 "$STATE_DIR"' });
    expect(await daemon.ended).toBe(1);
    expect(daemon.stderr).toMatch(/^STATE_DIR .* cannot be written \(ENOSPC\): .*free space on its disk/);
  });
});

describe('a daemon whose state directory becomes unusable', () => {
  it('keeps posts right on a full disk, says what helps, and writes again when there is room', async ({ skip }) => {
    if (cannotMount) skip(cannotMount);
    const daemon = await startFollowing([], { mount: 'true' });
    const inside = join(`/proc/${daemon.child.pid}/root`, stateDir);
    const filler = join(inside, 'filler');
    expect(() => writeFileSync(filler, Buffer.alloc(DISK_BYTES))).toThrow('ENOSPC');
    await playRun();
    await until(() => daemon.stdout.includes('ledger not written'));
    expect(daemon.stdout).toMatch(/ENOSPC/);
    rmSync(filler);
    await until(() => statSync(join(inside, 'ledger.json'), { throwIfNoEntry: false }) !== undefined);
    expect(await stop(daemon)).toBe(0);
  });

  it('keeps posts right on a disk that turned read-only', async ({ skip }) => {
    if (cannotMount) skip(cannotMount);
    const daemon = await startFollowing([], { mount: 'true' });
    const remount = ['--target', `${daemon.child.pid}`, '--mount', 'mount', '-o', 'remount,ro', stateDir];
    expect(spawnSync('nsenter', remount).status).toBe(0);
    await playRun();
    await until(() => /EROFS.*ledger not written/.test(daemon.stdout));
    expect(await stop(daemon)).toBe(0);
  });
});

describe('a daemon with a log file', () => {
  it('sets it aside while it runs, keeps three, and writes its last line', async () => {
    const log = join(stateDir, 'daemon.log');
    const maxBytes = 1_500;
    const daemon = start(['--log-file', log, '--log-file-bytes', String(maxBytes)], { env: { LOG_LEVEL: 'trace' } });
    const files = (): readonly string[] =>
      readdirSync(stateDir)
        .filter((name) => name.startsWith('daemon.log'))
        .sort();
    await until(() => files().length > 0);
    const session = agentSession();
    session.begin('hello').call('a', 'npm test');
    await until(shows(/^\*\*\[ACTIVE\]/));
    for (let turn = 0; files().length < 3; turn += 1) {
      session.result('a').answer(`Answer ${turn}.`).begin('again').call('a', 'npm test');
      await until(() => simulator.posts().length > turn + 1 || files().length === 3);
    }
    expect(await stop(daemon)).toBe(0);
    expect(files()).toEqual(['daemon.log', 'daemon.log.1', 'daemon.log.2']);
    const lines = [...files()]
      .reverse()
      .flatMap((name) => readFileSync(join(stateDir, name), 'utf8').trim().split('\n'));
    const times = lines.map((line) => (JSON.parse(line) as { readonly time: number }).time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(lines.at(-1)).toContain('"msg":"stopped"');
    expect(daemon.stdout + daemon.stderr).toBe('');
  });

  it('goes on without a log on a full disk', async ({ skip }) => {
    if (cannotMount) skip(cannotMount);
    const log = join(stateDir, 'daemon.log');
    const daemon = start(['--log-file', log], { mount: 'true' });
    const inside = join(`/proc/${daemon.child.pid}/root`, stateDir);
    await until(() => (statSync(join(inside, 'daemon.log'), { throwIfNoEntry: false })?.size ?? 0) > 0);
    await until(() => readFileSync(join(inside, 'daemon.log'), 'utf8').includes('following sessions'));
    expect(() => writeFileSync(join(inside, 'filler'), Buffer.alloc(DISK_BYTES))).toThrow('ENOSPC');
    await playRun();
    expect(await stop(daemon)).toBe(0);
    expect(daemon.stderr).toBe('');
  });

  it('names a log file that cannot be opened', async () => {
    const daemon = start(['--log-file', join(directory, 'none', 'daemon.log')]);
    expect(await daemon.ended).toBe(1);
    expect(daemon.stderr).toMatch(/^The log file .*daemon\.log cannot be written \(ENOENT\): /);
  });
});
