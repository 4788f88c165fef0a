import { counted } from '@live-status/basics';
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
  /** Posts that were to be deleted, and deleted. */
  deletes: number;
  /** The last post that the server did not let be deleted, and why. */
  lastUndeleted?: { readonly at: number; readonly message: string };
  lastSuccessAt?: number;
  lastError?: { readonly at: number; readonly message: string };
}

/** Stats of a poster that has done nothing yet. */
export function createStats(): PosterStats {
  return {
    creates: 0,
    edits: 0,
    heartbeats: 0,
    skips: 0,
    retries: 0,
    rateLimited: 0,
    refused: 0,
    reduced: 0,
    deletes: 0,
  };
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
  /** The accounts that were used so far, the first one of them without a name. */
  readonly accounts: readonly AccountStatus[];
  /** Boxes shown. */
  readonly boxes: number;
  /** Boxes whose latest content has not reached the server. */
  readonly queue: number;
  /** Posts that say less than the truth, because it cannot be shown now. */
  readonly heldBack: readonly HeldBack[];
  /** `X-Version-Id` of the last answer. */
  readonly serverVersion?: string | undefined;
}

/** How an account stands. */
export interface AccountStatus {
  /** As targets name it. */
  readonly name?: string | undefined;
  readonly username?: string | undefined;
  /** Address of its server, where that is known. */
  readonly server?: string | undefined;
  /** Since when the server refuses its token, milliseconds since the epoch. */
  readonly refusedSince?: number | undefined;
  readonly breaker: BreakerSnapshot['state'];
}

/** A box whose latest content cannot be shown now. */
export interface HeldBack {
  readonly boxId: string;
  readonly reason: HoldReason;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** When it is tried again. */
  readonly retryAt: number;
  /** `#name` of the channel, `the direct messages with @name`, an id, or the target as it was given. */
  readonly place: string;
  /** What the server answered, or why there is no account. */
  readonly message: string;
  /** The account that its target names. */
  readonly account?: string | undefined;
  /** User name of the account, where it is known. */
  readonly username?: string | undefined;
  /** What to do, where whoever found the account said so. */
  readonly fix?: string | undefined;
  /** Whether it has a post: one that says less than the truth. */
  readonly hasPost: boolean;
}

/** How an account stands. */
export interface AccountCondition {
  /** As targets name it; undefined for the first one. */
  readonly name: string | undefined;
  readonly username: string | undefined;
  /** Address of its server, where that is known. */
  readonly server: string | undefined;
  readonly tokenRefusal: TokenRefusal | undefined;
  readonly breaker: BreakerSnapshot;
  /** What the server answered last that was not as it should be. */
  readonly lastError: string;
  /** A request failed, and it is not known yet whether the server is well. */
  readonly isChecking: boolean;
  /** Since when a request waits for its answer, milliseconds since the epoch. */
  readonly unansweredSince: number | undefined;
  /** The server does not keep the type of posts. */
  readonly typeLost: boolean;
}

/** What a status is made from. */
export interface Condition {
  readonly now: number;
  readonly stats: PosterStats;
  readonly accounts: readonly AccountCondition[];
  /** Why the ledger could not be written, or read at the start. */
  readonly ledger: { readonly write?: string | undefined; readonly read?: string | undefined };
  readonly heldBack: readonly HeldBack[];
  /** What the boxes failed with that are tried again at once. */
  readonly failures: readonly string[];
  /** Boxes whose latest content has not reached the server. */
  readonly queue: number;
}

/** From when on a request that is not answered is reported, and how exactly, milliseconds. */
const UNANSWERED_MS = 5000;
/** How long a 429 is reported after its wait is over. */
const RATE_LIMIT_MEMORY_MS = 60_000;
/** How long a text that was shown with less in it is reported. */
const REDUCED_MEMORY_MS = 600_000;

/** How long a post that could not be deleted is reported. */
const UNDELETED_MEMORY_MS = 600_000;

/** How what is wrong reads, and how to fix it, given the account and the place. */
type Wording = (who: string, place: string) => { readonly what: string; readonly fix: string };

