import { randomUUID } from 'node:crypto';
import {
  type Breaker,
  type Clock,
  ClosedError,
  createBreaker,
  createTokenBucket,
  systemClock,
} from '@live-status/resilience';
import { createAuthorization } from './authorization.ts';
import type { LiveContent } from './content.ts';
import type { DeliveryContext } from './context.ts';
import { isRetryable } from './errors.ts';
import { FeedbackLoopGuard } from './feedback-loop-guard.ts';
import { createGate } from './gate.ts';
import { type PosterStatus, reasonsFor } from './health.ts';
import { type FinishResult, Lane } from './lane.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import { createLocator } from './locate.ts';
import { type Log, silentLog } from './log.ts';
import type { PostApi } from './post-api.ts';
import { createStats, type PosterStats } from './stats.ts';
import type { StopReason } from './stop-reason.ts';
import { rootIdOf, type Target } from './target.ts';

/** Options of {@link createPoster}. */
export interface PosterOptions {
  readonly api: PostApi;
  /** Closed with the poster. */
  readonly ledger: Ledger;
  /** Default: `systemClock`. */
  readonly clock?: Clock | undefined;
  /** Default: logs nothing. */
  readonly log?: Log | undefined;
  /** Least time between two edits of one post, milliseconds. Default 500. */
  readonly throttleMs?: number | undefined;
  /** Requests a second over all posts, with a burst of one second's worth. Default 4. */
  readonly maxUpdatesPerS?: number | undefined;
  /** First gap before a post is brought up to date for the clock alone, milliseconds; doubles up to 300 000. Default 30 000. */
  readonly heartbeatMs?: number | undefined;
  /** Longest message, code points; 4000 on servers that take no more. Default 15 000. */
  readonly maxMessageChars?: number | undefined;
  /** Transient failures in a row after which requests are held back. Default 5. */
  readonly breakerThreshold?: number | undefined;
  /** How long they are held back, milliseconds. Default 30 000. */
  readonly breakerCooldownMs?: number | undefined;
  /** Reads the token from where it is kept; asked every 60 s while the server refuses the present one. */
  readonly readToken?: (() => Promise<string | undefined>) | undefined;
  /** A box is not shown any more though its work goes on. */
  readonly onBoxStopped?: ((boxId: string, reason: StopReason) => void) | undefined;
}

/** What did not get to the server before the poster closed. */
export interface PosterClosed {
  /** Boxes whose latest content is not shown. Their entries stay in the ledger. */
  readonly undelivered: readonly string[];
}

/** Keeps one post per box equal to the latest content given. */
export interface Poster extends AsyncDisposable {
  /**
   * Shows a box: makes its post, or edits it when the content's key changed. Returns at once; never rejects, retries
   * until it is done. The target counts until the post is made. `data` (any JSON) is kept with the box in the ledger.
   *
   * @throws ClosedError after `close` was called.
   */
  show(boxId: string, target: Target, content: LiveContent, data?: unknown): void;
  /**
   * Shows the last content of a box. Resolves when it is on the server or the box was given up; the box is then
   * forgotten, unless the poster closed before.
   *
   * @throws ClosedError after `close` was called.
   */
  finish(boxId: string, target: Target, content: LiveContent): Promise<FinishResult>;
  /** Boxes of the ledger: those of before the start as well. `show` and `finish` continue them by their id. */
  open(): readonly LedgerEntry[];
  /** Forgets a box and leaves its post as it is. */
  drop(boxId: string): Promise<void>;
  status(): PosterStatus;
  /** Brings all boxes up to date without keeping the throttle, until the deadline. Idempotent. */
  close(options: { readonly deadlineMs: number }): Promise<PosterClosed>;
}

/** Deadline of `await using`, milliseconds. */
const DISPOSE_DEADLINE_MS = 10_000;

