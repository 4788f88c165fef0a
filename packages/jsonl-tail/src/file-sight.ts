import type { BigIntStats } from 'node:fs';

/** What one stat of a file says. */
export interface FileSight {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
}

/** The parts of a stat the followers use. */
export function toFileSight(stats: BigIntStats): FileSight {
  return { dev: stats.dev, ino: stats.ino, sizeBytes: Number(stats.size), mtimeNs: stats.mtimeNs };
}

/** True when both are the same file on disk, whatever its content. */
export function isSameInode(a: FileSight, b: FileSight): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** True when nothing a stat can tell has changed. */
export function isSameSight(a: FileSight, b: FileSight): boolean {
  return isSameInode(a, b) && a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs;
}

/** Modification time in milliseconds since the epoch. */
export function mtimeMsOf(sight: FileSight): number {
  return Number(sight.mtimeNs) / 1e6;
}

/** Kernel timestamps move in steps of up to 10 ms: a file changed just before it was looked at may change again unseen. */
const TIMESTAMP_STEP_MS = 20;

/** True when a change after this sight is sure to show another modification time. */
export function isSettled(sight: FileSight, epochMs: number): boolean {
  return epochMs - mtimeMsOf(sight) > TIMESTAMP_STEP_MS;
}