const WHY: Readonly<Record<Exclude<HoldReason, 'no-account'>, Wording>> = {
  archived: (_, place) => ({
    what: `${place} is archived`,
    fix: 'Restore the channel, or let the agent work in another one',
  }),
  forbidden: (who, place) => ({
    what: `The ${who} may not post in ${place}`,
    fix: `Add it there, to the team and the channel; if it is a member, let it post`,
  }),
  'no-target': (who, place) => ({
    what: `For the ${who} there is no ${place}`,
    fix: 'Check the configured channel, and add the bot to its team',
  }),
  refused: (_, place) => ({
    what: `Mattermost refuses the text for ${place}`,
    fix: 'Check the plugins and limits of the server',
  }),
  blocked: (who, place) => ({
    what: `Something on the way to Mattermost refuses the requests for ${place}`,
    fix: `Let the ${who} pass through the proxy, firewall or login page, with PUT and with any text`,
  }),
};

const isoTime = (at: number): string => new Date(at).toISOString();
const degraded = (what: string, fix: string): HealthReason => ({ level: 'degraded', what, fix });
const failing = (what: string, fix: string): HealthReason => ({ level: 'failing', what, fix });

/** The reasons why posting is not as it should be, worst first. Pure. */
export function reasonsFor(condition: Condition): HealthReason[] {
  const { now, stats, accounts, ledger, heldBack, failures, queue } = condition;
  const reasons = [...accountReasons(accounts, now), ...unansweredReasons(accounts, now)];
  // A server that hangs takes minutes to open the circuit.
  const failing = accounts.find(
    ({ breaker, isChecking }) => breaker.state === 'closed' && (breaker.consecutiveFailures > 0 || isChecking),
  );
  if (failing !== undefined && queue > 0) {
    const what = `Requests to ${serverOf(failing, accounts)} fail (${failing.lastError}); posts wait`;
    reasons.push(degraded(what, 'Check the server and the network; it is tried again by itself'));
  } else if (failures.length > 0) {
    const what = `${counted(failures.length, 'post')} could not be brought up to date yet (${failures[0]})`;
    reasons.push(degraded(what, 'Check what stands between here and the server; it is tried again by itself'));
  }
  if (stats.rateLimitedUntil !== undefined && now - stats.rateLimitedUntil < RATE_LIMIT_MEMORY_MS) {
    const fix = 'Lower the updates per second, or raise the limit of the server';
    reasons.push(degraded(`Mattermost limited the rate of requests (${counted(stats.rateLimited, 'time')})`, fix));
  }
  if (ledger.write !== undefined) {
    reasons.push(degraded(ledger.write, 'Until then a restart may lose track of open posts'));
  }
  if (ledger.read !== undefined) {
    reasons.push(degraded(ledger.read, 'Earlier posts are searched in their channels'));
  }
  for (const boxes of grouped(heldBack)) reasons.push(heldBackReason(boxes));
  if (stats.lastReduced !== undefined && now - stats.lastReduced.at < REDUCED_MEMORY_MS) {
    const what = `${counted(stats.reduced, 'text was', 'texts were')} shown with less in it, because the whole was refused (${stats.lastReduced.message})`;
    reasons.push(degraded(what, 'Let the texts of the account pass through the firewall or plugin that refuses them'));
  }
  if (stats.lastUndeleted !== undefined && now - stats.lastUndeleted.at < UNDELETED_MEMORY_MS) {
    const what = `A post of finished work could not be deleted (${stats.lastUndeleted.message}); it says how the work ended`;
    reasons.push(degraded(what, 'Let the bot delete its own posts (delete_post)'));
  }
  return reasons;
}

