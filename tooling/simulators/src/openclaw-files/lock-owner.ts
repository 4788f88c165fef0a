import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** The process that a lock names. */
export interface ProcessName {
  readonly pid: number;
  /** Clock ticks between boot and the process's start (field 22 of `/proc/<pid>/stat`), where there is a `/proc`. */
  readonly startTime: number | undefined;
}

/** A process that only stays alive: the gateway in whose name locks are taken. */
export interface LockOwner extends ProcessName, AsyncDisposable {
  /** Ends the process and waits until it is reaped, so that its pid is dead afterwards. Idempotent. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

/**
 * Starts a lock owner. It reads its standard input and so ends with this process, however that ends.
 * @throws the spawn error when there is no `cat`.
 */
export async function startLockOwner(): Promise<LockOwner> {
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(child, 'spawn');
  const { pid } = child;
  if (pid === undefined) throw new Error('The lock owner has no pid.');
  const kill = (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => end(child, signal);
  return { pid, startTime: readStartTime(pid), kill, [Symbol.asyncDispose]: () => kill('SIGKILL') };
}

/** A process of another pid namespace. Linux gives no such pid. */
export const FOREIGN_OWNER: LockOwner = {
  pid: 2 ** 22 + 1,
  startTime: 1,
  kill: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

/** This process, for locks that last as long as it does. */
export function ownProcess(): ProcessName {
  return { pid: process.pid, startTime: readStartTime(process.pid) };
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

/** The process name in field 2 may hold spaces and brackets: count from the last closing one. */
function readStartTime(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined;
  }
}
