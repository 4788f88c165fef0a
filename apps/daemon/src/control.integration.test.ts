import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findInstance } from '@live-status/instance-lock';
import { freePort } from '@live-status/simulators/free-port';
import { createSimulator, type Simulator } from '@live-status/simulators/mattermost';
import { channelSession, createScriptedAgent } from '@live-status/simulators/openclaw-files';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from './testing/process-stage.ts';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const NOBODY = 65_534;
/** Only root can run as somebody else, who then must be able to read this program. */
const cannotBeNobody =
  spawnSync(process.execPath, ['-e', 'fs.accessSync(process.argv[1])', MAIN], { uid: NOBODY, gid: NOBODY }).status === 0
    ? undefined
    : 'no process of another user can read this program here';

const NAMESPACE = ['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--mount'] as const;
const cannotMount =
  spawnSync(NAMESPACE[0], [...NAMESPACE.slice(1), 'mount', '-t', 'tmpfs', 'none', tmpdir()]).status === 0
    ? undefined
    : 'no disk can be mounted here';

let directory: string;
let stateDir: string;
let simulator: Simulator;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-daemon-'));
  stateDir = join(directory, 'state');
  mkdirSync(join(directory, 'agents'));
  simulator = await createSimulator();
});

afterEach(async () => {
  const left = findInstance(stateDir);
  if (left) process.kill(left.pid, 'SIGKILL');
  await simulator.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly env?: Record<string, string>;
  readonly uid?: number;
}

function environment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: directory,
    MM_URL: simulator.url,
    MM_TOKEN: simulator.bot.token,
    TRANSCRIPT_DIR: join(directory, 'agents'),
    STATE_DIR: stateDir,
    PID_FILE: join(directory, 'daemon.pid'),
    HEALTH_PORT: '0',
  };
}

/** Runs a command of the program to its end. */
function run(args: readonly string[], { env = {}, uid }: Options = {}): Promise<Ended> {
  const defaults = environment();
  const asUser = uid === undefined ? {} : { uid, gid: uid };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: { ...defaults, ...env }, ...asUser }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

