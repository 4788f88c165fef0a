import { randomUUID } from 'node:crypto';
import type { Clock } from '@live-status/resilience';
import { isRetryable, MattermostError } from './errors.ts';
import { type FeedbackLoopGuard, POST_TYPE } from './feedback-loop-guard.ts';
import { type Gate, type PassOptions, PRIORITY } from './gate.ts';
import type { PosterStats } from './health.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import { findPost, markerOf } from './marker.ts';
import { afterCreate, afterEdit, afterLookup, type Step, type StopReason } from './next-step.ts';
import type { Post, PostApi } from './post-api.ts';
import { addedProps, type LiveContent, PostState, type Prepared, type Wanted } from './post-state.ts';
import type { Locator } from './target.ts';

/** What all boxes share. */
export interface DeliveryContext {
  readonly api: PostApi;
  readonly gate: Gate;
  readonly locator: Locator;
  readonly guard: FeedbackLoopGuard;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly stats: PosterStats;
  /** What this server has been found to take; every box learns from the first refusal. */
  readonly limits: { maxChars: number; silent: boolean; serverAheadMs: number };
}

/** How an attempt ended, and for which content. */
export type Outcome =
  | { readonly kind: 'sent' | 'skipped'; readonly content: LiveContent }
  /** The server will never take this content. */
  | { readonly kind: 'refused'; readonly content: LiveContent; readonly error: MattermostError }
  /** The server has an older content under this post: once more, at the next turn. */
  | { readonly kind: 'outdated' }
  | { readonly kind: 'stopped'; readonly reason: StopReason };

/** What an attempt is given. */
export interface AttemptOptions {
  /** What to show; called as late as possible. */
  readonly latest: () => Wanted;
  /** Whether the box is finishing. */
  readonly urgent: () => boolean;
  readonly signal: AbortSignal;
}

/** A request that was refused. */
interface Refused {
  readonly entry: LedgerEntry;
  readonly options: AttemptOptions;
  /** What the request was to show, if anything. */
  readonly sent?: Prepared | undefined;
  readonly refusal?: MattermostError | undefined;
}

/** Where a post is searched. */
interface Search {
  readonly channelId: string;
  /** The post is not older than this, milliseconds since the epoch on this machine's clock. */
  readonly since: number;
}

/** How long the same create is repeated, from its first attempt: 30 s on the server, less what a request may take. */
const REPEAT_WINDOW_MS = 15_000;
/** How far back posts of a lost ledger are searched; busy channels are searched less far. */
const LOST_SEARCH_MS = 24 * 3_600_000;
/** How far before the given time is searched as well: clocks differ by more than the answer's `Date` shows. */
const SEARCH_MARGIN_MS = 60_000;
/** What every Mattermost server takes, code points. */
const LEAST_MAX_CHARS = 4000;
const UNTYPED: Outcome = { kind: 'stopped', reason: 'untyped' };

/** The requests of one box: each attempt brings its post to the latest content, or says why not. */
export class Delivery {
  readonly #context: DeliveryContext;
  readonly #boxId: string;
  readonly #state: PostState;
  #searchedLost = false;
  #editExpired = false;

  constructor(context: DeliveryContext, entry: LedgerEntry) {
    this.#context = context;
    this.#boxId = entry.boxId;
    this.#state = new PostState({ ...context, boxId: entry.boxId });
  }

  /** Throws what is worth another attempt (`isRetryable`), the signal's reason, and what `render` throws. */
  async attempt(options: AttemptOptions): Promise<Outcome> {
    for (;;) {
      const entry = this.#context.ledger.get(this.#boxId);
      if (entry === undefined) return { kind: 'skipped', content: options.latest().content };
      const outcome = await this.#advance(entry, options);
      if (outcome !== undefined) return outcome;
    }
  }

