import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { type OpenClaw, OpenClawFailedError } from './openclaw.ts';

/** How a gateway is run. */
export interface GatewayOptions {
  readonly openclaw: OpenClaw;
  /** Its HOME; `.openclaw/openclaw.json` is in it. */
  readonly home: string;
  /** The Node that runs it. */
  readonly node: string;
  /** Added to its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** File that keeps all it prints. */
  readonly logPath: string;
  /** Resolves when the gateway is ready for messages; aborted when it ends before. */
  readonly ready: (options: { readonly signal: AbortSignal }) => Promise<void>;
  readonly signal: AbortSignal;
}

const START_TIMEOUT_MS = 240_000;
const STOP_TIMEOUT_MS = 15_000;
const KEPT_CHARS = 16_384;
/** What a gateway may take over from the environment of the test. */
const PASSED_ON = ['PATH', 'LANG', 'TMPDIR'];

/** A real OpenClaw gateway, started and ended at will. Disposing kills it with all its children. */
export class Gateway implements AsyncDisposable {
  readonly #options: GatewayOptions;
  #child: ChildProcess | undefined;
  #output = '';

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /**
   * Runs a command of OpenClaw in its HOME, before it is started. `env`: default the gateway's own environment.
   * @throws {OpenClawFailedError} when it fails.
   */
  async command(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<void> {
    const { openclaw, home, node } = this.#options;
    const child = spawn(node, [openclaw.program, ...args], {
      cwd: home,
      env: env ?? environment(home, this.#options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#keepOutput(child);
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new OpenClawFailedError(`openclaw ${args.join(' ')} failed. It printed:\n${this.#output}`);
  }

  /**
   * @param env added to its environment this time
   * @throws {OpenClawFailedError} when it ends or is not ready in time.
   */
  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const { openclaw, home, node, ready, signal } = this.#options;
    const child = spawn(node, [openclaw.program, 'gateway', 'run'], {
      cwd: home,
      env: environment(home, { ...this.#options.env, ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    this.#keepOutput(child);
    const ended = new AbortController();
    child.once('close', () => ended.abort(new OpenClawFailedError(`The gateway ended. It printed:\n${this.#output}`)));
    const timeout = AbortSignal.timeout(START_TIMEOUT_MS);
    try {
      await ready({ signal: AbortSignal.any([ended.signal, timeout, signal]) });
    } catch (error) {
      if (!timeout.aborted) throw error;
      throw new OpenClawFailedError(
        `The gateway was not ready in ${START_TIMEOUT_MS / 1000} s. It printed:\n${this.#output}`,
      );
    }
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** The end of what it printed, of all its processes. */
  output(): string {
    return this.#output;
  }

  /** Ends the gateway alone, as `kill` does; what it started may keep running. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    const lastResort = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited.finally(() => clearTimeout(lastResort));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGTERM');
    killGroup(this.#child?.pid);
  }

  #keepOutput(child: ChildProcess): void {
    const log = createWriteStream(this.#options.logPath, { flags: 'a' });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        log.write(text);
        this.#output = (this.#output + text).slice(-KEPT_CHARS);
      });
    }
    child.once('close', () => log.end());
  }
}

function environment(home: string, env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const passed = Object.fromEntries(PASSED_ON.map((name) => [name, process.env[name]]));
  return {
    ...passed,
    HOME: home,
    SHELL: '/bin/sh',
    OPENCLAW_NO_RESPAWN: '1',
    OPENCLAW_DISABLE_BONJOUR: '1',
    NO_COLOR: '1',
    // Nothing answers there: price lists and update checks stay on this machine.
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NODE_USE_ENV_PROXY: '1',
    NO_PROXY: '127.0.0.1,localhost',
    ...env,
  };
}

/** Ends what is left of a process group. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing is left of it.
  }
}
