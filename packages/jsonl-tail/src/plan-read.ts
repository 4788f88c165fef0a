import { type FileSight, isSameInode } from './file-sight.ts';

/**
 * How long a file that shrank is left alone, in milliseconds. Writers that rewrite a file truncate it first and fill
 * it within a millisecond; a real truncation is reported this late at most.
 */
export const SHRINK_HOLD_MS: number = 100;

/** What is known of a file from earlier looks. */
export interface KnownFile {
  /** The stat of the last look that read the file up to its end. */
  readonly sight: FileSight;
  /** Offset after the last byte read. */
  readonly position: number;
  /** False when the file may have changed after `sight` without showing another modification time. */
  readonly settled: boolean;
  /** Monotonic time at which the file was first seen shorter than `position`, while it is. */
  readonly shrunkAtMs?: number | undefined;
}

/**
 * - `nothing`: unchanged.
 * - `read`: it grew; read on, if the bytes before `position` are still the same.
 * - `check-tail`: looks unchanged but may not be; compare the last bytes before `position`.
 * - `verify`: changed without growing; compare everything read before.
 * - `hold`: shorter than what was read; look again within `SHRINK_HOLD_MS`.
 * - `rewind`: shorter for too long; go back to what is still the same.
 * - `replaced`: another file stands at the path.
 */
export type ReadPlan = 'nothing' | 'read' | 'check-tail' | 'verify' | 'hold' | 'rewind' | 'replaced';

/** Decides from what is known and what is seen; `nowMs` is monotonic. */
export function planRead(known: KnownFile, seen: FileSight, nowMs: number): ReadPlan {
  if (!isSameInode(known.sight, seen)) return 'replaced';
  if (seen.sizeBytes < known.position) {
    const isOver = known.shrunkAtMs !== undefined && nowMs - known.shrunkAtMs >= SHRINK_HOLD_MS;
    return isOver ? 'rewind' : 'hold';
  }
  if (known.shrunkAtMs !== undefined) return 'verify';
  if (seen.sizeBytes > known.position) return 'read';
  if (seen.mtimeNs !== known.sight.mtimeNs) return 'verify';
  return known.settled ? 'nothing' : 'check-tail';
}
