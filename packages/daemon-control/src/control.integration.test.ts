import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimFile, findInstance, readStartTime, STALE_AFTER_MS } from '@live-status/instance-lock';
import { Secret } from '@live-status/openclaw-config';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeHealthAddress } from './health-address.ts';
import { errorFileOf, logFileOf, READY_TIMEOUT_MS, type StartResult, startDaemon } from './start.ts';
import { readDaemonStatus } from './status.ts';
import { stopDaemon } from './stop.ts';

const LOCK = new URL('../../instance-lock/src/index.ts', import.meta.url).href;
/** What a daemon does as far as control can see: takes the lock, logs, says it is ready, ends on SIGTERM. */
const DAEMON = `
  const { appendFileSync } = await import('node:fs');
  const { acquireInstanceLock } = await import(${JSON.stringify(LOCK)});
  const result = await acquireInstanceLock(process.env.STATE_DIR, {
    pid: process.pid,
    heartbeatMs: Number(process.env.HEARTBEAT_MS ?? 10_000),
  });
  if (!result.held) process.exit(3);
  const bye = () => { result.lock.release(); process.exit(0); };
  process.on('SIGTERM', process.env.STUBBORN ? () => {} : bye);
  appendFileSync(process.argv[process.argv.indexOf('--log-file') + 1], 'hello\\n');
  if (!process.env.SILENT) process.send('ready', undefined, undefined, () => process.disconnect());
  setInterval(() => {}, 60_000);
`;

let directory: string;
let stateDir: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-control-'));
  stateDir = join(directory, 'state');
});

