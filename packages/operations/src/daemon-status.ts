import { askHealth, type DaemonHealth, type HealthAddress } from './daemon-health.ts';
import { findInstance } from './instance-lock.ts';
import type { Settings } from './settings.ts';

/** How a daemon stands. */
export type DaemonStatus =
  | { readonly running: false }
  | {
      readonly running: true;
      readonly pid: number;
      /** Set when the pid is one of another container or machine: which. */
      readonly elsewhere?: string;
      readonly uptimeS: number;
      readonly health?: DaemonHealth;
      /** Why there is no health. */
      readonly problem?: string;
      /** What helps against the problem; none when `HEALTH_PORT` is 0 on purpose. */
      readonly cure?: string;
    };

/** Whether a daemon runs on the state directory, and how it is. Rejects only when aborted. */
export async function readDaemonStatus(
  settings: Pick<Settings, 'stateDir'> & HealthAddress,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<DaemonStatus> {
  const instance = findInstance(settings.stateDir);
  if (!instance) return { running: false };
  const { pid, lockedAt, elsewhere } = instance;
  const uptimeS = Math.max(0, Math.round((Date.now() - lockedAt) / 1_000));
  const { ok: _, ...answer } = await askHealth(settings, pid, signal && { signal });
  return { running: true, pid, ...(elsewhere !== undefined && { elsewhere }), uptimeS, ...answer };
}
