import { compact } from '@live-status/basics';
import { findInstance } from '@live-status/instance-lock';
import type { Settings } from '@live-status/settings';
import { askHealth, type DaemonHealth, type HealthAddress } from './health.ts';

/** Whether a daemon runs, and how it is. */
export type DaemonStatus =
  | { readonly running: false }
  | {
      readonly running: true;
      readonly pid: number;
      /** Which other container or machine the pid belongs to; not set for this one. */
      readonly elsewhere?: string;
      readonly uptimeS: number;
      readonly health?: DaemonHealth;
      /** Why there is no health. */
      readonly problem?: string;
      /** How to fix that; not set if `HEALTH_PORT` is 0 on purpose. */
      readonly fix?: string;
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
  return { running: true, pid, ...compact({ elsewhere }), uptimeS, ...answer };
}
