import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from '@live-status/resilience';
import { isMissing } from './problems.ts';

/** How far a file was taken, and what shows later that it is still the same up to there. Plain JSON; version 1. */
export interface Checkpoint {
  readonly version: 1;
  readonly path: string;
  readonly fingerprint: string;
  /** Offset from which reading started. */
  readonly fromOffset: number;
  /** A line start: every line between `fromOffset` and here was taken. */
  readonly offset: number;
  /** CRC-32 of the bytes between the two. */
  readonly crc32: number;
}

/** Reads a checkpoint from JSON; undefined when the text is not one. Never throws. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { version, path, fingerprint, fromOffset, offset, crc32 } = value as Record<string, unknown>;
    if (version !== 1 || typeof path !== 'string' || typeof fingerprint !== 'string') return undefined;
    if (!isCount(fromOffset) || !isCount(offset) || !isCount(crc32)) return undefined;
    if (offset < fromOffset || crc32 > 0xffffffff) return undefined;
    return { version, path, fingerprint, fromOffset, offset, crc32 };
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** What a checkpoint file held. */
export interface StoredCheckpoint {
  readonly checkpoint: Checkpoint | undefined;
  /** True when there is a file but it holds no checkpoint. */
  readonly isDamaged: boolean;
}

/**
 * Keeps one checkpoint in a file (mode 0600). It is saved to a temporary file, flushed to disk and renamed, so that a
 * crash at any moment leaves the old or the new one.
 */
export class CheckpointFile {
  readonly #path: string;
  #written: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Rejects when the file is there but cannot be read. */
  async load(): Promise<StoredCheckpoint> {
    try {
      const text = await readFile(this.#path, 'utf8');
      const checkpoint = parseCheckpoint(text);
      if (checkpoint !== undefined) this.#written = text;
      return { checkpoint, isDamaged: checkpoint === undefined };
    } catch (error) {
      if (isMissing(error)) return { checkpoint: undefined, isDamaged: false };
      throw error;
    }
  }

  /** Writes nothing when nothing changed. One call at a time. Rejects with the error of the file system. */
  async save(checkpoint: Checkpoint): Promise<void> {
    const text = `${JSON.stringify(checkpoint)}\n`;
    if (text === this.#written) return;
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await replaceFile(this.#path, text);
    this.#written = text;
  }
}
