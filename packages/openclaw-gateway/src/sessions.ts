import {
  accountOf,
  type KnownDelivery,
  type RunTracker,
  routeOfKey,
  type TrackedRun,
  type TrackedSession,
} from '@live-status/run-tracker';
import { mattermostRoute, type Route, type RunOutcome } from '@live-status/session-state';
import {
  compact,
  idOf,
  type JsonObject,
  numberOf,
  objectOf,
  parseSessionKey,
  type SessionKind,
  textOf,
  type UserLine,
} from '@live-status/transcript-parser';
import type { CallSpan, LeftCommand } from './background-commands.ts';
import type { ModelFacts } from './model-calls.ts';

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Rows lag behind the end of a run by up to this long (measured on OpenClaw 2026.9.6: 0.6 s). */
const STALE_ROW_MS = 2_000;

/** A session, with what rows and frames say of it. */
export type GatewaySession = TrackedSession<SessionFacts, RunFacts>;
/** A run, with what frames say of it. */
export type GatewayRun = TrackedRun<SessionFacts, RunFacts>;
export type Tracker = RunTracker<SessionFacts, RunFacts>;

/** What this source keeps of a session besides what every source does. */
export interface SessionFacts {
  /** The key it was last heard of under: that of a cron job's run, not of the job. */
  address: string;
  readonly kind: SessionKind;
  /** Where its answers go, as its row says. */
  delivery: KnownDelivery;
  /** `running`, `done`, `failed`, `killed`, `timeout`. */
  status: string | undefined;
  /** The run that its status is about, once that has ended, as far as its row says. */
  lastRunId: string | undefined;
  /** When its last run ended, by its row; milliseconds since the epoch. */
  endedAt: number | undefined;
  /** Since when its row says that a run is active which was not seen yet. */
  activeSince: number | undefined;
  /** The model that is selected for it, and how much its context takes. */
  model: string | undefined;
  contextTokens: number | undefined;
  /** A message that no run took up yet. */
  pending: PendingUser | undefined;
  /** The last commands that calls left running, those that have ended included. */
  readonly commands: LeftCommand[];
}

/** A message of a person whose run has not begun yet. */
export interface PendingUser {
  readonly line: UserLine;
  readonly origin: UserOrigin;
}

/** Where a message came from, by the gateway's own account. */
export interface UserOrigin {
  readonly channel?: string;
  readonly senderId?: string;
  /** Mattermost name, without `@`. */
  readonly senderName?: string;
  /** Sent by the command line. */
  readonly cli?: boolean;
  /** Several people sent messages that one run answers. */
  readonly shared?: boolean;
}

/** What this source keeps of a run besides what every source does. */
export interface RunFacts {
  /** Id of the run at the gateway. */
  readonly gatewayId: string;
  /** Names the start of the gateway since which it runs. */
  bootId: string | undefined;
  /** Since when nothing of it can have been missed; milliseconds since the epoch. */
  seenSince: number;
  origin: UserOrigin | undefined;
  readonly calls: Map<string, Call>;
  /** Entries that were read: messages and commentary come again after a reconnect. */
  readonly entries: Set<string>;
  /** Commentary that is still being written. */
  preamble: { readonly itemId: string; readonly text: string } | undefined;
  /** When it gave the answer that ends it, as far as is known; milliseconds since the epoch. */
  answeredAt: number | undefined;
  /** It was cut because its time ran out. */
  timedOut: boolean;
  /** How it is taken to have ended, unless something more is heard of it. */
  expectedEnd: { readonly outcome: RunOutcome; readonly reason: string | undefined } | undefined;
  compactedAt: number;
  /** Number of its last event that was read as it happened: one that comes under two names comes twice in a row. */
  lastSeq: number | undefined;
  readonly model: ModelFacts;
  /**
   * The model was given more than it takes. When the run begins again, the session was compacted: runs of channels say
   * nothing else of it (OpenClaw 2026.9.6).
   */
  overflowed: boolean;
}

/** What is known of a tool call. */
export interface Call {
  readonly entryId: string;
  readonly tool: string;
  args: unknown;
  readonly title: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** It was reported as a call. */
  shown: boolean;
  /** It only writes the agent's checklist: it has no line. */
  plan?: true;
  /** It only carries another call: shown is the one it carries. */
  hidden: boolean;
  ended: boolean;
  /** It asks a person, until then at most; milliseconds since the epoch. */
  asksUntil: number | undefined;
  /** It was reported to have ended, for want of an answer or by its status alone: its real end is still to be read. */
  reported?: 'unanswered' | 'summary' | undefined;
  /** When it ran, as a summary said. */
  span?: CallSpan | undefined;
  /** It did something since it began: what it may have waited for, it does not any more. */
  works: boolean;
}

/** Whether a call writes the run's checklist that is known to the reader already, and has not ended. */
export function isWritingPlan({ own: { calls } }: GatewayRun): boolean {
  return [...calls.values()].some(({ args, ended, plan }) => plan === true && !ended && args !== undefined);
}

/** The sessions that rows and frames name. */
export class Sessions {
  readonly #tracker: Tracker;
  #controlUiUrl: string | undefined;

  constructor(tracker: Tracker) {
    this.#tracker = tracker;
  }

