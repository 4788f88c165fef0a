import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { acquireInstanceLock, findInstance } from '@live-status/instance-lock';
import { describeSettings, readSettings } from '@live-status/settings';
import { createSimulator, type Simulator } from '@live-status/simulators/mattermost';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const HOOK = fileURLToPath(new URL('..', import.meta.url));
const DAEMON = fileURLToPath(new URL('../../daemon/dist/main.js', import.meta.url));
/** A gateway of one hook: sends one event, says when the hook returned, and goes on until it is ended. */
const GATEWAY = `
const { default: hook } = await import(process.argv[1]);
const event = JSON.parse(process.argv[2]);
const result = await hook(event);
console.log('returned', result);
process.stdin.resume();
`;

/** Runs a program that sees the folder in HOME read-only, in a mount namespace of its own. */
const READ_ONLY = [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
  '--mount',
  'sh',
  '-ec',
  'mount --bind "$HOME" "$HOME"; mount -o remount,bind,ro "$HOME"; exec "$@"',
  'sh',
] as const;
const cannotMount =
  spawnSync(READ_ONLY[0], [...READ_ONLY.slice(1), 'true'], { env: { ...process.env, HOME: tmpdir() } }).status === 0
    ? undefined
    : 'nothing can be mounted here';

let home: string;
let hook: string;
let simulator: Simulator;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'live status hook-'));
  hook = join(home, '.openclaw', 'hooks', 'live-status');
  mkdirSync(join(home, '.openclaw', 'agents'), { recursive: true });
  for (const file of ['HOOK.md', 'handler.js', 'package.json']) cpSync(join(HOOK, file), join(hook, file));
  simulator = await createSimulator();
});

afterEach(async () => {
  const daemon = findInstance(stateDir());
  if (daemon) process.kill(daemon.pid, 'SIGTERM');
  while (findInstance(stateDir())) await wait(20);
  await simulator.close();
  rmSync(home, { recursive: true, force: true });
});

const stateDir = (): string => join(home, '.openclaw', 'live-status');

interface Gateway {
  /** Lines of the gateway's log. */
  readonly lines: readonly string[];
}

