import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join, relative, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The checkout that is installed from. */
export const ROOT: string = fileURLToPath(new URL('../../../..', import.meta.url));
/** In every configuration of these tests, and in no output. */
export const TOKEN = 'token-that-nobody-may-see-1';

const MAIN = join(ROOT, 'apps', 'installer', 'dist', 'main.js');
const POLL_MS = 5;

/** How a program ended, with all it printed. */
export interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
}

type Variables = Readonly<Record<string, string>>;

/** HOME of a person with an OpenClaw, in a path with blanks and a quote. */
export class OperatorHome {
  /** Outside the HOME, and gone with it. */
  readonly outside: string = mkdtempSync(join(tmpdir(), 'live-status-install-'));
  readonly path: string = join(this.outside, "an operator's home");
  readonly openclawDir: string = join(this.path, '.openclaw');
  readonly configPath: string = join(this.openclawDir, 'openclaw.json');
  readonly prefix: string = join(this.openclawDir, 'live-status', 'app');

  constructor(config: string) {
    mkdirSync(join(this.openclawDir, 'agents', 'main', 'sessions'), { recursive: true });
    writeFileSync(this.configPath, config, { mode: 0o640 });
  }

  /** Path of an installed program. */
  program(name: string): string {
    return join(this.prefix, 'bin', name);
  }

  /** What `install.sh` runs when the checkout is prepared. */
  install(args: readonly string[] = [], env: Variables = {}): Promise<Ended> {
    return this.run(process.execPath, [MAIN, ...args], env);
  }

  /** Starts an installation and kills it with all it started as soon as `condition` holds. */
  async killInstall(condition: () => boolean, env: Variables = {}): Promise<void> {
    const child = this.start(process.execPath, [MAIN], env);
    const closed = once(child, 'close');
    while (!condition() && child.exitCode === null) await wait(POLL_MS);
    if (child.exitCode !== null) throw new Error('The installation ended before it could be killed.');
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await closed;
  }

  /** `bash` with a script of the checkout, or of another one by its absolute path, as a person runs it. */
  bash(script: string, args: readonly string[] = [], env: Variables = {}): Promise<Ended> {
    return this.run('bash', [resolve(ROOT, script), ...args], { ...wayToRegistry(), ...env });
  }

  /** Starts a program as a person does, in a process group of its own. */
  start(command: string, args: readonly string[], env: Variables = {}): ChildProcess {
    const own = {
      PATH: process.env.PATH ?? '',
      HOME: this.path,
      HEALTH_PORT: '0',
      PID_FILE: join(this.outside, 'pid'),
    };
    return spawn(command, args, {
      cwd: this.path,
      env: { ...own, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  }

  /** @throws when the token is in the output */
  async run(command: string, args: readonly string[], env: Variables = {}): Promise<Ended> {
    const child = this.start(command, args, env);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const [exitCode] = (await once(child, 'close')) as [number | null];
    if (output.includes(TOKEN)) throw new Error(`The token is printed:\n${output}`);
    return { exitCode, output };
  }

  /** Every path in the HOME with what it holds; of the installed packages only which there are. */
  snapshot(): Record<string, string> {
    const all = readdirSync(this.path, { recursive: true, withFileTypes: true });
    const files = all.filter(({ parentPath }) => !parentPath.includes('/node_modules'));
    return Object.fromEntries(
      files.map((entry) => {
        const path = join(entry.parentPath, entry.name);
        const mode = (lstatSync(path).mode & 0o777).toString(8);
        const holds = entry.isFile()
          ? `${mode} ${readFileSync(path, 'utf8')}`
          : entry.isDirectory()
            ? 'folder'
            : 'link';
        return [relative(this.path, path), holds];
      }),
    );
  }

  /** A command of that name; returns the `PATH` in which it comes first. */
  fakeCommand(name: string, script: string): string {
    const folder = join(this.outside, 'bin');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
    return `${folder}${delimiter}${process.env.PATH}`;
  }

  /** Stops the daemon, if one was started, and removes everything. */
  async close(): Promise<void> {
    const daemon = this.program('live-status-daemon');
    const state = join(this.openclawDir, 'live-status');
    const wasStarted = existsSync(state) && readdirSync(state).some((name) => name.startsWith('daemon'));
    if (wasStarted && existsSync(daemon)) await this.run(daemon, ['stop']);
    rmSync(this.outside, { recursive: true, force: true });
  }
}

/** How the machine reaches npm's registry; what it has verified there before needs no second look. */
function wayToRegistry(): Variables {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const passed = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      /^(npm_config_|NODE_EXTRA_CA_CERTS$)/.test(entry[0]) && entry[1] !== undefined,
  );
  return {
    npm_config_userconfig: join(homedir(), '.npmrc'),
    ...Object.fromEntries(passed),
    pnpm_config_cache_dir: join(cache, 'pnpm'),
  };
}
