import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TOKEN = 'token-that-nobody-may-see-1';
const CONFIG = `// my gateway
{
  gateway: { port: 18789 }, // the usual one
  channels: {
    mattermost: { baseUrl: 'http://127.0.0.1:9', botToken: '${TOKEN}' },
  },
}
`;

let home: string;
let openclawDir: string;
let configPath: string;

beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), 'live-status-install-')), "an operator's home");
  openclawDir = join(home, '.openclaw');
  configPath = join(openclawDir, 'openclaw.json');
  mkdirSync(join(openclawDir, 'agents', 'main', 'sessions'), { recursive: true });
  writeFileSync(configPath, CONFIG, { mode: 0o640 });
});

afterEach(async () => {
  if (existsSync(program('live-status-daemon'))) await run(program('live-status-daemon'), ['stop']);
  rmSync(join(home, '..'), { recursive: true, force: true });
});

const prefix = (): string => join(openclawDir, 'live-status', 'app');
const program = (name: string): string => join(prefix(), 'bin', name);

interface Ended {
  readonly exitCode: number;
  readonly output: string;
}

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const own = { PATH: process.env.PATH ?? '', HOME: home, HEALTH_PORT: '0', PID_FILE: join(home, '..', 'pid') };
  return new Promise((resolve) => {
    execFile(command, args, { env: { ...own, ...env }, cwd: ROOT }, (error, stdout, stderr) => {
      resolve({ exitCode: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

const installer = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  run(process.execPath, ['--conditions=@live-status/source', MAIN, ...args], env);

/** Every path under the home directory with what it holds; of the installed packages only which there are. */
function snapshot(): Record<string, string> {
  const all = readdirSync(home, { recursive: true, withFileTypes: true });
  const files = all.filter(({ parentPath }) => !parentPath.includes('/node_modules'));
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const mode = (lstatSync(path).mode & 0o777).toString(8);
      return [
        relative(home, path),
        entry.isFile() ? `${mode} ${readFileSync(path, 'utf8')}` : entry.isDirectory() ? 'folder' : 'link',
      ];
    }),
  );
}

/** A command of that name in a folder for `PATH`. */
function fakeCommand(name: string, script: string): string {
  const folder = join(home, '..', 'bin');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
  return `${folder}${delimiter}${process.env.PATH}`;
}

describe('install.sh', () => {
  it('installs programs that run, the hook, and its entry; says what is set and shows no token', async () => {
    const { exitCode, output } = await installer([], { THROTTLE_MS: '700' });
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/set in this environment: .*THROTTLE_MS/);
    expect(output).toContain(`found in ${configPath}: MM_TOKEN, MM_URL`);
    expect(output).toMatch(/live-status doctor:\n[\s\S]*gateway hook/);
    expect(output).not.toContain(TOKEN);
    expect((await run(program('live-status'), ['--version'])).output).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await run(program('live-status-daemon'), ['status'])).output).toContain('not running');
    const config = readFileSync(configPath, 'utf8');
    expect(config).toContain('// the usual one');
    expect(config).toMatch(/"live-status": \{\s+"enabled": true/);
    expect(lstatSync(configPath).mode & 0o777).toBe(0o640);
    expect(lstatSync(`${configPath}.live-status-backup`).mode & 0o777).toBe(0o600);
  });

  it('brings a daemon up through the installed hook', async () => {
    await installer();
    const hook = join(openclawDir, 'hooks', 'live-status', 'handler.js');
    const code = `const { default: hook } = await import(${JSON.stringify(hook)});
      await hook({ type: 'gateway', action: 'startup', context: { cfg: {} } });
      const log = console.log; console.log = (line) => { log(line); process.exit(); };
      setInterval(() => {}, 1000);`;
    const { output } = await run(process.execPath, ['--input-type=module', '-e', code]);
    expect(output).toMatch(/^\[live-status\] started with pid \d+/);
    const upgraded = await installer();
    expect(upgraded.output).toMatch(/stopped pid \d+[\s\S]*started with pid \d+/);
  });

  it('changes nothing when it is repeated', async () => {
    await installer();
    const once = snapshot();
    const { exitCode, output } = await installer();
    expect(exitCode, output).toBe(0);
    const twice = snapshot();
    expect(Object.keys(twice)).toEqual(Object.keys(once));
    expect(twice).toEqual(once);
  });

  it('changes nothing in a dry run', async () => {
    const before = snapshot();
    const { exitCode, output } = await installer(['--dry-run']);
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/would install[\s\S]*would put the gateway hook[\s\S]*would enable the hook/);
    expect(snapshot()).toEqual(before);
    await installer();
    const installed = snapshot();
    expect((await installer(['--uninstall', '--dry-run'])).output).toContain('would remove');
    expect(snapshot()).toEqual(installed);
  });

  it('leaves nothing but the backup when it is removed', async () => {
    const before = snapshot();
    await installer();
    const { exitCode, output } = await installer(['--uninstall']);
    expect(exitCode, output).toBe(0);
    expect(output).toContain('the backup of openclaw.json stays');
    const { '.openclaw/openclaw.json.live-status-backup': backup, ...after } = snapshot();
    expect(backup).toBe(`600 ${CONFIG}`);
    expect(after).toEqual(before);
  });

  it('stops the daemon and removes its state with --purge only', async () => {
    const before = snapshot();
    await installer();
    await run(program('live-status-daemon'), ['start']);
    const { output } = await installer(['--uninstall']);
    expect(output).toMatch(/stopped pid \d+/);
    expect(readdirSync(join(openclawDir, 'live-status'))).toContain('daemon.log');
    await installer(['--uninstall', '--purge']);
    const { '.openclaw/openclaw.json.live-status-backup': _, ...after } = snapshot();
    expect(after).toEqual(before);
  });

  it('keeps what was changed in openclaw.json meanwhile', async () => {
    await installer();
    writeFileSync(configPath, readFileSync(configPath, 'utf8').replace('18789', '18790'));
    await installer(['--uninstall']);
    expect(readFileSync(configPath, 'utf8')).toBe(CONFIG.replace('18789', '18790'));
  });

  it('goes on after a run that was cut', async () => {
    await installer();
    const installed = Object.keys(snapshot());
    mkdirSync(`${prefix()}.live-status-next/daemon`, { recursive: true });
    renameSync(prefix(), `${prefix()}.live-status-last`);
    rmSync(join(openclawDir, 'hooks', 'live-status', 'daemon-path'));
    const { exitCode, output } = await installer();
    expect(exitCode, output).toBe(0);
    expect(Object.keys(snapshot())).toEqual(installed);
  });

  it('installs into another prefix, and finds it again', async () => {
    const elsewhere = join(home, 'opt dir', 'live status');
    await installer(['--prefix', elsewhere]);
    expect(existsSync(join(elsewhere, 'bin', 'live-status'))).toBe(true);
    expect((await installer(['--dry-run'])).output).toMatch(/would install version \S+ again: .*live status/);
    await installer(['--uninstall']);
    expect(existsSync(elsewhere)).toBe(false);
  });

  it('does not overwrite what is not its own', async () => {
    mkdirSync(prefix(), { recursive: true });
    writeFileSync(join(prefix(), 'mine'), '');
    for (const args of [[], ['--uninstall']]) {
      const { exitCode, output } = await installer(args);
      expect(exitCode).toBe(1);
      expect(output).toContain('holds something that is not Live Status');
    }
    expect(readdirSync(prefix())).toEqual(['mine']);
  });

  it('lets OpenClaw enable the hook when the file has no comments to lose', async () => {
    const plain = JSON.stringify({ gateway: { port: 1 } }, undefined, 2);
    const enabled = { hooks: { internal: { enabled: true, entries: { 'live-status': { enabled: true } } } }, meta: {} };
    const calls = join(home, '..', 'calls');
    const script = `echo "$@" >>"${calls}"; printf '%s' '${JSON.stringify(enabled)}' >"$HOME/.openclaw/openclaw.json"`;
    const env = { PATH: fakeCommand('openclaw', script) };
    await installer([], env);
    expect(existsSync(calls)).toBe(false);
    await installer(['--uninstall'], env);
    writeFileSync(configPath, plain);
    await installer([], env);
    expect(readFileSync(calls, 'utf8')).toBe('hooks enable live-status\n');
    expect(readFileSync(configPath, 'utf8')).toBe(JSON.stringify(enabled));
    await installer(['--uninstall'], env);
    expect(readFileSync(configPath, 'utf8')).toBe(plain);
  });

  it('inserts the entry itself when OpenClaw fails to', async () => {
    writeFileSync(configPath, '{}');
    await installer([], { PATH: fakeCommand('openclaw', 'exit 1') });
    expect(JSON.parse(readFileSync(configPath, 'utf8'))).toHaveProperty([
      'hooks',
      'internal',
      'entries',
      'live-status',
    ]);
  });

  it('installs without an openclaw.json, and says that the hook waits for one', async () => {
    rmSync(configPath);
    const { exitCode, output } = await installer();
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/the hook is not enabled: there is no .*openclaw\.json/);
    expect(output).toMatch(/missing or wrong: MM_TOKEN/);
  });

  it('exits 2 on wrong usage', async () => {
    expect(await installer(['--fast'])).toMatchObject({ exitCode: 2, output: expect.stringContaining('Usage:') });
  });
});

describe('deploy-to-agents.sh', () => {
  const script = join(ROOT, 'deploy-to-agents.sh');

  it('wants directories that exist', async () => {
    expect((await run('bash', [script])).exitCode).toBe(2);
    expect((await run('bash', [script, '--fast', home])).exitCode).toBe(2);
    const { exitCode, output } = await run('bash', [script, join(home, 'gone')]);
    expect(exitCode).toBe(1);
    expect(output).toContain(`there is no directory ${join(home, 'gone')}`);
  });
});