/** Sends an event to the installed hook in a process of its own, and waits for what it logs. */
async function gateway(
  { action = 'startup', config = mattermost() }: { readonly action?: string; readonly config?: unknown } = {},
  env: Readonly<Record<string, string>> = {},
  [before = process.execPath, ...wrapper]: readonly string[] = [],
): Promise<Gateway> {
  const event = { type: 'gateway', action, sessionKey: `gateway:${action}`, context: { cfg: config }, messages: [] };
  const node = wrapper.length > 0 ? [...wrapper, process.execPath] : [];
  const args = [...node, '--input-type=module', '-e', GATEWAY, join(hook, 'handler.js'), JSON.stringify(event)];
  const child = spawn(before, args, {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      HEALTH_PORT: '0',
      PID_FILE: join(home, 'daemon.pid'),
      LIVE_STATUS_DAEMON: DAEMON,
      OPENAI_API_KEY: 'sk-model-key',
      ...env,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const hasSaid = (): boolean => action === 'shutdown' || /\[live-status\].*\n/.test(output);
  while (!(hasSaid() && /returned.*\n/.test(output)) && child.exitCode === null) await wait(20);
  child.kill();
  await once(child, 'close');
  return { lines: output.trim().split('\n') };
}

const mattermost = (): unknown => ({
  channels: { mattermost: { botToken: simulator.bot.token, baseUrl: simulator.url } },
});

/** A daemon that notes its arguments and environment. */
function spyDaemon(): {
  readonly program: string;
  readonly seen: () => { args: string[]; env: Record<string, string> };
} {
  const program = join(home, 'spy.mjs');
  const file = join(home, 'seen.json');
  const code = `import { writeFileSync } from 'node:fs';
writeFileSync(${JSON.stringify(file)}, JSON.stringify({ args: process.argv.slice(2), env: process.env }));
console.log('started with pid 1');`;
  writeFileSync(program, code);
  return { program, seen: () => JSON.parse(readFileSync(file, 'utf8')) };
}

describe('the hook at gateway:startup', () => {
  it('starts the daemon and returns before it runs', async () => {
    const { lines } = await gateway();
    expect(lines[0]).toBe('returned undefined');
    const pid = findInstance(stateDir())?.pid;
    expect(lines.slice(1)).toEqual([`[live-status] started with pid ${pid}; log: ${join(stateDir(), 'daemon.log')}`]);
  });

  it('says that the daemon runs already when the gateway starts again', async () => {
    await gateway();
    const first = findInstance(stateDir());
    const { lines } = await gateway();
    expect(lines.slice(1)).toEqual([`[live-status] already running with pid ${first?.pid}`]);
    expect(findInstance(stateDir())).toEqual(first);
  });

  it('starts one daemon when two gateways start at once', async () => {
    const both = await Promise.all([gateway(), gateway()]);
    const said = both.map(({ lines }) => lines.at(-1) ?? '').sort();
    const pid = findInstance(stateDir())?.pid;
    expect(said).toEqual([
      `[live-status] already running with pid ${pid}`,
      expect.stringContaining(`started with pid ${pid};`),
    ]);
  });

  it('trusts neither a pid file nor the lock of a process that is gone or another', async () => {
    writeFileSync(join(home, 'daemon.pid'), `${process.pid}\n`);
    const result = await acquireInstanceLock(stateDir(), { pid: process.pid });
    const [own = ''] = readdirSync(stateDir());
    if (result.held) result.lock.release();
    const [, rest = ''] = own.split('@');
    const claims = [`daemon-${process.pid}-1@${rest}`, `daemon-4194000-7@${rest}`];
    for (const claim of claims) writeFileSync(join(stateDir(), claim), 'running\n');
    const { lines } = await gateway();
    expect(lines.at(-1)).toMatch(/\[live-status\] started with pid/);
    expect(readdirSync(stateDir())).not.toEqual(expect.arrayContaining([claims[0]]));
  });

  it('finds a daemon that a service started', async () => {
    const service = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    await acquireInstanceLock(stateDir(), { pid: service.pid ?? 0 });
    const { lines } = await gateway();
    expect(lines.at(-1)).toBe(`[live-status] already running with pid ${service.pid}`);
  });

  it('names a build that is missing, and where it looked', async () => {
    const { lines } = await gateway({}, { LIVE_STATUS_DAEMON: join(home, 'gone', 'main.js') });
    expect(lines[0]).toBe(
      `[live-status] not started: ${join(home, 'gone', 'main.js')} does not exist; run install.sh of Live Status again, or set LIVE_STATUS_DAEMON`,
    );
    const { lines: unset } = await gateway({}, { LIVE_STATUS_DAEMON: '' });
    expect(unset[0]).toContain(join(stateDir(), 'app', 'bin', 'live-status-daemon'));
  });

  it('says in one line that a program cannot be run', async () => {
    const program = join(home, 'daemon');
    writeFileSync(program, '');
    const { lines } = await gateway({}, { LIVE_STATUS_DAEMON: program });
    expect(lines.slice(1)).toEqual([expect.stringContaining('[live-status] not started:')]);
  });

  it('says in one line that the state directory cannot be written', async () => {
    writeFileSync(join(home, 'file'), '');
    const { lines } = await gateway({}, { STATE_DIR: join(home, 'file', 'state') });
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^\[live-status\] .*state.* cannot be .*ENOTDIR.*STATE_DIR/),
    ]);
  });

  it('says in one line that the home cannot be written', async ({ skip }) => {
    if (cannotMount) skip(cannotMount);
    const { lines } = await gateway({}, { PID_FILE: '/dev/null/daemon.pid' }, READ_ONLY);
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^\[live-status\] not started: STATE_DIR .* cannot be written \(EROFS\): .*set STATE_DIR/),
    ]);
  });

  it('does not wait for a daemon that takes its time', async () => {
    const program = join(home, 'slow.mjs');
    writeFileSync(program, "setTimeout(() => console.log('started with pid 1'), 300);");
    const { lines } = await gateway({}, { LIVE_STATUS_DAEMON: program });
    expect(lines).toEqual(['returned undefined', '[live-status] started with pid 1']);
  });

  it('says in one line everything that is wrong with the settings', async () => {
    const { lines } = await gateway({ config: {} }, { THROTTLE_MS: 'fast' });
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^\[live-status\] not started: .*MM_TOKEN.*THROTTLE_MS is fast/),
    ]);
  });

  it('takes the program that the installation named beside it', async () => {
    const { program } = spyDaemon();
    writeFileSync(join(hook, 'daemon-path'), `${program}\n`);
    const { lines } = await gateway({}, { LIVE_STATUS_DAEMON: '' });
    expect(lines.at(-1)).toBe('[live-status] started with pid 1');
  });

  it('passes settings and credentials in the environment only, and no keys of models', async () => {
    const { program, seen } = spyDaemon();
    const { lines } = await gateway(
      {},
      { LIVE_STATUS_DAEMON: program, THROTTLE_MS: '700', ANTHROPIC_API_KEY: 'sk-ant', OPENCLAW_GATEWAY_PORT: '19500' },
    );
    expect(seen()).toMatchObject({
      args: ['start'],
      // The gateway writes the port it really listens on into its own environment.
      env: {
        MM_TOKEN: simulator.bot.token,
        MM_URL: simulator.url,
        HOME: home,
        THROTTLE_MS: '700',
        OPENCLAW_GATEWAY_PORT: '19500',
      },
    });
    expect(Object.keys(seen().env).filter((name) => /API_KEY|LIVE_STATUS/.test(name))).toEqual([]);
    expect(lines.join('\n')).not.toContain(simulator.bot.token);
  });

  it('passes the password that the gateway asks for, also from a secret store', async () => {
    const { program, seen } = spyDaemon();
    const env = { LIVE_STATUS_DAEMON: program, OPENCLAW_GATEWAY_PASSWORD: 'stale', OPENCLAW_PROFILE: 'work' };
    await gateway({}, env);
    expect(seen().env).toMatchObject({ OPENCLAW_GATEWAY_PASSWORD: 'stale', OPENCLAW_PROFILE: 'work' });
    await gateway({ config: { gateway: { auth: { mode: 'password', password: 'of store' } } } }, env);
    expect(seen().env).toMatchObject({ OPENCLAW_GATEWAY_PASSWORD: 'of store' });
  });

  it('leaves a token of the environment behind where the configuration has one for its own gateway', async () => {
    const { program, seen } = spyDaemon();
    const env = { LIVE_STATUS_DAEMON: program, OPENCLAW_GATEWAY_TOKEN: 'stale' };
    await gateway({}, env);
    expect(seen().env).toMatchObject({ OPENCLAW_GATEWAY_TOKEN: 'stale' });
    const config = { gateway: { auth: { token: 'of-now' } } };
    await gateway({ config }, env);
    expect(seen().env).toMatchObject({ OPENCLAW_GATEWAY_TOKEN: 'of-now' });
    await gateway({ config }, { ...env, OPENCLAW_GATEWAY_URL: 'wss://far.example.com' });
    expect(seen().env).toMatchObject({ OPENCLAW_GATEWAY_TOKEN: 'stale' });
  });

  it('passes every setting the daemon reads', async () => {
    const { program, seen } = spyDaemon();
    const reading = await readSettings({}, { home, readFile: () => Promise.reject(new Error()) });
    const names = describeSettings(reading).map(({ name }) => name);
    await gateway({}, { ...Object.fromEntries(names.map((name) => [name, 'x'])), LIVE_STATUS_DAEMON: program });
    expect(Object.keys(seen().env)).toEqual(expect.arrayContaining(names));
  });

  it('passes proxies and trusted authorities, and of NODE_OPTIONS only those', async () => {
    const { program, seen } = spyDaemon();
    const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [
      name,
      name.toLowerCase(),
    ]);
    const passed = {
      ...Object.fromEntries(proxies.map((name) => [name, `of ${name}`])),
      NODE_USE_SYSTEM_CA: '1',
      NODE_EXTRA_CA_CERTS: '/ca.pem',
    };
    const options = '--max-old-space-size=512 --use-system-ca';
    await gateway({}, { ...passed, LIVE_STATUS_DAEMON: program, NODE_OPTIONS: options });
    expect(seen().env).toMatchObject({ ...passed, NODE_OPTIONS: '--use-system-ca' });
    await gateway({}, { LIVE_STATUS_DAEMON: program, NODE_OPTIONS: '--max-old-space-size=512' });
    expect(seen().env).not.toHaveProperty('NODE_OPTIONS');
  });

  it('leaves to the daemon what openclaw.json says, so that it can read a new token later', async () => {
    const { program, seen } = spyDaemon();
    const env = { LIVE_STATUS_DAEMON: program };
    writeFileSync(join(home, '.openclaw', 'openclaw.json'), JSON.stringify(mattermost()));
    await gateway({}, env);
    expect(seen().env).not.toHaveProperty('MM_TOKEN');
  });

  it.for([
    ['moved/openclaw.json', { OPENCLAW_CONFIG_PATH: '~/moved/openclaw.json' }],
    ['moved/openclaw.json', { OPENCLAW_STATE_DIR: '~/moved' }],
    ['moved/.openclaw/openclaw.json', { OPENCLAW_HOME: '~/moved' }],
    ['moved/openclaw.json', { OPENCLAW_HOME: '~/moved', OPENCLAW_CONFIG_PATH: '~/openclaw.json' }],
  ] as const)('finds openclaw.json at ~/%s as the daemon does', async ([path, env]) => {
    const { program, seen } = spyDaemon();
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), JSON.stringify(mattermost()));
    await gateway({}, { LIVE_STATUS_DAEMON: program, ...env });
    expect(seen().env).not.toHaveProperty('MM_TOKEN');
  });

  it.for([
    ['a variable', { botToken: `\${BOT}` }, 'from-env'],
    ['an env reference', { botToken: { source: 'env', provider: 'default', id: 'BOT' } }, 'from-env'],
    ['a secret kept elsewhere', { botToken: { source: 'exec', provider: 'vault', id: 'x' } }, undefined],
    ['the default account', { accounts: { other: { botToken: 'o' }, default: { botToken: 'd' } } }, 'd'],
    ['the first account in use', { accounts: { off: { enabled: false, botToken: 'o' }, on: { botToken: 'n' } } }, 'n'],
    ['a channel that is switched off', { enabled: false, botToken: 't' }, undefined],
  ] as const)('understands %s', async ([, channel, token]) => {
    const { program, seen } = spyDaemon();
    await gateway({ config: { channels: { mattermost: channel } } }, { LIVE_STATUS_DAEMON: program, BOT: 'from-env' });
    expect(seen().env.MM_TOKEN).toBe(token);
  });

  it('never throws into the gateway, whatever the event', async () => {
    const { default: handle } = (await import(join(HOOK, 'handler.js'))) as {
      default: (event: unknown) => Promise<void>;
    };
    for (const event of [undefined, null, 7, {}, { type: 'command', action: 'startup' }]) {
      await expect(handle(event)).resolves.toBeUndefined();
    }
  });
});

