import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findSystemd } from './systemd-notify.ts';
import { ProcessStage, until } from './testing/process-stage.ts';

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

let stage: ProcessStage;
let socket: string;

beforeEach(async () => {
  stage = await ProcessStage.open();
  socket = join(stage.directory, 'notify');
});

afterEach(() => stage[Symbol.asyncDispose]());

/** What a service manager hears. */
async function listen(): Promise<readonly string[]> {
  const child = stage.ended(spawn('perl', ['-e', RECEIVER, socket], { stdio: ['ignore', 'pipe', 'inherit'] }));
  const heard: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => heard.push(line));
  await until(() => heard.length > 0);
  heard.shift();
  return heard;
}

describe('live-status-daemon under a service manager', () => {
  it('says that it is ready, that it lives, how it is and that it stops', async ({ skip }) => {
    if (cannotReceive) skip(cannotReceive);
    const heard = await listen();
    const daemon = stage.start(['run'], { env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '300000' } });
    await until(() => heard.some((line) => line.includes('READY=1')));
    expect(daemon.stdout).toContain('following sessions');
    const ready = 'READY=1 | WATCHDOG=1 | STATUS=ok; 0 posts, 0 waiting';
    expect(heard.filter((line) => line.includes('READY=1'))[0]).toBe(ready);
    const beats = heard.length;
    // A message may be lost, so the later ones say it again.
    await until(() => heard.slice(beats).filter((line) => line === ready).length > 2);
    await stage.simulator.faults.offline();
    daemon.child.kill('SIGTERM');
    expect(await daemon.exited).toBe(0);
    await until(() => heard.some((line) => line.startsWith('STOPPING=1')));
    expect(heard.at(-1)).toBe('STOPPING=1 | STATUS=updating posts before the stop');
  });

  it('leaves the watchdog of another process alone', async ({ skip }) => {
    if (cannotReceive) skip(cannotReceive);
    const log = pino({ level: 'silent' });
    const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '300000', WATCHDOG_PID: '7' };
    expect(findSystemd(env, { pid: 8, log })?.watchdogMs).toBeUndefined();
    expect(findSystemd(env, { pid: 7, log })?.watchdogMs).toBe(300);
  });

  it('goes on when it cannot be told, and says so once', async () => {
    const env = { NOTIFY_SOCKET: join(stage.directory, 'none'), WATCHDOG_USEC: '30000', PATH: '' };
    const daemon = await stage.startFollowing({ env });
    await until(() => daemon.stdout.includes('could not notify systemd'));
    daemon.child.kill('SIGTERM');
    expect(await daemon.exited).toBe(0);
    expect(daemon.stdout.match(/could not notify systemd/g)).toHaveLength(1);
    expect(daemon.stdout).toContain('install the program systemd-notify');
  });

  it('tells nobody when nobody asks', () => {
    expect(findSystemd({}, { pid: 1, log: pino({ level: 'silent' }) })).toBeUndefined();
    expect(existsSync(socket)).toBe(false);
  });
});

describe('findSystemd', () => {
  it('sends several assignments as one message, each on one line', async ({ skip }) => {
    if (cannotReceive) skip(cannotReceive);
    const heard = await listen();
    const env = { NOTIFY_SOCKET: socket, PATH: process.env.PATH };
    const manager = findSystemd(env, { pid: 1, log: pino({ level: 'silent' }) });
    await manager?.notify('READY=1', 'STATUS=two\nMAINPID=1');
    await until(() => heard.length > 0);
    expect(heard).toEqual(['READY=1 | STATUS=two MAINPID=1']);
  });
});