afterEach(() => {
  const left = findInstance(stateDir);
  if (left && left.elsewhere === undefined) process.kill(left.pid, 'SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

const settings = () => ({ stateDir, healthPort: 0, healthHost: '127.0.0.1', shutdownTimeoutMs: 10_000 });

interface Start {
  readonly onTold?: (line: string) => void;
  readonly code?: string;
  readonly env?: Record<string, string>;
  readonly readyTimeoutMs?: number;
}

function start({ code = DAEMON, env = {}, ...options }: Start = {}): Promise<StartResult> {
  const script = join(directory, 'daemon.mjs');
  writeFileSync(script, code);
  return startDaemon({
    program: { command: process.execPath, args: [script, 'run'] },
    settings: settings(),
    env: { PATH: process.env.PATH, STATE_DIR: stateDir, ...env },
    ...options,
  });
}

async function startedPid(options?: Start): Promise<number> {
  const result = await start(options);
  if (result.kind !== 'started') throw new Error(JSON.stringify(result));
  return result.pid;
}

describe('startDaemon', () => {
  it('resolves when the daemon says it is ready, with its output in the log', async () => {
    const pid = await startedPid();
    expect(findInstance(stateDir)?.pid).toBe(pid);
    expect(readFileSync(logFileOf(stateDir), 'utf8')).toBe('hello\n');
    expect(statSync(stateDir).mode & 0o777).toBe(0o700);
  });

  it('starts one of two: the second is told who runs', async () => {
    const pid = await startedPid();
    expect(await start()).toEqual({ kind: 'already-running', pid });
  });

  it('starts one of two that come at the same moment', async () => {
    const results = await Promise.all([start(), start()]);
    const pid = findInstance(stateDir)?.pid;
    expect(results.map(({ kind }) => kind).sort()).toEqual(['already-running', 'started']);
    expect(results.every((result) => 'pid' in result && result.pid === pid)).toBe(true);
  });

  it('reports the exit code and the last lines of a daemon that cannot run, and nothing of those before', async () => {
    await startedPid();
    await stopDaemon(settings());
    const code = `console.error('MM_URL is not set'); process.exit(2);`;
    expect(await start({ code })).toEqual({
      kind: 'failed',
      reason: 'The daemon exited with code 2',
      exitCode: 2,
      lastLines: ['MM_URL is not set'],
    });
  });

  it('says when it does not get ready, and leaves it running', async () => {
    const result = await start({ env: { SILENT: '1' }, readyTimeoutMs: 1 });
    if (result.kind !== 'not-ready') throw new Error(JSON.stringify(result));
    expect(process.kill(result.pid, 'SIGKILL')).toBe(true);
  });

  it('names a program that cannot be started', async () => {
    const program = { command: join(directory, 'none'), args: [] };
    const result = await startDaemon({ program, settings: settings(), env: {} });
    expect(result).toMatchObject({ kind: 'failed', reason: 'The daemon cannot be started (ENOENT)' });
  });

  it('names the folder and the fix when the log cannot be written', async () => {
    writeFileSync(stateDir, 'a file where the folder should be');
    const result = await start();
    expect(result).toMatchObject({ kind: 'failed', lastLines: [] });
    expect(result.kind === 'failed' && result.reason).toMatch(
      /^STATE_DIR .* cannot be written \(EEXIST\): a file is in the place of a folder; remove it, or set STATE_DIR/,
    );
  });

  it('reports what the daemon logged and what it said on standard error', async () => {
    const code = `
      const { appendFileSync } = await import('node:fs');
      appendFileSync(process.argv.at(-1), '{"msg":"failed","err":{"message":"no disk"}}\\n');
      throw new Error('crash');`;
    const result = await start({ code });
    expect(result.kind === 'failed' && result.lastLines).toEqual(expect.arrayContaining(['failed: no disk']));
    expect(result.kind === 'failed' && result.lastLines.join()).toContain('Error: crash');
    expect(readFileSync(errorFileOf(stateDir), 'utf8')).toContain('Error: crash');
    expect(statSync(errorFileOf(stateDir)).mode & 0o777).toBe(0o600);
  });

  it('passes on at once what the daemon tells', async () => {
    const code = `
      process.send({ told: 'warning: one' });
      process.send({ other: 'a later version' });
      const { existsSync } = await import('node:fs');
      const poll = setInterval(() => {
        if (existsSync(process.env.STATE_DIR + '/go')) process.send('ready', undefined, undefined, () => process.exit(0));
      }, 10);`;
    const told = Promise.withResolvers<string>();
    const started = start({ code, onTold: told.resolve });
    expect(await told.promise).toBe('warning: one');
    const early = await Promise.race([started, Promise.resolve('still waiting')]);
    expect(early).toBe('still waiting');
    writeFileSync(join(stateDir, 'go'), '');
    expect(await started).toMatchObject({ kind: 'started' });
  });

  it('reports what the daemon complains of when no file can be written', async () => {
    const code = `
      process.send({ complaint: 'STATE_DIR is full' });
      process.send({ complaint: 'two\\nlines' }, undefined, undefined, () => process.exit(1));`;
    expect(await start({ code })).toMatchObject({ kind: 'failed', lastLines: ['STATE_DIR is full', 'two', 'lines'] });
  });

  it('keeps from the daemon what a service manager told its own process', async () => {
    const code = `console.error(Object.keys(process.env).filter((name) => /NOTIFY|WATCHDOG/.test(name)).join() || 'none');`;
    const env = { NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '1', WATCHDOG_PID: '1' };
    expect(await start({ code, env })).toMatchObject({ kind: 'failed', lastLines: ['none'] });
  });

  it.for([
    ['--inspect=0 --max-old-space-size=64', '--max-old-space-size=64'],
    ['--heapsnapshot-signal=SIGUSR2 --use-system-ca --inspect-publish-uid=http', '--use-system-ca'],
    [
      '--max-old-space-size=64 --heapsnapshot-signal SIGUSR2 --heapsnapshot-near-heap-limit=3',
      '--max-old-space-size=64',
    ],
    ['--heap-prof --heap-prof-dir=/tmp', 'none'],
  ] as const)('keeps from the daemon the options of Node that show its memory: %s', async ([given, left]) => {
    const code = `console.error(process.env.NODE_OPTIONS ?? 'none'); process.exit(1);`;
    expect(await start({ code, env: { NODE_OPTIONS: given } })).toMatchObject({ kind: 'failed', lastLines: [left] });
  });

  it('limits core files of the daemon to nothing', async ({ skip }) => {
    skip(process.platform !== 'linux', 'only Linux has a /proc');
    const pid = await startedPid();
    expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/^Max core file size +0 +0 /m);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('ulimit');
  });

  it('names a state directory in which nothing can be made, and does not hang', async ({ skip }) => {
    skip(process.platform !== 'linux', 'only Linux has a /proc');
    stateDir = '/proc/live-status/state';
    expect(await start()).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/^STATE_DIR \/proc.*ENOENT.*STATE_DIR/),
    });
  });
});