describe('the hook at gateway:shutdown', () => {
  it('leaves the daemon running', async () => {
    await gateway();
    const daemon = findInstance(stateDir());
    const { lines } = await gateway({ action: 'shutdown' });
    expect(lines).toEqual([expect.stringContaining('[live-status] the daemon keeps running'), 'returned undefined']);
    expect(findInstance(stateDir())).toEqual(daemon);
  });

  it('says nothing where no daemon runs', async () => {
    const before = await gateway({ action: 'shutdown' });
    mkdirSync(stateDir());
    const { lines } = await gateway({ action: 'shutdown' });
    expect([before.lines, lines]).toEqual([['returned undefined'], ['returned undefined']]);
  });
});

describe('the hook pack', () => {
  it('has all that OpenClaw looks for, without dependencies', () => {
    const manifest = JSON.parse(readFileSync(join(HOOK, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({ type: 'module', openclaw: { hooks: ['.'] } });
    expect(manifest).not.toHaveProperty('dependencies');
    expect(readFileSync(join(HOOK, 'HOOK.md'), 'utf8')).toMatch(/^---\nname: live-status\n[\s\S]*"gateway:startup"/);
    // The changelog comes with a release.
    const files = (manifest.files as string[]).filter((file) => file !== 'CHANGELOG.md');
    for (const file of files) expect(existsSync(join(HOOK, file)), file).toBe(true);
  });
});
