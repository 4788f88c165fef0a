import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { askHealth, type DaemonHealth, type HealthAddress } from './daemon-health.ts';
import { codeOf } from './error-code.ts';
import { EXIT } from './exit-code.ts';
import { findInstance, type Instance, STALE_AFTER_MS } from './instance-lock.ts';
import { openErrorFile, readLogFrom, sizeOf } from './log-file.ts';
import { readableLines } from './log-lines.ts';
import type { Environment } from './openclaw-files.ts';
import type { Settings } from './settings.ts';
import { makeStateDir, StateDirError } from './state-dir.ts';

/** How to run the daemon in the foreground. It is given `--log-file` and a path besides. */
export interface DaemonProgram {
  readonly command: string;
  readonly args: readonly string[];
}

/** What came of a start. */
export type StartResult =
  | { readonly kind: 'started'; readonly pid: number; readonly logFile: string; readonly health?: DaemonHealth }
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
      /** Of the daemon, when it ended by itself. */
      readonly exitCode?: number;
      readonly lastLines: readonly string[];
    };

/** What a daemon may take once it has the lock, for which it waits when one of another place died. */
const ATTACH_TIMEOUT_MS = 15_000;
/** How long a start waits for the word `ready`, milliseconds. */
export const READY_TIMEOUT_MS: number = STALE_AFTER_MS + ATTACH_TIMEOUT_MS;

/** What a service manager tells the process it started, and nobody else: a daemon of its own is none of its business. */
const SERVICE_VARIABLES = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'];

/** The log of a daemon that was started in the background. It writes that itself, and sets it aside when it is full. */
export function logFileOf(stateDir: string): string {
  return join(stateDir, 'daemon.log');
}

/** What it says where its log cannot: wrong settings, and the last words of Node in a crash. */
export function errorFileOf(stateDir: string): string {
  return join(stateDir, 'daemon.err');
}

/**
 * Starts a daemon in the background, with {@link logFileOf} and {@link errorFileOf}, and waits until its sources are
 * attached: the daemon says so over the channel it is started with. Rejects only when aborted; the daemon then goes on.
 */
export async function startDaemon(options: {
  readonly program: DaemonProgram;
  readonly settings: Pick<Settings, 'stateDir'> & HealthAddress;
  /** Of the daemon. Tokens belong here, never into arguments. */
  readonly env: Environment;
  /** Default 45 000. */
  readonly readyTimeoutMs?: number;
  readonly signal?: AbortSignal;
}): Promise<StartResult> {
  const { program, settings, env, readyTimeoutMs = READY_TIMEOUT_MS, signal } = options;
  const running = findInstance(settings.stateDir);
  // Whether one of another place still lives only the daemon finds out, which waits for a sign of life.
  if (running && running.elsewhere === undefined) return alreadyRunning(running);
  const files = openFiles(settings.stateDir);
  if ('reason' in files) return { kind: 'failed', reason: files.reason, lastLines: [] };
  const { logFile, lastLines } = files;
  const child = spawn(program.command, [...program.args, '--log-file', logFile], {
    detached: true,
    env: Object.fromEntries(Object.entries(env).filter(([name]) => !SERVICE_VARIABLES.includes(name))),
    stdio: ['ignore', 'ignore', files.errorFd, 'ipc'],
  });
  closeSync(files.errorFd);
  try {
    const outcome = await firstWord(child, readyTimeoutMs, signal);
    if (outcome.kind === 'ended') return ended(outcome, settings, lastLines());
    const pid = child.pid ?? 0;
    if (outcome.kind === 'late') return { kind: 'not-ready', pid, logFile, lastLines: lastLines() };
    const answer = await askHealth(settings, pid, signal && { signal });
    return { kind: 'started', pid, logFile, ...(answer.ok && { health: answer.health }) };
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

interface Files {
  readonly logFile: string;
  readonly errorFd: number;
  /** What was said since the start. */
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

type FirstWord =
  | { readonly kind: 'ready' | 'late' }
  | { readonly kind: 'ended'; readonly code: number | null; readonly how: string };

/** The first thing that is heard of a daemon: that it is ready, that it ended, or nothing for too long. */
async function firstWord(child: ChildProcess, timeoutMs: number, signal: AbortSignal | undefined): Promise<FirstWord> {
  const over = new AbortController();
  const heard = new Promise<FirstWord>((resolve) => {
    child.once('message', () => resolve({ kind: 'ready' }));
    child.once('error', (error) => resolve({ kind: 'ended', code: null, how: `cannot be started (${codeOf(error)})` }));
    child.once('exit', (code, by) => {
      resolve({ kind: 'ended', code, how: by === null ? `ended with exit code ${code}` : `was ended by ${by}` });
    });
  });
  const either = signal ? AbortSignal.any([over.signal, signal]) : over.signal;
  const late = wait(timeoutMs, { kind: 'late' } as const, { signal: either });
  try {
    return await Promise.race([heard, late]);
  } finally {
    over.abort();
    late.catch(() => undefined);
  }
}

function ended(
  { code, how }: FirstWord & { readonly kind: 'ended' },
  { stateDir }: Pick<Settings, 'stateDir'>,
  lastLines: readonly string[],
): StartResult {
  // The daemon has seen it alive: however old it looks by the clock of this machine, it runs.
  const winner = code === EXIT.running ? findInstance(stateDir, { freshSince: 0 }) : undefined;
  if (winner) return alreadyRunning(winner);
  return { kind: 'failed', reason: `The daemon ${how}`, ...(code !== null && { exitCode: code }), lastLines };
}

function alreadyRunning({ pid, elsewhere }: Instance): StartResult {
  return { kind: 'already-running', pid, ...(elsewhere !== undefined && { elsewhere }) };
}
