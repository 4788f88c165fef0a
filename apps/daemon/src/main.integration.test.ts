import { once } from 'node:events';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { channelSession, createScriptedAgent } from '@live-status/simulators/openclaw-files';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProcessStage, until } from './testing/process-stage.ts';

let stage: ProcessStage;

beforeEach(async () => {
  stage = await ProcessStage.open();
});

afterEach(() => stage[Symbol.asyncDispose]());

describe('live-status-daemon run', () => {
  it('shows a run from its first call to its end', async () => {
    await stage.startFollowing();
    const session = stage.session();
    session.begin('hello').call('a', 'npm test');
    await stage.shows(/^\*\*\[ACTIVE\] main\*\*.*`npm test`/);
    session.result('a').answer('All tests pass.');
    await stage.shows(/^\*\*\[DONE\] main\*\*[\s\S]*`npm test` \[OK\]/);
    expect(stage.simulator.posts()).toMatchObject([
      { channel_id: stage.simulator.channel.id, user_id: stage.simulator.bot.user.id },
    ]);
  });

  it('says at SIGTERM that updates stopped, exits 0, and goes on in the same post', async () => {
    const first = await stage.startFollowing();
    const session = stage.session();
    session.begin('hello').call('a', 'npm test');
    await stage.shows(/\[ACTIVE\]/);
    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    expect(stage.messages()).toEqual([expect.stringMatching(/^\*\*\[INTERRUPTED\][\s\S]*status updates stopped/)]);
    await stage.startFollowing();
    await stage.shows(/^\*\*\[ACTIVE\][\s\S]*npm test/);
    session.result('a').answer('Over.');
    await stage.shows(/^\*\*\[DONE\][\s\S]*npm test` \[OK\]/);
    expect(stage.messages()).toHaveLength(1);
  });

  it('finishes the post of a run that ended while the daemon was killed', async () => {
    const first = await stage.startFollowing();
    const session = stage.session();
    session.begin('hello').call('a', 'npm test');
    await stage.shows(/\[ACTIVE\]/);
    first.child.kill('SIGKILL');
    await first.exited;
    session.result('a').call('b', 'npm run lint').result('b').answer('Over.');
    await stage.startFollowing();
    await stage.shows(/^\*\*\[DONE\][\s\S]*npm test[\s\S]*npm run lint` \[OK\]/);
    expect(stage.messages()).toHaveLength(1);
  });

  it('starts beside a Mattermost that is not there, and posts when it comes', async () => {
    await stage.simulator.faults.offline();
    await stage.startFollowing();
    const session = stage.session();
    session.begin('hello').call('a', 'npm test').result('a').answer('Over.');
    await stage.simulator.faults.online();
    await stage.shows(/^\*\*\[DONE\][\s\S]*npm test/);
    expect(stage.messages()).toHaveLength(1);
  });

  it('warns of a SESSIONS_JSON that is not there, and uses the one beside the transcripts', async () => {
    const agent = createScriptedAgent(stage.agentsDir);
    const missing = join(stage.directory, 'openclaw', 'sessions.json');
    const daemon = await stage.startFollowing({ env: { TRANSCRIPT_DIR: agent.sessionsDir, SESSIONS_JSON: missing } });
    await until(() => daemon.stdout.includes(`${missing} does not exist`));
    channelSession(agent, stage.simulator.channel.id).begin('hello').call('a', 'npm test').result('a').answer('Over.');
    await stage.shows(/^\*\*\[DONE\] main\*\*[\s\S]*npm test/);
    expect(stage.simulator.posts()).toMatchObject([{ channel_id: stage.simulator.channel.id }]);
  });

  it('refuses to run twice on the same state directory, and names the first', async () => {
    const first = await stage.startFollowing();
    const second = stage.start(['run']);
    expect(await second.exited).toBe(3);
    expect(second.stderr).toContain(`already running with pid ${first.child.pid}`);
    expect(first.child.exitCode).toBe(null);
  });

  it('stops at SIGTERM while it still waits for a daemon of another machine, and leaves that one its lock', async () => {
    const state = stage.stateDir;
    mkdirSync(state);
    writeFileSync(join(state, 'daemon-7-7@web1.pid-7.lock'), 'running\n');
    const daemon = stage.start(['run']);
    await until(() => daemon.stdout.includes('waiting for the heartbeat') || daemon.child.exitCode !== null);
    daemon.child.kill('SIGTERM');
    expect(await daemon.exited).toBe(0);
    expect(daemon.stdout).toMatch(/"signal":"SIGTERM","msg":"stopping"[\s\S]*"msg":"stopped"\}\n$/);
    expect(readdirSync(state)).toEqual(['daemon-7-7@web1.pid-7.lock']);
  });

  it('keeps its files to its user', async () => {
    await stage.startFollowing();
    const state = stage.stateDir;
    expect(statSync(state).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(state)) expect(statSync(join(state, file)).mode & 0o777, file).toBe(0o600);
  });

  it('lists everything that is wrong with the configuration and exits 2', async () => {
    const labels = join(stage.directory, 'labels.json');
    writeFileSync(labels, '{ "read": 7 }');
    const broken = stage.start(['run'], { env: { MM_TOKEN: '', THROTTLE_MS: 'fast', STATUS_STYLE: 'html' } });
    expect(await broken.exited).toBe(2);
    expect(broken.stderr.trim().split('\n')).toEqual([
      expect.stringContaining('MM_TOKEN is not set'),
      expect.stringContaining('THROTTLE_MS is fast'),
      expect.stringContaining('STATUS_STYLE is html'),
    ]);
    const unlabelled = stage.start(['run'], { env: { TOOL_LABELS_FILE: labels } });
    expect(await unlabelled.exited).toBe(2);
    expect(unlabelled.stderr).toMatch(/TOOL_LABELS_FILE is .*"read"/);
    const language = join(stage.directory, 'language.json');
    writeFileSync(language, '{ "extends": "xx", "words": { "head": { "thinking": "", "plan": "{done}" } } }');
    const speechless = stage.start(['run'], { env: { STATUS_LANGUAGE: language, TOOL_LABELS_FILE: labels } });
    expect(await speechless.exited).toBe(2);
    expect(speechless.stderr.trim().split('\n')).toEqual([
      `STATUS_LANGUAGE is ${language}: extends is "xx": it must be one of en, de, fr, es, pt, ja, zh`,
      `STATUS_LANGUAGE is ${language}: words.head.thinking is "": it must be a text`,
      `STATUS_LANGUAGE is ${language}: words.head.plan is "{done}": it must contain {steps}`,
      expect.stringMatching(/^TOOL_LABELS_FILE is .*"read"/),
    ]);
  });

  it('goes on without a health server when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const daemon = await stage.startFollowing({ env: { HEALTH_PORT: String(port) } });
    await until(() => daemon.stdout.includes('could not start the health server'));
    other.close();
    daemon.child.kill('SIGTERM');
    expect(await daemon.exited).toBe(0);
  });

  it('never prints a token', async () => {
    const daemon = await stage.startFollowing({
      env: {
        LOG_LEVEL: 'trace',
        HEALTH_TOKEN: 'health-token-1',
        REDIS_URL: 'redis://user:redis%2Fpass@127.0.0.1:1',
        SHUTDOWN_TIMEOUT_S: '1',
      },
    });
    stage.simulator.revokeToken(stage.simulator.bot.token);
    stage.session().begin('hello').call('a', 'npm test');
    await until(() => /token rejected/.test(daemon.stdout) && /cannot share MAX_UPDATES/.test(daemon.stdout));
    daemon.child.kill('SIGTERM');
    await daemon.exited;
    expect(daemon.stdout + daemon.stderr).not.toContain(stage.simulator.bot.token);
    expect(daemon.stdout + daemon.stderr).not.toContain('health-token-1');
    expect(daemon.stdout + daemon.stderr).not.toMatch(/redis(%2F|\/)pass/);
  });
});

