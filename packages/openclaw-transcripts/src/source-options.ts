import type { ResumeRequest, SessionSource } from '@live-status/session-state';
import type { SourceClock, SourceLog } from './clock.ts';

export interface TranscriptSourceOptions {
  /** A sessions directory, or a tree of them (`<agent>/sessions`). Nothing outside it is opened. */
  readonly transcriptDir: string;
  /** The one catalog that describes all transcripts. Default: the `sessions.json` beside them, also if it is missing. */
  readonly sessionsJson?: string;
  /** Runs of an earlier life to read again from where they began. Default none. */
  readonly resume?: readonly ResumeRequest[];
  /** Inactivity before a run of a writer without locks is closed, milliseconds. Default 60 000. */
  readonly idleTimeoutMs?: number;
  /** The same while a tool call is pending, milliseconds. Default 1 800 000. */
  readonly maxSessionDurationMs?: number;
  /** `false`: nothing by itself, no timers; every look is a call of `pass()`. `'polling'`: no file events. Default true. */
  readonly watch?: boolean | 'polling';
  /**
   * Whether a session database that is newer than every transcript is trouble: it is where nothing else follows what is
   * kept there. Default true.
   */
  readonly databaseIsTrouble?: boolean;
  /** Default: the system's. */
  readonly clock?: SourceClock;
  /** Default: no log. */
  readonly log?: SourceLog;
  /** Aborting closes the source. */
  readonly signal?: AbortSignal;
}

/** The transcripts of an OpenClaw gateway (up to 2026.7) as a source of session events. */
export interface TranscriptSource extends SessionSource {
  /** Looks at everything now. Resolves when the consumer has taken what came of it; never wait for it inside the loop. */
  pass(): Promise<void>;
}