describe('stopDaemon', () => {
  it('waits until the daemon has ended', async () => {
    const pid = await startedPid();
    expect(await stopDaemon(settings())).toEqual({ kind: 'stopped', pid });
    expect(findInstance(stateDir)).toBeUndefined();
    expect(await stopDaemon(settings())).toEqual({ kind: 'not-running' });
  });

  it('kills one that does not end in time', async () => {
    const pid = await startedPid({ env: { STUBBORN: '1' } });
    const result = await stopDaemon({ stateDir, shutdownTimeoutMs: 0 });
    expect(result).toEqual({ kind: 'killed', pid });
    expect(findInstance(stateDir)).toBeUndefined();
  });

  it('never signals a process that merely has the pid of a dead daemon', async () => {
    const pid = await startedPid();
    await stopDaemon(settings());
    const innocent: ChildProcess = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60_000)']);
    await once(innocent, 'spawn');
    for (const stale of [claimFile({ pid: innocent.pid ?? 0, startTime: '1' }), claimFile({ pid, startTime: '2' })]) {
      writeFileSync(join(stateDir, stale), 'running\n');
    }
    expect(await stopDaemon(settings())).toEqual({ kind: 'not-running' });
    expect([innocent.exitCode, innocent.signalCode]).toEqual([null, null]);
    innocent.kill('SIGKILL');
    const [, signal] = await once(innocent, 'exit');
    expect(signal).toBe('SIGKILL');
  });
});

describe('a daemon of another container', () => {
  const known = { pid: process.pid, elsewhere: 'web1.pid-7' };

  /** A claim that looks as if its process had just been seen; its pid is one of ours. */
  function claimElsewhere(): string {
    mkdirSync(stateDir, { recursive: true });
    const file = claimFile({ pid: process.pid, startTime: readStartTime(process.pid) ?? '', place: 'web1.pid-7' });
    writeFileSync(join(stateDir, file), 'running\n');
    return join(stateDir, file);
  }

  it('is found by its sign of life, and never signalled by its pid', async () => {
    claimElsewhere();
    expect(findInstance(stateDir)).toMatchObject(known);
    expect(await readDaemonStatus(settings())).toMatchObject({ running: true, ...known });
    expect(await stopDaemon(settings())).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('on another machine (web1.pid-7); stop it there'),
    });
  });

  it('keeps a second from starting while it shows life, though the clock of its disk is an hour late', async () => {
    const claim = claimElsewhere();
    const beat = setInterval(() => utimesSync(claim, new Date(), new Date()), 20);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    try {
      expect(await start({ env: { HEARTBEAT_MS: '1000' } })).toEqual({ kind: 'already-running', ...known });
    } finally {
      vi.useRealTimers();
      clearInterval(beat);
    }
  });

  it('is no reason not to start when it shows no life, though it looks as if it had just been seen', async () => {
    claimElsewhere();
    expect(await start({ env: { HEARTBEAT_MS: '50' } })).toMatchObject({ kind: 'started' });
    // With the heartbeat of a real daemon, too: it then attaches in what is left.
    expect(READY_TIMEOUT_MS - STALE_AFTER_MS).toBeGreaterThanOrEqual(15_000);
  });
});