describe('live-status-daemon finalize', () => {
  it('ends what is over and says of the rest that updates stopped', async () => {
    const first = await stage.startFollowing();
    const session = stage.session();
    session.begin('hello').call('a', 'npm test');
    await stage.shows(/\[ACTIVE\]/);
    first.child.kill('SIGKILL');
    await first.exited;
    expect(await stage.start(['finalize']).exited).toBe(0);
    expect(stage.messages()).toEqual([expect.stringMatching(/^\*\*\[INTERRUPTED\][\s\S]*status updates stopped/)]);
    session.result('a').answer('Over.');
    expect(await stage.start(['finalize']).exited).toBe(0);
    expect(stage.messages()).toEqual([expect.stringMatching(/^\*\*\[DONE\][\s\S]*npm test` \[OK\]/)]);
  });
});

describe('live-status-daemon', () => {
  it('explains itself', async () => {
    const help = stage.start(['--help']);
    expect(await help.exited).toBe(0);
    expect(help.stdout).toMatch(/Usage: live-status-daemon[\s\S]*Examples:[\s\S]*Exit codes/);
    const version = stage.start(['--version']);
    expect(await version.exited).toBe(0);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+( \([0-9a-f]{7}\))?\n$/);
  });

  it('lists all that is wrong with the configuration, and what may explain it, and exits 2', async () => {
    const config = join(stage.directory, 'openclaw.json');
    const botToken = { source: 'exec', provider: 'vault', id: 'mattermost' };
    writeFileSync(config, JSON.stringify({ channels: { mattermost: { enabled: true, botToken } } }));
    const env = {
      MM_TOKEN: '',
      MM_TOKN: 'secret-1',
      THROTTLE_MS: 'fast',
      TOOL_LABELS_FILE: '/nowhere/labels.json',
      CHANNEL_RULES: '/nowhere/rules.json',
      OPENCLAW_CONFIG_PATH: config,
    };
    const wrong = stage.start(['run'], { env });
    expect(await wrong.exited).toBe(2);
    for (const part of [
      /^MM_TOKEN is not set/m,
      /^THROTTLE_MS is fast/m,
      /^TOOL_LABELS_FILE is \/nowhere\/labels\.json/m,
      /^CHANNEL_RULES is \/nowhere\/rules\.json: there is no such file; create it, or correct the path$/m,
      /^MM_TOKN is not a setting: did you mean MM_TOKEN\?$/m,
      /^channels\.mattermost\.botToken in .*openclaw\.json is .* cannot be resolved here: set MM_TOKEN$/m,
    ])
      expect(wrong.stderr).toMatch(part);
    expect(wrong.stderr).not.toContain('secret-1');
  });

  it.for([[[]], [['walk']], [['run', '--fast']]] as const)('exits 2 on wrong usage: %j', async ([args]) => {
    const wrong = stage.start(args);
    expect(await wrong.exited).toBe(2);
    expect(wrong.stderr).not.toBe('');
  });
});

describe('live-status-daemon follow', () => {
  it('serves what is at work, and posts nothing', async () => {
    const follow = stage.start(['follow'], { env: { MM_URL: '', MM_TOKEN: '' } });
    await until(() => follow.stdout.includes('\n'));
    const url = follow.stdout.trim();
    const session = stage.session();
    session.begin('hello').call('a', 'npm test');
    await until(async () => (await (await fetch(url)).text()).includes('<code>npm test</code>'));
    follow.child.kill('SIGTERM');
    expect(await follow.exited).toBe(0);
    expect([follow.stderr, stage.messages()]).toEqual(['', []]);
  });

  it('says what is wrong with its settings', async () => {
    const follow = stage.start(['follow'], { env: { SOURCE: 'elsewhere' } });
    expect(await follow.exited).toBe(2);
    expect(follow.stderr).toMatch(/^SOURCE is elsewhere: /);
  });
});
