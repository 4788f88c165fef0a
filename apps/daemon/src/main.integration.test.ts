import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createSimulator, type Simulator } from '@live-status/mattermost-sim';
import { channelSession, createScriptedAgent, type ScriptedSession } from '@live-status/replay';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

let directory: string;
let simulator: Simulator;
let children: ChildProcess[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-daemon-'));
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

interface Command {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  stdout: string;
  stderr: string;
}

/** Starts the program on a home directory of its own. */
function start(args: readonly string[], env: Record<string, string> = {}): Command {
  const defaults = {
    PATH: process.env.PATH ?? '',
    HOME: directory,
    MM_URL: simulator.url,
    MM_TOKEN: simulator.bot.token,
    TRANSCRIPT_DIR: join(directory, 'agents'),
    STATE_DIR: join(directory, 'state'),
    PID_FILE: join(directory, 'daemon.pid'),
    HEALTH_PORT: '0',
    POST_DELAY_MS: '0',
  };
  const child = spawn(process.execPath, ['--conditions=@live-status/source', MAIN, ...args], {
    env: { ...defaults, ...env },
  });
  children.push(child);
  const command: Command = { child, exited: once(child, 'close').then(([code]) => code), stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text) => (command.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text) => (command.stderr += text));
  return command;
}

/** Waits until something is so; the test's own timeout is the limit. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await wait(20);
}

async function startFollowing(env: Record<string, string> = {}): Promise<Command> {
  const command = start(['run'], env);
  await until(() => command.stdout.includes('following sessions') || command.child.exitCode !== null);
  expect(command.child.exitCode, command.stderr + command.stdout).toBe(null);
  return command;
}

/** A session in the simulator's channel, written by hand. */
const agentSession = (): ScriptedSession =>
  channelSession(createScriptedAgent(join(directory, 'agents')), simulator.channel.id);

const messages = (): readonly string[] => simulator.posts().map(({ message }) => message);
const shows = (pattern: RegExp) => () => pattern.test(messages()[0] ?? '');

