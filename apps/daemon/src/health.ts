import type { SourceStatus } from '@live-status/session-state';

/** How the posting side stands; counters count from the start of the process. */
export interface PostingHealth {
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** Writes that wait to be sent. */
  readonly queued: number;
  readonly creates: number;
  readonly edits: number;
  /** Edits left out because nothing visible had changed. */
  readonly skips: number;
  readonly retries: number;
  /** Answers that said to slow down (429). */
  readonly rateLimited: number;
  /** Milliseconds since the epoch. */
  readonly lastSuccessAt?: number;
  readonly lastErrorAt?: number;
  readonly lastError?: string;
}

/** What is wrong and what helps. `failing`: no status reaches a reader; `degraded`: something may be missing. */
export interface Reason {
  readonly severity: 'degraded' | 'failing';
  readonly text: string;
}

/** How the daemon stands: what `GET /health` answers. */
export interface HealthReport {
  readonly status: 'ok' | 'degraded' | 'failing';
  readonly version: string;
  readonly uptimeS: number;
  readonly sources: readonly (SourceStatus & { readonly name: string })[];
  readonly boxes: { readonly active: number; readonly waiting: number; readonly posted: number };
  readonly poster: PostingHealth;
  readonly reasons: readonly string[];
}

/** The worst severity among the reasons, `ok` without one. */
export function worst(reasons: readonly Reason[]): HealthReport['status'] {
  if (reasons.some(({ severity }) => severity === 'failing')) return 'failing';
  return reasons.length > 0 ? 'degraded' : 'ok';
}

/** What a source's own status says about health. */
export function sourceReasons(status: SourceStatus): readonly Reason[] {
  if (status.state === 'closed') {
    return [{ severity: 'failing', text: 'The source of sessions ended: restart the daemon and see its log' }];
  }
  return status.reasons.map((text) => ({ severity: 'degraded', text }));
}
