import { type Coalescer, createCoalescer, DeadlineTimer, delay, type Log, retry } from '@live-status/resilience';
import { MissingAccountError } from './account.ts';
import { Delivery, type DeliveryContext, type Outcome } from './delivery.ts';
import { isRetryable, ServerAwayError } from './errors.ts';
import type { HeldBack } from './health.ts';
import type { LedgerEntry } from './ledger.ts';
import type { HoldReason, StopReason } from './next-step.ts';
import type { LiveContent, Wanted } from './post-state.ts';
import { formatTarget, type Target } from './target.ts';

/** How `finish` ended. */
export type FinishResult =
  /** The final content is on the server. */
  | { readonly delivered: true; readonly postId: string }
  /** There is no post any more. */
  | { readonly delivered: true; readonly deleted: true }
  /**
   * It will not get there: the box was stopped or dropped, or the poster closed before. For a `HoldReason` it is not
   * there yet: it stays pending for 24 h, and is tried again meanwhile, by the next process as well.
   */
  | { readonly delivered: false; readonly reason: StopReason | HoldReason | 'dropped' | 'closed' };

/** What all lanes share. */
export interface LaneOptions {
  readonly context: DeliveryContext;
  readonly log: Log;
  readonly throttleMs: number;
  readonly heartbeatMs: number;
  /** A box is not shown any more. Called once for each lane. */
  readonly onStopped: (boxId: string, reason: StopReason) => void;
  /** The last content that had stayed pending is on the server, or was given up. */
  readonly onSettled: (boxId: string) => void;
}

/** Why the latest content is held back, and until when. */
interface Hold {
  readonly reason: HoldReason;
  readonly error: Extract<Outcome, { kind: 'held' }>['error'];
  readonly since: number;
  readonly until: number;
  readonly gapMs: number;
  /** The content that was refused. */
  readonly content: LiveContent;
  readonly final: boolean;
}

/** Longest gap between two heartbeats. */
const MAX_HEARTBEAT_MS = 300_000;
/** Longest wait between two attempts; a server that stays away is the breaker's business. */
const MAX_RETRY_MS = 2000;
/** Gaps between attempts to show what is held back: from the first, doubling. */
const FIRST_HOLD_MS = 60_000;
const MAX_HOLD_MS = 1_800_000;
const MAX_FINAL_HOLD_MS = 3_600_000;
/** The same for an account that was not found: nobody is asked for it. */
const ACCOUNT_HOLD_MS = 10_000;
/** How long the last content of a box stays pending. */
const MAX_PENDING_MS = 24 * 3_600_000;

/** The serial queue of one box: latest content wins, one request in flight, at most one edit per `throttleMs`. */
export class Lane {
  readonly #options: LaneOptions;
  readonly #boxId: string;
  readonly #delivery: Delivery;
  readonly #coalescer: Coalescer<Wanted>;
  #wanted: Wanted | undefined;
  #shown: LiveContent | undefined;
  #stopped: StopReason | undefined;
  #finish: PromiseWithResolvers<FinishResult> | undefined;
  readonly #heartbeat: DeadlineTimer;
  #heartbeatGapMs: number;
  #hold: Hold | undefined;
  /** Wakes what is held back, due later, or has to be edited for the last time. */
  readonly #alarm: DeadlineTimer;
  #closing = false;

