import type { SourceEvent } from './event.ts';

/** The state of a source, for health and logs. */
export interface SourceStatus {
  /** `starting` until it has caught up; `degraded` with reasons when it works but may miss something. */
  readonly state: 'starting' | 'attached' | 'degraded' | 'closed';
  /** What is wrong and what to do about it, one sentence each. */
  readonly reasons: readonly string[];
  /** Set while nothing at all can be observed and waiting has not helped: nobody sees any status. */
  readonly isBlind?: true;
  /** Runs seen since the start. */
  readonly runsSeen: number;
  /** When the last event was reported, milliseconds since the epoch. */
  readonly lastEventAt?: number;
}

/**
 * Where sessions are read from: transcripts, a gateway, or whatever else reports them. Iterate it once: each step is a
 * batch of events that were observed together, in order. Asking for the next batch acknowledges the one before. One
 * `caught-up` event comes after everything that was there at the start.
 */
export interface SessionSource extends AsyncIterable<readonly SourceEvent[]>, AsyncDisposable {
  /** Names the source in logs and health; one word in lower case. */
  readonly name: string;
  status(): SourceStatus;
  /** Stops reading; the iteration ends after what was read. Idempotent. */
  close(): Promise<void>;
}