describe('live-status-daemon run', () => {
  it('shows a run from its first call to its end', async () => {
    await startFollowing();
    const session = agentSession();
    session.begin('hello').call('a', 'npm test');
    await until(shows(/^\*\*\[ACTIVE\] main\*\*.*`npm test`/));
    session.result('a').answer('All tests pass.');
    await until(shows(/^\*\*\[DONE\] main\*\*[\s\S]*`npm test` \[OK\][\s\S]*All tests pass/));
    expect(simulator.posts()).toMatchObject([{ channel_id: simulator.channel.id, user_id: simulator.bot.user.id }]);
  });

  it('says at SIGTERM that updates stopped, exits 0, and goes on in the same post', async () => {
    const first = await startFollowing();
    const session = agentSession();
    session.begin('hello').call('a', 'npm test');
    await until(shows(/\[ACTIVE\]/));
    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    expect(messages()).toEqual([expect.stringMatching(/^\*\*\[INTERRUPTED\][\s\S]*status updates stopped/)]);
    await startFollowing();
    await until(shows(/^\*\*\[ACTIVE\][\s\S]*npm test/));
    session.result('a').answer('Over.');
    await until(shows(/^\*\*\[DONE\][\s\S]*npm test[\s\S]*Over/));
    expect(messages()).toHaveLength(1);
  });

  it('finishes the post of a run that ended while the daemon was killed', async () => {
    const first = await startFollowing();
    const session = agentSession();
    session.begin('hello').call('a', 'npm test');
    await until(shows(/\[ACTIVE\]/));
    first.child.kill('SIGKILL');
    await first.exited;
    session.result('a').call('b', 'npm run lint').result('b').answer('Over.');
    await startFollowing();
    await until(shows(/^\*\*\[DONE\][\s\S]*npm test[\s\S]*npm run lint[\s\S]*Over/));
    expect(messages()).toHaveLength(1);
  });

  it('starts beside a Mattermost that is not there, and posts when it comes', async () => {
    await simulator.faults.offline();
    await startFollowing();
    const session = agentSession();
    session.begin('hello').call('a', 'npm test').result('a').answer('Over.');
    await simulator.faults.online();
    await until(shows(/^\*\*\[DONE\][\s\S]*npm test/));
    expect(messages()).toHaveLength(1);
  });

  it('warns of a SESSIONS_JSON that is not there, and uses the one beside the transcripts', async () => {
    const agent = createScriptedAgent(join(directory, 'agents'));
    const missing = join(directory, 'openclaw', 'sessions.json');
    const daemon = await startFollowing({ TRANSCRIPT_DIR: agent.sessionsDir, SESSIONS_JSON: missing });
    await until(() => daemon.stdout.includes(`${missing} does not exist`));
    channelSession(agent, simulator.channel.id).begin('hello').call('a', 'npm test').result('a').answer('Over.');
    await until(shows(/^\*\*\[DONE\] main\*\*[\s\S]*npm test/));
    expect(simulator.posts()).toMatchObject([{ channel_id: simulator.channel.id }]);
  });

  it('refuses to run twice on the same state directory, and names the first', async () => {
    const first = await startFollowing();
    const second = start(['run']);
    expect(await second.exited).toBe(3);
    expect(second.stderr).toContain(`already runs with pid ${first.child.pid}`);
    expect(first.child.exitCode).toBe(null);
  });

  it('stops at SIGTERM while it still waits for a daemon of another machine, and leaves that one its lock', async () => {
    const state = join(directory, 'state');
    mkdirSync(state);
    writeFileSync(join(state, 'daemon-7-7@web1.pid-7.lock'), 'running\n');
    const daemon = start(['run']);
    await until(() => daemon.stdout.includes('waiting for a sign of life') || daemon.child.exitCode !== null);
    daemon.child.kill('SIGTERM');
    expect(await daemon.exited).toBe(0);
    expect(daemon.stdout).toMatch(/"signal":"SIGTERM","msg":"stopping"[\s\S]*"msg":"stopped"\}\n$/);
    expect(readdirSync(state)).toEqual(['daemon-7-7@web1.pid-7.lock']);
  });

  it('keeps its files to its user', async () => {
    await startFollowing();
    const state = join(directory, 'state');
    expect(statSync(state).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(state)) expect(statSync(join(state, file)).mode & 0o777, file).toBe(0o600);
  });

  it('lists everything that is wrong with the configuration and exits 2', async () => {
    const labels = join(directory, 'labels.json');
    writeFileSync(labels, '{ "read": 7 }');
    const broken = start(['run'], { MM_TOKEN: '', THROTTLE_MS: 'fast', STATUS_STYLE: 'html' });
    expect(await broken.exited).toBe(2);
    expect(broken.stderr.trim().split('\n')).toEqual([
      expect.stringContaining('MM_TOKEN is not set'),
      expect.stringContaining('THROTTLE_MS is fast'),
      expect.stringContaining('STATUS_STYLE is html'),
    ]);
    const unlabelled = start(['run'], { TOOL_LABELS_FILE: labels });
    expect(await unlabelled.exited).toBe(2);
    expect(unlabelled.stderr).toMatch(/TOOL_LABELS_FILE is .*"read"/);
  });

  it('goes on without a health server when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const daemon = await startFollowing({ HEALTH_PORT: String(port) });
    await until(() => daemon.stdout.includes('no health server'));
    other.close();
    daemon.child.kill('SIGTERM');
    expect(await daemon.exited).toBe(0);
  });

  it('never prints a token', async () => {
    const daemon = await startFollowing({
      LOG_LEVEL: 'trace',
      HEALTH_TOKEN: 'health-token-1',
      SHUTDOWN_TIMEOUT_S: '1',
    });
    simulator.revokeToken(simulator.bot.token);
    agentSession().begin('hello').call('a', 'npm test');
    await until(() => daemon.stdout.includes('token refused'));
    daemon.child.kill('SIGTERM');
    await daemon.exited;
    expect(daemon.stdout + daemon.stderr).not.toContain(simulator.bot.token);
    expect(daemon.stdout + daemon.stderr).not.toContain('health-token-1');
  });
});

describe('live-status-daemon finalize', () => {
  it('ends what is over and says of the rest that updates stopped', async () => {
    const first = await startFollowing();
    const session = agentSession();
    session.begin('hello').call('a', 'npm test');
    await until(shows(/\[ACTIVE\]/));
    first.child.kill('SIGKILL');
    await first.exited;
    expect(await start(['finalize']).exited).toBe(0);
    expect(messages()).toEqual([expect.stringMatching(/^\*\*\[INTERRUPTED\][\s\S]*status updates stopped/)]);
    session.result('a').answer('Over.');
    expect(await start(['finalize']).exited).toBe(0);
    expect(messages()).toEqual([expect.stringMatching(/^\*\*\[DONE\][\s\S]*Over/)]);
  });
});

describe('live-status-daemon', () => {
  it('explains itself', async () => {
    const help = start(['--help']);
    expect(await help.exited).toBe(0);
    expect(help.stdout).toMatch(/Usage: live-status-daemon[\s\S]*Examples:[\s\S]*Exit codes/);
    const version = start(['--version']);
    expect(await version.exited).toBe(0);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.for([[[]], [['walk']], [['run', '--fast']]] as const)('exits 2 on wrong usage: %j', async ([args]) => {
    const wrong = start(args);
    expect(await wrong.exited).toBe(2);
    expect(wrong.stderr).not.toBe('');
  });
});
