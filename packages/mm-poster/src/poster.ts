import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { type Clock, ClosedError, type Log, retry, silentLog, systemClock } from '@live-status/resilience';
import { Accounts, type FindAccount } from './account.ts';
import { lookupsOf } from './channel-names.ts';
import type { Delivered, DeliveryContext } from './delivery.ts';
import { isRetryable, MattermostError, ServerAwayError } from './errors.ts';
import { type PassOptions, PRIORITY } from './gate.ts';
import { createStats, type PosterStatus, reasonsFor } from './health.ts';
import { type FinishResult, Lane, type LaneOptions } from './lane.ts';
import { type Ledger, type LedgerEntry, openLedger } from './ledger.ts';
import { createMattermostApi, type MattermostApi } from './mattermost-api.ts';
import type { StopReason } from './next-step.ts';
import { type Place, readPlace } from './place.ts';
import type { Answer, PostApi } from './post-api.ts';
import { type LiveContent, textContent } from './post-state.ts';
import type { CreateBudget } from './server.ts';
import { rootIdOf, type Target } from './target.ts';

/** How a poster paces itself and reports; every setting has a default. */
export interface PosterSettings {
  /** Default: `systemClock`. */
  readonly clock?: Clock | undefined;
  /** A pino logger fits. Default: warnings and errors, such as a refused token, become process warnings on standard error. */
  readonly log?: Log | undefined;
  /** Least time between two edits of one post, milliseconds. Default 500. */
  readonly throttleMs?: number | undefined;
  /** Requests a second over all posts, with a burst of one second's worth. Default 4. */
  readonly maxUpdatesPerS?: number | undefined;
  /**
   * Makes the budget of those requests for a server, for example one that several processes share. Default: a token bucket of this
   * process.
   */
  readonly createBudget?: CreateBudget | undefined;
  /** First gap before a post is brought up to date for the clock alone, milliseconds; doubles up to 300 000. Default 30 000. */
  readonly heartbeatMs?: number | undefined;
  /** Longest message, code points; 4000 on servers that take no more. Default 15 000. */
  readonly maxMessageChars?: number | undefined;
  /** Failures of the server in a row after which requests are held back. Default 5. */
  readonly breakerThreshold?: number | undefined;
  /** Longest gap between two probes meanwhile, milliseconds; the first is 1 s, and each doubles the next. Default 30 000. */
  readonly breakerCooldownMs?: number | undefined;
  /** Reads the token from where it is kept; called every 5 s while the server refuses the present one. */
  readonly readToken?: (() => Promise<string | undefined>) | undefined;
  /** A box is not shown any more though its work goes on. */
  readonly onBoxStopped?: ((boxId: string, reason: StopReason) => void) | undefined;
  /** A content of a box is on the server now. */
  readonly onDelivered?: ((delivered: Delivered) => void) | undefined;
  /** The head of an answer to any request, for measuring. */
  readonly onAnswer?: ((answer: Answer) => void) | undefined;
}

/** Options of {@link createPoster}. */
export interface CreatePosterOptions extends PosterSettings {
  /** Base address of the server: `https://chat.example.com`, with its sub-path if it has one. */
  readonly url: string;
  /** Token of a bot account, or a personal access token. */
  readonly token: string;
  /** Directory of the ledger, made with mode 0700. One poster at a time may use it. */
  readonly dir: string;
}

/** Options of {@link createPosterWith}. */
export interface PosterOptions extends PosterSettings {
  /** The account of targets that name none. Not closed with the poster. */
  readonly api: PostApi;
  /** Address of its server: for what is said when there are several, and to know which accounts share one. */
  readonly server?: string | undefined;
  /**
   * Finds the accounts that targets name. Accounts of one server share its request rate and its breaker; each has a
   * token of its own. Default: every target is for the one account.
   */
  readonly findAccount?: FindAccount | undefined;
  /** Closed with the poster. */
  readonly ledger: Ledger;
}