  constructor(entry: LedgerEntry, options: LaneOptions) {
    const { context, throttleMs, heartbeatMs } = options;
    this.#options = options;
    this.#boxId = entry.boxId;
    this.#stopped = entry.stopped;
    this.#delivery = new Delivery(context, entry);
    this.#heartbeatGapMs = heartbeatMs;
    this.#heartbeat = new DeadlineTimer(context.clock, () => this.#beat());
    this.#alarm = new DeadlineTimer(context.clock, () => {
      if (this.#wanted !== undefined) this.#want({ ...this.#wanted, heartbeat: false });
    });
    this.#coalescer = createCoalescer<Wanted>({
      clock: context.clock,
      intervalMs: throttleMs,
      run: (latest, { signal }) => this.#run(latest, signal),
      onError: (error) => this.#broken(error),
    });
  }

  /** Why the box is not shown any more. */
  get stopped(): StopReason | undefined {
    return this.#stopped;
  }

  /** Whether the latest content has not reached the server. */
  get pending(): boolean {
    return this.#stopped === undefined && this.#wanted !== undefined && this.#shown !== this.#wanted.content;
  }

  /** What the last attempt failed with, while the next one is due soon. */
  get failure(): string | undefined {
    return this.pending && this.#hold === undefined ? this.#delivery.failure?.summary : undefined;
  }

  /** Why the latest content is not shown now, if so. */
  get heldBack(): HeldBack | undefined {
    if (this.#hold === undefined) return undefined;
    const { reason, error, since, until } = this.#hold;
    const { accounts, ledger } = this.#options.context;
    const { attemptedAt, channelId, place, postId, target } = ledger.get(this.#boxId) ?? {};
    const known = (channelId !== undefined && accounts.names.of(channelId)) || place || channelId;
    return {
      boxId: this.#boxId,
      reason,
      since,
      retryAt: until,
      place: known ?? placeOf(target),
      message: error.summary,
      account: target?.account,
      username: this.#delivery.username,
      fix: error instanceof MissingAccountError ? error.fix : undefined,
      // One that was attempted may be there.
      hasPost: postId !== undefined || attemptedAt !== undefined,
    };
  }

  show(content: LiveContent): void {
    this.#want({ content, final: false, heartbeat: false });
  }

  finish(
    content: LiveContent,
    { remove = false }: { readonly remove?: boolean | undefined } = {},
  ): Promise<FinishResult> {
    if (this.#stopped !== undefined) return Promise.resolve({ delivered: false, reason: this.#stopped });
    this.#heartbeat.set(undefined);
    this.#finish ??= Promise.withResolvers();
    const { promise } = this.#finish;
    this.#want({ content, final: true, heartbeat: false, remove });
    return promise;
  }

  /** Flushes until the deadline; what waits then is given up. */
  async close({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.#closing = true;
    this.#heartbeat.set(undefined);
    this.#alarm.set(undefined);
    // What is held back gets one more chance.
    if (deadlineMs > 0 && this.#hold !== undefined && this.#wanted !== undefined) this.#coalescer.push(this.#wanted);
    await this.#coalescer.close({ deadlineMs });
    this.#heartbeat.set(undefined);
    this.#resolveFinish({ delivered: false, reason: 'closed' });
  }

  /** Gives up the box at once. */
  drop(): Promise<void> {
    this.#resolveFinish({ delivered: false, reason: 'dropped' });
    return this.close({ deadlineMs: 0 });
  }

  #want(wanted: Wanted): void {
    if (this.#stopped !== undefined) return;
    this.#wanted = wanted;
    this.#coalescer.push(wanted);
  }

  async #run(latest: () => Wanted, signal: AbortSignal): Promise<boolean> {
    if (this.#stopped !== undefined || this.#isHeldBack()) return false;
    const outcome = await this.#deliver(latest, signal);
    this.#settle(outcome);
    return outcome.kind !== 'skipped' && outcome.kind !== 'later';
  }

  /** Another text may be accepted where this one was refused; an end is always tried at once. */
  #isHeldBack(): boolean {
    const hold = this.#hold;
    if (hold === undefined || this.#closing || this.#options.context.clock.now() >= hold.until) return false;
    if (this.#wanted?.final && !hold.final) return false;
    return hold.reason !== 'refused' || this.#wanted?.content.key === hold.content.key;
  }

  async #deliver(latest: () => Wanted, signal: AbortSignal): Promise<Exclude<Outcome, { kind: 'outdated' }>> {
    const { context, log, throttleMs } = this.#options;
    const { clock, stats } = context;
    const urgent = (): boolean => this.#wanted?.final === true;
    for (;;) {
      const outcome = await retry(() => this.#delivery.attempt({ latest, urgent, signal }), {
        isTransient: (error) => error instanceof ServerAwayError || isRetryable(error),
        // A failed edit may have been done: the throttle counts from it as well.
        retryAfterMs: (error) => Math.max(throttleMs, retryAfterOf(error)),
        maxDelayMs: MAX_RETRY_MS,
        onRetry: ({ attempt, delayMs, error }) => {
          stats.retries += 1;
          log.debug({ boxId: this.#boxId, attempt, delayMs, err: error }, 'retrying');
        },
        signal,
        clock,
      });
      if (outcome.kind !== 'outdated') return outcome;
      await delay(throttleMs, { signal, clock });
    }
  }

  #settle(outcome: Exclude<Outcome, { kind: 'outdated' }>): void {
    this.#alarm.set(undefined);
    if (outcome.kind === 'stopped') {
      this.#stop(outcome.reason);
      return;
    }
    if (outcome.kind === 'held') {
      this.#holdBack(outcome);
      return;
    }
    if (outcome.kind === 'later') {
      this.#wakeAt(outcome.at);
      return;
    }
    if (this.#hold !== undefined) this.#options.log.info({ boxId: this.#boxId }, 'post brought up to date again');
    this.#hold = undefined;
    this.#shown = outcome.content;
    const { continueAt } = this.#delivery;
    if (this.#wanted?.final !== true && this.#wanted?.content.ticking === true && continueAt !== undefined) {
      this.#wakeAt(continueAt);
    }
    if (this.#wanted?.content !== outcome.content) return;
    if (this.#wanted.final) this.#finished(outcome.kind === 'removed');
    else if (outcome.kind !== 'removed') this.#armHeartbeat(this.#wanted, outcome.kind);
  }

  /** Whoever keeps the content from being shown may undo that: it is tried again, at growing gaps. */
  #holdBack({ reason, error, content }: Extract<Outcome, { kind: 'held' }>): void {
    const { context, log } = this.#options;
    const { clock, ledger } = context;
    const now = clock.now();
    const final = this.#wanted?.final === true;
    const before = this.#hold;
    const isSame = before?.reason === reason && before.final === final;
    const gapMs = reason === 'no-account' ? ACCOUNT_HOLD_MS : nextGapMs(isSame ? before : undefined, { now, final });
    const until = now + gapMs;
    this.#hold = { reason, error, since: before?.since ?? now, until, gapMs, content, final };
    const entry = ledger.get(this.#boxId);
    if (before?.reason !== reason) {
      const { target, channelId, postId } = entry ?? {};
      log.warn({ boxId: this.#boxId, reason, target, channelId, postId, err: error }, 'post held back');
    }
    this.#heartbeat.set(undefined);
    if (final) {
      const pendingSince = entry?.pendingSince ?? now;
      ledger.update(this.#boxId, { pendingSince });
      // Whoever waits for the end forgets the box now.
      ledger.keep(this.#boxId);
      this.#resolveFinish({ delivered: false, reason });
      if (now - pendingSince >= MAX_PENDING_MS) {
        this.#giveUp(reason);
        return;
      }
    }
    this.#wakeAt(until);
  }

  #giveUp(reason: HoldReason): void {
    this.#options.log.warn({ boxId: this.#boxId, reason }, 'gave up on the end of a post after 24 h');
    this.#hold = undefined;
    this.#shown = this.#wanted?.content;
    this.#options.onSettled(this.#boxId);
  }

  #wakeAt(at: number): void {
    this.#alarm.set(this.#closing ? undefined : at);
  }

  #finished(isRemoved: boolean): void {
    const { context, onSettled } = this.#options;
    const postId = context.ledger.get(this.#boxId)?.postId;
    const isAwaited = this.#finish !== undefined;
    if (isRemoved) this.#resolveFinish({ delivered: true, deleted: true });
    else if (postId === undefined) this.#resolveFinish({ delivered: false, reason: 'refused' });
    else this.#resolveFinish({ delivered: true, postId });
    if (!isAwaited) onSettled(this.#boxId);
  }

  #resolveFinish(result: FinishResult): void {
    this.#finish?.resolve(result);
    this.#finish = undefined;
  }

  #stop(reason: StopReason): void {
    const { context, onStopped } = this.#options;
    this.#stopped = reason;
    this.#hold = undefined;
    this.#heartbeat.set(undefined);
    context.ledger.update(this.#boxId, { stopped: reason });
    this.#resolveFinish({ delivered: false, reason });
    onStopped(this.#boxId, reason);
  }

  /** The content could not even be rendered: a bug of the caller's, logged as one; the next content may do. */
  #broken(error: unknown): void {
    this.#options.log.error({ boxId: this.#boxId, err: error }, 'could not deliver the content');
    this.#shown = this.#wanted?.content;
    if (this.#wanted?.final) this.#resolveFinish({ delivered: false, reason: 'refused' });
  }

  /** A real change starts the gaps anew; each heartbeat doubles the next. */
  #armHeartbeat(wanted: Wanted, kind: 'sent' | 'skipped'): void {
    const { context, heartbeatMs } = this.#options;
    const isTicking = wanted.content.ticking === true;
    const isArmed = this.#heartbeat.isSet && isTicking;
    if (isArmed && kind === 'skipped') return;
    this.#heartbeat.set(undefined);
    if (!isTicking) return;
    if (wanted.heartbeat) this.#heartbeatGapMs = Math.min(this.#heartbeatGapMs * 2, MAX_HEARTBEAT_MS);
    else if (kind === 'sent') this.#heartbeatGapMs = heartbeatMs;
    this.#heartbeat.set(context.clock.now() + this.#heartbeatGapMs);
  }

  #beat(): void {
    const content = this.#wanted?.content;
    if (content !== undefined && !this.pending) this.#want({ content, final: false, heartbeat: true });
  }
}

/** The gap until what is held back is tried again: doubled when it was tried in vain. */
function nextGapMs(
  before: Hold | undefined,
  { now, final }: { readonly now: number; readonly final: boolean },
): number {
  if (before === undefined || now < before.until) return FIRST_HOLD_MS;
  return Math.min(before.gapMs * 2, final ? MAX_FINAL_HOLD_MS : MAX_HOLD_MS);
}

/** A target as it was given. */
function placeOf(target: Target | undefined): string {
  if (target === undefined) return 'an unknown place';
  const isDirect = 'userId' in target || 'username' in target;
  return `${isDirect ? 'the direct messages with ' : ''}${formatTarget(target)}`;
}

/** How long the server asked to wait, milliseconds. */
function retryAfterOf(error: unknown): number {
  const answer = error instanceof ServerAwayError ? error.answer : error;
  return (isRetryable(answer) && answer.retryAfterMs) || 0;
}
