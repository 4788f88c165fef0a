import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { delay } from '@live-status/resilience';
import { freePort } from '@live-status/simulators/free-port';

/** How a daemon process ended. */
export interface DaemonExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How a daemon process is started. */
export interface DaemonOptions {
  /** Its whole environment, except `PATH` and `HEALTH_PORT`, which are added. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Program to run. Default: the built daemon of this checkout. */
  readonly entry?: string;
  /** Options of Node itself. Default: none. */
  readonly nodeOptions?: readonly string[];
  /** Gets all that it prints. */
  readonly onOutput?: (text: string) => void;
}

/** A running daemon process. Disposing kills it. */
export interface DaemonProcess extends AsyncDisposable {
  readonly pid: number | undefined;
  /** Base URL of its health server. */
  readonly healthUrl: string;
  /** Settles when it is gone; never rejects. */
  readonly exited: Promise<DaemonExit>;
  /** What a module that is loaded with `nodeOptions` writes to file descriptor 3. */
  readonly reports: Readable;
  /** The end of what it printed, at most 256 KiB. */
  output(): string;
  /** Sends a signal that does not end it. */
  signal(signal: 'SIGUSR2'): void;
  /**
   * Waits until `/readyz` answers 200.
   * @throws {DaemonFailedError} when it ends instead; the signal's reason when aborted.
   */
  ready(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Sends a signal and waits for the end; `patienceMs` (default 15 000) after a SIGTERM that was not followed, SIGKILL. */
  stop(signal: 'SIGTERM' | 'SIGKILL', patienceMs?: number): Promise<DaemonExit>;
}

/** The daemon could not run, or ended by itself. The message says what to do and holds the end of its output. */
export class DaemonFailedError extends Error {
  override readonly name = 'DaemonFailedError';
  readonly code = 'DAEMON_FAILED';
}

/** The built daemon of this checkout. */
export const BUILT_DAEMON: string = fileURLToPath(new URL('../../../apps/daemon/dist/main.js', import.meta.url));
const END_WITH_STARTER = new URL('./end-with-starter.mjs', import.meta.url).href;
const KEPT_OUTPUT_CHARS = 256 * 1024;
const SHOWN_LINES = 15;
const READY_POLL_MS = 50;
/** More than the daemon gives itself (`SHUTDOWN_TIMEOUT_S`). */
const STOP_TIMEOUT_MS = 15_000;

/**
 * Starts `live-status-daemon run` in its own process group, so that Ctrl-C in a terminal only reaches it through this
 * process. It ends with this process, however that ends.
 * @throws {DaemonFailedError} when it is not built.
 */
export async function startDaemon({
  env,
  entry = BUILT_DAEMON,
  nodeOptions = [],
  onOutput = () => {},
}: DaemonOptions): Promise<DaemonProcess> {
  if (!existsSync(entry)) throw new DaemonFailedError(`${entry} is missing. Build it: npm run build`);
  const port = await freePort();
  const child = spawn(process.execPath, [`--import=${END_WITH_STARTER}`, ...nodeOptions, entry, 'run'], {
    env: { PATH: process.env.PATH, ...env, HEALTH_PORT: String(port) },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  return new SpawnedDaemon(child, { healthUrl: `http://127.0.0.1:${port}`, onOutput });
}

class SpawnedDaemon implements DaemonProcess {
  readonly healthUrl: string;
  readonly exited: Promise<DaemonExit>;
  readonly reports: Readable;
  readonly #child: ChildProcess;
  #output = '';

  constructor(
    child: ChildProcess,
    { healthUrl, onOutput }: { readonly healthUrl: string; readonly onOutput: (text: string) => void },
  ) {
    this.#child = child;
    this.healthUrl = healthUrl;
    this.reports = child.stdio[3] as Readable;
    this.exited = new Promise((resolve) => {
      child.once('error', () => resolve({ code: null, signal: null }));
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT_CHARS);
        onOutput(text);
      });
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  output(): string {
    return this.#output;
  }

  async ready({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const ended = new AbortController();
    void this.exited.then((exit) => ended.abort(failure(exit, this.#output)));
    const either = AbortSignal.any([ended.signal, ...(signal === undefined ? [] : [signal])]);
    while (!(await isReady(this.healthUrl, either))) await delay(READY_POLL_MS, { signal: either });
  }

  signal(signal: 'SIGUSR2'): void {
    this.#child.kill(signal);
  }

  stop(signal: 'SIGTERM' | 'SIGKILL', patienceMs = STOP_TIMEOUT_MS): Promise<DaemonExit> {
    this.#child.kill(signal);
    const lastResort = setTimeout(() => this.#child.kill('SIGKILL'), patienceMs);
    return this.exited.finally(() => clearTimeout(lastResort));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
  }
}

/** Keeps one daemon running through planned restarts, and notices unplanned exits. Disposing closes it. */
export interface DaemonKeeper extends AsyncDisposable {
  /** The daemon that runs now. */
  readonly current: DaemonProcess;
  /** How each daemon that was stopped ended, in order. */
  readonly exits: readonly DaemonExit[];
  /** Rejects with a `DaemonFailedError` when a daemon ends although nobody asked it to. */
  readonly failed: Promise<never>;
  /** Output of all daemons so far. */
  output(): string;
  /** Starts the next daemon after a `stop`. */
  start(): Promise<void>;
  /** Starts the next daemon after a `stop`, and kills it so long after, ready or not. */
  startAndKill(afterMs: number): Promise<DaemonExit>;
  /** Ends the daemon and, after `downMs` milliseconds, starts the next one on the same state. */
  restart(signal: 'SIGTERM' | 'SIGKILL', downMs?: number): Promise<void>;
  /** Ends the daemon; no other is started. As of a {@link DaemonProcess}. */
  stop(signal?: 'SIGTERM' | 'SIGKILL', patienceMs?: number): Promise<DaemonExit>;
  /** Kills the daemon if one runs. */
  close(): Promise<void>;
}

/**
 * Starts a daemon and waits until it is ready.
 * @throws {DaemonFailedError} when it ends instead.
 */
export async function keepDaemon(options: DaemonOptions, signal?: AbortSignal): Promise<DaemonKeeper> {
  const keeper = new Keeper(options, signal);
  await keeper.start();
  return keeper;
}

class Keeper implements DaemonKeeper {
  readonly exits: DaemonExit[] = [];
  readonly failed: Promise<never>;
  readonly #options: DaemonOptions;
  readonly #signal: AbortSignal | undefined;
  #current: DaemonProcess | undefined;
  #earlierOutput = '';
  #fail: (error: Error) => void = () => {};

  constructor(options: DaemonOptions, signal: AbortSignal | undefined) {
    this.#options = options;
    this.#signal = signal;
    this.failed = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
    // Not waiting for it is allowed, so it must not become an unhandled rejection.
    this.failed.catch(() => {});
  }

  get current(): DaemonProcess {
    if (this.#current === undefined) throw new Error('No daemon runs now.');
    return this.#current;
  }

  output(): string {
    return this.#earlierOutput + (this.#current?.output() ?? '');
  }

  async start(): Promise<void> {
    const daemon = await startDaemon(this.#options);
    this.#current = daemon;
    void daemon.exited.then((exit) => {
      if (this.#current === daemon) this.#fail(failure(exit, daemon.output()));
    });
    try {
      await daemon.ready({ ...(this.#signal !== undefined && { signal: this.#signal }) });
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async restart(signal: 'SIGTERM' | 'SIGKILL', downMs = 0): Promise<void> {
    await this.stop(signal);
    await delay(downMs, { signal: this.#signal });
    await this.start();
  }

  async startAndKill(afterMs: number): Promise<DaemonExit> {
    const daemon = await startDaemon(this.#options);
    await delay(afterMs, { signal: this.#signal }).catch(() => undefined);
    return this.#end(daemon, 'SIGKILL');
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM', patienceMs?: number): Promise<DaemonExit> {
    const daemon = this.current;
    this.#current = undefined;
    return this.#end(daemon, signal, patienceMs);
  }

  async #end(daemon: DaemonProcess, signal: 'SIGTERM' | 'SIGKILL', patienceMs?: number): Promise<DaemonExit> {
    const exit = await daemon.stop(signal, patienceMs);
    this.#earlierOutput += daemon.output();
    this.exits.push(exit);
    return exit;
  }

  async close(): Promise<void> {
    const daemon = this.#current;
    this.#current = undefined;
    await daemon?.stop('SIGKILL');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The error for a daemon that ended although nobody asked it to. */
function failure({ code, signal }: DaemonExit, output: string): DaemonFailedError {
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  const lines = output.trimEnd().split('\n').slice(-SHOWN_LINES);
  const said = lines.join('').trim() === '' ? 'It printed nothing.' : `It printed:\n${lines.join('\n')}`;
  return new DaemonFailedError(`The daemon ended ${how}. ${said}`);
}

async function isReady(healthUrl: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(`${healthUrl}/readyz`, { signal, redirect: 'error' });
    await response.body?.cancel();
    return response.ok;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
