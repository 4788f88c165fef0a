import { setTimeout as wait } from 'node:timers/promises';
import { errorCode } from '@live-status/basics';
import { findInstance, type Instance, isRunning } from '@live-status/instance-lock';
import type { Settings } from '@live-status/settings';

/** The result of a stop. */
export type StopResult =
  | { readonly kind: 'not-running' }
  | { readonly kind: 'stopped'; readonly pid: number }
  /** It did not exit in time, so its posts may not have been finished. */
  | { readonly kind: 'killed'; readonly pid: number }
  | { readonly kind: 'failed'; readonly pid: number; readonly reason: string };

/** How long a daemon may take beyond its own shutdown timeout, to close connections and files. */
const STOP_MARGIN_MS = 3_000;
const KILL_TIMEOUT_MS = 3_000;
const POLL_MS = 50;

/**
 * Asks the daemon of a state directory to stop and waits for it; kills it if it takes longer than its own timeout.
 * Only the process that holds the lock is signalled, never one that reuses its pid. Rejects only when aborted.
 */
export async function stopDaemon(
  { stateDir, shutdownTimeoutMs }: Pick<Settings, 'stateDir' | 'shutdownTimeoutMs'>,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<StopResult> {
  const instance = findInstance(stateDir);
  if (!instance) return { kind: 'not-running' };
  const { pid, elsewhere } = instance;
  if (elsewhere !== undefined) {
    return {
      kind: 'failed',
      pid,
      reason: `it runs in another container or on another machine (${elsewhere}); stop it there`,
    };
  }
  for (const step of [
    { name: 'SIGTERM', kind: 'stopped', timeoutMs: shutdownTimeoutMs + STOP_MARGIN_MS },
    { name: 'SIGKILL', kind: 'killed', timeoutMs: KILL_TIMEOUT_MS },
  ] as const) {
    const reason = sendSignal(instance, step.name);
    if (reason !== undefined) return { kind: 'failed', pid, reason };
    if (await hasExited(instance, step.timeoutMs, signal)) return { kind: step.kind, pid };
  }
  return { kind: 'failed', pid, reason: 'it does not exit; the machine may be waiting for a disk' };
}

/** Why the signal could not be sent. A process that exited meanwhile is not a problem. */
function sendSignal(instance: Instance, name: 'SIGTERM' | 'SIGKILL'): string | undefined {
  try {
    if (isRunning(instance)) process.kill(instance.pid, name);
    return undefined;
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return undefined;
    return `it cannot be signalled (${errorCode(error) ?? 'unknown error'}); stop it as the user it runs as, or where it was started (systemctl)`;
  }
}

async function hasExited(instance: Instance, timeoutMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isRunning(instance)) {
    if (performance.now() > deadline) return false;
    await wait(POLL_MS, undefined, signal && { signal });
  }
  return true;
}
