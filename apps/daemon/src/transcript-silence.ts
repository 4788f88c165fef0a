import type { Clock } from '@live-status/resilience';
import type { SessionEvent, SessionSource } from '@live-status/session-state';
import type { Logger } from 'pino';

/**
 * How long nothing may be read after a run began, milliseconds: a new session's transcript is written with the first
 * answer, but its catalog and lock are there before.
 */
const SILENT_MS = 60_000;

export interface TranscriptSilenceOptions {
  /** Where transcripts are read; for messages. */
  readonly transcriptDir: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
}

/** Notices that a gateway works, which writes transcripts, and no transcript is seen: that would be idle and green. */
export class TranscriptSilence {
  readonly #options: TranscriptSilenceOptions;
  #readAt = Number.NEGATIVE_INFINITY;
  #silentSince: number | undefined;
  #reasons: readonly string[] = [];

  constructor(options: TranscriptSilenceOptions) {
    this.#options = options;
  }

  /** One sentence with its cure, as of the last look. */
  get reasons(): readonly string[] {
    return this.#reasons;
  }

  /** What transcripts told, or the gateway. What was read shortly before a run began may have been about it. */
  hear(name: SessionSource['name'], batch: readonly SessionEvent[]): void {
    const now = this.#options.clock.now();
    if (name === 'jsonl') {
      this.#readAt = now;
      this.#silentSince = undefined;
      this.#reasons = [];
    } else if (now - this.#readAt > SILENT_MS && batch.some(({ type }) => type === 'run-started')) {
      this.#silentSince ??= now;
    }
  }

  /** Looks at the time; what is new is logged. `isExpected`: the gateway writes transcripts. */
  look(isExpected: boolean): void {
    const { transcriptDir, clock, log } = this.#options;
    if (!isExpected) this.#silentSince = undefined;
    const isSilent = this.#silentSince !== undefined && clock.now() - this.#silentSince >= SILENT_MS;
    if (isSilent && this.#reasons.length === 0)
      log.warn({ transcriptDir }, 'the gateway works, and no transcript is seen');
    this.#reasons = isSilent
      ? [
          `The gateway works, and writes no transcript below ${transcriptDir}: set TRANSCRIPT_DIR to the directory of its agents.`,
        ]
      : [];
  }
}
