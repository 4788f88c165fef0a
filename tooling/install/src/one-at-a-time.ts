import { join } from 'node:path';
import { acquireInstanceLock, type InstanceLock, StateDirError } from '@live-status/operations';
import { missingAbove, removeEmpty } from './made-folders.ts';
import type { Places } from './places.ts';
import { InstallError } from './work.ts';

/**
 * Does work while no other installation beside the same OpenClaw does. One that was killed is in nobody's way: the lock
 * is that of the daemon, which knows a dead process from a living one.
 *
 * @throws {InstallError} when another one is at work
 */
export async function oneAtATime({ openclawDir }: Places, work: () => Promise<void>): Promise<void> {
  const folder = join(openclawDir, 'live-status-install');
  const missing = missingAbove(folder);
  const lock = await take(folder);
  try {
    await work();
  } finally {
    lock.release();
    removeEmpty([folder, ...missing]);
  }
}

async function take(folder: string): Promise<InstanceLock> {
  const result = await acquireInstanceLock(folder, { pid: process.pid }).catch((error: unknown) => {
    const cause = error instanceof StateDirError ? (error.cause as NodeJS.ErrnoException) : undefined;
    // The one that was at work removed its folder in this moment.
    if (cause?.code === 'ENOENT') return undefined;
    throw cause ?? error;
  });
  if (!result) return take(folder);
  if (result.held) return result.lock;
  const where = result.elsewhere === undefined ? '' : ` on ${result.elsewhere}`;
  throw new InstallError(
    `another install.sh is at work (pid ${result.pid}${where}): let it end, and run this one again`,
  );
}