describe('readDaemonStatus', () => {
  const HEALTH = {
    status: 'ok',
    version: '1.2.3',
    uptimeS: 5,
    sources: [{ name: 'jsonl', state: 'attached', runsSeen: 2 }],
    boxes: { active: 1, waiting: 0, posted: 1 },
    poster: { breaker: { state: 'closed' }, queue: 0, creates: 1, edits: 2, retries: 0 },
    reasons: [],
  };

  /** A health server on loopback; its answer may depend on the token it gets. */
  async function answering(answer: (authorization: string | undefined) => { status: number; body: unknown }) {
    const server = createServer(({ headers }, response) => {
      const { status, body } = answer(headers.authorization);
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const healthPort = (server.address() as AddressInfo).port;
    return {
      healthPort,
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      },
    };
  }

  it('says when nothing runs', async () => {
    expect(await readDaemonStatus(settings())).toEqual({ running: false });
  });

  it('gives the health of the daemon that has the lock, and asks with its token', async () => {
    const pid = await startedPid();
    await using server = await answering((authorization) =>
      authorization === 'Bearer sesame' ? { status: 503, body: { ...HEALTH, pid } } : { status: 401, body: '' },
    );
    const asked = { ...settings(), healthPort: server.healthPort };
    const token = { healthToken: new Secret('sesame') };
    expect(await readDaemonStatus({ ...asked, ...token })).toMatchObject({ running: true, pid, health: HEALTH });
    expect(await readDaemonStatus(asked)).toMatchObject({ problem: expect.stringContaining('HEALTH_TOKEN') });
  });

  it.for([
    ['another daemon', { ...HEALTH, pid: 1 }],
    ['another server', { hello: 'world' }],
    ['a page', '<html>'],
  ] as const)('does not take the answer of %s for the health of this one', async ([, body]) => {
    const pid = await startedPid();
    await using server = await answering(() => ({ status: 200, body }));
    const status = await readDaemonStatus({ ...settings(), healthPort: server.healthPort });
    expect(status).toMatchObject({ running: true, pid, problem: expect.stringContaining('is answered by another') });
    expect(status).not.toHaveProperty('health');
  });

  it.for([0, 9])('asks where the daemon says that it listens, though HEALTH_PORT is %d here', async (healthPort) => {
    const pid = await startedPid();
    await using server = await answering(() => ({ status: 200, body: { ...HEALTH, pid } }));
    writeHealthAddress(stateDir, pid, { host: '127.0.0.1', port: server.healthPort });
    expect(statSync(join(stateDir, 'health-address.json')).mode & 0o777).toBe(0o600);
    const url = `http://127.0.0.1:${server.healthPort}`;
    expect(await readDaemonStatus({ ...settings(), healthPort })).toMatchObject({ running: true, url, health: HEALTH });
    writeHealthAddress(stateDir, pid, { host: '127.0.0.1', port: 0 });
    const off = await readDaemonStatus({ ...settings(), healthPort: server.healthPort });
    expect(off).toMatchObject({ problem: expect.stringContaining('HEALTH_PORT is 0') });
  });

  it.for([
    ['of another process', { pid: 1 }],
    ['of another machine', { host: '192.0.2.1' }],
    ['with a name, which may lead anywhere', { host: 'localhost.example.com' }],
    ['with a name that every object has', { host: 'constructor' }],
    ['without a port', { port: 'x' }],
    ['with a port that is none', { port: 70_000 }],
  ] as const)('sends no token to an address %s', async ([_, changes]) => {
    const pid = await startedPid();
    const asked: (string | undefined)[] = [];
    await using server = await answering((authorization) => {
      asked.push(authorization);
      return { status: 200, body: { ...HEALTH, pid } };
    });
    const said = { pid, host: '127.0.0.1', port: 9, ...changes };
    writeFileSync(join(stateDir, 'health-address.json'), JSON.stringify(said));
    const own = { ...settings(), healthPort: server.healthPort, healthToken: new Secret('sesame') };
    expect(await readDaemonStatus(own)).toMatchObject({ health: HEALTH });
    expect(asked).toEqual(['Bearer sesame']);
  });

  it('replaces a link where its address is to be, instead of writing to what it leads to', async () => {
    const pid = await startedPid();
    const victim = join(directory, 'victim');
    writeFileSync(victim, 'mine');
    symlinkSync(victim, join(stateDir, 'health-address.json'));
    writeHealthAddress(stateDir, pid, { host: '127.0.0.1', port: 9 });
    expect(readFileSync(victim, 'utf8')).toBe('mine');
  });

  it('says why there is no health, and what helps unless that is wanted', async () => {
    const pid = await startedPid();
    expect(await readDaemonStatus(settings())).toEqual({
      running: true,
      pid,
      uptimeS: expect.any(Number),
      problem: expect.stringContaining('HEALTH_PORT is 0'),
    });
    const unused = await answering(() => ({ status: 200, body: '' }));
    await unused[Symbol.asyncDispose]();
    const status = await readDaemonStatus({ ...settings(), healthPort: unused.healthPort });
    expect(status).toMatchObject({
      problem: expect.stringContaining('does not answer'),
      fix: expect.stringContaining('another program may use this port'),
    });
  });
});
