/** How far a file was taken, and what proves later that it is still the same up to there. Version 1. */
export interface Checkpoint {
  readonly version: 1;
  readonly path: string;
  readonly fingerprint: string;
  /** Offset from which reading began. */
  readonly fromOffset: number;
  /** A line start: every line before it (and after `fromOffset`) was taken. */
  readonly offset: number;
  /** CRC-32 of the bytes between the two. */
  readonly crc32: number;
}

/** A decoded checkpoint, or why there is none. */
export type CheckpointResult =
  | { readonly ok: true; readonly checkpoint: Checkpoint }
  | { readonly ok: false; readonly reason: 'not-json' | 'unknown-version' | 'malformed' };

/** One line of JSON. */
export function encodeCheckpoint(checkpoint: Checkpoint): string {
  const { version, path, fingerprint, fromOffset, offset, crc32 } = checkpoint;
  return JSON.stringify({ version, path, fingerprint, fromOffset, offset, crc32 });
}

/** Reads what `encodeCheckpoint` wrote. Never throws. */
export function decodeCheckpoint(text: string): CheckpointResult {
  try {
    return toCheckpoint(JSON.parse(text));
  } catch {
    return { ok: false, reason: 'not-json' };
  }
}

/** Checks a parsed value. Never throws. */
export function toCheckpoint(value: unknown): CheckpointResult {
  if (typeof value !== 'object' || value === null) return { ok: false, reason: 'malformed' };
  const { version, path, fingerprint, fromOffset, offset, crc32 } = value as Record<string, unknown>;
  if (version !== 1) return { ok: false, reason: version === undefined ? 'malformed' : 'unknown-version' };
  if (typeof path !== 'string' || typeof fingerprint !== 'string') return { ok: false, reason: 'malformed' };
  if (!isCount(fromOffset) || !isCount(offset) || !isCount(crc32)) return { ok: false, reason: 'malformed' };
  if (offset < fromOffset || crc32 > 0xffffffff) return { ok: false, reason: 'malformed' };
  return { ok: true, checkpoint: { version, path, fingerprint, fromOffset, offset, crc32 } };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
