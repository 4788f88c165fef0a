/** A run goes on while a lock exists or did within this time. */
export const LOCK_GRACE_MS = 1_000;
/** After an error entry a run goes on this long while the catalog says `running`: OpenClaw waits 2.5 s and tries again. */
export const RETRY_GRACE_MS = 5_000;
/** The entry of an abort follows its flag in the catalog within this time. */
export const ABORT_GRACE_MS = 1_000;
/** A transcript that the catalog does not name this long after its first line is no session of the catalog. */
export const CATALOG_GRACE_MS = 1_000;
/** Lock openings with gaps up to this belong to one stretch of work. */
export const LOCK_CHAIN_GAP_MS = 500;
/**
 * A rewritten transcript that lacks entries for this long has lost them: it is written in one go, within milliseconds
 * but on a busy disk. A new entry after the rewrite says so at once.
 */
export const RETRACT_GRACE_MS = 1_000;
/** A lock whose owner cannot be checked counts this long without an append. OpenClaw takes such locks for stale, too. */
export const STALE_LOCK_MS = 1_800_000;
/** Work recorded before start-up may go on without a lock at this moment when it is at most this old. */
export const RECENT_MS = 5_000;

/** The delays an operator may set. Milliseconds. */
export interface Timeouts {
  /** Inactivity before a run of a writer without locks is closed. */
  readonly idleTimeoutMs: number;
  /** The same while a tool call is pending, and the longest a dropped lock counts. */
  readonly maxSessionDurationMs: number;
}
