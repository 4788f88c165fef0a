import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'plist';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const FILE = fileURLToPath(new URL('../deploy/live-status.plist', import.meta.url));
const DAEMON = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const POLL_MS = 20;

interface Agent {
  readonly Label: string;
  readonly ProgramArguments: readonly string[];
  readonly EnvironmentVariables: Readonly<Record<string, string>>;
  readonly KeepAlive: { readonly SuccessfulExit: boolean };
  readonly ExitTimeOut: number;
  readonly Umask: number;
  readonly HardResourceLimits: { readonly Core: number };
  readonly SoftResourceLimits: { readonly Core: number };
}

const agent = parse(readFileSync(FILE, 'utf8')) as unknown as Agent;

let home: string;
let child: ChildProcess | undefined;

/** A home with an installation, in a path with a blank. */
beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), 'live-status-launchd-')), 'a home');
  const bin = join(home, '.openclaw', 'live-status', 'app', 'bin');
  mkdirSync(bin, { recursive: true });
  const program = `#!/bin/sh\nexec '${process.execPath}' '${DAEMON}' "$@"\n`;
  writeFileSync(join(bin, 'live-status-daemon'), program, { mode: 0o755 });
});
afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(join(home, '..'), { recursive: true });
});

/** As launchd does: its own few variables, no shell around it. */
function launch(): ChildProcess {
  const [command = '', ...args] = agent.ProgramArguments;
  child = spawn(command, args, { env: { ...agent.EnvironmentVariables, HOME: home }, stdio: 'ignore', cwd: '/' });
  return child;
}

async function untilExists(path: string): Promise<void> {
  while (!existsSync(path) || statSync(path).size === 0) await wait(POLL_MS);
}

describe('live-status.plist', () => {
  it('is a property list with what launchd needs, and leads the daemon as the units of systemd do', () => {
    const unit = readFileSync(fileURLToPath(new URL('../deploy/live-status.user.service', import.meta.url)), 'utf8');
    const inUnit = (name: string): number => Number(new RegExp(`^${name}=(\\d+)$`, 'm').exec(unit)?.[1]);
    expect(agent).toMatchObject({ Label: 'live-status', RunAtLoad: true, KeepAlive: { SuccessfulExit: false } });
    expect(agent.ExitTimeOut).toBe(inUnit('TimeoutStopSec'));
    expect(agent.Umask.toString(8).padStart(4, '0')).toBe(/^UMask=(\d+)$/m.exec(unit)?.[1]);
    const core = { Core: inUnit('LimitCORE') };
    expect(agent).toMatchObject({ HardResourceLimits: core, SoftResourceLimits: core });
    expect(agent.ProgramArguments.slice(0, 2)).toEqual(['/bin/sh', '-c']);
  });

  it('starts a daemon that takes the settings of the file, logs to STATE_DIR, and stops in order', async () => {
    const stateDir = join(home, 'state dir');
    mkdirSync(join(home, '.config'));
    const settings = [`STATE_DIR='${stateDir}'`, 'MM_URL=http://127.0.0.1:9', 'MM_TOKEN=x', 'HEALTH_PORT=0'];
    settings.push(`PID_FILE='${join(home, 'pid')}'`, `TRANSCRIPT_DIR='${home}'`, 'SOURCE=jsonl');
    writeFileSync(join(home, '.config', 'live-status.env'), `${settings.join('\n')}\n`);
    const daemon = launch();
    await untilExists(join(home, 'pid'));
    expect(readFileSync(join(home, 'pid'), 'utf8').trim()).toBe(String(daemon.pid));
    expect(readFileSync(join(stateDir, 'daemon.log'), 'utf8')).toContain('starting');
    daemon.kill('SIGTERM');
    expect(await once(daemon, 'exit')).toEqual([0, null]);
    expect(readFileSync(join(stateDir, 'daemon.err'), 'utf8')).toBe('');
  });

  it('keeps what is wrong with the settings in daemon.err, and ends with a failure, so that it is tried again', async () => {
    const [exitCode] = (await once(launch(), 'exit')) as [number];
    expect(exitCode).toBe(2);
    expect(readFileSync(join(home, '.openclaw', 'live-status', 'daemon.err'), 'utf8')).toContain('MM_TOKEN');
  });
});
