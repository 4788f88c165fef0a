import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperatorHome, TOKEN } from './testing/operator-home.ts';

const CONFIG = `// my gateway
{
  gateway: { port: 18789 }, // the usual one
  channels: { mattermost: { baseUrl: 'http://127.0.0.1:9', botToken: '${TOKEN}' } },
}
`;
const BACKUP = '.openclaw/openclaw.json.live-status-backup';

let home: OperatorHome;
beforeEach(() => {
  home = new OperatorHome(CONFIG);
});
afterEach(() => home.close());

describe('bash install.sh', () => {
  it('installs, repeats itself, removes itself, and leaves nothing in the HOME but the backup it names', async () => {
    const before = home.snapshot();
    const first = await home.bash('install.sh');
    expect(first.exitCode, first.output).toBe(0);
    expect((await home.run(home.program('live-status'), ['--version'])).exitCode).toBe(0);
    const once = home.snapshot();
    const again = await home.bash('install.sh');
    expect(again.exitCode, again.output).toBe(0);
    expect(home.snapshot()).toEqual(once);
    const removed = await home.bash('install.sh', ['--uninstall']);
    expect(removed.exitCode, removed.output).toBe(0);
    expect(removed.output).toContain(`the backup of openclaw.json stays: ${join(home.path, BACKUP)}`);
    const { [BACKUP]: backup, ...after } = home.snapshot();
    expect(backup).toBe(`600 ${CONFIG}`);
    expect(after).toEqual(before);
  }, 180_000);
});

describe('two installations at once', () => {
  it('do not collide: the second says who is at work, and changes nothing', async () => {
    writeFileSync(home.configPath, '{}');
    const [asked, answered] = [join(home.outside, 'asked'), join(home.outside, 'answered')];
    const quoted = home.outside.replaceAll("'", "'\\''");
    const PATH = home.fakeCommand(
      'openclaw',
      `cd '${quoted}'; touch asked; until [ -e answered ]; do sleep 0.05; done; exit 1`,
    );
    const first = home.install([], { PATH });
    while (!existsSync(asked)) await wait(5);
    const before = home.snapshot();
    for (const args of [[], ['--uninstall']]) {
      const { exitCode, output } = await home.install(args);
      expect(exitCode, output).toBe(1);
      expect(output).toMatch(
        /^install\.sh: another install\.sh is at work \(pid \d+\): let it end, and run this one again\n$/,
      );
    }
    expect(home.snapshot()).toEqual(before);
    writeFileSync(answered, '');
    const { exitCode, output } = await first;
    expect(exitCode, output).toBe(0);
    expect(existsSync(join(home.openclawDir, 'live-status-install'))).toBe(false);
  });

  it('leave one whole installation, started at the same moment', async () => {
    const results = await Promise.all([home.install(), home.install(), home.install()]);
    for (const { exitCode, output } of results) expect(output).toMatch(exitCode === 0 ? /doctor:/ : /another install/);
    expect(results.map(({ exitCode }) => exitCode)).toContain(0);
    expect((await home.run(home.program('live-status'), ['--version'])).exitCode).toBe(0);
    expect(readdirSync(home.openclawDir).filter((name) => name.startsWith('live-status'))).toEqual(['live-status']);
  });
});