/** How a box is finished. */
export interface FinishOptions {
  /**
   * Deletes the post, and those that it continues, instead of showing the content. A post with replies stays and shows the
   * content, as does one that may not be deleted. Default false.
   */
  readonly remove?: boolean | undefined;
}

/** What did not get to the server before the poster closed. */
export interface PosterClosed {
  /** Boxes whose latest content is not shown. Their entries stay in the ledger. */
  readonly undelivered: readonly string[];
}

/** Keeps one post per box equal to the latest content given. A box is whatever the caller calls by one id. */
export interface Poster extends AsyncDisposable {
  /**
   * Shows a box: makes its post, or edits it when the content's key changed. A text is its own key. Returns at once;
   * retries until it is done. The target counts until the post is made. `data` (any JSON) is kept with the box in the
   * ledger.
   *
   * @throws ClosedError after `close` was called.
   */
  show(boxId: string, target: Target, content: LiveContent | string, data?: unknown): void;
  /**
   * Shows the last content of a box. Resolves when it is on the server or the box was given up; the box is then
   * forgotten, unless the poster closed before. Resolves as well when the server does not take it now: it then stays
   * pending for 24 h, is tried again meanwhile, and counts in `status()`. While the server is away or refuses the token
   * it waits: that is reported to `log` and in `status()`, and `close` ends it.
   *
   * @throws ClosedError after `close` was called.
   */
  finish(
    boxId: string,
    target: Target,
    content: LiveContent | string,
    options?: FinishOptions | undefined,
  ): Promise<FinishResult>;
  /**
   * What people call the place a target leads to. Waits for a server that is away. Rejects with the server's refusal, with
   * an error that says why there is no account, or with `ClosedError` when the poster closes.
   */
  findPlace(target: Target): Promise<Place>;
  /** Boxes of the ledger: those of the previous process as well. `show` and `finish` continue them by their id. */
  open(): readonly LedgerEntry[];
  /** Forgets a box and leaves its post as it is. */
  drop(boxId: string): Promise<void>;
  /** How posting stands, for health checks and metrics. */
  status(): PosterStatus;
  /**
   * Brings all boxes up to date without keeping the throttle, and closes. What is not on the server at the deadline
   * (default 10 000 ms) stays in the ledger for the next process. Idempotent.
   */
  close(options?: { readonly deadlineMs?: number | undefined }): Promise<PosterClosed>;
}

/** Longest wait between two attempts to learn what a place is called, milliseconds. */
const MAX_PLACE_RETRY_MS = 30_000;
/** Milliseconds. */
const CLOSE_DEADLINE_MS = 10_000;

/**
 * Starts a poster on a Mattermost server, with a ledger in `dir`.
 *
 * A server that does not answer is waited for, and reported to `log` and in `status()`.
 *
 * @throws MattermostConfigError for an address or token that no request could use.
 * @throws MattermostError (`kind: 'auth'`) when the server refuses the token, and for other refusals of the account.
 * @throws LedgerVersionError for a ledger that a newer version wrote.
 */
export async function createPoster({ url, token, dir, ...settings }: CreatePosterOptions): Promise<Poster> {
  const { clock = systemClock, log = processWarnings } = settings;
  const api = createMattermostApi({ url, token });
  for (const warning of api.warnings) log.warn({ warning }, 'configuration');
  try {
    await checkAccount(api, log);
    const ledger = await openLedger(dir, { clock, log });
    return new RunningPoster({ ...settings, clock, log, api, ledger }, () => api.close());
  } catch (error) {
    await api.close();
    throw error;
  }
}

/** Starts a poster on an API and a ledger of your own. Makes no request before the first `show` or `finish`. */
export function createPosterWith(options: PosterOptions): Poster {
  return new RunningPoster(options);
}