  /** Where sessions have a page for people; `undefined`: nowhere that is known. */
  setControlUi(url: string | undefined, at: number): void {
    if (url === this.#controlUiUrl) return;
    this.#controlUiUrl = url;
    for (const session of this.#tracker.sessions()) {
      session.url = pageOf(url, session.key);
      if (session.isReported) session.report(at);
    }
  }

  /** The session of a key (cron runs share that of their job), created when it is met for the first time. */
  of(address: string): GatewaySession {
    const { key, agentId, kind } = parseSessionKey(address);
    const known = this.#tracker.session(key);
    if (known !== undefined) {
      known.own.address = address;
      return known;
    }
    const session = this.#tracker.addSession(
      { key, agentId, child: kind === 'subagent' },
      {
        address,
        kind,
        delivery: {},
        status: undefined,
        lastRunId: undefined,
        endedAt: undefined,
        activeSince: undefined,
        pending: undefined,
        model: undefined,
        contextTokens: undefined,
        commands: [],
      },
    );
    session.url = pageOf(this.#controlUiUrl, key);
    return session;
  }

  /** Takes over what a session row says; fields it does not have stay as they were. */
  learnRow(session: GatewaySession, row: JsonObject, at: number): void {
    const { own } = session;
    session.sessionId = idOf(row.sessionId) ?? session.sessionId;
    session.parentKey ??= textOf(row.spawnedBy) ?? textOf(row.parentSessionKey);
    session.label = textOf(row.label) ?? session.label;
    own.status = textOf(row.status) ?? own.status;
    if ('lastRunId' in row) own.lastRunId = idOf(row.lastRunId);
    own.endedAt = numberOf(row.endedAt) ?? own.endedAt;
    own.model = textOf(row.model) ?? own.model;
    own.contextTokens = numberOf(row.contextTokens) ?? own.contextTokens;
    own.delivery = deliveryOf(row) ?? own.delivery;
    if (session.isReported) session.report(at);
    for (const run of session.openRuns) routeRun(run, at);
  }

  /** The session is over; what comes under its key has nothing to do with it. Its runs were ended before. */
  drop(session: GatewaySession, at: number): void {
    session.end(at);
    this.#tracker.removeSession(session);
  }
}

/** Where a row says that answers go; `undefined` if it does not say it. */
export function deliveryOf(row: JsonObject): KnownDelivery | undefined {
  const context = objectOf(row.deliveryContext);
  if (context === undefined) return undefined;
  return compact({
    channel: textOf(context.channel),
    to: textOf(context.to),
    threadId: textOf(context.threadId),
    accountId: textOf(context.accountId) ?? textOf(row.lastAccountId) ?? textOf(objectOf(row.origin)?.accountId),
  });
}

/**
 * The page of a session in the Control UI: `/chat/<agent>` and the rest of its key; its short id where the key ends in
 * one.
 */
function pageOf(controlUiUrl: string | undefined, key: string): string | undefined {
  const [, agentId, rest] = /^agent:([^:]+):(.+)$/.exec(key) ?? [];
  if (controlUiUrl === undefined || agentId === undefined || rest === undefined) return undefined;
  const id = UUID.exec(rest)?.[0].replaceAll('-', '').toLowerCase();
  const segments = rest === 'main' ? [] : id === undefined ? rest.split(':') : [id];
  return [controlUiUrl.replace(/\/+$/, ''), 'chat', ...[agentId, ...segments].map(encodeURIComponent)].join('/');
}

/** A row says whether a run is active: the first sign of one that nothing else was heard of. */
export function noteActivity(session: GatewaySession, active: boolean, at: number): void {
  const endSeenAt = session.lastEnd?.at ?? Number.NEGATIVE_INFINITY;
  if (!active) session.own.activeSince = undefined;
  else if (session.openRuns.length === 0 && at - endSeenAt > STALE_ROW_MS) session.own.activeSince ??= at;
}

/** Reports where the run's answers go, when that is known and new. */
export function routeRun(run: GatewayRun, at: number): void {
  run.routeTo(routeOf(run), at);
}

/**
 * Where the answers of a root's run go; `undefined`: unknown (not yet, or never).
 *
 * A key that names its conversation decides by itself. Keys that several origins share (`main`, direct messages without
 * a channel in the key) follow the row's delivery context only when the run's own message came from there: the row
 * names where the last message came from, which need not be this run's.
 */
function routeOf({ session, isIdentified, own: { origin } }: GatewayRun): Route | undefined {
  if (session.child || session.parentKey !== undefined) return undefined;
  const { delivery } = session.own;
  const senders = origin?.channel === 'mattermost' && origin.senderId !== undefined ? [origin.senderId] : [];
  const route = routeOfKey(parseSessionKey(session.key), delivery, isIdentified ? senders : undefined);
  return route === 'shared' ? sharedRoute(delivery, origin) : route;
}

function sharedRoute(delivery: KnownDelivery, origin: UserOrigin | undefined): Route | undefined {
  if (origin === undefined) return undefined;
  // Work for several people is private to each of them, also when the row names one.
  if (origin.shared === true) return { kind: 'elsewhere', origin: 'shared' };
  if (origin.cli === true) return { kind: 'background', origin: 'cli' };
  if (origin.channel === undefined) return { kind: 'elsewhere', origin: 'webchat' };
  if (origin.channel !== 'mattermost') return { kind: 'elsewhere', origin: origin.channel };
  const { channel, to, threadId } = delivery;
  if (channel !== 'mattermost' || to === undefined) return undefined;
  // A channel behind a shared key cannot be confirmed by who sent the message.
  const isSender = to === `user:${origin.senderId}`;
  return isSender ? mattermostRoute({ to, threadId, accountId: accountOf(delivery) }) : undefined;
}
