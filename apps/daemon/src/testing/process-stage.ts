import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Simulator } from '@live-status/simulators/mattermost';
import { channelSession, createScriptedAgent, type FileSession } from '@live-status/simulators/openclaw-files';
import { BUILT_DAEMON, openStage, type Stage } from '@live-status/stage';

/** A run of `live-status-daemon`. */
export interface DaemonProcess {
  readonly child: ChildProcess;
  /** Its exit code; `null` after a signal. */
  readonly exited: Promise<number | null>;
  stdout: string;
  stderr: string;
}

/** How to start it. */
export interface DaemonStart {
  /** Besides the settings of the stage. */
  readonly env?: Readonly<Record<string, string>>;
  /** Turns the command into one that runs it. */
  readonly within?: (command: readonly string[]) => readonly string[];
}

/** The real daemon as a process with any arguments, on a stage: a simulated Mattermost, and an agent that a test writes. */
export class ProcessStage implements AsyncDisposable {
  readonly directory: string;
  readonly agentsDir: string;
  readonly stateDir: string;
  readonly simulator: Simulator;
  readonly #stage: Stage;
  readonly #children: ChildProcess[] = [];

  private constructor(stage: Stage) {
    this.#stage = stage;
    this.simulator = stage.simulator;
    this.directory = stage.env.HOME ?? '';
    this.agentsDir = stage.agentsDir;
    this.stateDir = stage.env.STATE_DIR ?? '';
    mkdirSync(this.agentsDir);
  }

  static async open(): Promise<ProcessStage> {
    return new ProcessStage(await openStage());
  }

  start(args: readonly string[], { env = {}, within = (command) => command }: DaemonStart = {}): DaemonProcess {
    const [program = '', ...rest] = within([process.execPath, BUILT_DAEMON, ...args]);
    const { env: given } = this.#stage;
    const defaults = { ...given, PATH: process.env.PATH ?? '', SOURCE: 'auto', HEALTH_PORT: '0', POST_DELAY_MS: '0' };
    const child = this.ended(spawn(program, rest, { env: { ...defaults, ...env } }));
    const exited = once(child, 'close').then(([code]) => code as number | null);
    const daemon: DaemonProcess = { child, exited, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (daemon.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (daemon.stderr += text));
    return daemon;
  }

  /** Starts `run`, and waits until it follows sessions. */
  async startFollowing(start?: DaemonStart): Promise<DaemonProcess> {
    const daemon = this.start(['run'], start);
    await until(() => daemon.stdout.includes('following sessions') || daemon.child.exitCode !== null);
    if (daemon.child.exitCode !== null) throw new Error(`It ended:\n${daemon.stderr}${daemon.stdout}`);
    return daemon;
  }

  /** A session in the simulator's channel, written by hand. */
  session(): FileSession {
    return channelSession(createScriptedAgent(this.agentsDir), this.simulator.channel.id);
  }

  /** The posts' texts, oldest first. */
  messages(): readonly string[] {
    return this.simulator.posts().map(({ message }) => message);
  }

  /** Waits until the first post matches. */
  async shows(pattern: RegExp): Promise<void> {
    await until(() => pattern.test(this.messages()[0] ?? ''));
  }

  /** A process that ends with the stage. */
  ended<T extends ChildProcess>(child: T): T {
    this.#children.push(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    await this.#stage.close();
  }
}

/** Waits until something is so; the test's own timeout is the limit. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await wait(10);
}