/** A refused token is a mistake to report at once; a server that does not answer may come back. */
async function checkAccount(api: MattermostApi, log: Log): Promise<void> {
  try {
    await api.getMe();
  } catch (error) {
    if (!isTemporary(error) && (await isWell(api))) throw error;
    log.warn({ err: error }, 'cannot connect to Mattermost yet; retrying');
  }
}

function isTemporary(error: unknown): boolean {
  return isRetryable(error) || (error instanceof MattermostError && /^(rate-limited|blocked)$/.test(error.kind));
}

/** With its database away a server refuses tokens that are valid. */
async function isWell(api: MattermostApi): Promise<boolean> {
  return api.checkHealth().then(
    () => true,
    (error: unknown) => !isTemporary(error),
  );
}

const emitWarning = (fields: object, message: string): void =>
  process.emitWarning(message, { type: 'PosterWarning', detail: inspect(fields) });
const processWarnings: Log = { ...silentLog, warn: emitWarning, error: emitWarning };

class RunningPoster implements Poster {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #accounts: Accounts;
  readonly #laneOptions: LaneOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #closing = new AbortController();
  readonly #release: () => Promise<void>;
  #closed: Promise<PosterClosed> | undefined;

  /** @param release called when the poster has closed */
  constructor(options: PosterOptions, release: () => Promise<void> = async () => undefined) {
    const { ledger, clock = systemClock, log = processWarnings, onBoxStopped } = options;
    const { throttleMs = 500, heartbeatMs = 30_000, maxUpdatesPerS = 4, maxMessageChars = 15_000 } = options;
    const { breakerThreshold = 5, breakerCooldownMs = 30_000 } = options;
    const stats = createStats();
    const { signal } = this.#closing;
    const { createBudget } = options;
    const rates = { maxUpdatesPerS, createBudget, breakerThreshold, breakerCooldownMs };
    const first = { api: options.api, server: options.server, readToken: options.readToken };
    const { findAccount } = options;
    this.#ledger = ledger;
    this.#clock = clock;
    this.#accounts = new Accounts({
      ...rates,
      first,
      findAccount,
      clock,
      log,
      stats,
      maxChars: maxMessageChars,
      onAnswer: options.onAnswer,
      signal,
    });
    const { onDelivered } = options;
    const context: DeliveryContext = { accounts: this.#accounts, ledger, clock, log, stats, signal, onDelivered };
    const onStopped = (boxId: string, reason: StopReason): void => {
      const { target, channelId, postId } = ledger.get(boxId) ?? {};
      log.warn({ boxId, reason, target, channelId, postId }, 'gave up on a box');
      onBoxStopped?.(boxId, reason);
    };
    const onSettled = (boxId: string): void => {
      this.drop(boxId).catch((error: unknown) => log.error({ boxId, err: error }, 'could not drop a ledger entry'));
    };
    this.#laneOptions = { context, log, throttleMs, heartbeatMs, onStopped, onSettled };
    this.#release = release;
  }

  show(boxId: string, target: Target, content: LiveContent | string, data?: unknown): void {
    const lane = this.#laneFor(boxId, target);
    if (data !== undefined) this.#ledger.update(boxId, { data });
    lane.show(liveContent(content));
  }

  async finish(
    boxId: string,
    target: Target,
    content: LiveContent | string,
    options: FinishOptions = {},
  ): Promise<FinishResult> {
    const lane = this.#laneFor(boxId, target);
    const result = await lane.finish(liveContent(content), options);
    const isOver = result.delivered || result.reason !== 'closed';
    if (isOver && !lane.pending) await this.drop(boxId);
    return result;
  }

  async findPlace(target: Target): Promise<Place> {
    const { clock, signal } = this.#laneOptions.context;
    const pass: PassOptions = { signal, priority: () => PRIORITY.urgent };
    return retry(
      async () => {
        const account = this.#accounts.known(target.account) ?? (await this.#accounts.open(target.account));
        return readPlace(await account.locator.channelIdOf(target, pass), lookupsOf(account), pass);
      },
      {
        isTransient: (error) => error instanceof ServerAwayError || isRetryable(error),
        maxDelayMs: MAX_PLACE_RETRY_MS,
        signal,
        clock,
      },
    );
  }

  open(): readonly LedgerEntry[] {
    return this.#ledger.entries();
  }

  async drop(boxId: string): Promise<void> {
    const lane = this.#lanes.get(boxId);
    this.#lanes.delete(boxId);
    this.#ledger.remove(boxId);
    await lane?.drop();
  }

  status(): PosterStatus {
    const { stats } = this.#laneOptions.context;
    const lanes = [...this.#lanes.values()];
    const queue = lanes.filter((lane) => lane.pending).length;
    const heldBack = lanes.flatMap((lane) => lane.heldBack ?? []);
    const failures = lanes.flatMap((lane) => lane.failure ?? []);
    const accounts = this.#accounts.all.map(({ name, server, gate, locator }) => ({
      name,
      username: locator.username,
      server: server.address,
      tokenRefusal: gate.tokenRefusal,
      breaker: server.breaker,
      lastError: server.lastError,
      isChecking: server.isChecking,
      unansweredSince: server.unansweredSince,
      typeLost: server.guard.typeLost,
    }));
    const ledger = this.#ledger.problems();
    const reasons = reasonsFor({ now: this.#clock.now(), stats, accounts, ledger, heldBack, failures, queue });
    const state = reasons.some(({ level }) => level === 'failing') ? 'failing' : (reasons[0]?.level ?? 'ok');
    const breakers = accounts.map(({ breaker }) => breaker);
    const breaker = breakers.find((each) => each.state !== 'closed') ?? this.#accounts.first.server.breaker;
    const { serverVersion } = this.#accounts;
    const shown = accounts.map(({ name, username, server, tokenRefusal, breaker: { state: breakerState } }) => ({
      name,
      username,
      server,
      refusedSince: tokenRefusal?.since,
      breaker: breakerState,
    }));
    return { ...stats, state, reasons, breaker, accounts: shown, boxes: lanes.length, queue, heldBack, serverVersion };
  }

  close({ deadlineMs = CLOSE_DEADLINE_MS }: { readonly deadlineMs?: number | undefined } = {}): Promise<PosterClosed> {
    this.#closed ??= this.#close(deadlineMs);
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(deadlineMs: number): Promise<PosterClosed> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close({ deadlineMs })));
    this.#closing.abort(new ClosedError('The poster'));
    await this.#ledger.close();
    this.#accounts.close();
    await this.#release();
    return { undelivered: [...this.#lanes].filter(([, lane]) => lane.pending).map(([boxId]) => boxId) };
  }

  #laneFor(boxId: string, target: Target): Lane {
    if (this.#closed !== undefined) throw new ClosedError('The poster');
    const entry = this.#entryFor(boxId, target);
    const known = this.#lanes.get(boxId);
    // A box stopped for its target gets another chance with another target.
    if (known !== undefined && known.stopped === entry.stopped) return known;
    const lane = new Lane(entry, this.#laneOptions);
    this.#lanes.set(boxId, lane);
    return lane;
  }

  #entryFor(boxId: string, target: Target): LedgerEntry {
    const known = this.#ledger.get(boxId);
    const isFrozen = known?.postId !== undefined || known?.attemptedAt !== undefined;
    if (known !== undefined && (isFrozen || isSameTarget(known.target, target))) return known;
    const fresh = {
      marker: randomUUID(),
      pendingPostId: randomUUID(),
      createdAt: this.#clock.now(),
      data: known?.data,
    };
    const entry: LedgerEntry = { ...fresh, boxId, target, rootId: rootIdOf(target) };
    this.#ledger.put(entry);
    return entry;
  }
}

const liveContent = (content: LiveContent | string): LiveContent =>
  typeof content === 'string' ? textContent(content) : content;

const isSameTarget = (a: Target, b: Target): boolean => JSON.stringify(a) === JSON.stringify(b);
