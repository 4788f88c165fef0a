import { type FileStat, isSameFile, isSameStat, MtimeSettling } from './file-system.ts';

/**
 * How long a file that shrank is left alone, in milliseconds. Programs that rewrite a file truncate it first and fill
 * it again within a millisecond; a lasting truncation is reported this much later.
 */
export const SHRINK_HOLD_MS: number = 100;

/** What is known of a file from earlier scans. */
export interface KnownFile {
  /** The stat of the last scan that read the file to its end. */
  readonly stat: FileStat;
  /** Offset after the last byte read. */
  readonly position: number;
  /** False when the file may have changed after `stat` without showing another modification time. */
  readonly settled: boolean;
  /** Monotonic time at which the file was first seen shorter than `position`; absent when it is not. */
  readonly shrunkAtMs?: number | undefined;
}

/**
 * - `nothing`: unchanged.
 * - `read`: it grew; read on, if the bytes before `position` are still the same.
 * - `check-tail`: it seems unchanged but may not be; compare the last bytes before `position`.
 * - `verify`: it changed without growing; compare everything read so far.
 * - `hold`: it is shorter than what was read; scan it again after `SHRINK_HOLD_MS`.
 * - `rewind`: it has been shorter for too long; go back to what is still the same.
 * - `replaced`: another file is at the path.
 */
export type ReadPlan = 'nothing' | 'read' | 'check-tail' | 'verify' | 'hold' | 'rewind' | 'replaced';

/** Decides what to do from what is known and a fresh stat; `nowMs` is monotonic. */
export function planRead(known: KnownFile, seen: FileStat, nowMs: number): ReadPlan {
  if (!isSameFile(known.stat, seen)) return 'replaced';
  if (seen.sizeBytes < known.position) {
    const holdIsOver = known.shrunkAtMs !== undefined && nowMs - known.shrunkAtMs >= SHRINK_HOLD_MS;
    return holdIsOver ? 'rewind' : 'hold';
  }
  if (known.shrunkAtMs !== undefined) return 'verify';
  if (seen.sizeBytes > known.position) return 'read';
  if (seen.mtimeNs !== known.stat.mtimeNs) return 'verify';
  return known.settled ? 'nothing' : 'check-tail';
}

/** What earlier scans saw of a file. `nowMs` is monotonic throughout. */
export class SeenFile {
  #stat: FileStat;
  readonly #settling = new MtimeSettling();
  #isSettled = false;
  #shrunkAtMs: number | undefined;

  constructor(stat: FileStat) {
    this.#stat = stat;
  }

  /** The stat of the last scan that read the file to its end. */
  get stat(): FileStat {
    return this.#stat;
  }

  /** True when an equal stat does not prove that nothing changed. */
  get isUnsure(): boolean {
    return !this.#isSettled || this.#shrunkAtMs !== undefined;
  }

  /** True when this stat proves that nothing changed. */
  provesUnchanged(seen: FileStat): boolean {
    return this.#isSettled && isSameStat(seen, this.#stat);
  }

  /** What to do about the file, of which everything before `position` was read. */
  plan(seen: FileStat, position: number, nowMs: number): ReadPlan {
    const known = { stat: this.#stat, position, settled: this.#isSettled, shrunkAtMs: this.#shrunkAtMs };
    return planRead(known, seen, nowMs);
  }

  /** The file was read to its end. */
  readToEnd(seen: FileStat, nowMs: number): void {
    this.#stat = seen;
    this.#isSettled = this.#settling.isSettled(seen, nowMs);
  }

  /** Another file took the path. */
  replace(seen: FileStat): void {
    this.#stat = seen;
    this.#isSettled = false;
    this.#shrunkAtMs = undefined;
  }

  /** Part of what was read is no longer in the file. */
  unsettle(): void {
    this.#isSettled = false;
  }

  /** The file is shorter than what was read of it, perhaps only in the middle of a rewrite. */
  shrunk(nowMs: number): void {
    this.#shrunkAtMs ??= nowMs;
  }

  /** The content was compared with what was read. */
  compared(): void {
    this.#shrunkAtMs = undefined;
  }
}
