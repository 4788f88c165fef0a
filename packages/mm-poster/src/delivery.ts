import { randomUUID } from 'node:crypto';
import { type Clock, delay, type Log } from '@live-status/resilience';
import { type Account, type Accounts, MissingAccountError } from './account.ts';
import { isRetryable, MattermostError, ServerAwayError } from './errors.ts';
import { POST_TYPE } from './feedback-loop-guard.ts';
import { type PassOptions, PRIORITY } from './gate.ts';
import type { PosterStats } from './health.ts';
import { type Ledger, type LedgerEntry, LOST_SEARCH_MS } from './ledger.ts';
import { findPost, isMarkedAs, markerOf } from './marker.ts';
import {
  afterCreate,
  afterEdit,
  afterGet,
  afterLookup,
  type HoldReason,
  isStillSaving,
  type Step,
  type StopReason,
} from './next-step.ts';
import type { Post } from './post-api.ts';
import { addedProps, type Form, type LiveContent, PostState, type Prepared, type Wanted } from './post-state.ts';

/** What all boxes share. */
export interface DeliveryContext {
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  readonly stats: PosterStats;
  /** Ends with the poster. */
  readonly signal: AbortSignal;
  readonly onDelivered?: ((delivered: Delivered) => void) | undefined;
}

/** A content that is on the server now; edits for the clock alone are not reported. */
export interface Delivered {
  readonly boxId: string;
  readonly postId: string;
  /** Address of the server, as it was given for the account. */
  readonly server?: string | undefined;
  /** The object that was given to `show` or `finish`. */
  readonly content: LiveContent;
  /** It was there before, so nothing was sent. */
  readonly isUnchanged?: true;
}

/** How an attempt ended, and for which content. */
export type Outcome =
  | { readonly kind: 'sent' | 'skipped' | 'removed'; readonly content: LiveContent }
  /** The server does not take this content now. */
  | {
      readonly kind: 'held';
      readonly content: LiveContent;
      readonly reason: HoldReason;
      readonly error: MattermostError | MissingAccountError;
    }
  /** The next post of the box is not due before this time, milliseconds since the epoch. */
  | { readonly kind: 'later'; readonly at: number }
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
  readonly refusal: MattermostError;
  /** What the request was to show, if anything. */
  readonly sent?: Prepared | undefined;
}

/** Where a post is searched. */
interface Search {
  readonly channelId: string;
  /** The post is not older than this, milliseconds since the epoch on this machine's clock. */
  readonly since: number;
}

/** How long the same create is repeated, from its first attempt: 30 s on the server, less what a request may take. */
const REPEAT_WINDOW_MS = 15_000;
/** How far before the given time is searched as well: clocks differ by more than the answer's `Date` shows. */
const SEARCH_MARGIN_MS = 60_000;
/** What every Mattermost server takes, code points. */
const LEAST_MAX_CHARS = 4000;
/** How often a request is repeated that fails while the server is well; from then on it counts as refused. */
const MAX_FAILURES = 6;
/** How long a box shows less after its whole content was refused, milliseconds. */
const SHOW_LESS_MS = 60_000;
/** Gap between two posts of a box under a short edit time limit, from the third on; doubles. */
const FIRST_CONTINUE_GAP_MS = 30_000;
const MAX_CONTINUE_GAP_MS = 300_000;
/** How long a post that yields to others waits for its turn before it counts as one of them. */
const MAX_YIELD_MS = 30_000;
/** How long after its first post the name of a channel is asked for. */
const LEARN_PLACE_MS = 3000;
/** Ids of earlier posts that are remembered, to delete them as well. */
const MAX_EARLIER_POSTS = 200;
const HEAD_ONLY: Form = { headOnly: true };
const CONTINUED: Form = { continued: true };
const UNTYPED: Outcome = { kind: 'stopped', reason: 'untyped' };

