import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { askHealth, type DaemonHealth, type HealthAddress } from './daemon-health.ts';
import { codeOf } from './error-code.ts';
import { EXIT } from './exit-code.ts';
import { findInstance } from './instance-lock.ts';
import { openLogFile, readLogFrom } from './log-file.ts';
import { readableLines } from './log-lines.ts';
import type { Environment } from './openclaw-files.ts';
import type { Settings } from './settings.ts';

/** How to run the daemon in the foreground. */
export interface DaemonProgram {
  readonly command: string;
  readonly args: readonly string[];
}

/** What came of a start. */
export type StartResult =
  | { readonly kind: 'started'; readonly pid: number; readonly logFile: string; readonly health?: DaemonHealth }
  | { readonly kind: 'already-running'; readonly pid: number }
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

const READY_TIMEOUT_MS = 30_000;

/** The log of a daemon that was started in the background. */
export function logFileOf(stateDir: string): string {
  return join(stateDir, 'daemon.log');
}

/**
 * Starts a daemon in the background, with its output in {@link logFileOf}, and waits until its sources are attached:
 * the daemon says so over the channel it is started with. Rejects only when aborted; the daemon then goes on.
 */
export async function startDaemon(options: {
  readonly program: DaemonProgram;
  readonly settings: Pick<Settings, 'stateDir'> & HealthAddress;
  /** Of the daemon. Tokens belong here, never into arguments. */
  readonly env: Environment;
  /** Default 30 000. */
  readonly readyTimeoutMs?: number;
  readonly signal?: AbortSignal;
}): Promise<StartResult> {
  const { program, settings, env, readyTimeoutMs = READY_TIMEOUT_MS, signal } = options;
  const running = findInstance(settings.stateDir);
  if (running) return { kind: 'already-running', pid: running.pid };
  const logFile = logFileOf(settings.stateDir);
  const log = openLog(settings.stateDir, logFile);
  if ('reason' in log) return { kind: 'failed', reason: log.reason, lastLines: [] };
  const child = spawn(program.command, program.args, {
    detached: true,
    env,
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
  });
  closeSync(log.fd);
  const lastLines = (): readonly string[] => readableLines(readLogFrom(logFile, log.startBytes));
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

function openLog(
  stateDir: string,
  logFile: string,
): { readonly fd: number; readonly startBytes: number } | { readonly reason: string } {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    return openLogFile(logFile);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return { reason: `${logFile} cannot be written (${code}): make the folder writable, or set STATE_DIR to another` };
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
  const winner = code === EXIT.running ? findInstance(stateDir) : undefined;
  if (winner) return { kind: 'already-running', pid: winner.pid };
  return { kind: 'failed', reason: `The daemon ${how}`, ...(code !== null && { exitCode: code }), lastLines };
}
