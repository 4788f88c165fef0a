import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findInstance } from '@live-status/instance-lock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ended, OperatorHome, ROOT, TOKEN } from './testing/operator-home.ts';

const POLL_MS = 5;
const CONFIG = `{ "channels": { "mattermost": { "baseUrl": "http://127.0.0.1:9", "botToken": "${TOKEN}" } } }`;

let home: OperatorHome;
beforeEach(() => {
  home = new OperatorHome(CONFIG);
});
afterEach(() => home.close());

const runningPid = (): number | undefined => findInstance(join(home.openclawDir, 'live-status'))?.pid;

const environmentOf = (pid: number | undefined): readonly string[] =>
  readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').sort();

describe('a daemon that runs during an installation', () => {
  beforeEach(({ skip }) => skip(process.platform !== 'linux', 'only Linux shows the environment of a process'));

  it('is restarted with the environment it had, which is not printed, when "start" brought it up', async () => {
    await home.install();
    // Known to nobody but the daemon: not to the shell of the installation, not to openclaw.json.
    const own = { THROTTLE_MS: '700', MM_TOKEN: 'known-to-nobody-else', NOTE: 'a\n=b', MM_URL: 'http://127.0.0.1:9' };
    writeFileSync(home.configPath, '{}');
    await home.run(home.program('live-status-daemon'), ['start'], own);
    const before = runningPid();
    const environment = environmentOf(before);
    const { exitCode, output } = await home.install([], { LOG_LEVEL: 'warn' });
    expect(exitCode, output).toBe(0);
    const after = runningPid();
    expect(output).toMatch(new RegExp(`stopped pid ${before}\\n[\\s\\S]*started with pid ${after}`));
    expect(output).not.toMatch(/known-to-nobody-else|still runs the version of before/);
    expect(environment).toEqual(expect.arrayContaining(['MM_TOKEN=known-to-nobody-else', 'NOTE=a\n=b']));
    expect(environmentOf(after)).toEqual(environment);
  });

  it.for([
    ['in the foreground', ['run'], {}],
    ['by a service manager', ['run'], { INVOCATION_ID: '1' }],
    ['by a service manager, with a log file', ['run', '--log-file', 'log'], { INVOCATION_ID: '1' }],
  ] as const)('is left alone when it was started %s', async ([, args, env]) => {
    await home.install();
    const daemon = home.start(home.program('live-status-daemon'), args, env);
    const closed = once(daemon, 'close');
    while (runningPid() === undefined && daemon.exitCode === null) await wait(POLL_MS);
    const { exitCode, output } = await home.install();
    expect(exitCode, output).toBe(0);
    const pid = runningPid();
    expect(pid).toBe(daemon.pid);
    expect(output).toContain(
      `! pid ${pid} still runs the version of before: restart what started it (systemctl restart live-status, or Ctrl-C and run)`,
    );
    expect(output).toContain(`The daemon runs (pid ${pid})`);
    daemon.kill();
    await closed;
  });
});

describe('a daemon where there is no /proc, as on macOS', () => {
  const env = {
    NODE_OPTIONS: `--import=${new URL('packages/instance-lock/src/testing/hide-proc.mjs', `file://${ROOT}`).href}`,
  };

  it('is started, found, left alone by an installation, and stopped', async ({ skip }) => {
    skip(!existsSync('/bin/ps'), 'there is no /bin/ps');
    await home.install([], env);
    const daemon = (command: string): Promise<Ended> => home.run(home.program('live-status-daemon'), [command], env);
    const started = await daemon('start');
    const pid = /started with pid (\d+)/.exec(started.output)?.[1];
    expect(pid, started.output).toBeDefined();
    expect((await daemon('start')).exitCode).toBe(3);
    expect((await daemon('status')).output).toContain(`running   pid ${pid}`);
    const { exitCode, output } = await home.install([], env);
    expect(exitCode, output).toBe(0);
    expect(output).toContain(`! pid ${pid} still runs the version of before: restart what started it (`);
    expect(output).toContain(`The daemon runs (pid ${pid}).`);
    expect((await daemon('stop')).output).toContain(`stopped pid ${pid}`);
    expect((await daemon('status')).output).toContain('not running');
  });
});