/** The requests of one box: each attempt brings its post to the latest content, or says why not. */
export class Delivery {
  readonly #context: DeliveryContext;
  readonly #boxId: string;
  readonly #state: PostState;
  /** Whose post it is; undefined while that account was not found. */
  #account: Account | undefined;
  #searchedLost = false;
  #searchedPinned = false;
  /** The post was made by the previous process: what it shows is not known. */
  #isUnknown: boolean;
  /** The server answered, once, that the post is not there any more. */
  #seemsGone = false;
  /** The server refused the whole content, once. */
  #seemsRefused = false;
  /** Requests in a row that failed while the server was well. */
  #failures = 0;
  #lastFailure: MattermostError | undefined;
  /** What the server answered to the whole content when less was shown last. */
  #refused = '';
  /** The end itself was refused. */
  #isEndReduced = false;
  /** The post was to be deleted, and has to stay. */
  #stays = false;
  /** Until when less is shown. */
  #showLessUntil = Number.NEGATIVE_INFINITY;

  constructor(context: DeliveryContext, entry: LedgerEntry) {
    this.#context = context;
    this.#boxId = entry.boxId;
    this.#state = new PostState({ ...context, boxId: entry.boxId, maxChars: () => this.#own.limits.maxChars });
    this.#isUnknown = entry.postId !== undefined;
    this.#account = context.accounts.known(entry.target.account);
  }

  /** When the post has to say that another one continues it, milliseconds since the epoch; undefined: never. */
  get continueAt(): number | undefined {
    const entry = this.#context.ledger.get(this.#boxId);
    return entry?.postId === undefined ? undefined : this.#account?.limits.lastEditAt(entry.postedAt);
  }

  /** What the last request failed with, while it is tried again. */
  get failure(): MattermostError | undefined {
    return this.#failures > 0 ? this.#lastFailure : undefined;
  }

  /** User name of the account, where it is known. */
  get username(): string | undefined {
    return this.#account?.locator.username;
  }

  /** The account, in whatever follows {@link attempt}. */
  get #own(): Account {
    if (this.#account === undefined) throw new Error('The account of this box was not found yet');
    return this.#account;
  }

  /** Throws what is worth another attempt (`isRetryable`), the signal's reason, and what `render` throws. */
  async attempt(options: AttemptOptions): Promise<Outcome> {
    const missing = this.#account === undefined ? await this.#findAccount() : undefined;
    if (missing !== undefined) {
      return { kind: 'held', content: options.latest().content, reason: 'no-account', error: missing };
    }
    for (;;) {
      const entry = this.#context.ledger.get(this.#boxId);
      if (entry === undefined) return { kind: 'skipped', content: options.latest().content };
      const outcome = await this.#advance(entry, options);
      if (outcome !== undefined) return outcome;
    }
  }

  async #findAccount(): Promise<MissingAccountError | undefined> {
    const { accounts, ledger } = this.#context;
    try {
      const name = ledger.get(this.#boxId)?.target.account;
      this.#account = accounts.known(name) ?? (await accounts.open(name));
      return undefined;
    } catch (error) {
      if (error instanceof MissingAccountError) return error;
      throw error;
    }
  }

