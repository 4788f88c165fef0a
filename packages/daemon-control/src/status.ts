import { compact } from '@live-status/basics';
import { findInstance } from '@live-status/instance-lock';
import type { Settings } from '@live-status/settings';
import { askHealth, type DaemonHealth, type HealthAddress, healthAddress } from './health.ts';
import { readHealthAddress } from './health-address.ts';

/** Whether a daemon runs, and how it is. */
export type DaemonStatus =
  | { readonly running: false }
  | {
      readonly running: true;
      readonly pid: number;
      /** Which other container or machine the pid belongs to; not set for this one. */
      readonly elsewhere?: string;
      readonly uptimeS: number;
      /** Base URL of its health server; not set if there is none. */
      readonly url?: string;
      readonly health?: DaemonHealth;
      /** Why there is no health. */
      readonly problem?: string;
      /** How to fix that; not set if `HEALTH_PORT` is 0 on purpose. */
      readonly fix?: string;
    };

/**
 * Whether a daemon runs on the state directory, and how it is. It is asked where it says that it listens, else where the
 * settings say. Rejects only when aborted.
 */
export async function readDaemonStatus(
  settings: Pick<Settings, 'stateDir'> & HealthAddress,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<DaemonStatus> {
  const instance = findInstance(settings.stateDir);
  if (!instance) return { running: false };
  const { pid, lockedAt, elsewhere } = instance;
  const uptimeS = Math.max(0, Math.round((Date.now() - lockedAt) / 1_000));
  // An address of another machine or container is of no use here.
  const own = elsewhere === undefined ? readHealthAddress(settings.stateDir, pid) : undefined;
  const address = own ? { ...settings, healthHost: own.host, healthPort: own.port } : settings;
  const { ok: _, ...answer } = await askHealth(address, pid, signal && { signal });
  const url = address.healthPort === 0 ? undefined : healthAddress(address);
  return { running: true, pid, ...compact({ elsewhere }), uptimeS, ...compact({ url }), ...answer };
}
