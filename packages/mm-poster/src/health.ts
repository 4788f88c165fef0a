import type { BreakerSnapshot } from '@live-status/resilience';
import type { TokenRefusal } from './gate.ts';
import type { HoldReason } from './next-step.ts';

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
  /** Contents that were refused, with less in them as well. */
  refused: number;
  /** Contents that were shown with less in them, because the whole was refused. */
  reduced: number;
  /** The last of them, and why. */
  lastReduced?: { readonly at: number; readonly message: string };
  lastSuccessAt?: number;
  lastError?: { readonly at: number; readonly message: string };
}

/** Stats of a poster that has done nothing yet. */
export function createStats(): PosterStats {
  return { creates: 0, edits: 0, heartbeats: 0, skips: 0, retries: 0, rateLimited: 0, refused: 0, reduced: 0 };
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
  /** Posts that say less than the truth, because it cannot be shown now. */
  readonly heldBack: readonly HeldBack[];
  /** `X-Version-Id` of the last answer. */
  readonly serverVersion?: string | undefined;
}

/** A box whose latest content cannot be shown now. */
export interface HeldBack {
  readonly boxId: string;
  readonly reason: HoldReason;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** When it is tried again. */
  readonly retryAt: number;
  /** `#name` of the channel, its id, or the target as it was given. */
  readonly place: string;
  /** What the server answered. */
  readonly message: string;
}

/** What a status is made from. */
export interface Condition {
  readonly now: number;
  readonly stats: PosterStats;
  readonly breaker: BreakerSnapshot;
  readonly tokenRefusal: TokenRefusal | undefined;
  /** A request failed, and it is not known yet whether the server is well. */
  readonly isChecking: boolean;
  /** The server does not keep the type of posts. */
  readonly typeLost: boolean;
  /** Why the ledger could not be written, or read at the start. */
  readonly ledger: { readonly write?: string | undefined; readonly read?: string | undefined };
  readonly heldBack: readonly HeldBack[];
  /** Boxes whose latest content has not reached the server. */
  readonly queue: number;
}

/** How long a 429 is reported after its wait is over. */
const RATE_LIMIT_MEMORY_MS = 60_000;
/** How long a text that was shown with less in it is reported. */
const REDUCED_MEMORY_MS = 600_000;

const WHY: Readonly<Record<HoldReason, { readonly what: string; readonly fix: string }>> = {
  archived: { what: 'the channel is archived', fix: 'Restore the channel, or let the agent work in another one' },
  forbidden: {
    what: 'the account may not post there',
    fix: 'Check the configured channel, and add the account to the team and channel',
  },
  'no-target': {
    what: 'there is no such channel or user for the account',
    fix: 'Check the configured channel, and add the account to the team and channel',
  },
  refused: { what: 'Mattermost refuses the text', fix: 'Check the plugins and limits of the server' },
  blocked: {
    what: 'something on the way to Mattermost refuses the request',
    fix: 'Let the account pass through the proxy, firewall or login page, with PUT and with any text',
  },
};

const isoTime = (at: number): string => new Date(at).toISOString();
const degraded = (what: string, fix: string): HealthReason => ({ level: 'degraded', what, fix });
const failing = (what: string, fix: string): HealthReason => ({ level: 'failing', what, fix });

/** The reasons why posting is not as it should be, worst first. Pure. */
export function reasonsFor({
  now,
  stats,
  breaker,
  tokenRefusal,
  isChecking,
  typeLost,
  ledger,
  heldBack,
  queue,
}: Condition): HealthReason[] {
  const reasons: HealthReason[] = [];
  if (tokenRefusal !== undefined) {
    const { since, error } = tokenRefusal;
    const what = `Mattermost answered 401 to the token (since ${isoTime(since)}); nothing is posted; last: ${error.summary}`;
    const fix =
      'If the token was revoked or its account disabled: Configure a valid bot token; it is read and tried again by itself';
    reasons.push(failing(what, fix));
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
  if (breaker.state === 'closed' && (breaker.consecutiveFailures > 0 || isChecking) && queue > 0) {
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
  for (const boxes of grouped(heldBack)) reasons.push(heldBackReason(boxes));
  if (stats.lastReduced !== undefined && now - stats.lastReduced.at < REDUCED_MEMORY_MS) {
    const what = `${stats.reduced} ${stats.reduced === 1 ? 'text was' : 'texts were'} shown with less in it, because the whole was refused (${stats.lastReduced.message})`;
    reasons.push(degraded(what, 'Let the texts of the account pass through the firewall or plugin that refuses them'));
  }
  return reasons;
}

/** Boxes that are held back, by reason. */
function grouped(heldBack: readonly HeldBack[]): readonly (readonly HeldBack[])[] {
  return [...Map.groupBy(heldBack, ({ reason }) => reason).values()];
}

/** More places make a sentence that nobody reads. */
const MAX_PLACES = 5;

function heldBackReason(boxes: readonly HeldBack[]): HealthReason {
  const { reason = 'refused', message = '' } = boxes[0] ?? {};
  const { what, fix } = WHY[reason];
  const places = [...new Set(boxes.map(({ place }) => place))];
  const more = places.length > MAX_PLACES ? ` and ${places.length - MAX_PLACES} more places` : '';
  const where = `${places.slice(0, MAX_PLACES).join(', ')}${more}`;
  const posts = boxes.length === 1 ? '1 post says' : `${boxes.length} posts say`;
  return degraded(
    `${posts} less than the truth in ${where}: ${what} (${message})`,
    `${fix}; it is tried again by itself`,
  );
}