  /** One request nearer to the goal; undefined: go on. */
  async #advance(entry: LedgerEntry, options: AttemptOptions): Promise<Outcome | undefined> {
    const { clock, ledger } = this.#context;
    const { channelId, postId, attemptedAt } = entry;
    const wanted = options.latest();
    const { content, remove } = wanted;
    if (this.#isToBeDeleted(wanted)) {
      if (postId !== undefined && this.#isUnknown) return this.#readPost(entry, postId, options);
      if (postId !== undefined) return this.#remove(entry, postId, options);
      if (attemptedAt === undefined && (!ledger.lost || this.#searchedLost))
        return this.#remove(entry, undefined, options);
    }
    if (channelId === undefined) return this.#locate(entry, options);
    if (postId !== undefined && entry.pinDue === true) return this.#pin(entry, postId, options);
    if (postId !== undefined && this.#isUnknown) return this.#readPost(entry, postId, options);
    if (postId !== undefined) return this.#edit(entry, postId, options);
    if (attemptedAt === undefined && options.latest().content.pinned === true && !this.#searchedPinned) {
      const outcome = await this.#adopt(entry, (pass) => this.#searchPinned(entry, channelId, pass), options);
      this.#searchedPinned = true;
      return outcome === 'none' ? undefined : outcome;
    }
    const dueAt = nextPostAt(entry);
    if (dueAt > clock.now() && !options.latest().final) return { kind: 'later', at: dueAt };
    if (attemptedAt !== undefined) {
      const search = { channelId, since: attemptedAt };
      const outcome = await this.#adopt(entry, (pass) => this.#search(entry, search, pass), options);
      if (outcome === 'none' && remove) return this.#notThere(attemptedAt, content);
      return outcome === 'none' ? this.#createAgain(entry, channelId, options) : outcome;
    }
    if (ledger.lost && !this.#searchedLost) {
      const search = { channelId, since: clock.now() - LOST_SEARCH_MS };
      const outcome = await this.#adopt(entry, (pass) => this.#search(entry, search, pass), options);
      this.#searchedLost = true;
      if (outcome === 'none' && remove) return { kind: 'removed', content };
      return outcome === 'none' ? undefined : outcome;
    }
    return this.#create(entry, channelId, options);
  }

  async #locate(entry: LedgerEntry, options: AttemptOptions): Promise<Outcome | undefined> {
    try {
      const channelId = await this.#own.locator.channelIdOf(entry.target, this.#passFor(entry, options));
      this.#update({ channelId });
      return undefined;
    } catch (error) {
      const refusal = this.#refusalIn(error);
      return this.#act(afterLookup(refusal), { entry, options, refusal });
    }
  }

  /** What the previous process left there decides whether an edit would change anything: each adds a row of history. */
  async #readPost(entry: LedgerEntry, postId: string, options: AttemptOptions): Promise<Outcome | undefined> {
    const { api, gate, limits } = this.#own;
    try {
      const post = await gate.pass(() => api.getPost(postId, options), this.#passFor(entry, options));
      if (post.deleteAt > 0) return { kind: 'stopped', reason: 'deleted' };
      limits.read();
      this.#isUnknown = false;
      if (this.#isOwn(post, entry)) {
        this.#learnAge(entry, post);
        this.#compare(post, options.latest());
      } else this.#disown(entry, post);
      return undefined;
    } catch (error) {
      const refusal = this.#refusalIn(error);
      return this.#act(afterGet(refusal), { entry, options, refusal });
    }
  }

  /** A post without a marker can only be ours if it has the type: something on the server may strip props. */
  #isOwn(post: Post, entry: LedgerEntry): boolean {
    return isMarkedAs(post, markerOf(entry, this.#context.ledger.instanceId)) ?? post.type === POST_TYPE;
  }

  /** The ledger names a post that is not of this box, perhaps an answer of the same bot: its own one is searched. */
  #disown({ createdAt, attemptedAt = createdAt }: LedgerEntry, { id: postId }: Post): void {
    this.#context.log.error({ boxId: this.#boxId, postId }, 'the ledger names a post of something else');
    this.#update({ postId: undefined, serverProps: undefined, shown: undefined, attemptedAt });
  }

  /** An answer with another post than the one that was sent is not believed. */
  #check(post: Post, entry: LedgerEntry, { rendered }: Prepared, request: string): void {
    const isOurs = isMarkedAs(post, markerOf(entry, this.#context.ledger.instanceId));
    if (isOurs ?? post.message === rendered.message) return;
    throw new MattermostError({ kind: 'unreadable', request, detail: 'is an answer with another post' });
  }

  /** The clock may have been set since the previous process made the post: its age decides how long it may be edited. */
  #learnAge({ postedAt }: LedgerEntry, post: Post): void {
    const madeAt = post.createAt - this.#own.limits.serverAheadMs;
    const isOther = postedAt === undefined || Math.abs(madeAt - postedAt) > SEARCH_MARGIN_MS;
    if (isOther) this.#update({ postedAt: madeAt });
  }

  /** Learns what a post shows that was found. */
  #compare(post: Post, wanted: Wanted): void {
    this.#seemsGone = false;
    const isStill = this.#state.isStill(post, wanted);
    this.#state.found(post);
    if (isStill) this.#state.confirmed(wanted);
  }

  /** Makes the post that is there already the entry's own. */
  async #adopt(
    entry: LedgerEntry,
    search: (pass: PassOptions) => Promise<Post | undefined>,
    options: AttemptOptions,
  ): Promise<Outcome | undefined | 'none'> {
    try {
      const post = await search(this.#passFor(entry, options));
      if (post === undefined) return 'none';
      if (post.deleteAt > 0) return { kind: 'stopped', reason: 'deleted' };
      const postedAt = post.createAt - this.#own.limits.serverAheadMs;
      this.#update({ postId: post.id, postedAt, serverProps: addedProps(post, undefined) });
      this.#isUnknown = false;
      this.#compare(post, options.latest());
      return undefined;
    } catch (error) {
      const refusal = this.#refusalIn(error);
      return this.#act(afterLookup(refusal), { entry, options, refusal });
    }
  }

  /** Searches a channel for the post of an entry whose create has, or may have, been done. */
  async #search(entry: LedgerEntry, { channelId, since }: Search, pass: PassOptions): Promise<Post | undefined> {
    const { clock, ledger } = this.#context;
    const { api, gate, locator, limits } = this.#own;
    const { id: userId } = await locator.me(pass);
    // A clock that was set since may be ahead of this time, or further behind the server's than it was then.
    const from = since > clock.now() ? clock.now() - LOST_SEARCH_MS : since;
    const sinceMs = from + Math.min(0, limits.serverAheadMs) - SEARCH_MARGIN_MS;
    const posts = await gate.pass(() => api.getPostsSince(channelId, sinceMs, pass), pass);
    const marker = markerOf(entry, ledger.instanceId);
    return findPost(posts, { userId, marker, byBox: ledger.lost, earlierPostIds: entry.earlierPostIds });
  }

