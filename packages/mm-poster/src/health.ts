import type { BreakerSnapshot } from '@live-status/resilience';
import type { StopReason } from './next-step.ts';

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

/** Stats of a poster that has done nothing yet. */
export function createStats(): PosterStats {
  return { creates: 0, edits: 0, heartbeats: 0, skips: 0, retries: 0, rateLimited: 0, refused: 0 };
}

/** What is wrong, and how to fix it. */
export interface HealthReason {
  readonly level: 'degraded' | 'failing';
  readonly what: string;
  readonly fix: string;
}

/** How posting stands. Plain data. */
export interface PosterStatus extends Readonly<PosterStats> {
  /** The worst level of the reasons, `ok` without any. */
  readonly state: 'ok' | 'degraded' | 'failing';
  readonly reasons: readonly HealthReason[];
  readonly breaker: BreakerSnapshot;
  /** Boxes shown. */
  readonly boxes: number;
  /** Boxes whose latest content has not reached the server. */
  readonly queue: number;
  /** `X-Version-Id` of the last answer. */
  readonly serverVersion?: string | undefined;
}

/** What a status is made from. */
export interface Condition {
  readonly now: number;
  readonly stats: PosterStats;
  readonly breaker: BreakerSnapshot;
  readonly tokenRefusedSince: number | undefined;
  /** The server does not keep the type of posts. */
  readonly typeLost: boolean;
  /** Why the ledger could not be written, or read at the start. */
  readonly ledger: { readonly write?: string | undefined; readonly read?: string | undefined };
  readonly stopped: readonly StopReason[];
  /** Boxes whose latest content has not reached the server. */
  readonly queue: number;
}

/** How long a 429 is reported after its wait is over. */
const RATE_LIMIT_MEMORY_MS = 60_000;

const isoTime = (at: number): string => new Date(at).toISOString();
const degraded = (what: string, fix: string): HealthReason => ({ level: 'degraded', what, fix });
const failing = (what: string, fix: string): HealthReason => ({ level: 'failing', what, fix });

/** The reasons why posting is not as it should be, worst first. Pure. */
export function reasonsFor({
  now,
  stats,
  breaker,
  tokenRefusedSince,
  typeLost,
  ledger,
  stopped,
  queue,
}: Condition): HealthReason[] {
  const reasons: HealthReason[] = [];
  if (tokenRefusedSince !== undefined) {
    const what = `Mattermost refuses the token since ${isoTime(tokenRefusedSince)}; nothing is posted`;
    reasons.push(failing(what, 'Configure a valid bot token; it is read and tried again every 60 s'));
  }
  if (breaker.state !== 'closed') {
    const what = `Mattermost does not answer since ${isoTime(breaker.openedAt ?? now)} (${stats.lastError?.message})`;
    reasons.push(failing(what, 'Check the server and the network; it is tried again by itself'));
  }
  if (typeLost) {
    const what = 'Mattermost does not keep the type of posts: agents could answer them, so no new ones are made';
    reasons.push(failing(what, 'Find the plugin or proxy that changes posts, then restart'));
  }
  // A server that hangs takes minutes to open the circuit.
  if (breaker.state === 'closed' && breaker.consecutiveFailures > 0 && queue > 0) {
    const what = `Requests to Mattermost fail (${stats.lastError?.message}); posts wait`;
    reasons.push(degraded(what, 'Check the server and the network; it is tried again by itself'));
  }
  if (stats.rateLimitedUntil !== undefined && now - stats.rateLimitedUntil < RATE_LIMIT_MEMORY_MS) {
    const fix = 'Lower the updates per second, or raise the limit of the server';
    reasons.push(degraded(`Mattermost limited the rate of requests (${stats.rateLimited} times)`, fix));
  }
  if (ledger.write !== undefined) {
    reasons.push(degraded(ledger.write, 'Until then a restart may lose track of open posts'));
  }
  if (ledger.read !== undefined) {
    reasons.push(degraded(ledger.read, 'Earlier posts are searched in their channels'));
  }
  const forbidden = stopped.filter((reason) => reason === 'forbidden' || reason === 'no-target').length;
  if (forbidden > 0) {
    const fix = 'Check the configured channel, and add the account to the team and channel';
    reasons.push(degraded(`${forbidden} boxes cannot be shown: channel missing or no permission`, fix));
  }
  return reasons;
}