  /** One request nearer to the goal; undefined: go on. */
  async #advance(entry: LedgerEntry, options: AttemptOptions): Promise<Outcome | undefined> {
    const { clock, ledger } = this.#context;
    const { channelId, postId, attemptedAt } = entry;
    if (channelId === undefined) return this.#locate(entry, options);
    if (postId !== undefined) return this.#edit(entry, postId, options);
    if (attemptedAt !== undefined) {
      const outcome = await this.#adopt(entry, { channelId, since: attemptedAt }, options);
      return outcome === 'none' ? this.#createAgain(entry, channelId, options) : outcome;
    }
    if (ledger.lost && !this.#searchedLost) {
      const outcome = await this.#adopt(entry, { channelId, since: clock.now() - LOST_SEARCH_MS }, options);
      this.#searchedLost = true;
      return outcome === 'none' ? undefined : outcome;
    }
    return this.#create(entry, channelId, options);
  }

  async #locate(entry: LedgerEntry, options: AttemptOptions): Promise<Outcome | undefined> {
    try {
      const channelId = await this.#context.locator.channelIdOf(entry.target, passFor(entry, options));
      this.#update({ channelId });
      return undefined;
    } catch (error) {
      return this.#act(afterLookup(refusalIn(error)), { entry, options });
    }
  }

  /** Makes the post that is there already the entry's own. */
  async #adopt(entry: LedgerEntry, search: Search, options: AttemptOptions): Promise<Outcome | undefined | 'none'> {
    try {
      const post = await this.#search(entry, search, options);
      if (post === undefined) return 'none';
      if (post.deleteAt > 0) return { kind: 'stopped', reason: 'deleted' };
      this.#update({ postId: post.id, serverProps: addedProps(post, undefined) });
      this.#state.found(post);
      return undefined;
    } catch (error) {
      return this.#act(afterLookup(refusalIn(error)), { entry, options });
    }
  }

  /** Searches a channel for the post of an entry whose create has, or may have, been done. */
  async #search(entry: LedgerEntry, { channelId, since }: Search, options: AttemptOptions): Promise<Post | undefined> {
    const { api, gate, ledger, locator, limits } = this.#context;
    const pass = passFor(entry, options);
    const userId = await locator.ownUserId(pass);
    const sinceMs = since + limits.serverAheadMs - SEARCH_MARGIN_MS;
    const posts = await gate.pass(() => api.getPostsSince(channelId, sinceMs, options), pass);
    return findPost(posts, { userId, marker: markerOf(entry, ledger.instanceId), byBox: ledger.lost });
  }

  /** Why an edit was forbidden: the server answers 403 both when the post is gone and when the permission is. */
  async #whyForbidden(entry: LedgerEntry, options: AttemptOptions): Promise<StopReason> {
    const { api, gate } = this.#context;
    try {
      const post = await gate.pass(() => api.getPost(entry.postId ?? '', options), passFor(entry, options));
      return post.deleteAt > 0 ? 'deleted' : 'forbidden';
    } catch (error) {
      return refusalIn(error).kind === 'gone' ? 'deleted' : 'forbidden';
    }
  }

  /** No post was found for a create whose outcome is not known: with the same key while the server may still know it. */
  #createAgain(entry: LedgerEntry, channelId: string, options: AttemptOptions): Promise<Outcome | undefined> {
    const { attemptedAt = 0 } = entry;
    if (this.#context.clock.now() - attemptedAt < REPEAT_WINDOW_MS) return this.#create(entry, channelId, options);
    const fresh = { pendingPostId: randomUUID(), attemptedAt: undefined };
    this.#update(fresh);
    return this.#create({ ...entry, ...fresh }, channelId, options);
  }

  async #create(entry: LedgerEntry, channelId: string, options: AttemptOptions): Promise<Outcome | undefined> {
    const { api, gate, guard, ledger, clock, limits, stats } = this.#context;
    if (guard.typeLost) return UNTYPED;
    const { pendingPostId, rootId } = entry;
    let sent: Prepared | undefined;
    let silent = limits.silent;
    try {
      const create = async (): Promise<Post | undefined> => {
        // The server may have lost the type of another post while this one waited for its turn.
        if (guard.typeLost) return undefined;
        // Durable before the request: a death from here on leaves a trace of it.
        this.#update({ attemptedAt: entry.attemptedAt ?? clock.now() });
        await ledger.flush();
        sent = this.#state.prepare(options.latest());
        silent = limits.silent;
        const { message } = sent.rendered;
        const props = this.#state.propsFor(sent.rendered);
        return api.createPost({ channelId, rootId, message, props, type: POST_TYPE, pendingPostId, silent }, options);
      };
      const post = await gate.pass(create, passFor(entry, options));
      if (post === undefined) return UNTYPED;
      guard.observe(post);
      stats.creates += 1;
      this.#update({ postId: post.id, serverProps: addedProps(post, sent?.rendered) });
      // A repeated create is answered with the post of the first one.
      if (sent === undefined || post.message !== sent.rendered.message) return { kind: 'outdated' };
      this.#state.sent(sent);
      return { kind: 'sent', content: sent.wanted.content };
    } catch (error) {
      const refusal = refusalIn(error);
      this.#update({ attemptedAt: undefined });
      const step = afterCreate(refusal);
      if (step.do !== 'post-aloud' || !silent) return this.#act(step, { entry, options, sent, refusal });
      limits.silent = false;
      return undefined;
    }
  }

  async #edit(entry: LedgerEntry, postId: string, options: AttemptOptions): Promise<Outcome | undefined> {
    const { api, gate, stats } = this.#context;
    const wanted = options.latest();
    const isHeld = this.#editExpired && !wanted.final;
    const prepared = isHeld ? undefined : this.#state.prepareChange(wanted);
    if (prepared === undefined) {
      stats.skips += 1;
      return { kind: 'skipped', content: wanted.content };
    }
    let sent = prepared;
    try {
      const patch = async (): Promise<void> => {
        sent = this.#state.refresh(sent, options.latest());
        const { message } = sent.rendered;
        await api.patchPost(postId, { message, props: this.#state.changedProps(sent.rendered) }, options);
      };
      await gate.pass(patch, passFor(entry, options));
      stats.edits += 1;
      if (sent.wanted.heartbeat) stats.heartbeats += 1;
      this.#state.sent(sent);
      return { kind: 'sent', content: sent.wanted.content };
    } catch (error) {
      this.#state.forget();
      const refusal = refusalIn(error);
      return this.#act(afterEdit(refusal), { entry, options, sent, refusal });
    }
  }

  async #act(step: Step, { entry, options, sent, refusal }: Refused): Promise<Outcome | undefined> {
    const { limits } = this.#context;
    if (step.do === 'stop') return { kind: 'stopped', reason: step.reason };
    if (step.do === 'check-post') return { kind: 'stopped', reason: await this.#whyForbidden(entry, options) };
    if (step.do === 'drop-root' && entry.rootId !== undefined) {
      this.#update({ rootId: undefined });
      return undefined;
    }
    if (sent === undefined || refusal === undefined) throw refusal ?? new TypeError('nothing was sent');
    if (step.do === 'shorten' && [...sent.rendered.message].length > LEAST_MAX_CHARS) {
      limits.maxChars = Math.min(limits.maxChars, LEAST_MAX_CHARS);
      return undefined;
    }
    if (step.do === 'new-post') return this.#continueInNewPost(entry, sent);
    this.#context.stats.refused += 1;
    this.#state.refused(sent.wanted.content);
    return { kind: 'refused', content: sent.wanted.content, error: refusal };
  }

  /** Once while the box goes on, and once for its end: a short limit must not make a post of every edit. */
  #continueInNewPost(entry: LedgerEntry, { wanted }: Prepared): Outcome | undefined {
    this.#editExpired = entry.continued === true && !wanted.final;
    if (this.#editExpired) return { kind: 'skipped', content: wanted.content };
    const fresh = { marker: randomUUID(), pendingPostId: randomUUID(), continued: true };
    this.#update({ ...fresh, postId: undefined, serverProps: undefined, attemptedAt: undefined });
    return undefined;
  }

  #update(changes: Partial<Omit<LedgerEntry, 'boxId'>>): void {
    this.#context.ledger.update(this.#boxId, changes);
  }
}

/** How a request for this entry passes the gate: creates and final edits first. */
function passFor(entry: LedgerEntry, { signal, urgent }: AttemptOptions): PassOptions {
  const priority = (): number => (entry.postId === undefined || urgent() ? PRIORITY.urgent : PRIORITY.intermediate);
  return { signal, priority };
}

/** A refusal to be acted on; everything else (a transient failure, an abort, a bug) goes up. */
function refusalIn(error: unknown): MattermostError {
  if (!(error instanceof MattermostError) || isRetryable(error)) throw error;
  return error;
}