/** Starts a poster; no request is made before the first `show` or `finish`. */
export function createPoster(options: PosterOptions): Poster {
  const { api, ledger, clock = systemClock, log = silentLog, onBoxStopped } = options;
  const { throttleMs = 500, heartbeatMs = 30_000, maxUpdatesPerS = 4, maxMessageChars = 15_000 } = options;
  const { breakerThreshold: threshold = 5, breakerCooldownMs: cooldownMs = 30_000, readToken } = options;

  const closing = new AbortController();
  const stats = createStats();
  const limits = { maxChars: maxMessageChars, silent: true, serverAheadMs: 0 };
  const breaker = createBreaker({ threshold, cooldownMs, isTransient: isRetryable, clock });
  const bucket = createTokenBucket({ ratePerS: maxUpdatesPerS, clock });
  const authorization = createAuthorization({ api, clock, log, readToken, signal: closing.signal });
  const gate = createGate({ authorization, breaker, bucket, clock, stats });
  const guard = new FeedbackLoopGuard(log);
  const context: DeliveryContext = {
    api,
    gate,
    guard,
    ledger,
    clock,
    stats,
    limits,
    locator: createLocator(api, gate),
  };
  const lanes = new Map<string, Lane>();
  let serverVersion: string | undefined;
  let closed: Promise<PosterClosed> | undefined;

  tellOfOutages(breaker, log, stats);
  const stopListening = api.onAnswer((answer) => {
    if (answer.rateLimit !== undefined) bucket.observe(answer.rateLimit);
    if (answer.serverTimeMs !== undefined) limits.serverAheadMs = answer.serverTimeMs - clock.now();
    serverVersion = answer.serverVersion ?? serverVersion;
  });

  const entryFor = (boxId: string, target: Target): LedgerEntry => {
    const known = ledger.get(boxId);
    const isFrozen = known?.postId !== undefined || known?.attemptedAt !== undefined;
    if (known !== undefined && (isFrozen || isSameTarget(known.target, target))) return known;
    const fresh = { marker: randomUUID(), pendingPostId: randomUUID(), createdAt: clock.now(), data: known?.data };
    const entry: LedgerEntry = { ...fresh, boxId, target, rootId: rootIdOf(target) };
    ledger.put(entry);
    return entry;
  };
  const laneFor = (boxId: string, target: Target): Lane => {
    if (closed !== undefined) throw new ClosedError('The poster');
    const entry = entryFor(boxId, target);
    const known = lanes.get(boxId);
    // A box stopped for its target gets another chance with another target.
    if (known !== undefined && known.stopped === entry.stopped) return known;
    const onStopped = (reason: StopReason): void => {
      const { channelId, postId } = ledger.get(boxId) ?? entry;
      log.warn({ boxId, reason, target: entry.target, channelId, postId }, 'box stopped');
      onBoxStopped?.(boxId, reason);
    };
    const lane = new Lane(entry, { context, log, throttleMs, heartbeatMs, onStopped });
    lanes.set(boxId, lane);
    return lane;
  };
  const close = async (deadlineMs: number): Promise<PosterClosed> => {
    await Promise.all([...lanes.values()].map((lane) => lane.close({ deadlineMs })));
    closing.abort(new ClosedError('The poster'));
    stopListening();
    await ledger.close();
    return { undelivered: [...lanes].filter(([, lane]) => lane.pending).map(([boxId]) => boxId) };
  };

  const poster: Poster = {
    show(boxId, target, content, data) {
      const lane = laneFor(boxId, target);
      if (data !== undefined) ledger.update(boxId, { data });
      lane.show(content);
    },
    async finish(boxId, target, content) {
      const lane = laneFor(boxId, target);
      const result = await lane.finish(content);
      const isOver = result.delivered || result.reason !== 'closed';
      if (isOver && !lane.pending) await poster.drop(boxId);
      return result;
    },
    open: () => ledger.entries(),
    async drop(boxId) {
      const lane = lanes.get(boxId);
      lanes.delete(boxId);
      ledger.remove(boxId);
      await lane?.drop();
    },
    status() {
      const now = clock.now();
      const stopped = [...lanes.values()].flatMap((lane) => lane.stopped ?? []);
      const tokenRefusedSince = authorization.refusedSince;
      const snapshot = breaker.toJSON();
      const ledgerProblems = ledger.problems();
      const queue = [...lanes.values()].filter((lane) => lane.pending).length;
      const { typeLost } = guard;
      const condition = {
        now,
        stats,
        breaker: snapshot,
        tokenRefusedSince,
        typeLost,
        ledger: ledgerProblems,
        stopped,
        queue,
      };
      const reasons = reasonsFor(condition);
      const state = reasons.some(({ level }) => level === 'failing') ? 'failing' : (reasons[0]?.level ?? 'ok');
      return { ...stats, state, reasons, breaker: snapshot, boxes: lanes.size, queue, serverVersion };
    },
    close({ deadlineMs }) {
      closed ??= close(deadlineMs);
      return closed;
    },
    async [Symbol.asyncDispose]() {
      await poster.close({ deadlineMs: DISPOSE_DEADLINE_MS });
    },
  };
  return poster;
}

/** One line when the server goes away and one when it is back, however many probes fail in between. */
function tellOfOutages(breaker: Breaker, log: Log, stats: PosterStats): void {
  let isDown = false;
  breaker.onStateChange((state) => {
    if (state === 'open' && !isDown) {
      const lastError = stats.lastError?.message;
      log.warn({ lastError }, 'Mattermost does not answer: posts wait, and it is tried again by itself');
    }
    if (state === 'closed') log.info({}, 'Mattermost answers again');
    isDown = state !== 'closed';
  });
}

const isSameTarget = (a: Target, b: Target): boolean => JSON.stringify(a) === JSON.stringify(b);
