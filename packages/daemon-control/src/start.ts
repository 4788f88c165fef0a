import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { compact, errorCode, printableLine } from '@live-status/basics';
import { findInstance, type Instance, makeStateDir, STALE_AFTER_MS, StateDirError } from '@live-status/instance-lock';
import type { Environment } from '@live-status/openclaw-config';
import type { Settings } from '@live-status/settings';
import { EXIT } from './exit-code.ts';
import { openErrorFile, readableLines, readLogFrom, sizeOf } from './log-tail.ts';
import { readStarterMessage } from './starter-message.ts';

/** How to run the daemon in the foreground. `--log-file` and a path are appended. */
export interface DaemonProgram {
  readonly command: string;
  readonly args: readonly string[];
}

/** The result of a start. */
export type StartResult =
  | { readonly kind: 'started'; readonly pid: number; readonly logFile: string }
  | ({ readonly kind: 'already-running' } & Pick<Instance, 'pid' | 'elsewhere'>)
  /** Alive, but its sources are not attached yet. */
  | {
      readonly kind: 'not-ready';
      readonly pid: number;
      readonly logFile: string;
      readonly lastLines: readonly string[];
    }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** Of the daemon, if it exited by itself. */
      readonly exitCode?: number;
      readonly lastLines: readonly string[];
    };

/** How long a daemon may take once it holds the lock; a lock of a dead daemon elsewhere takes `STALE_AFTER_MS` to get. */
const ATTACH_TIMEOUT_MS = 15_000;
/** How long a start waits for the message `ready`, milliseconds. */
export const READY_TIMEOUT_MS: number = STALE_AFTER_MS + ATTACH_TIMEOUT_MS;

/** Meant for the process that a service manager started, not for a daemon started by it. */
const SERVICE_VARIABLES = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'];

const SHELL = '/bin/sh';
/** The debugger, snapshots of the heap, profiles with values in them. */
const MEMORY_OPTIONS = /(?<=^|\s)--(?:inspect|heapsnapshot|heap-prof)[\w-]*(?:=\S*|(?<=-signal)\s+\S+)?/g;

/** The log of a daemon started in the background, which writes and rotates it itself. */
export function logFileOf(stateDir: string): string {
  return join(stateDir, 'daemon.log');
}

/** Its standard error: invalid settings, and what Node prints when it crashes. */
export function errorFileOf(stateDir: string): string {
  return join(stateDir, 'daemon.err');
}

/**
 * Starts a daemon in the background, with {@link logFileOf} and {@link errorFileOf}, and waits until it is ready: it follows
 * sessions and has asked Mattermost once. Rejects only when aborted; the daemon then keeps running.
 */
