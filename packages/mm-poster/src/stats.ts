/** What the poster has done and seen; filled in as it happens. Times are milliseconds since the epoch. */
export interface PosterStats {
  /** Posts made. */
  creates: number;
  /** Edits made, heartbeats included. */
  edits: number;
  /** Edits for the clock alone. */
  heartbeats: number;
  /** Contents that needed no request: nothing had changed. */
  skips: number;
  /** Attempts after the first. */
  retries: number;
  /** Answers 429. */
  rateLimited: number;
  /** Until when the last of them made everything wait. */
  rateLimitedUntil?: number;
  /** Contents the server refused for good. */
  refused: number;
  lastSuccessAt?: number;
  lastError?: { readonly at: number; readonly message: string };
}

export function createStats(): PosterStats {
  return { creates: 0, edits: 0, heartbeats: 0, skips: 0, retries: 0, rateLimited: 0, refused: 0 };
}
