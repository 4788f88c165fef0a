import { delay } from '@live-status/resilience';
import { type DaemonExit, type DaemonOptions, type DaemonProcess, failure, startDaemon } from './daemon-process.ts';

/** Keeps one daemon running through planned deaths, and notices unplanned ones. Disposing closes it. */
export interface DaemonKeeper extends AsyncDisposable {
  /** The daemon that runs now. */
  readonly current: DaemonProcess;
  /** How each daemon that ended by plan ended, in order. */
  readonly exits: readonly DaemonExit[];
  /** Rejects with a `DaemonFailedError` when a daemon ends although nobody asked it to. */
  readonly failed: Promise<never>;
  /** Output of all daemons so far. */
  output(): string;
  /** Starts the next daemon after a `stop`. */
  start(): Promise<void>;
  /** Ends the daemon and, after `downMs` milliseconds, starts the next one on the same state. */
  restart(signal: 'SIGTERM' | 'SIGKILL', downMs?: number): Promise<void>;
  /** Ends the daemon; none follows by itself. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<DaemonExit>;
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
    // Whoever waits for it learns of it; nobody has to.
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

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<DaemonExit> {
    const daemon = this.current;
    this.#current = undefined;
    const exit = await daemon.stop(signal);
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
