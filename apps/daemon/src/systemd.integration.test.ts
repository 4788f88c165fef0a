import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createSimulator, type Simulator } from '@live-status/simulators/mattermost';
import { channelSession, createScriptedAgent } from '@live-status/simulators/openclaw-files';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const UNIT = fileURLToPath(new URL('../deploy/live-status.user.service', import.meta.url));
const SERVICE = 'live-status.service';
const SYSTEMD = '/lib/systemd/systemd';

/** A mount and pid namespace in which a user's systemd finds what it needs, whatever runs this machine. */
const NAMESPACE = [
  'unshare',
  '--mount',
  '--pid',
  '--fork',
  '--mount-proc',
  '--cgroup',
  '--kill-child',
  'sh',
  '-ec',
] as const;
const PREPARE =
  'mount -t tmpfs none /run; mkdir -p /run/systemd/system; mount -t tmpfs none /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup';
const cannotRun =
  spawnSync(NAMESPACE[0], [...NAMESPACE.slice(1), `${PREPARE}; test -x ${SYSTEMD}`]).status === 0
    ? undefined
    : 'no systemd can be run in a namespace here';

let home: string;
let systemd: ChildProcess | undefined;
let simulator: Simulator;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'live-status-systemd-'));
  simulator = await createSimulator();
});

afterEach(async () => {
  if (systemd?.exitCode === null) {
    systemd.kill('SIGKILL');
    await once(systemd, 'close');
  }
  await simulator.close();
  rmSync(home, { recursive: true, force: true });
});

const environment = (): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  HOME: home,
  XDG_RUNTIME_DIR: join(home, 'run'),
  XDG_CONFIG_HOME: join(home, '.config'),
});

/** Installs the unit of this package unchanged, with shorter times and the settings of this test beside it. */
function install(): void {
  const bin = join(home, '.openclaw', 'live-status', 'app', 'bin');
  const units = join(home, '.config', 'systemd', 'user');
  for (const directory of [bin, join(units, `${SERVICE}.d`), join(home, 'run'), join(home, '.openclaw', 'agents')]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
  const program = `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`;
  writeFileSync(join(bin, 'live-status-daemon'), program, { mode: 0o755 });
  copyFileSync(UNIT, join(units, SERVICE));
  const settings = `MM_URL=${simulator.url} MM_TOKEN=${simulator.bot.token} HEALTH_PORT=0 POST_DELAY_MS=0 SHUTDOWN_TIMEOUT_S=30 PATH=${process.env.PATH}`;
  const short = 'WatchdogSec=2\nRestartSec=100ms\nTimeoutStopSec=10';
  writeFileSync(join(units, `${SERVICE}.d`, 'test.conf'), `[Service]\n${short}\nEnvironment=${settings}\n`);
}

async function startSystemd(): Promise<void> {
  install();
  const script = `${PREPARE}; ${SYSTEMD} --user & wait`;
  systemd = spawn(NAMESPACE[0], [...NAMESPACE.slice(1), script], { env: environment(), stdio: 'ignore' });
  await until(async () => (await systemctl('show', '--property=Version')).includes('Version='));
}

const run = promisify(execFile);

/** What `systemctl --user` says inside the namespace; empty when it fails. */
async function systemctl(...args: readonly string[]): Promise<string> {
  const inside = readFileSync(`/proc/${systemd?.pid}/task/${systemd?.pid}/children`, 'utf8').trim();
  const command = ['--target', inside, '--mount', '--pid', 'systemctl', '--user', ...args];
  const said = await run('nsenter', command, { env: environment() }).catch(() => ({ stdout: '' }));
  return said.stdout;
}

async function shown(): Promise<Record<string, string>> {
  const names = ['ActiveState', 'SubState', 'Result', 'StatusText', 'NRestarts', 'MainPID'];
  const lines = (await systemctl('show', `--property=${names.join()}`, SERVICE)).trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await wait(50);
}

describe('the systemd unit', () => {
  it('is active when sessions are followed, restarts a daemon that hangs, and stops', async ({ skip }) => {
    if (cannotRun) skip(cannotRun);
    await startSystemd();
    await systemctl('start', SERVICE);
    const first = await shown();
    expect(first).toMatchObject({ ActiveState: 'active', SubState: 'running', NRestarts: '0' });
    expect(first.StatusText).toBe('ok; 0 posts, 0 waiting');

    await systemctl('kill', '--signal=STOP', SERVICE);
    await until(async () => (await shown()).NRestarts === '1' && (await shown()).SubState === 'running');
    expect((await shown()).MainPID).not.toBe(first.MainPID);

    await systemctl('stop', SERVICE);
    expect(await shown()).toMatchObject({ ActiveState: 'inactive', Result: 'success' });
  });

  it('brings posts to their end after a stop that had to kill', async ({ skip }) => {
    if (cannotRun) skip(cannotRun);
    await startSystemd();
    await systemctl('start', SERVICE);
    const agent = createScriptedAgent(join(home, '.openclaw', 'agents'));
    channelSession(agent, simulator.channel.id).begin('hello').call('a', 'npm test');
    await until(() => /\[ACTIVE\]/.test(simulator.posts()[0]?.message ?? ''));
    // The daemon waits longer for Mattermost than it may; its successor finds it answering.
    await simulator.faults.offline();
    const stopped = systemctl('stop', SERVICE);
    await until(async () => (await shown()).SubState === 'stop-post');
    await simulator.faults.online();
    await stopped;
    expect(await shown()).toMatchObject({ ActiveState: 'failed', Result: 'timeout' });
    expect(simulator.posts().map(({ message }) => message)).toEqual([
      expect.stringMatching(/^\*\*\[INTERRUPTED\][\s\S]*status updates stopped/),
    ]);
  });
});
