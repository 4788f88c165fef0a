import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LineRange, StartInfo, StartPoint } from '@live-status/jsonl-tail';
import { parseEntry, type TranscriptEntry } from '@live-status/transcript-parser';
import type { LineSeen } from './observation.ts';
import type { RunPlace } from './resume-token.ts';
import { STALE_LOCK_MS } from './run-end.ts';
import { readPart } from './small-file.ts';

/** Files changed within this time are read at start-up. Milliseconds. */
const ACTIVE_MS = 600_000;
/** How much of them. Bytes. */
const LAST_BYTES = 1024 * 1024;
/** How much earlier a run is read again: lines before its first one may have become longer. Bytes. */
export const RESUME_MARGIN_BYTES = 8192;
/** What is read to see when a file was written last. Bytes. */
const END_BYTES = 64 * 1024;
/** A file that appears with older content was moved here. Milliseconds. */
const NEW_MS = 60_000;

/** What of a file was there before start-up, and was not read. */
export interface OldPart {
  /** Entries recorded before this time. */
  readonly oldBefore: number;
  /** Nothing else: the file was only appended to since. */
  readonly isAppended: boolean;
}

/** Decides where reading a transcript begins, and remembers before when its entries are old. */
export class StartPoints {
  readonly #resumeOffsets: ReadonlyMap<string, number>;
  readonly #old = new Map<string, OldPart>();
  /** Last change of any transcript that was seen, milliseconds since the epoch. */
  newestAt: number = Number.NEGATIVE_INFINITY;

  constructor(resume: readonly RunPlace[]) {
    const offsets = new Map<string, number>();
    for (const { path, startOffset } of resume) {
      offsets.set(path, Math.min(startOffset, offsets.get(path) ?? Number.POSITIVE_INFINITY));
    }
    this.#resumeOffsets = offsets;
  }

  /** What of this file is old; `undefined`: nothing is by its time. */
  oldPartOf(path: string): OldPart | undefined {
    return this.#old.get(path);
  }

  /** A transcript changed just now. */
  noteChange(at: number): void {
    this.newestAt = Math.max(this.newestAt, at);
  }

  startOf(path: string, info: StartInfo): StartPoint {
    this.noteChange(info.mtimeMs);
    if (info.skippedAt !== undefined) {
      this.#old.set(path, {
        // The clock of a file server may be minutes off: it changed the file just now.
        oldBefore: info.skippedAt.mtimeMs - info.mtimeMs + Date.now(),
        isAppended: isLineEnd(path, info.skippedAt.sizeBytes),
      });
      return { offset: Math.min(info.skippedAt.sizeBytes, info.sizeBytes) };
    }
    const ageMs = Date.now() - info.mtimeMs;
    if (info.isNew) return isFresh(path, info) ? 'beginning' : 'skip';
    const resumeOffset = this.#resumeOffsets.get(path);
    if (resumeOffset !== undefined && resumeOffset <= info.sizeBytes)
      return { offset: Math.max(0, resumeOffset - RESUME_MARGIN_BYTES) };
    if (ageMs < ACTIVE_MS || (ageMs < STALE_LOCK_MS && existsSync(`${path}.lock`))) return { lastBytes: LAST_BYTES };
    return 'skip';
  }
}

/**
 * Whether a file that appeared was written just now, and not moved here. Its own time does not say so when the clock of a
 * file server is off, nor do its entries when the gateway's is: one that agrees is enough.
 */
function isFresh(path: string, { mtimeMs }: StartInfo): boolean {
  if (Date.now() - mtimeMs < NEW_MS) return true;
  const directoryAt = statSync(dirname(path), { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
  return directoryAt - mtimeMs < NEW_MS || Date.now() - lastRecordedAt(path) < NEW_MS;
}

/** Whether a line ends at this offset: one that was written by a repair, which changes lines, ends elsewhere. */
function isLineEnd(path: string, offset: number): boolean {
  return offset === 0 || readPart(path, { offset: offset - 1, bytes: 1 }) === '\n';
}

/** When the last line of a file was recorded, milliseconds since the epoch; `-Infinity` when that is not to be found. */
function lastRecordedAt(path: string): number {
  const line = readPart(path, { offset: -END_BYTES, bytes: END_BYTES })?.trimEnd().split('\n').at(-1);
  const parsed = line === undefined ? undefined : parseEntry(line);
  return (parsed?.ok ? parsed.entry.recordedAt : undefined) ?? Number.NEGATIVE_INFINITY;
}

/** Lines that were there at start-up, by the time that was recorded in them; those of a file stay in its order. */
export class StartUpLines {
  readonly #lines: LineSeen[] = [];
  readonly #lastAt = new Map<string, number>();

  /** `now`: lines without a time, or with one to come, count as of this moment. */
  add({ path, fingerprint, startOffset }: LineRange, entry: TranscriptEntry, now: number): void {
    const at = Math.max(this.#lastAt.get(path) ?? Number.NEGATIVE_INFINITY, Math.min(entry.recordedAt ?? now, now));
    // A header may be from a clock that was wrong, or newer than the history that was copied behind it.
    if (entry.kind !== 'header') this.#lastAt.set(path, at);
    this.#lines.push({ type: 'line', path, fingerprint, startOffset, entry, at });
  }

  /** All of them, earliest first. */
  inOrder(): readonly LineSeen[] {
    return this.#lines.sort((a, b) => a.at - b.at);
  }
}