describe('an installation that is cut', () => {
  it('goes on when it is repeated, wherever it was killed', async () => {
    const plain = JSON.stringify({ channels: { mattermost: { botToken: TOKEN } } }, undefined, 2);
    writeFileSync(home.configPath, plain);
    const before = home.snapshot();
    await home.killInstall(() => existsSync(`${home.prefix}.live-status-next`));
    const asked = join(home.outside, 'asked');
    const slow = {
      PATH: home.fakeCommand('openclaw', `touch '${home.outside.replaceAll("'", "'\\''")}/asked'; sleep 600`),
    };
    await home.killInstall(() => existsSync(asked), slow);
    const { exitCode, output } = await home.install();
    expect(exitCode, output).toBe(0);
    expect(home.snapshot()).not.toHaveProperty(['.openclaw/live-status/app.live-status-next']);
    expect((await home.run(home.program('live-status'), ['--version'])).exitCode).toBe(0);
    expect(JSON.parse(readFileSync(home.configPath, 'utf8'))).toHaveProperty([
      'hooks',
      'internal',
      'entries',
      'live-status',
    ]);
    await home.install(['--uninstall']);
    const { [BACKUP]: backup, ...after } = home.snapshot();
    expect(backup).toBe(`600 ${plain}`);
    expect(after).toEqual(before);
  });

  it('is removed to the end when its removal was cut, also from another prefix', async () => {
    const before = home.snapshot();
    const elsewhere = join(home.path, 'opt dir', 'live status');
    await home.install(['--prefix', elsewhere]);
    renameSync(elsewhere, `${elsewhere}.live-status-next`);
    rmSync(join(`${elsewhere}.live-status-next`, 'receipt.json'));
    const { exitCode, output } = await home.install(['--uninstall']);
    expect(exitCode, output).toBe(0);
    const { [BACKUP]: _, ...after } = home.snapshot();
    expect(after).toEqual(before);
  });

  it('is found again when its receipt and its hook are gone', async () => {
    const before = home.snapshot();
    await home.install();
    rmSync(join(home.prefix, 'receipt.json'));
    rmSync(join(home.openclawDir, 'hooks'), { recursive: true });
    const { exitCode, output } = await home.install(['--uninstall']);
    expect(exitCode, output).toBe(0);
    const { [BACKUP]: _, ...after } = home.snapshot();
    expect(after).toEqual(before);
    expect((await home.install(['--uninstall'])).output).toContain('there is no Live Status in');
  });

  it('stops a daemon whose program is gone', async () => {
    await home.install();
    await home.run(home.program('live-status-daemon'), ['start']);
    rmSync(home.prefix, { recursive: true });
    expect((await home.install(['--uninstall'])).output).toMatch(/stopped pid \d+/);
  });

  it('moves when it is repeated with another prefix', async () => {
    const before = home.snapshot();
    await home.install();
    const elsewhere = join(home.path, 'opt');
    const { output } = await home.install(['--prefix', 'opt']);
    expect(output).toContain(`done: remove ${home.prefix}`);
    expect(existsSync(home.prefix)).toBe(false);
    expect((await home.run(join(elsewhere, 'bin', 'live-status'), ['--version'])).exitCode).toBe(0);
    await home.install(['--uninstall']);
    const { [BACKUP]: _, ...after } = home.snapshot();
    expect(after).toEqual(before);
  });
});

