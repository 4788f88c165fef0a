import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OpenClaw } from './openclaw.ts';
import type { RealStage } from './stage.ts';

/** How a program ended, with all it printed. */
export interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
}

/** What `status` of the daemon reports. */
export interface DaemonStatus {
  readonly running: boolean;
  readonly pid?: number;
}

const INSTALL_SH = fileURLToPath(new URL('../../../../install.sh', import.meta.url));
/** What the shell of the test may pass on: the way to npm's registry is that of the machine. */
const PASSED_ON = /^(LANG|TMPDIR|NODE_EXTRA_CA_CERTS|npm_config_(registry|cafile|userconfig))$/;

/** How a shell is opened. */
export interface ShellOptions {
  readonly openclaw: OpenClaw;
  /** The Node that runs OpenClaw. */
  readonly node: string;
  /** Added to its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** A shell of the person who runs the gateway of a stage, with its HOME and `openclaw` as a command. */
export class OperatorShell {
  readonly #home: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #signal: AbortSignal;

  private constructor(home: string, env: NodeJS.ProcessEnv, signal: AbortSignal) {
    this.#home = home;
    this.#env = env;
    this.#signal = signal;
  }

  static async open({ root, home }: RealStage, { openclaw, node, env, signal }: ShellOptions): Promise<OperatorShell> {
    const commands = join(root, 'bin');
    await mkdir(commands, { recursive: true });
    await writeFile(join(commands, 'openclaw'), `#!/bin/sh\nexec '${node}' '${openclaw.program}' "$@"\n`);
    await chmod(join(commands, 'openclaw'), 0o755);
    const passed = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED_ON.test(name)));
    const PATH = [commands, dirname(process.execPath), process.env.PATH ?? ''].join(delimiter);
    return new OperatorShell(home, { ...passed, PATH, HOME: home, ...env }, signal);
  }

  install(...options: readonly string[]): Promise<Ended> {
    return this.run('bash', [INSTALL_SH, ...options]);
  }

  /** What the installed program reports about the daemon. */
  async status(): Promise<DaemonStatus> {
    const { output } = await this.run(this.#daemonProgram, ['status', '--json']);
    return JSON.parse(output) as DaemonStatus;
  }

  /** Stops the daemon if one is running. */
  async stopDaemon(): Promise<void> {
    if (existsSync(this.#daemonProgram)) await this.run(this.#daemonProgram, ['stop']);
  }

  get #daemonProgram(): string {
    return join(this.#home, '.openclaw', 'live-status', 'app', 'bin', 'live-status-daemon');
  }

  async run(program: string, args: readonly string[]): Promise<Ended> {
    const child = spawn(program, args, {
      cwd: this.#home,
      env: this.#env,
      signal: this.#signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return { exitCode, output: output.trim() };
  }
}
