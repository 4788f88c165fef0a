import { randomUUID } from 'node:crypto';
import { type AttemptOptions, type DeliveryContext, type Outcome, passFor, refusalIn } from './context.ts';
import type { MattermostError } from './errors.ts';
import { POST_TYPE } from './feedback-loop-guard.ts';
import type { LedgerEntry } from './ledger.ts';
import { afterCreate, afterEdit, afterLookup, type Step } from './next-step.ts';
import type { Post } from './post-api.ts';
import { lookAfter, searchPost } from './search.ts';
import { addedProps, type Prepared, Shown } from './shown.ts';

/** How long the same create is repeated, from its first attempt: 30 s on the server, less what a request may take. */
const REPEAT_WINDOW_MS = 15_000;
/** How far back posts of a lost ledger are looked for; busy channels are searched less far. */
const LOST_SEARCH_MS = 24 * 3_600_000;
/** What every Mattermost server takes, code points. */
const LEAST_MAX_CHARS = 4000;
const UNTYPED: Outcome = { kind: 'stopped', reason: 'untyped' };

/** One box's way to the server: each attempt brings its post to the latest content, or says why not. */
export class Delivery {
  readonly #context: DeliveryContext;
  readonly #boxId: string;
  readonly #shown: Shown;
  #searchedLost = false;
  #editExpired = false;

  constructor(context: DeliveryContext, entry: LedgerEntry) {
    this.#context = context;
    this.#boxId = entry.boxId;
    this.#shown = new Shown(context, entry.boxId);
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
      const outcome = await this.#adopt(entry, channelId, attemptedAt, options);
      return outcome === 'none' ? this.#createAgain(entry, channelId, attemptedAt, options) : outcome;
    }
    if (ledger.lost && !this.#searchedLost) {
      const outcome = await this.#adopt(entry, channelId, clock.now() - LOST_SEARCH_MS, options);
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
      return this.#act(afterLookup(refusalIn(error)), entry, options);
    }
  }

  /** Makes the post that is there already the entry's own. */
  async #adopt(
    entry: LedgerEntry,
    channelId: string,
    since: number,
    options: AttemptOptions,
  ): Promise<Outcome | undefined | 'none'> {
    try {
      const post = await searchPost(this.#context, { entry, channelId, since }, options);
      if (post === undefined) return 'none';
      if (post.deleteAt > 0) return { kind: 'stopped', reason: 'deleted' };
      this.#update({ postId: post.id, serverProps: addedProps(post, undefined) });
      this.#shown.found(post);
      return undefined;
    } catch (error) {
      return this.#act(afterLookup(refusalIn(error)), entry, options);
    }
  }

  /** No post was found for a create whose outcome is not known: with the same key while the server may still know it. */
  #createAgain(
    entry: LedgerEntry,
    channelId: string,
    attemptedAt: number,
    options: AttemptOptions,
  ): Promise<Outcome | undefined> {
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
        sent = this.#shown.prepare(options.latest());
        silent = limits.silent;
        const { message } = sent.rendered;
        const props = this.#shown.propsFor(sent.rendered);
        return api.createPost({ channelId, rootId, message, props, type: POST_TYPE, pendingPostId, silent }, options);
      };
      const post = await gate.pass(create, passFor(entry, options));
      if (post === undefined) return UNTYPED;
      guard.observe(post);
      stats.creates += 1;
      this.#update({ postId: post.id, serverProps: addedProps(post, sent?.rendered) });
      // A repeated create is answered with the post of the first one.
      if (sent === undefined || post.message !== sent.rendered.message) return { kind: 'outdated' };
      this.#shown.sent(sent);
      return { kind: 'sent', content: sent.wanted.content };
    } catch (error) {
      const refusal = refusalIn(error);
      this.#update({ attemptedAt: undefined });
      const step = afterCreate(refusal);
      if (step.do !== 'post-aloud' || !silent) return this.#act(step, entry, options, sent, refusal);
      limits.silent = false;
      return undefined;
    }
  }

  async #edit(entry: LedgerEntry, postId: string, options: AttemptOptions): Promise<Outcome | undefined> {
    const { api, gate, stats } = this.#context;
    const wanted = options.latest();
    const isHeld = this.#editExpired && !wanted.final;
    const prepared = isHeld ? undefined : this.#shown.prepareChange(wanted);
    if (prepared === undefined) {
      stats.skips += 1;
      return { kind: 'skipped', content: wanted.content };
    }
    let sent = prepared;
    try {
      const patch = async (): Promise<void> => {
        sent = this.#shown.refresh(sent, options.latest());
        const { message } = sent.rendered;
        await api.patchPost(postId, { message, props: this.#shown.changedProps(sent.rendered) }, options);
      };
      await gate.pass(patch, passFor(entry, options));
      stats.edits += 1;
      if (sent.wanted.heartbeat) stats.heartbeats += 1;
      this.#shown.sent(sent);
      return { kind: 'sent', content: sent.wanted.content };
    } catch (error) {
      this.#shown.forget();
      const refusal = refusalIn(error);
      return this.#act(afterEdit(refusal), entry, options, sent, refusal);
    }
  }

  async #act(
    step: Step,
    entry: LedgerEntry,
    options: AttemptOptions,
    sent?: Prepared,
    error?: MattermostError,
  ): Promise<Outcome | undefined> {
    const { limits } = this.#context;
    if (step.do === 'stop') return { kind: 'stopped', reason: step.reason };
    if (step.do === 'look') return { kind: 'stopped', reason: await lookAfter(this.#context, entry, options) };
    if (step.do === 'drop-root' && entry.rootId !== undefined) {
      this.#update({ rootId: undefined });
      return undefined;
    }
    if (sent === undefined || error === undefined) throw error ?? new TypeError('nothing was sent');
    if (step.do === 'shorten' && [...sent.rendered.message].length > LEAST_MAX_CHARS) {
      limits.maxChars = Math.min(limits.maxChars, LEAST_MAX_CHARS);
      return undefined;
    }
    if (step.do === 'new-post') return this.#continueInNewPost(entry, sent);
    this.#context.stats.refused += 1;
    this.#shown.refused(sent.wanted.content);
    return { kind: 'refused', content: sent.wanted.content, error };
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