/** What keeps whole accounts from posting: only when that is all of them, no status reaches a reader. */
function accountReasons(accounts: readonly AccountCondition[], now: number): HealthReason[] {
  const isBroken = ({ tokenRefusal, breaker, typeLost }: AccountCondition): boolean =>
    tokenRefusal !== undefined || breaker.state !== 'closed' || typeLost;
  const level = accounts.every(isBroken) ? failing : degraded;
  const reasons = accounts.flatMap((account) => tokenReason(account, accounts, level) ?? []);
  for (const account of onePerServer(accounts)) {
    const { breaker, lastError, typeLost } = account;
    const server = serverOf(account, accounts);
    if (breaker.state !== 'closed') {
      const what = `${server} does not answer since ${isoTime(breaker.openedAt ?? now)} (${lastError})`;
      reasons.push(level(what, 'Check the server and the network; it is tried again by itself'));
    }
    if (typeLost) {
      const what = `${server} does not keep the type of posts: agents could answer them, so no new ones are made`;
      reasons.push(level(what, 'Find the plugin or proxy that changes posts, then restart'));
    }
  }
  return reasons;
}

/** A request that hangs fails only after a while, and what it was to show is late from its first second. */
function unansweredReasons(accounts: readonly AccountCondition[], now: number): readonly HealthReason[] {
  return onePerServer(accounts).flatMap((account) => {
    const steps = Math.floor((now - (account.unansweredSince ?? now)) / UNANSWERED_MS);
    if (steps < 1 || account.breaker.state !== 'closed') return [];
    const what = `${serverOf(account, accounts)} has not answered a request for ${(steps * UNANSWERED_MS) / 1000} s`;
    return [degraded(what, 'Check the server and the network; it is tried again by itself')];
  });
}

function tokenReason(
  { name, username, tokenRefusal }: AccountCondition,
  accounts: readonly AccountCondition[],
  level: typeof failing,
): HealthReason | undefined {
  if (tokenRefusal === undefined) return undefined;
  const { since, error } = tokenRefusal;
  const whose = [username && `@${username}`, name && `account ${name}`].filter(Boolean).join(', ');
  const token = accounts.length > 1 && whose !== '' ? `the token of ${whose}` : 'the token';
  const what = `Mattermost answered 401 to ${token} (since ${isoTime(since)}); nothing is posted with it; last: ${error.summary}`;
  const fix =
    'If the token was revoked or its account disabled: Configure a valid bot token; it is read and tried again by itself';
  return level(what, fix);
}

/** A server by its address, where there are several. */
function serverOf({ server }: AccountCondition, accounts: readonly AccountCondition[]): string {
  return server !== undefined && onePerServer(accounts).length > 1 ? `Mattermost at ${server}` : 'Mattermost';
}

function onePerServer(accounts: readonly AccountCondition[]): readonly AccountCondition[] {
  return [...Map.groupBy(accounts, ({ server }) => server).values()].flatMap(([first]) => first ?? []);
}

/** Boxes that are held back for the same reason, by account. */
function grouped(heldBack: readonly HeldBack[]): readonly (readonly HeldBack[])[] {
  return [...Map.groupBy(heldBack, ({ reason, account }) => `${reason} ${account}`).values()];
}

/** More places make a sentence that nobody reads. */
const MAX_PLACES = 5;

function heldBackReason(boxes: readonly HeldBack[]): HealthReason {
  const { reason = 'refused', username, message = '', fix = 'Correct its configuration' } = boxes[0] ?? {};
  const places = [...new Set(boxes.map(({ place }) => place))];
  const more = places.length > MAX_PLACES ? ` and ${counted(places.length - MAX_PLACES, 'more place')}` : '';
  const where = `${places.slice(0, MAX_PLACES).join(', ')}${more}`;
  const wrong = countWrong(boxes);
  if (reason === 'no-account') return degraded(`${message}: ${wrong} (${where})`, fix);
  const why = WHY[reason](username === undefined ? 'bot' : `bot @${username}`, where);
  return degraded(`${why.what}: ${wrong} (${message})`, `${why.fix}; it is tried again by itself`);
}

/** `1 post says less than the truth, 2 boxes cannot be shown`. */
function countWrong(boxes: readonly HeldBack[]): string {
  const posts = boxes.filter(({ hasPost }) => hasPost).length;
  const missing = boxes.length - posts;
  return [
    posts > 0 && `${counted(posts, 'post says', 'posts say')} less than the truth`,
    missing > 0 && `${counted(missing, 'box', 'boxes')} cannot be shown`,
  ]
    .filter(Boolean)
    .join(', ');
}
