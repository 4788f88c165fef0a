/** The delays and bounds of a fold. Milliseconds unless named otherwise. */
export interface Rules {
  /** A run with tools gets a post when it still runs this long after its first call. 0: every run with a call does. */
  readonly postDelayMs: number;
  /** A run without tools gets a post when it is older than this. */
  readonly quietDelayMs: number;
  /** A run that begins this soon after the last joins its box; a finished box is final after it. */
  readonly settleMs: number;
  /** How long an announce stays pending after its child ended (or was spawned, if it never ran). */
  readonly pendingTimeoutMs: number;
  /** A box is followed at most this long since it began, or since a person was last waited for. */
  readonly maxSessionDurationMs: number;
  /** Lines a post shows; a run keeps twice, a box six times as many. */
  readonly maxLines: number;
}

/** The product's defaults. */
export const DEFAULT_RULES: Rules = {
  postDelayMs: 1_500,
  quietDelayMs: 30_000,
  settleMs: 1_500,
  pendingTimeoutMs: 120_000,
  maxSessionDurationMs: 1_800_000,
  maxLines: 15,
};
