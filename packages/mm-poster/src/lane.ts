import { type Coalescer, createCoalescer, delay, type Log, retry, type TimerHandle } from '@live-status/resilience';
import { Delivery, type DeliveryContext, type Outcome } from './delivery.ts';
import { isRetryable } from './errors.ts';
import type { LedgerEntry } from './ledger.ts';
import type { StopReason } from './next-step.ts';
import type { LiveContent, Wanted } from './post-state.ts';

/** How `finish` ended. */
export type FinishResult =
  /** The final content is on the server. */
  | { readonly delivered: true; readonly postId: string }
  /** It will not get there: the box was stopped or dropped, the content refused, or the poster closed before. */
  | { readonly delivered: false; readonly reason: StopReason | 'refused' | 'dropped' | 'closed' };

/** What all lanes share. */
export interface LaneOptions {
  readonly context: DeliveryContext;
  readonly log: Log;
  readonly throttleMs: number;
  readonly heartbeatMs: number;
  /** A box is not shown any more. Called once for each lane. */
  readonly onStopped: (boxId: string, reason: StopReason) => void;
}

/** Longest gap between two heartbeats. */
const MAX_HEARTBEAT_MS = 300_000;
/** Longest wait between two attempts; a server that stays away is the breaker's business. */
const MAX_RETRY_MS = 5000;

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
  #heartbeat: TimerHandle | undefined;
  #heartbeatGapMs: number;

  constructor(entry: LedgerEntry, options: LaneOptions) {
    const { context, throttleMs, heartbeatMs } = options;
    this.#options = options;
    this.#boxId = entry.boxId;
    this.#stopped = entry.stopped;
    this.#delivery = new Delivery(context, entry);
    this.#heartbeatGapMs = heartbeatMs;
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

  show(content: LiveContent): void {
    this.#want({ content, final: false, heartbeat: false });
  }

  finish(content: LiveContent): Promise<FinishResult> {
    if (this.#stopped !== undefined) return Promise.resolve({ delivered: false, reason: this.#stopped });
    this.#clearHeartbeat();
    this.#finish ??= Promise.withResolvers();
    const { promise } = this.#finish;
    this.#want({ content, final: true, heartbeat: false });
    return promise;
  }

  /** Flushes until the deadline; what waits then is given up. */
  async close({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.#clearHeartbeat();
    await this.#coalescer.close({ deadlineMs });
    this.#clearHeartbeat();
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
    if (this.#stopped !== undefined) return false;
    const outcome = await this.#deliver(latest, signal);
    this.#settle(outcome);
    return outcome.kind !== 'skipped';
  }

  async #deliver(latest: () => Wanted, signal: AbortSignal): Promise<Exclude<Outcome, { kind: 'outdated' }>> {
    const { context, log, throttleMs } = this.#options;
    const { clock, stats } = context;
    const urgent = (): boolean => this.#wanted?.final === true;
    for (;;) {
      const outcome = await retry(() => this.#delivery.attempt({ latest, urgent, signal }), {
        isTransient: isRetryable,
        // A failed edit may have been done: the throttle counts from it as well.
        retryAfterMs: (error) => Math.max(throttleMs, (isRetryable(error) && error.retryAfterMs) || 0),
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
    if (outcome.kind === 'stopped') {
      this.#stop(outcome.reason);
      return;
    }
    if (outcome.kind === 'refused') {
      this.#options.log.error({ boxId: this.#boxId, err: outcome.error }, 'content refused');
    }
    this.#shown = outcome.content;
    if (this.#wanted?.content !== outcome.content) return;
    if (this.#wanted.final) this.#finished(outcome.kind === 'refused');
    else this.#armHeartbeat(this.#wanted, outcome.kind);
  }

  #finished(refused: boolean): void {
    const postId = this.#options.context.ledger.get(this.#boxId)?.postId;
    const delivered = !refused && postId !== undefined;
    this.#resolveFinish(delivered ? { delivered, postId } : { delivered: false, reason: 'refused' });
  }

  #resolveFinish(result: FinishResult): void {
    this.#finish?.resolve(result);
    this.#finish = undefined;
  }

  #stop(reason: StopReason): void {
    const { context, onStopped } = this.#options;
    this.#stopped = reason;
    this.#clearHeartbeat();
    context.ledger.update(this.#boxId, { stopped: reason });
    this.#resolveFinish({ delivered: false, reason });
    onStopped(this.#boxId, reason);
  }

  /** The content could not even be rendered: a bug of the caller's, logged as one; the next content may do. */
  #broken(error: unknown): void {
    this.#options.log.error({ boxId: this.#boxId, err: error }, 'content could not be delivered');
    this.#shown = this.#wanted?.content;
    if (this.#wanted?.final) this.#finished(true);
  }

  /** A real change starts the gaps anew; each heartbeat doubles the next. */
  #armHeartbeat(wanted: Wanted, kind: 'sent' | 'skipped' | 'refused'): void {
    const { context, heartbeatMs } = this.#options;
    const isTicking = wanted.content.ticking === true;
    const isArmed = this.#heartbeat !== undefined && isTicking;
    if (isArmed && kind === 'skipped') return;
    this.#clearHeartbeat();
    if (!isTicking) return;
    if (wanted.heartbeat) this.#heartbeatGapMs = Math.min(this.#heartbeatGapMs * 2, MAX_HEARTBEAT_MS);
    else if (kind === 'sent') this.#heartbeatGapMs = heartbeatMs;
    this.#heartbeat = context.clock.setTimeout(() => this.#beat(), this.#heartbeatGapMs);
  }

  #beat(): void {
    this.#heartbeat = undefined;
    const content = this.#wanted?.content;
    if (content !== undefined && !this.pending) this.#want({ content, final: false, heartbeat: true });
  }

  #clearHeartbeat(): void {
    if (this.#heartbeat !== undefined) this.#options.context.clock.clearTimeout(this.#heartbeat);
    this.#heartbeat = undefined;
  }
}
