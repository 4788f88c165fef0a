import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createSimulator, type Simulator } from '@live-status/mattermost-sim';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findServiceManager } from './service-manager.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
/**
 * Prints each datagram as one line; Node has no such sockets. `systemd-notify` sends a descriptor after its message and
 * waits until that is closed, which reading without it does.
 */
const RECEIVER = `
use Socket; $| = 1;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!;
bind($s, sockaddr_un($ARGV[0])) or die $!;
print "bound\\n";
while (defined recv($s, my $text, 65536, 0)) { next if $text eq 'BARRIER=1'; $text =~ s/\\n/ | /g; print "$text\\n"; }
`;
const missing = ['perl', 'systemd-notify'].filter((program) => spawnSync(program, ['--version']).status !== 0);
const cannotReceive = missing.length > 0 ? `there is no ${missing.join(' and no ')}` : undefined;

let directory: string;
let socket: string;
let children: ChildProcess[];
let simulator: Simulator;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-notify-'));
  socket = join(directory, 'notify');
  mkdirSync(join(directory, 'agents'));
  children = [];
  simulator = await createSimulator();
});

afterEach(async () => {
  for (const child of children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  await simulator.close();
  rmSync(directory, { recursive: true, force: true });
});

/** What a service manager hears. */
async function listen(): Promise<readonly string[]> {
  const child = spawn('perl', ['-e', RECEIVER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const heard: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => heard.push(line));
  while (heard.length === 0) await wait(5);
  heard.shift();
  return heard;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await wait(5);
}

function startDaemon(env: Record<string, string>): { readonly child: ChildProcess; readonly output: () => string } {
  const child = spawn(process.execPath, ['--conditions=@live-status/source', MAIN, 'run'], {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: directory,
      MM_URL: simulator.url,
      MM_TOKEN: simulator.bot.token,
      TRANSCRIPT_DIR: join(directory, 'agents'),
      STATE_DIR: join(directory, 'state'),
      PID_FILE: join(directory, 'daemon.pid'),
      HEALTH_PORT: '0',
      ...env,
    },
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  return { child, output: () => output };
}

describe('live-status-daemon under a service manager', () => {
  it('says that it is ready, that it lives, how it is and that it stops', async ({ skip }) => {
    if (cannotReceive) skip(cannotReceive);
    const heard = await listen();
    const { child, output } = startDaemon({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '300000' });
    await until(() => heard.some((line) => line.includes('READY=1')));
    expect(output()).toContain('following sessions');
    expect(heard.filter((line) => line.includes('READY=1'))).toEqual(['READY=1 | STATUS=ok; 0 posts, 0 waiting']);
    const beats = heard.length;
    await until(() => heard.slice(beats).filter((line) => line.startsWith('WATCHDOG=1')).length > 2);
    await simulator.faults.offline();
    child.kill('SIGTERM');
    await once(child, 'close');
    await until(() => heard.some((line) => line.startsWith('STOPPING=1')));
    expect(heard.at(-1)).toBe('STOPPING=1 | STATUS=bringing posts up to date');
    expect(child.exitCode).toBe(0);
  });

  it('leaves the watchdog of another process alone', async ({ skip }) => {
    if (cannotReceive) skip(cannotReceive);
    const log = pino({ level: 'silent' });
    const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '300000', WATCHDOG_PID: '7' };
    expect(findServiceManager(env, { pid: 8, log })?.watchdogMs).toBeUndefined();
    expect(findServiceManager(env, { pid: 7, log })?.watchdogMs).toBe(300);
  });

  it('goes on when it cannot be told, and says so once', async () => {
    const { output, child } = startDaemon({ NOTIFY_SOCKET: join(directory, 'none'), WATCHDOG_USEC: '30000', PATH: '' });
    await until(() => output().includes('service manager not told'));
    await until(() => output().includes('following sessions'));
    child.kill('SIGTERM');
    await once(child, 'close');
    expect(child.exitCode).toBe(0);
    expect(output().match(/service manager not told/g)).toHaveLength(1);
    expect(output()).toContain('install the program systemd-notify');
  });

  it('tells nobody when nobody asks', () => {
    expect(findServiceManager({}, { pid: 1, log: pino({ level: 'silent' }) })).toBeUndefined();
    expect(existsSync(socket)).toBe(false);
  });
});

describe('findServiceManager', () => {
  it('sends several assignments as one message, each on one line', async ({ skip }) => {
    if (cannotReceive) skip(cannotReceive);
    const heard = await listen();
    const env = { NOTIFY_SOCKET: socket, PATH: process.env.PATH };
    const manager = findServiceManager(env, { pid: 1, log: pino({ level: 'silent' }) });
    await manager?.tell('READY=1', 'STATUS=two\nMAINPID=1');
    await until(() => heard.length > 0);
    expect(heard).toEqual(['READY=1 | STATUS=two MAINPID=1']);
  });
});