describe('what an installation says', () => {
  it('names every variable that is missing', async () => {
    writeFileSync(home.configPath, '{}');
    const { exitCode, output } = await home.install(['--dry-run']);
    expect(exitCode, output).toBe(0);
    for (const name of ['MM_TOKEN', 'MM_URL'])
      expect(output).toMatch(new RegExp(`missing or wrong: ${name} is not set`));
    expect(output).toContain('not set: DEFAULT_CHANNEL');
  });

  it.for([
    ['{ "channels": ', /openclaw\.json: it is not an object/],
    [`{ hooks: '${TOKEN}' }`, /openclaw\.json: hooks in it is not an object/],
  ] as const)('does nothing beside a configuration like %j, and says why', async ([config, why]) => {
    writeFileSync(home.configPath, config);
    const before = home.snapshot();
    const { exitCode, output } = await home.install();
    expect(exitCode).toBe(1);
    expect(output).toMatch(why);
    expect(output).toContain('run install.sh again');
    expect(home.snapshot()).toEqual(before);
  });

  it.for([
    ['a folder', (path: string) => mkdirSync(path), /\(EISDIR\): a folder is where the file must be; move it away/],
    [
      'a link to nothing',
      (path: string) => symlinkSync('gone', path),
      /\(ENOENT\): it is a link to a file that is not/,
    ],
    ['a link in a circle', (path: string) => symlinkSync(path, path), /\(ELOOP\): it is a link that leads in a circle/],
  ] as const)(
    'names the path, the code and the fix when openclaw.json is %s, and is removed beside it',
    async ([, make, why]) => {
      await home.install();
      rmSync(home.configPath);
      make(home.configPath);
      const before = home.snapshot();
      const { exitCode, output } = await home.install();
      expect(exitCode, output).toBe(1);
      expect(output).toMatch(why);
      expect(output).toMatch(/^install\.sh: .*openclaw\.json: it cannot be read .*; .*run install\.sh again\n$/);
      expect(home.snapshot()).toEqual(before);
      const removed = await home.install(['--uninstall']);
      expect(removed.exitCode, removed.output).toBe(0);
      expect(removed.output).toMatch(why);
      expect(existsSync(home.prefix)).toBe(false);
    },
  );

  it('removes all but the entry from a configuration that broke meanwhile, and says what is left to do', async () => {
    await home.install();
    writeFileSync(home.configPath, '{ "channels": ');
    const { exitCode, output } = await home.install(['--uninstall']);
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/openclaw\.json cannot be edited: .*take live-status out of hooks\.internal\.entries/);
    expect(existsSync(home.prefix)).toBe(false);
  });

  it('says what is in the way of a folder, and goes on once it is gone', async () => {
    writeFileSync(join(home.openclawDir, 'hooks'), '');
    const { exitCode, output } = await home.install();
    expect(exitCode).toBe(1);
    expect(output).toMatch(
      /install\.sh: .*hooks.* cannot be read or written \((EEXIST|ENOTDIR)\): a file is where a folder/,
    );
    rmSync(join(home.openclawDir, 'hooks'));
    expect((await home.install()).exitCode).toBe(0);
  });

  it('says what enabling a hook means for other hooks, by the OpenClaw that is there', async () => {
    const dryRun = async (config: string): Promise<string> => {
      writeFileSync(home.configPath, config);
      return (await home.install(['--dry-run'], { PATH: dirname(process.execPath) })).output;
    };
    expect(await dryRun('{ meta: { lastTouchedVersion: "2026.7.35" } }')).toContain(
      'also loads the hooks it brings along',
    );
    expect(await dryRun('{ meta: { lastTouchedVersion: "2026.9.6" } }')).not.toContain('brings along');
    const broad = 'hooks: { internal: { enabled: true } }';
    expect(await dryRun(`{ ${broad} }`)).not.toContain('brings along');
    expect(await dryRun(`{ meta: { lastTouchedVersion: "2026.9.6" }, ${broad} }`)).toContain('loads only the hooks');
  });
});

describe('deploy-to-agents.sh', () => {
  const RULES = '# Rules of this agent\n';

  /** Another OpenClaw of the same person. */
  function anotherOpenClaw(name: string, config: string): string {
    const directory = join(home.path, name);
    mkdirSync(join(directory, 'workspace'), { recursive: true });
    writeFileSync(join(directory, 'workspace', 'AGENTS.md'), RULES);
    writeFileSync(join(directory, 'openclaw.json'), config);
    return directory;
  }

  it('installs for every directory but the broken one, names that, exits 1, and touches no AGENTS.md', async () => {
    const broken = anotherOpenClaw('first one', '{ "channels": ');
    const fine = anotherOpenClaw('second one', CONFIG);
    const { exitCode, output } = await home.bash('deploy-to-agents.sh', ['first one', join(home.path, 'gone'), fine]);
    expect(exitCode).toBe(1);
    expect(output).toMatch(/first one\/openclaw\.json: it is not an object/);
    expect(output).toContain(`there is no directory ${join(home.path, 'gone')}`);
    expect(readdirSync(broken)).toEqual(['openclaw.json', 'workspace']);
    const program = join(fine, 'live-status', 'app', 'bin', 'live-status');
    expect((await home.run(program, ['--version'])).exitCode).toBe(0);
    expect(readFileSync(join(fine, 'openclaw.json'), 'utf8')).toContain('live-status');
    for (const directory of [broken, fine]) {
      expect(readFileSync(join(directory, 'workspace', 'AGENTS.md'), 'utf8')).toBe(RULES);
    }
    expect(existsSync(home.prefix)).toBe(false);
    const removed = await home.bash('deploy-to-agents.sh', ['--uninstall', fine]);
    expect(removed.exitCode, removed.output).toBe(0);
    expect(readFileSync(join(fine, 'openclaw.json'), 'utf8')).toBe(CONFIG);
  }, 180_000);
});