export async function startDaemon(options: {
  readonly program: DaemonProgram;
  readonly settings: Pick<Settings, 'stateDir'>;
  /** Of the daemon. Tokens belong here, never into arguments. */
  readonly env: Environment;
  /** Default 45 000. */
  readonly readyTimeoutMs?: number;
  /** Called at once with what the daemon has to say while it starts: what is wrong, and what it waits for. */
  readonly onTold?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal;
}): Promise<StartResult> {
  const { program, settings, env, readyTimeoutMs = READY_TIMEOUT_MS, onTold = () => undefined, signal } = options;
  const running = findInstance(settings.stateDir);
  // Only the daemon can find out whether one elsewhere is alive, by waiting for its heartbeat.
  if (running && running.elsewhere === undefined) return alreadyRunning(running);
  const files = openFiles(settings.stateDir);
  if ('reason' in files) return { kind: 'failed', reason: files.reason, lastLines: [] };
  const { logFile, lastLines } = files;
  const [command, ...args] = withoutCoreFiles([program.command, ...program.args, '--log-file', logFile]);
  const child = spawn(command, args, {
    detached: true,
    env: daemonEnvironment(env),
    stdio: ['ignore', 'ignore', files.errorFd, 'ipc'],
  });
  closeSync(files.errorFd);
  try {
    const outcome = await outcomeOf(child, { timeoutMs: readyTimeoutMs, onTold, signal });
    if (outcome.kind === 'ended') {
      const lines = outcome.complaints.flatMap((complaint) => complaint.split('\n'));
      return ended(outcome, settings, [...new Set([...lastLines(), ...lines])]);
    }
    const pid = child.pid ?? 0;
    if (outcome.kind === 'late') return { kind: 'not-ready', pid, logFile, lastLines: lastLines() };
    return { kind: 'started', pid, logFile };
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

/**
 * The command, run by a shell that limits core files to nothing and becomes it: they would hold the memory of the daemon.
 * Linux alone lets the daemon keep its memory out of them itself.
 */
function withoutCoreFiles(command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  const isRunnable = command[0].includes('/') && existsSync(command[0]);
  // The error of a program that is not there should be its own.
  if (!isRunnable || !existsSync(SHELL)) return command;
  return [SHELL, '-c', 'ulimit -c 0 2>/dev/null; exec "$@"', 'sh', ...command];
}

/**
 * What of the caller's environment is for the daemon. Options of Node that write its memory to files, or let others read
 * it, come along by chance: from the terminal of an editor, or from the debugging of another program.
 */
function daemonEnvironment(env: Environment): Environment {
  const options = env.NODE_OPTIONS?.replaceAll(MEMORY_OPTIONS, '').trim();
  const cleaned = { ...env, NODE_OPTIONS: options || undefined };
  return Object.fromEntries(Object.entries(cleaned).filter(([name]) => !SERVICE_VARIABLES.includes(name)));
}

interface Files {
  readonly logFile: string;
  readonly errorFd: number;
  /** Last lines since the start. */
  readonly lastLines: () => readonly string[];
}

function openFiles(stateDir: string): Files | { readonly reason: string } {
  const [logFile, errorFile] = [logFileOf(stateDir), errorFileOf(stateDir)];
  try {
    makeStateDir(stateDir);
    const errorFd = openErrorFile(errorFile);
    const start = { log: sizeOf(logFile), error: sizeOf(errorFile) };
    const lastLines = (): readonly string[] =>
      readableLines(`${readLogFrom(logFile, start.log)}\n${readLogFrom(errorFile, start.error)}`);
    return { logFile, errorFd, lastLines };
  } catch (error) {
    return { reason: new StateDirError(stateDir, 'write', error).message };
  }
}

type Outcome =
  | { readonly kind: 'ready' | 'late' }
  | {
      readonly kind: 'ended';
      readonly code: number | null;
      readonly how: string;
      readonly complaints: readonly string[];
    };

interface Waiting {
  readonly timeoutMs: number;
  readonly onTold: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** Waits until a daemon is ready or has ended, or for too long. */
async function outcomeOf(child: ChildProcess, { timeoutMs, onTold, signal }: Waiting): Promise<Outcome> {
  const over = new AbortController();
  const either = signal ? AbortSignal.any([over.signal, signal]) : over.signal;
  const late = wait(timeoutMs, { kind: 'late' } as const, { signal: either });
  try {
    return await Promise.race([readyOrEnded(child, onTold), late]);
  } finally {
    over.abort();
    late.catch(() => undefined);
  }
}

function readyOrEnded(child: ChildProcess, onTold: (line: string) => void): Promise<Outcome> {
  const complaints: string[] = [];
  return new Promise<Outcome>((resolve) => {
    child.on('message', (raw) => {
      const message = readStarterMessage(raw);
      if (message === 'ready') resolve({ kind: 'ready' });
      else if (message && 'told' in message) onTold(printableLine(message.told));
      else if (message) complaints.push(message.complaint);
    });
    child.once('error', (error) => {
      resolve({
        kind: 'ended',
        code: null,
        how: `cannot be started (${errorCode(error) ?? 'unknown error'})`,
        complaints,
      });
    });
    child.once('exit', (code, by) => {
      const how = by === null ? `exited with code ${code}` : `was killed by ${by}`;
      const end = (): void => resolve({ kind: 'ended', code, how, complaints });
      // Its last messages may still be on their way.
      if (child.connected) child.once('disconnect', end);
      else end();
    });
  });
}

function ended(
  { code, how }: Outcome & { readonly kind: 'ended' },
  { stateDir }: Pick<Settings, 'stateDir'>,
  lastLines: readonly string[],
): StartResult {
  // The daemon has seen its heartbeat, so it runs, however old it looks by the clock of this machine.
  const winner = code === EXIT.running ? findInstance(stateDir, { freshSince: 0 }) : undefined;
  if (winner) return alreadyRunning(winner);
  return { kind: 'failed', reason: `The daemon ${how}`, ...compact({ exitCode: code ?? undefined }), lastLines };
}

function alreadyRunning({ pid, elsewhere }: Instance): StartResult {
  return { kind: 'already-running', pid, ...compact({ elsewhere }) };
}
