import { existsSync } from 'node:fs';
import type { StartInfo, StartPoint } from '@live-status/jsonl-tail';
import type { ResumeRequest } from '@live-status/session-state';
import { STALE_LOCK_MS } from './timing.ts';

/** Files changed within this time are read at start-up. Milliseconds. */
const ACTIVE_MS = 600_000;
/** How much of them. Bytes. */
const LAST_BYTES = 1024 * 1024;
/** How much earlier a run is read again: lines before its first one may have become longer. Bytes. */
export const RESUME_MARGIN_BYTES = 8192;
/** A file that appears with older content was moved here. Milliseconds. */
const NEW_MS = 60_000;

/** Decides where reading a transcript begins, and remembers before when its entries are old. */
export class StartPoints {
  readonly #resume: ReadonlyMap<string, number>;
  readonly #oldBefore = new Map<string, number>();
  /** Last change of any transcript that was seen, milliseconds since the epoch. */
  newestAt: number = Number.NEGATIVE_INFINITY;

  constructor(resume: readonly ResumeRequest[]) {
    const offsets = new Map<string, number>();
    for (const { from } of resume) {
      offsets.set(from.path, Math.min(from.startOffset, offsets.get(from.path) ?? Number.POSITIVE_INFINITY));
    }
    this.#resume = offsets;
  }

  /** Entries of this file recorded before this time are old; `undefined`: none is by its time. */
  oldBefore(path: string): number | undefined {
    return this.#oldBefore.get(path);
  }

  /** A transcript changed just now. */
  noteChange(at: number): void {
    this.newestAt = Math.max(this.newestAt, at);
  }

  startOf(path: string, info: StartInfo): StartPoint {
    this.noteChange(info.mtimeMs);
    if (info.skippedAt !== undefined) {
      this.#oldBefore.set(path, info.skippedAt.mtimeMs);
      return { offset: Math.min(info.skippedAt.sizeBytes, info.sizeBytes) };
    }
    const ageMs = Date.now() - info.mtimeMs;
    if (info.isNew) return ageMs < NEW_MS ? 'beginning' : 'skip';
    const resumeFrom = this.#resume.get(path);
    if (resumeFrom !== undefined && resumeFrom <= info.sizeBytes)
      return { offset: Math.max(0, resumeFrom - RESUME_MARGIN_BYTES) };
    if (ageMs < ACTIVE_MS || (ageMs < STALE_LOCK_MS && existsSync(`${path}.lock`))) return { lastBytes: LAST_BYTES };
    return 'skip';
  }
}