describe('live-status-daemon start, status and stop', () => {
  it('lead one daemon through its life', async () => {
    const env = { HEALTH_PORT: String(await freePort()) };
    expect(await run(['status'], { env })).toEqual({ code: 3, stdout: 'not running\n', stderr: '' });

    const started = await run(['start'], { env });
    const pid = findInstance(stateDir)?.pid;
    expect(started).toEqual({
      code: 0,
      stdout: `started with pid ${pid}; log: ${stateDir}/daemon.log\n`,
      stderr: '',
    });
    expect(readFileSync(join(stateDir, 'daemon.log'), 'utf8')).toContain('following sessions');

    expect(await run(['start'], { env })).toEqual({ code: 3, stdout: '', stderr: `already running with pid ${pid}\n` });

    const status = await run(['status'], { env });
    expect(status.code).toBe(0);
    expect(status.stdout).toMatch(new RegExp(`^running   pid ${pid}, up \\d.*, version \\d.*\\nhealth    ok\\n`));
    expect(status.stdout).toMatch(/source {4}jsonl: attached.*\nboxes.*\nposts.*breaker closed\n$/);
    const json: unknown = JSON.parse((await run(['status', '--json'], { env })).stdout);
    expect(json).toMatchObject({ running: true, pid, health: { status: 'ok', pid, boxes: { active: 0 } } });

    expect(await run(['stop'], { env })).toEqual({ code: 0, stdout: `stopped pid ${pid}\n`, stderr: '' });
    expect(readFileSync(join(stateDir, 'daemon.log'), 'utf8')).toMatch(/"msg":"stopped"\}\n$/);
    expect(await run(['stop'], { env })).toEqual({ code: 3, stdout: '', stderr: 'not running\n' });
  });

  it('need no token to stop a daemon and to ask how it is', async () => {
    await run(['start']);
    const env = { MM_TOKEN: '', MM_URL: '' };
    expect((await run(['status'], { env })).code).toBe(0);
    expect((await run(['stop'], { env })).code).toBe(0);
  });

  it('take over from a daemon that was killed', async () => {
    await run(['start']);
    const killed = findInstance(stateDir)?.pid ?? 0;
    process.kill(killed, 'SIGKILL');
    while (findInstance(stateDir)) await new Promise(setImmediate);
    expect((await run(['start'])).code).toBe(0);
    expect(findInstance(stateDir)?.pid).not.toBe(killed);
  });

  it('end a daemon that hangs, after its timeout, and bring its post to its end', async () => {
    const env = { SHUTDOWN_TIMEOUT_S: '1', POST_DELAY_MS: '0' };
    await run(['start'], { env });
    const session = channelSession(createScriptedAgent(join(directory, 'agents')), simulator.channel.id);
    session.begin('hello').call('a', 'npm test');
    await until(() => /\[ACTIVE\]/.test(simulator.posts()[0]?.message ?? ''));
    const pid = findInstance(stateDir)?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    const stopped = await run(['stop'], { env });
    expect(stopped).toMatchObject({ code: 0, stderr: expect.stringMatching(`^killed pid ${pid}, .*finalize`) });
    expect(findInstance(stateDir)).toBeUndefined();
    session.result('a').answer('Over.');
    expect((await run(['finalize'], { env })).code).toBe(0);
    expect(simulator.posts().map(({ message }) => message)).toEqual([
      expect.stringMatching(/^\*\*\[DONE\][\s\S]*npm test` \[OK\]/),
    ]);
  });

  it('never touch a process that got the pid of a dead daemon, nor trust PID_FILE', async () => {
    await run(['start']);
    const pid = findInstance(stateDir)?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    while (findInstance(stateDir)) await new Promise(setImmediate);
    const innocent = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
    await once(innocent, 'spawn');
    writeFileSync(join(directory, 'daemon.pid'), `${innocent.pid}\n`);
    expect(await run(['stop'])).toMatchObject({ code: 3, stderr: 'not running\n' });
    expect(await run(['status'])).toMatchObject({ code: 3 });
    expect((await run(['start'])).code).toBe(0);
    expect(readFileSync(join(directory, 'daemon.pid'), 'utf8')).toBe(`${findInstance(stateDir)?.pid}\n`);
    innocent.stdin.end();
    expect((await once(innocent, 'exit'))[0]).toBe(0);
  });

  it('pass on why a daemon does not start', async () => {
    const { code, stdout, stderr } = await run(['start'], { env: { MM_TOKEN: '' } });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^not started: .*exited with code 2\n {2}MM_TOKEN is not set: set it, or /);
    const wrong = await run(['status'], { env: { HEALTH_PORT: 'many' } });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('HEALTH_PORT is many') });
  });

  it('name a state directory that cannot be written, and the cure', async () => {
    writeFileSync(stateDir, 'a file where the folder should be');
    const started = await run(['start']);
    expect(started).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^not started: STATE_DIR .* cannot be written.*set STATE_DIR/),
    });
    const ran = await run(['run']);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/^STATE_DIR .* cannot be written \(E\w+\): .*set STATE_DIR to another folder\n$/);
  });

  it('name a state directory of another user, who runs a daemon or does not', async (context) => {
    if (cannotBeNobody) context.skip(cannotBeNobody);
    chmodSync(directory, 0o755);
    mkdirSync(stateDir, { mode: 0o755 });
    expect(await run(['status'], { uid: NOBODY })).toMatchObject({ code: 3 });
    const started = await run(['start'], { uid: NOBODY });
    expect(started).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/cannot be written \(EACCES\).*STATE_DIR/),
    });

    await run(['start']);
    const hidden = await run(['status'], { uid: NOBODY });
    expect([hidden.code, hidden.stderr]).toEqual([1, expect.stringMatching(/^STATE_DIR .* cannot be read \(EACCES\)/)]);
    chmodSync(stateDir, 0o755);
    const { code, stderr } = await run(['stop'], { uid: NOBODY });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/was not stopped: .*\(EPERM\)/)]);
    expect(findInstance(stateDir)).toBeDefined();
  });
});

describe('live-status-daemon start', () => {
  it('tells at once why the gateway is not followed and what it waits for, and leaves the daemon running', async () => {
    const env = { SOURCE: 'gateway', OPENCLAW_GATEWAY_URL: 'ws://127.0.0.1:9' };
    const start = spawn(process.execPath, [MAIN, 'start'], { env: { ...environment(), ...env } });
    let stderr = '';
    start.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await until(() => /^waiting for OpenClaw's gateway \.\.\.$/m.test(stderr));
    expect(stderr).toMatch(/^(failing|degraded): OpenClaw gateway \S*127\.0\.0\.1:9.*ECONNREFUSED/);
    start.kill('SIGINT');
    await once(start, 'exit');
    expect(findInstance(stateDir)).toBeDefined();
    expect((await run(['stop'])).code).toBe(0);
  });

  it('tells of a refused token, a port that is taken and a misspelled variable, and ends when Mattermost was asked', async () => {
    simulator.revokeToken(simulator.bot.token);
    await using other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stdout, stderr } = await run(['start'], { env: { HEALTH_PORT: String(port), POST_DELAY: '1' } });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^started with pid \d+; log: .*\n$/)]);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toEqual([
      'warning: POST_DELAY is not a setting: did you mean POST_DELAY_MS?',
      expect.stringMatching(`^warning: could not start the health server on 127.0.0.1:${port} .*HEALTH_PORT`),
      expect.stringMatching(/^failing: Mattermost answered 401 to the token.* - .*token/),
    ]);
  });

  it('tells an address that is not of this machine from a port that is taken', async () => {
    const { code, stderr } = await run(['start'], { env: { HEALTH_HOST: '192.0.2.1', HEALTH_PORT: '9' } });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/192\.0\.2\.1:9 \(EADDRNOTAVAIL\): set HEALTH_HOST to /)]);
  });

  it('lists all problems of the settings, as run and the doctor do', async () => {
    const env = { THROTTLE_MS: 'abc', HEALTH_PORT: '99999', STATUS_STYLE: 'fancy', MAX_LINES: '3' };
    const [started, ran] = [await run(['start'], { env }), await run(['run'], { env })];
    expect([started.code, ran.code]).toEqual([2, 2]);
    for (const name of ['THROTTLE_MS is abc', 'HEALTH_PORT is 99999', 'STATUS_STYLE is fancy', 'MAX_STATUS_LINES?']) {
      expect(started.stderr).toContain(name);
      expect(ran.stderr).toContain(name);
    }
  });

  it('says why it cannot start on a disk with nothing free', async ({ skip }) => {
    if (cannotMount) skip(cannotMount);
    mkdirSync(stateDir);
    const script = `mount -t tmpfs -o size=64k none "$STATE_DIR" && head -c 65536 /dev/zero > "$STATE_DIR/filler" && exec "$@"`;
    const command = [...NAMESPACE, 'sh', '-c', script, 'sh', process.execPath, MAIN, 'start'];
    const ended = spawnSync(command[0] ?? '', command.slice(1), { env: environment(), encoding: 'utf8' });
    expect([ended.status, ended.stdout]).toEqual([1, '']);
    expect(ended.stderr).toMatch(
      /^not started: .*\n {2}STATE_DIR .* cannot be written \(ENOSPC\): .*free space on the disk/,
    );
  });
});

describe('a reader that goes away', () => {
  const quiet = async (child: ChildProcess): Promise<string> => {
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdout?.destroy();
    await once(child, 'close');
    return stderr;
  };

  it.for([['status'], ['status', '--json'], ['--help'], ['start', '--help']])('ends %o quietly', async (args) => {
    const child = spawn(process.execPath, [MAIN, ...args], { env: environment() });
    expect(await quiet(child)).toBe('');
    expect(child.signalCode).toBe(null);
  });
});
