import type { ResumePoint, SessionEvent } from './event.ts';

/** How a source stands, for health and logs. */
export interface SourceStatus {
  /** `starting` until attached; `degraded` with reasons when it works but may miss something. */
  readonly state: 'starting' | 'attached' | 'degraded' | 'closed';
  /** What is wrong and what to do about it, one sentence each. */
  readonly reasons: readonly string[];
  /** Runs seen since the start. */
  readonly runsSeen: number;
  /** When the last event was reported, milliseconds since the epoch. */
  readonly lastEventAt?: number;
}

/**
 * A way to see sessions. Iterate it once: each step is a batch of events that were observed together, in order.
 * Asking for the next batch acknowledges the one before.
 */
export interface SessionSource extends AsyncIterable<readonly SessionEvent[]>, AsyncDisposable {
  readonly name: 'jsonl' | 'gateway';
  status(): SourceStatus;
  /** Stops reading; the iteration ends after what was read. Idempotent. */
  close(): Promise<void>;
}

/** A run to read again after a restart. */
export interface ResumeRequest {
  readonly sessionKey: string;
  readonly from: ResumePoint;
}