  /** Searches the pinned posts of a channel, however old, for one of this box that no ledger knows any more. */
  async #searchPinned(entry: LedgerEntry, channelId: string, pass: PassOptions): Promise<Post | undefined> {
    const { api, gate, locator } = this.#own;
    const { id: userId } = await locator.me(pass);
    const posts = await gate.pass(() => api.getPinnedPosts(channelId, pass), pass);
    const marker = markerOf(entry, this.#context.ledger.instanceId);
    return findPost(posts, { userId, marker, byBox: true, earlierPostIds: entry.earlierPostIds });
  }

  /** Pins the post, once. One that may not be pinned is kept up to date all the same. */
  async #pin(entry: LedgerEntry, postId: string, options: AttemptOptions): Promise<undefined> {
    const { api, gate } = this.#own;
    try {
      await gate.pass(() => api.setPinned(postId, true, options), this.#passFor(entry, options));
    } catch (error) {
      const refusal = this.#refusalIn(error);
      this.#context.log.warn({ boxId: this.#boxId, postId, err: refusal }, 'could not pin a post');
    }
    this.#update({ pinDue: undefined });
  }

  /** A post that another one continues need not be found quickly any more. */
  async #unpin(postId: string): Promise<void> {
    const { log, signal } = this.#context;
    const { api, gate } = this.#own;
    const pass: PassOptions = { signal, priority: () => PRIORITY.background };
    await gate
      .pass(() => api.setPinned(postId, false, pass), pass)
      .catch((error: unknown) => log.debug({ boxId: this.#boxId, postId, err: error }, 'could not unpin a post'));
  }

  /** Why an edit was forbidden: the server answers 403 both when the post is gone and when the permission is. */
  async #whyForbidden({ entry, options, refusal, sent }: Refused): Promise<Outcome | undefined> {
    const { api, gate } = this.#own;
    try {
      const post = await gate.pass(() => api.getPost(entry.postId ?? '', options), this.#passFor(entry, options));
      const step: Step = post.deleteAt > 0 ? { do: 'stop', reason: 'deleted' } : { do: 'hold', reason: 'forbidden' };
      return this.#act(step, { entry, options, refusal, sent });
    } catch (error) {
      return this.#act(afterGet(this.#refusalIn(error)), { entry, options, refusal, sent });
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
    const { ledger, clock, stats } = this.#context;
    const { api, gate, limits, server } = this.#own;
    const { guard } = server;
    if (guard.typeLost) return UNTYPED;
    const { pendingPostId, rootId } = entry;
    let sent: Prepared | undefined;
    let silent = limits.silent;
    let postedAt = clock.now();
    try {
      const create = async (): Promise<Post | undefined> => {
        // While this one waited for its turn, the server may have lost the type of another, or nobody may want it any more.
        if (guard.typeLost || this.#isToBeDeleted(options.latest())) return undefined;
        // Durable before the request: a death from here on leaves a trace of it.
        const pinDue = options.latest().content.pinned === true || undefined;
        this.#update({ attemptedAt: entry.attemptedAt ?? clock.now(), pinDue });
        await ledger.flush();
        const wanted = options.latest();
        sent = this.#state.prepare(wanted, this.#formFor(wanted));
        // People were notified by the post that this one continues.
        silent = limits.silent && (wanted.content.notify !== true || Number(entry.continued ?? 0) > 0);
        postedAt = clock.now();
        const { message } = sent.rendered;
        const props = this.#state.propsFor(sent.rendered);
        ledger.keep(this.#boxId);
        const wantedPost = { channelId, rootId, message, props, type: POST_TYPE, pendingPostId, silent };
        const made = await api.createPost(wantedPost, options);
        this.#check(made, entry, sent, 'POST /api/v4/posts');
        return made;
      };
      const post = await gate.pass(create, this.#passFor(entry, options));
      if (post === undefined) return guard.typeLost ? UNTYPED : undefined;
      guard.observe(post);
      stats.creates += 1;
      this.#failures = 0;
      this.#update({ postId: post.id, postedAt, serverProps: addedProps(post, sent?.rendered) });
      limits.read();
      this.#learnPlace(channelId).catch(() => undefined);
      // A repeated create is answered with the post of the first one.
      if (sent === undefined || post.message !== sent.rendered.message) return { kind: 'outdated' };
      const outcome = this.#sent(sent, post);
      if (sent.wanted.content.pinned === true) await this.#pin(entry, post.id, options);
      return outcome;
    } catch (error) {
      if (wasRefused(error)) this.#update({ attemptedAt: undefined });
      const refusal = this.#refusalIn(error);
      const step = afterCreate(refusal);
      if (step.do !== 'post-aloud' || !silent) return this.#act(step, { entry, options, sent, refusal });
      limits.silent = false;
      return undefined;
    }
  }

  async #edit(entry: LedgerEntry, postId: string, options: AttemptOptions): Promise<Outcome | undefined> {
    const { clock, ledger, stats } = this.#context;
    const { api, gate, limits } = this.#own;
    const wanted = options.latest();
    // Only what shows a clock is known to go on.
    const isLast = !wanted.final && wanted.content.ticking === true && clock.now() >= (this.continueAt ?? Infinity);
    const prepared = isLast
      ? this.#state.prepare(wanted, CONTINUED)
      : this.#state.prepareChange(wanted, this.#formFor(wanted));
    if (prepared === undefined) return this.#skipped(wanted, postId);
    let sent = prepared;
    try {
      const patch = async (): Promise<Post | undefined> => {
        sent = this.#state.refresh(sent, options.latest());
        if (!isLast && this.#state.shows(sent)) return undefined;
        const { message } = sent.rendered;
        // Before readers see it: the next process must not show less, and its source may not know everything again.
        ledger.keep(this.#boxId);
        const edited = await api.patchPost(
          postId,
          { message, props: this.#state.changedProps(sent.rendered) },
          options,
        );
        this.#check(edited, entry, sent, `PUT /api/v4/posts/${postId}/patch`);
        return edited;
      };
      const post = await gate.pass(patch, this.#passFor(entry, options));
      if (post === undefined) return this.#skipped(sent.wanted, postId);
      stats.edits += 1;
      if (sent.wanted.heartbeat) stats.heartbeats += 1;
      limits.edited(entry.postedAt);
      if (isLast) return this.#continueInNewPost(entry, wanted);
      return this.#sent(sent, post);
    } catch (error) {
      this.#state.forget();
      const refusal = this.#refusalIn(error);
      return this.#act(afterEdit(refusal), { entry, options, sent, refusal });
    }
  }

  /** The post shows this already. */
  #skipped(wanted: Wanted, postId: string): Outcome | undefined {
    this.#context.stats.skips += 1;
    this.#report(wanted, postId, { isUnchanged: true });
    return this.#isToBeDeleted(wanted) ? undefined : { kind: 'skipped', content: wanted.content };
  }

  /** There is nothing to delete, unless a create is still on its way. */
  #notThere(attemptedAt: number, content: LiveContent): Outcome {
    const knownAt = attemptedAt + REPEAT_WINDOW_MS;
    return this.#context.clock.now() < knownAt ? { kind: 'later', at: knownAt } : { kind: 'removed', content };
  }

  /** Deletes the post and those before it. One that somebody replied to stays, and so does what the server protects. */
  async #remove(entry: LedgerEntry, postId: string | undefined, options: AttemptOptions): Promise<Outcome | undefined> {
    const { clock, stats } = this.#context;
    for (const earlier of entry.earlierPostIds ?? []) await this.#removeOne(earlier, entry, options);
    const { content } = options.latest();
    if (postId === undefined) return { kind: 'removed', content };
    const refusal = await this.#removeOne(postId, entry, options);
    if (refusal === undefined) return { kind: 'removed', content };
    if (refusal !== 'replied') stats.lastUndeleted = { at: clock.now(), message: refusal.summary };
    this.#stays = true;
    return undefined;
  }

  /** Why a post could not be deleted; undefined when it is gone. */
  async #removeOne(
    postId: string,
    entry: LedgerEntry,
    options: AttemptOptions,
  ): Promise<MattermostError | 'replied' | undefined> {
    const { api, gate } = this.#own;
    const pass = this.#passFor(entry, options);
    try {
      // With a root its replies are deleted, too; a reply has none of its own.
      if (entry.rootId === undefined) {
        const thread = await gate.pass(() => api.getThread(postId, options), pass);
        if (thread.some(({ rootId, deleteAt }) => rootId === postId && deleteAt === 0)) return 'replied';
      }
      await gate.pass(() => api.deletePost(postId, options), pass);
      this.#context.stats.deletes += 1;
      this.#failures = 0;
      return undefined;
    } catch (error) {
      const refusal = this.#refusalIn(error);
      // A post that is gone may not be deleted either.
      return (await this.#isGone(postId, refusal, pass)) ? undefined : refusal;
    }
  }

  async #isGone(postId: string, refusal: MattermostError, pass: PassOptions): Promise<boolean> {
    if (refusal.kind === 'gone') return true;
    const { api, gate } = this.#own;
    try {
      return (await gate.pass(() => api.getPost(postId, pass), pass)).deleteAt > 0;
    } catch (error) {
      return this.#refusalIn(error).kind === 'gone';
    }
  }

  /** How much of a content to show: less, for a while after the whole was refused, but the end is always tried whole. */
  #formFor({ final }: Wanted): Form {
    const isReduced = this.#context.clock.now() < this.#showLessUntil;
    return isReduced && (!final || this.#isEndReduced) ? HEAD_ONLY : {};
  }

  /** The server has a content now. */
  #sent(sent: Prepared, post: Post): Outcome | undefined {
    const { clock, stats } = this.#context;
    this.#seemsGone = false;
    this.#seemsRefused = false;
    this.#failures = 0;
    this.#state.sent(sent, post);
    this.#report(sent.wanted, post.id);
    if (sent.form.headOnly) {
      stats.reduced += 1;
      stats.lastReduced = { at: clock.now(), message: this.#refused };
    }
    // What was wanted last when it was sent may have been that there is no post.
    return this.#isToBeDeleted(sent.wanted) ? undefined : { kind: 'sent', content: sent.wanted.content };
  }

  #isToBeDeleted({ remove }: Wanted): boolean {
    return remove === true && !this.#stays;
  }

  #report({ content, heartbeat }: Wanted, postId: string, how: Pick<Delivered, 'isUnchanged'> = {}): void {
    const server = this.#own.server.address;
    if (!heartbeat) this.#context.onDelivered?.({ boxId: this.#boxId, postId, server, content, ...how });
  }

  async #act(step: Step, refused: Refused): Promise<Outcome | undefined> {
    const { entry, options, sent, refusal } = refused;
    const { limits } = this.#own;
    if (step.do === 'stop') {
      // The server may have become well between its answer and the question how it is: what is final is asked twice.
      if (this.#seemsGone) return { kind: 'stopped', reason: step.reason };
      this.#seemsGone = true;
      return undefined;
    }
    if (step.do === 'hold') return this.#held(step.reason, refused);
    if (step.do === 'check-post') return this.#whyForbidden(refused);
    if (step.do === 'drop-root' && entry.rootId !== undefined) {
      this.#update({ rootId: undefined });
      return undefined;
    }
    if (step.do === 'shorten' && sent !== undefined && [...sent.rendered.message].length > LEAST_MAX_CHARS) {
      limits.maxChars = Math.min(limits.maxChars, LEAST_MAX_CHARS);
      return undefined;
    }
    if (step.do === 'new-post') {
      limits.expired(entry.postedAt);
      return this.#continueInNewPost(entry, options.latest());
    }
    if (sent !== undefined && sent.form.headOnly === undefined) {
      const wanted = options.latest();
      const less = this.#state.prepare(wanted, HEAD_ONLY);
      if (!this.#state.isSame(sent, less)) {
        if (refusal.kind === 'invalid' && !this.#seemsRefused) {
          // As above: less may be shown for long.
          this.#seemsRefused = true;
          return undefined;
        }
        this.#seemsRefused = false;
        this.#showLessUntil = this.#context.clock.now() + SHOW_LESS_MS;
        this.#isEndReduced = wanted.final;
        this.#refused = refusal.summary;
        this.#failures = 0;
        return undefined;
      }
    }
    this.#context.stats.refused += 1;
    return this.#held(step.do === 'show-less' ? step.reason : 'refused', refused);
  }

  #held(reason: HoldReason, { entry, options, sent, refusal }: Refused): Outcome {
    this.#failures = 0;
    this.#learnNames(entry.channelId);
    // The next attempt is one with the whole content again.
    this.#showLessUntil = Number.NEGATIVE_INFINITY;
    return { kind: 'held', content: sent?.wanted.content ?? options.latest().content, reason, error: refusal };
  }

  /** Learns what people call the place and the account, to say that it may not post there. */
  #learnNames(channelId: string | undefined): void {
    const { accounts, signal } = this.#context;
    const account = this.#own;
    account.locator.me({ signal, priority: () => PRIORITY.background }).catch(() => undefined);
    if (channelId !== undefined) void accounts.names.learn(account, channelId, signal);
  }

  /**
   * Learns what people call the place, for what is said when it cannot be reached any more. Not in the first moments of
   * a post: its edits matter more.
   */
  async #learnPlace(channelId: string): Promise<void> {
    const { accounts, clock, signal } = this.#context;
    await delay(LEARN_PLACE_MS, { clock, signal });
    await accounts.names.learn(this.#own, channelId, signal);
    const place = accounts.names.of(channelId);
    if (place !== undefined) this.#update({ place });
  }

  /** The post has been left as it is; the next attempt makes another one. */
  #continueInNewPost(entry: LedgerEntry, wanted: Wanted): undefined {
    this.#state.forget();
    this.#searchedPinned = true;
    if (wanted.content.pinned === true && entry.postId !== undefined) void this.#unpin(entry.postId);
    const fresh = { marker: randomUUID(), pendingPostId: randomUUID(), continued: Number(entry.continued ?? 0) + 1 };
    const own = entry.postId === undefined ? [] : [entry.postId];
    const earlierPostIds = [...(entry.earlierPostIds ?? []), ...own].slice(-MAX_EARLIER_POSTS);
    this.#update({
      ...fresh,
      earlierPostIds,
      postId: undefined,
      serverProps: undefined,
      attemptedAt: undefined,
      shown: undefined,
    });
    return undefined;
  }

  /**
   * A refusal to be acted on; everything else (a server that is away, an abort, a bug) goes up. A request that fails
   * while the server is well is repeated, but not for ever: what stands on the way may dislike this one text.
   */
  #refusalIn(error: unknown): MattermostError {
    if (!(error instanceof MattermostError)) throw error;
    if (!isRetryable(error)) return error;
    if (isStillSaving(error)) throw error;
    this.#failures += 1;
    this.#lastFailure = error;
    if (this.#failures < MAX_FAILURES) throw error;
    return error;
  }

  /** How a request for this entry passes the gate: creates and final edits first, then what a person waits for, posts that yield to others last. */
  #passFor(entry: LedgerEntry, { latest, signal, urgent }: AttemptOptions): PassOptions {
    const { clock } = this.#context;
    const yieldsUntil = clock.now() + MAX_YIELD_MS;
    const yields = (): boolean => latest().content.yielding === true;
    const isPatient = (): boolean => clock.now() < yieldsUntil;
    const priority = (): number => {
      if (yields()) return isPatient() ? PRIORITY.background : PRIORITY.intermediate;
      if (entry.postId === undefined || urgent()) return PRIORITY.urgent;
      return latest().content.awaited === true ? PRIORITY.awaited : PRIORITY.intermediate;
    };
    return { signal, priority, reserve: () => (yields() && isPatient() ? 1 : 0) };
  }

  #update(changes: Partial<Omit<LedgerEntry, 'boxId'>>): void {
    this.#context.ledger.update(this.#boxId, changes);
  }
}

/** Whether a request certainly was not done: then nothing has to be searched. */
function wasRefused(error: unknown): boolean {
  const answer = error instanceof ServerAwayError ? error.answer : error;
  if (!(answer instanceof MattermostError)) return false;
  const { kind, status = 400 } = answer;
  return kind !== 'transient' && kind !== 'unreadable' && status >= 300;
}

/** When a box may have its next post: the second one at once, further ones at growing gaps. */
function nextPostAt({ continued = 0, postedAt }: LedgerEntry): number {
  const count = Number(continued);
  if (count < 2 || postedAt === undefined) return Number.NEGATIVE_INFINITY;
  return postedAt + Math.min(FIRST_CONTINUE_GAP_MS * 2 ** (count - 2), MAX_CONTINUE_GAP_MS);
}
