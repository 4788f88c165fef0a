import type { Clock } from '@live-status/resilience';
import type { LiveContent } from './content.ts';
import { isRetryable, MattermostError } from './errors.ts';
import type { FeedbackLoopGuard } from './feedback-loop-guard.ts';
import { type Gate, type PassOptions, PRIORITY } from './gate.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import type { Locator } from './locate.ts';
import type { PostApi } from './post-api.ts';
import type { PosterStats } from './stats.ts';
import type { StopReason } from './stop-reason.ts';

/** What all boxes share. */
export interface DeliveryContext {
  readonly api: PostApi;
  readonly gate: Gate;
  readonly locator: Locator;
  readonly guard: FeedbackLoopGuard;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly stats: PosterStats;
  /** What this server has been found to take; every box learns from the first refusal. */
  readonly limits: { maxChars: number; silent: boolean; serverAheadMs: number };
}

/** What a box wants shown. */
export interface Wanted {
  readonly content: LiveContent;
  /** The last content: urgent, and worth one more post where an edit is not possible any more. */
  readonly final: boolean;
  /** Wanted for the clock alone. */
  readonly heartbeat: boolean;
}

/** How an attempt ended, and for which content. */
export type Outcome =
  | { readonly kind: 'sent' | 'skipped'; readonly content: LiveContent }
  /** The server will never take this content. */
  | { readonly kind: 'refused'; readonly content: LiveContent; readonly error: MattermostError }
  /** The server has an older content under this post: once more, at the next turn. */
  | { readonly kind: 'outdated' }
  | { readonly kind: 'stopped'; readonly reason: StopReason };

/** What an attempt is given. */
export interface AttemptOptions {
  /** What to show; asked as late as possible. */
  readonly latest: () => Wanted;
  /** Whether the box is finishing. */
  readonly urgent: () => boolean;
  readonly signal: AbortSignal;
}

/** How a request for this entry passes the gate: creates and final edits first. */
export function passFor(entry: LedgerEntry, { signal, urgent }: AttemptOptions): PassOptions {
  const priority = (): number => (entry.postId === undefined || urgent() ? PRIORITY.urgent : PRIORITY.intermediate);
  return { signal, priority };
}

/** A refusal to be acted on; everything else (a transient failure, an abort, a bug) goes up. */
export function refusalIn(error: unknown): MattermostError {
  if (!(error instanceof MattermostError) || isRetryable(error)) throw error;
  return error;
}
