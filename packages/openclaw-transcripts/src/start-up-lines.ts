import type { LineRange } from '@live-status/jsonl-tail';
import type { TranscriptEntry } from '@live-status/transcript-parser';
import type { LineSeen } from './observation.ts';

/** Lines that were there at start-up, by the time that was recorded in them; those of a file stay in its order. */
export class StartUpLines {
  readonly #lines: LineSeen[] = [];
  readonly #lastAt = new Map<string, number>();

  /** `now`: lines without a time, or with one to come, count as of this moment. */
  add({ path, fingerprint, startOffset }: LineRange, entry: TranscriptEntry, now: number): void {
    const at = Math.max(this.#lastAt.get(path) ?? Number.NEGATIVE_INFINITY, Math.min(entry.recordedAt ?? now, now));
    this.#lastAt.set(path, at);
    this.#lines.push({ type: 'line', path, fingerprint, startOffset, entry, at });
  }

  /** All of them, earliest first. */
  inOrder(): readonly LineSeen[] {
    return this.#lines.sort((a, b) => a.at - b.at);
  }
}
