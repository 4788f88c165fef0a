import { createHash, generateKeyPairSync } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { programVersion } from '@live-status/daemon-control/program-version';
import { createSimulator } from '@live-status/simulators/mattermost';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperatorHome, ROOT, TOKEN } from './testing/operator-home.ts';

const CONFIG = `// my gateway
{
  gateway: { port: 18789 }, // the usual one
  channels: {
    mattermost: { baseUrl: 'http://127.0.0.1:9', botToken: '${TOKEN}' },
  },
}
`;

/** A device as the daemon keeps it once the gateway of `origin` let it in. */
function pairedDevice(origin: string): { readonly id: string; readonly text: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const id = createHash('sha256')
    .update(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'))
    .digest('hex');
  const [privateKeyPem, publicKeyPem] = [
    privateKey.export({ format: 'pem', type: 'pkcs8' }),
    publicKey.export({ format: 'pem', type: 'spki' }),
  ];
  return { id, text: JSON.stringify({ version: 1, publicKeyPem, privateKeyPem, tokens: { [origin]: TOKEN } }) };
}

let home: OperatorHome;

beforeEach(() => {
  home = new OperatorHome(CONFIG);
});
afterEach(() => home.close());

describe('install.sh', () => {
  it('installs programs that run, the hook, and its entry; says what is set and shows no token', async () => {
    const { exitCode, output } = await home.install([], { THROTTLE_MS: '700' });
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/set in this environment: .*THROTTLE_MS/);
    expect(output).toContain(`found in ${home.configPath}: MM_TOKEN, MM_URL`);
    expect(output).toMatch(/live-status doctor:\n[\s\S]*gateway hook/);
    expect(output).not.toContain(TOKEN);
    const version = programVersion(join(ROOT, 'apps', 'daemon'));
    expect(version).toMatch(/^\d+\.\d+\.\d+ \([0-9a-f]{7}\)$/);
    expect(output).toContain(`done: install version ${version}: ${home.prefix}\n`);
    for (const program of ['live-status', 'live-status-daemon'] as const)
      expect((await home.run(home.program(program), ['--version'])).output).toBe(`${version}\n`);
    expect((await home.run(home.program('live-status-daemon'), ['status'])).output).toContain('not running');
    const config = readFileSync(home.configPath, 'utf8');
    expect(config).toContain('// the usual one');
    expect(config).toMatch(/"live-status": \{\s+"enabled": true/);
    expect(lstatSync(home.configPath).mode & 0o777).toBe(0o640);
    expect(lstatSync(`${home.configPath}.live-status-backup`).mode & 0o777).toBe(0o600);
  });

  it('brings a daemon up through the installed hook', async () => {
    await home.install();
    const hook = join(home.openclawDir, 'hooks', 'live-status', 'handler.js');
    const code = `const { default: hook } = await import(${JSON.stringify(hook)});
      await hook({ type: 'gateway', action: 'startup', context: { cfg: {} } });
      const log = console.log; console.log = (line) => { log(line); process.exit(); };
      setInterval(() => {}, 1000);`;
    const { output } = await home.run(process.execPath, ['--input-type=module', '-e', code]);
    // It says at once that the Mattermost of this test does not answer.
    expect(output).toMatch(/^\[live-status\] failing: Mattermost .*; started with pid \d+/);
    const upgraded = await home.install();
    expect(upgraded.output).toMatch(/stopped pid \d+[\s\S]*started with pid \d+/);
    expect(upgraded.output).toMatch(
      /\nThe daemon runs \(pid \d+\)\. Nothing is left to do: the gateway starts it from now on\.\n$/,
    );
    expect(upgraded.output).not.toMatch(/live-status-daemon start|Next:/);
  });

  it('ends with one next step, and finds nothing that fails when all is well', async () => {
    await using sim = await createSimulator();
    const mattermost = { baseUrl: sim.url, botToken: sim.bot.token, streaming: { mode: 'off' } };
    const config = { meta: { lastTouchedVersion: '2026.7.35' }, channels: { mattermost } };
    const start = `${home.program('live-status-daemon')} start`;
    const lastLine = (output: string): string | undefined => {
      expect(output.match(/^Next: /gm)).toHaveLength(1);
      return output.trimEnd().split('\n').at(-1);
    };
    writeFileSync(home.configPath, JSON.stringify(config));
    const sessions = join(home.openclawDir, 'agents', 'main', 'sessions');
    writeFileSync(join(sessions, 'sessions.json'), '{}');
    writeFileSync(join(sessions, 'a.jsonl'), '{"type":"session","id":"a"}\n');
    const first = await home.install();
    expect(first.output).not.toContain('✗');
    expect(first.output).toMatch(/, 0 failed\n/);
    expect(lastLine(first.output)).toBe(
      `Next: openclaw gateway restart, which starts the daemon (without a restart: ${start})`,
    );
    writeFileSync(home.configPath, '{}');
    const incomplete = await home.install();
    expect(lastLine(incomplete.output)).toMatch(
      /^Next: connect OpenClaw to Mattermost .*MM_URL and MM_TOKEN; then openclaw gateway restart, /,
    );
    expect(incomplete.output.match(/MM_TOKEN is not set/g)).toHaveLength(1);
    writeFileSync(home.configPath, '{ hooks: { internal: { enabled: false } } }');
    const off = await home.install();
    expect(lastLine(off.output)).toBe(
      `Next: connect OpenClaw to Mattermost (channels.mattermost in openclaw.json), or set MM_URL and MM_TOKEN; then ${start}. The hook is not enabled (see above), so the gateway does not start it.`,
    );
    rmSync(home.configPath);
    const none = await home.install();
    expect(lastLine(none.output)).toMatch(/^Next: set OpenClaw up .*run install\.sh again.*npm start -- --demo$/);
  });

  it('changes nothing when it is repeated', async () => {
    await home.install();
    const once = home.snapshot();
    const { exitCode, output } = await home.install();
    expect(exitCode, output).toBe(0);
    const twice = home.snapshot();
    expect(Object.keys(twice)).toEqual(Object.keys(once));
    expect(twice).toEqual(once);
  });

  it('changes nothing in a dry run', async () => {
    const before = home.snapshot();
    const { exitCode, output } = await home.install(['--dry-run']);
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/would install[\s\S]*would put the gateway hook[\s\S]*would enable the hook/);
    expect(home.snapshot()).toEqual(before);
    await home.install();
    const installed = home.snapshot();
    expect((await home.install(['--uninstall', '--dry-run'])).output).toContain('would remove');
    expect(home.snapshot()).toEqual(installed);
  });

  it('copies what runs and its licences, and nothing for developers', async () => {
    await home.install();
    const files = readdirSync(home.prefix, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const real = new Set(files.map(({ parentPath, name }) => realpathSync(join(parentPath, name))));
    const paths = [...real].map((path) => relative(realpathSync(home.prefix), path));
    const forDevelopers =
      /\.(map|ts|mts|cts|tsbuildinfo)$|\.(test|spec)\.[cm]?js$|\/(\.[^/]+|tests?|__tests__|docs?|examples?)\/|\/\.[^/]+$|\/tsconfig[^/]*$|\/typescript\//;
    expect(paths.filter((path) => forDevelopers.test(path))).toEqual([]);
    for (const program of ['daemon', 'cli']) {
      const licences = readFileSync(join(home.prefix, program, 'dist', 'THIRD-PARTY-LICENSES.txt'), 'utf8');
      expect(licences).toMatch(/^@mattermost\/client .*\(MIT\)$/m);
      expect(paths).toContain(`${program}/LICENSE`);
    }
  });

  it("takes the daemon out of OpenClaw's devices with --purge, or says how", async () => {
    const stateDir = join(home.openclawDir, 'live-status');
    const { id, text } = pairedDevice('ws://127.0.0.1:18789');
    const pair = (): void => {
      mkdirSync(stateDir, { recursive: true });
      writeFileSync(join(stateDir, 'gateway-device.json'), text);
    };
    const calls = join(home.outside, 'calls');
    const PATH = home.fakeCommand('openclaw', `echo "$@" >>"${calls}"`);
    await home.install();
    pair();
    const kept = await home.install(['--uninstall'], { PATH });
    expect(kept.output).toContain(
      `stays in ${stateDir}, and this daemon stays a paired device of OpenClaw; --purge removes both`,
    );
    expect((await home.install(['--uninstall', '--purge', '--dry-run'], { PATH })).output).toContain(
      `would remove this daemon from OpenClaw's paired devices: openclaw devices remove ${id}`,
    );
    expect(existsSync(calls)).toBe(false);
    const purged = await home.install(['--uninstall', '--purge'], { PATH });
    expect(purged.output).toContain("done: remove this daemon from OpenClaw's paired devices");
    expect(readFileSync(calls, 'utf8')).toBe(`devices remove ${id}\n`);
    expect(existsSync(stateDir)).toBe(false);
    pair();
    const failed = await home.install(['--uninstall', '--purge'], { PATH: home.fakeCommand('openclaw', 'exit 1') });
    expect(failed.output).toContain(
      `! the gateway at ws://127.0.0.1:18789 still lists this daemon as a paired device. While it runs: openclaw devices remove ${id}`,
    );
    expect(existsSync(stateDir)).toBe(false);
  });

  it.for([
    ['live-status.user.service', '.config/systemd/user/live-status.service', 'systemctl --user disable --now'],
    ['live-status.plist', 'Library/LaunchAgents/live-status.plist', 'launchctl bootout gui/$(id -u)/live-status'],
  ] as const)('names %s that somebody copied, and leaves it', async ([unit, copy, command]) => {
    await home.install();
    const file = join(home.path, copy);
    mkdirSync(dirname(file), { recursive: true });
    copyFileSync(join(ROOT, 'apps', 'daemon', 'deploy', unit), file);
    const { output } = await home.install(['--uninstall']);
    expect(output).toContain(`! the service in ${file} stays: ${command}`);
    expect(existsSync(file)).toBe(true);
    writeFileSync(file, 'somebody else');
    expect((await home.install(['--uninstall'])).output).not.toContain(file);
  });

  it('leaves nothing but the backup when it is removed', async () => {
    const before = home.snapshot();
    await home.install();
    const { exitCode, output } = await home.install(['--uninstall']);
    expect(exitCode, output).toBe(0);
    expect(output).toContain('the backup of openclaw.json stays');
    const { '.openclaw/openclaw.json.live-status-backup': backup, ...after } = home.snapshot();
    expect(backup).toBe(`600 ${CONFIG}`);
    expect(after).toEqual(before);
  });

  it('leaves an entry alone that somebody had switched off before', async () => {
    const off = `{ "hooks": { "internal": { "enabled": true, "entries": { "live-status": { "enabled": false } } } } }`;
    writeFileSync(home.configPath, off);
    await home.install();
    await home.install(['--uninstall']);
    expect(readFileSync(home.configPath, 'utf8')).toBe(off);
  });

  it('removes none of the empty folders that were there before', async () => {
    mkdirSync(join(home.openclawDir, 'hooks'));
    mkdirSync(join(home.path, 'opt'));
    const before = home.snapshot();
    await home.install(['--prefix', 'opt/of mine/live-status']);
    await home.install(['--prefix', 'opt/live-status']);
    expect(readdirSync(join(home.path, 'opt'))).toEqual(['live-status']);
    await home.install();
    await home.install(['--uninstall']);
    const { '.openclaw/openclaw.json.live-status-backup': _, ...after } = home.snapshot();
    expect(after).toEqual(before);
  });

  it('stops the daemon and removes its state with --purge only', async () => {
    const before = home.snapshot();
    await home.install();
    await home.run(home.program('live-status-daemon'), ['start']);
    const { output } = await home.install(['--uninstall']);
    expect(output).toMatch(/stopped pid \d+/);
    expect(readdirSync(join(home.openclawDir, 'live-status'))).toContain('daemon.log');
    await home.install(['--uninstall', '--purge']);
    const { '.openclaw/openclaw.json.live-status-backup': _, ...after } = home.snapshot();
    expect(after).toEqual(before);
  });

  it('keeps what was changed in openclaw.json meanwhile', async () => {
    await home.install();
    writeFileSync(home.configPath, readFileSync(home.configPath, 'utf8').replace('18789', '18790'));
    await home.install(['--uninstall']);
    expect(readFileSync(home.configPath, 'utf8')).toBe(CONFIG.replace('18789', '18790'));
  });

  it('goes on after a run that was cut', async () => {
    await home.install();
    const installed = Object.keys(home.snapshot());
    mkdirSync(`${home.prefix}.live-status-next/daemon`, { recursive: true });
    renameSync(home.prefix, `${home.prefix}.live-status-last`);
    rmSync(join(home.openclawDir, 'hooks', 'live-status', 'daemon-path'));
    const { exitCode, output } = await home.install();
    expect(exitCode, output).toBe(0);
    expect(Object.keys(home.snapshot())).toEqual(installed);
  });

  it('installs into another prefix, and finds it again', async () => {
    const elsewhere = join(home.path, 'opt dir', 'live status');
    await home.install(['--prefix', elsewhere]);
    expect(existsSync(join(elsewhere, 'bin', 'live-status'))).toBe(true);
    expect((await home.install(['--dry-run'])).output).toMatch(
      /would reinstall version \d+\.\d+\.\d+ .*: .*live status/,
    );
    await home.install(['--uninstall']);
    expect(existsSync(elsewhere)).toBe(false);
  });

  it('does not overwrite what is not its own', async () => {
    mkdirSync(home.prefix, { recursive: true });
    writeFileSync(join(home.prefix, 'mine'), '');
    for (const args of [[], ['--uninstall']]) {
      const { exitCode, output } = await home.install(args);
      expect(exitCode).toBe(1);
      expect(output).toContain('holds something that is not Live Status (mine): move it away, or choose another');
    }
    expect(readdirSync(home.prefix)).toEqual(['mine']);
  });

  it.for([
    [['bin/live-status-daemon', 'lib/mine'], 'lib'],
    [['bin/live-status-daemon', 'bin/mine'], 'bin/mine'],
    [['bin/mine'], 'bin/mine'],
    [['node/mine'], 'node'],
    [['receipt.json', 'mine'], 'mine'],
  ] as const)('neither replaces nor removes a folder that holds %j', async ([files, foreign]) => {
    const local = join(home.path, '.local');
    for (const file of files) {
      mkdirSync(join(local, file, '..'), { recursive: true });
      writeFileSync(join(local, file), '{ "version": "1" }');
    }
    const before = home.snapshot();
    for (const args of [[], ['--uninstall']]) {
      const { exitCode, output } = await home.install(['--prefix', '.local', ...args]);
      expect(exitCode, output).toBe(1);
      expect(output).toContain(`is not Live Status (${foreign})`);
      expect(home.snapshot()).toEqual(before);
    }
  });

  it('leaves the prefix of before to whatever else came to lie in it', async () => {
    await home.install();
    writeFileSync(join(home.prefix, 'mine'), '');
    const { exitCode, output } = await home.install(['--prefix', 'opt']);
    expect(exitCode, output).toBe(0);
    expect(output).toContain(`! ${home.prefix} stays: it also holds mine`);
    expect(existsSync(join(home.prefix, 'mine'))).toBe(true);
    expect(existsSync(join(home.path, 'opt', 'bin', 'live-status'))).toBe(true);
  });

  it.for([
    ['.', 'home directory'],
    ['..', 'home directory'],
    ['.openclaw', "OpenClaw's folder"],
    ['linked', "OpenClaw's folder"],
    ['.openclaw/hooks', 'gateway hook'],
    ['state', 'STATE_DIR'],
    ['state/app', undefined],
  ] as const)('refuses %j as prefix where that would take more than programs away', async ([prefix, what]) => {
    symlinkSync(home.openclawDir, join(home.path, 'linked'));
    const before = home.snapshot();
    const env = { STATE_DIR: join(home.path, 'state') };
    const { exitCode, output } = await home.install(['--dry-run', '--prefix', prefix], env);
    expect(exitCode, output).toBe(what ? 1 : 0);
    if (what) expect(output).toMatch(new RegExp(`would replace .*${what}.*: choose a folder for the programs alone`));
    expect(home.snapshot()).toEqual(before);
  });

  it('lets OpenClaw enable the hook when the file has no comments to lose', async () => {
    const plain = JSON.stringify({ gateway: { port: 1 } }, undefined, 2);
    const enabled = { hooks: { internal: { enabled: true, entries: { 'live-status': { enabled: true } } } }, meta: {} };
    const calls = join(home.outside, 'calls');
    const script = `echo "$@" >>"${calls}"; printf '%s' '${JSON.stringify(enabled)}' >"$HOME/.openclaw/openclaw.json"`;
    const env = { PATH: home.fakeCommand('openclaw', script) };
    await home.install([], env);
    expect(existsSync(calls)).toBe(false);
    await home.install(['--uninstall'], env);
    writeFileSync(home.configPath, plain);
    await home.install([], env);
    expect(readFileSync(calls, 'utf8')).toBe('hooks enable live-status\n');
    expect(readFileSync(home.configPath, 'utf8')).toBe(JSON.stringify(enabled));
    await home.install(['--uninstall'], env);
    expect(readFileSync(home.configPath, 'utf8')).toBe(plain);
  });

  it('inserts the entry itself when OpenClaw fails to', async () => {
    writeFileSync(home.configPath, '{}');
    await home.install([], { PATH: home.fakeCommand('openclaw', 'exit 1') });
    expect(JSON.parse(readFileSync(home.configPath, 'utf8'))).toHaveProperty([
      'hooks',
      'internal',
      'entries',
      'live-status',
    ]);
  });

  it('installs without an openclaw.json, and says that the hook waits for one', async () => {
    rmSync(home.configPath);
    const { exitCode, output } = await home.install();
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/the hook is not enabled: there is no .*openclaw\.json/);
    expect(output).toMatch(/MM_TOKEN is not set/);
  });

  it('refuses a folder of OpenClaw that is named and not there, and makes none', async () => {
    const before = home.snapshot();
    for (const env of [{ OPENCLAW_STATE_DIR: 'mistyped' }, { OPENCLAW_HOME: 'mistyped' }]) {
      const { exitCode, output } = await home.install([], env);
      expect(exitCode, output).toBe(1);
      expect(output).toMatch(/^install\.sh: OPENCLAW_\w+: there is no directory .*mistyped; correct it, or make/);
    }
    expect(home.snapshot()).toEqual(before);
  });

  it('installs into a home without OpenClaw', async () => {
    rmSync(home.openclawDir, { recursive: true });
    const { exitCode, output } = await home.install();
    expect(exitCode, output).toBe(0);
    expect(existsSync(home.program('live-status-daemon'))).toBe(true);
  });

  it('exits 2 on wrong usage', async () => {
    expect(await home.install(['--fast'])).toMatchObject({ exitCode: 2, output: expect.stringContaining('Usage:') });
    expect(await home.install(['--purge'])).toMatchObject({
      exitCode: 2,
      output: expect.stringContaining('--uninstall'),
    });
  });
});

describe('deploy-to-agents.sh', () => {
  const script = join(ROOT, 'deploy-to-agents.sh');

  it('wants directories that exist', async () => {
    expect((await home.run('bash', [script])).exitCode).toBe(2);
    expect((await home.run('bash', [script, '--fast', home.path])).exitCode).toBe(2);
    const { exitCode, output } = await home.run('bash', [script, join(home.path, 'gone')]);
    expect(exitCode).toBe(1);
    expect(output).toContain(`there is no directory ${join(home.path, 'gone')}`);
  });
});
