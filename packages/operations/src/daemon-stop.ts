import { setTimeout as wait } from 'node:timers/promises';
import { codeOf } from './error-code.ts';
import { isRunning } from './instance-claims.ts';
import { findInstance, type Instance } from './instance-lock.ts';
import type { Settings } from './settings.ts';

/** What came of a stop. */
export type StopResult =
  | { readonly kind: 'not-running' }
  | { readonly kind: 'stopped'; readonly pid: number }
  /** It did not end in time. What it showed may not be brought to its end. */
  | { readonly kind: 'killed'; readonly pid: number }
  | { readonly kind: 'failed'; readonly pid: number; readonly reason: string };

/** What a daemon may take beyond its own shutdown timeout: closing what is left. */
const STOP_MARGIN_MS = 3_000;
const KILL_TIMEOUT_MS = 3_000;
const POLL_MS = 50;

/**
 * Asks the daemon of a state directory to stop, waits for it, and ends it when it takes longer than it gave itself.
 * Only the process that has the lock is signalled: one that merely got its pid is not. Rejects only when aborted.
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
    if (await hasEnded(instance, step.timeoutMs, signal)) return { kind: step.kind, pid };
  }
  return { kind: 'failed', pid, reason: 'it does not end; the machine may be waiting for a disk' };
}

/** Why the signal could not be sent. A process that ended meanwhile is no problem. */
function sendSignal(instance: Instance, name: 'SIGTERM' | 'SIGKILL'): string | undefined {
  try {
    if (isRunning(instance)) process.kill(instance.pid, name);
    return undefined;
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return undefined;
    return `it may not be signalled (${codeOf(error)}); stop it as the user it runs as, or where it was started (systemctl)`;
  }
}

async function hasEnded(instance: Instance, timeoutMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isRunning(instance)) {
    if (performance.now() > deadline) return false;
    await wait(POLL_MS, undefined, signal && { signal });
  }
  return true;
}
