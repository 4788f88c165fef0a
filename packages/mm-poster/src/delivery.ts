import { randomUUID } from 'node:crypto';
import type { Rendered } from './content.ts';
import { type AttemptOptions, type DeliveryContext, type Outcome, passFor, refusalIn, type Wanted } from './context.ts';
import type { MattermostError } from './errors.ts';
import type { LedgerEntry } from './ledger.ts';
import { MARKER_PROP, markerOf } from './marker.ts';
import { afterCreate, afterEdit, afterLookup, type Step } from './next-step.ts';
import type { Post } from './post-api.ts';
import { searchPost } from './search.ts';

/** How long the same create is repeated, from its first attempt: 30 s on the server, less what a request may take. */
const REPEAT_WINDOW_MS = 15_000;
/** How far back posts of a lost ledger are looked for; the server gives the newest 1000 in any case. */
const LOST_SEARCH_MS = 24 * 3_600_000;
/** What every Mattermost server takes, code points. */
const LEAST_MAX_CHARS = 4000;
/** How old a render may get while it waits for its turn. */
const RENDER_MAX_AGE_MS = 1000;

interface Sent {
  readonly wanted: Wanted;
  readonly rendered: Rendered;
  readonly renderedAt: number;
}

/** One box's way to the server: each attempt brings its post to the latest content, or says why not. */
export class Delivery {
  readonly #context: DeliveryContext;
  readonly #boxId: string;
  /** What the post shows, as far as known; unknown after a restart. */
  #shownKey: string | undefined;
  #shown: Rendered | undefined;
  #shownProps: string;
  #searchedLost = false;
  #editExpired = false;

  constructor(context: DeliveryContext, entry: LedgerEntry) {
    this.#context = context;
    this.#boxId = entry.boxId;
    this.#shownProps = this.#propsOf(undefined);
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
      this.#shown = { message: post.message };
      this.#update({ postId: post.id, serverProps: addedProps(post, undefined) });
      this.#shownProps = this.#propsOf(undefined);
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
    const { api, gate, ledger, clock, limits, stats } = this.#context;
    const { pendingPostId, rootId } = entry;
    let sent: Sent | undefined;
    let silent = limits.silent;
    try {
      const post = await gate.pass(
        async () => {
          // Durable before the request: a death from here on leaves a trace of it.
          this.#update({ attemptedAt: entry.attemptedAt ?? clock.now() });
          await ledger.flush();
          sent = this.#prepare(options.latest());
          silent = limits.silent;
          const { message } = sent.rendered;
          const props = JSON.parse(this.#propsOf(sent.rendered));
          return api.createPost({ channelId, rootId, message, props, pendingPostId, silent }, options);
        },
        passFor(entry, options),
      );
      stats.creates += 1;
      this.#update({ postId: post.id, serverProps: addedProps(post, sent?.rendered) });
      // A repeated create is answered with the post of the first one.
      if (sent === undefined || post.message !== sent.rendered.message) return { kind: 'outdated' };
      return this.#sent(sent);
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
    const { api, gate, stats, clock } = this.#context;
    const prepared = this.#prepareChange(options.latest());
    if (prepared === undefined) {
      stats.skips += 1;
      return { kind: 'skipped', content: options.latest().content };
    }
    let sent = prepared;
    try {
      await gate.pass(
        async () => {
          const wanted = options.latest();
          const isFresh = wanted === sent.wanted && clock.now() - sent.renderedAt < RENDER_MAX_AGE_MS;
          if (!isFresh) sent = this.#prepare(wanted);
          const props = this.#propsOf(sent.rendered);
          const changedProps = props === this.#shownProps ? {} : { props: JSON.parse(props) };
          await api.patchPost(postId, { message: sent.rendered.message, ...changedProps }, options);
        },
        passFor(entry, options),
      );
      stats.edits += 1;
      if (sent.wanted.heartbeat) stats.heartbeats += 1;
      return this.#sent(sent);
    } catch (error) {
      this.#forgetShown();
      const refusal = refusalIn(error);
      return this.#act(afterEdit(refusal), entry, options, sent, refusal);
    }
  }

  async #act(
    step: Step,
    entry: LedgerEntry,
    options: AttemptOptions,
    sent?: Sent,
    error?: MattermostError,
  ): Promise<Outcome | undefined> {
    const { limits } = this.#context;
    if (step.do === 'stop') return { kind: 'stopped', reason: step.reason };
    if (step.do === 'look') return this.#look(entry, options);
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
    this.#shownKey = sent.wanted.content.key;
    return { kind: 'refused', content: sent.wanted.content, error };
  }

  /** Once while the box goes on, and once for its end: a short limit must not make a post of every edit. */
  #continueInNewPost(entry: LedgerEntry, { wanted }: Sent): Outcome | undefined {
    this.#editExpired = entry.continued === true && !wanted.final;
    if (this.#editExpired) return { kind: 'skipped', content: wanted.content };
    const fresh = { marker: randomUUID(), pendingPostId: randomUUID(), continued: true };
    this.#update({ ...fresh, postId: undefined, serverProps: undefined, attemptedAt: undefined });
    return undefined;
  }

  /** After a failed edit the post may show either content: nothing may be skipped as already shown. */
  #forgetShown(): void {
    this.#shownKey = undefined;
    this.#shown = undefined;
    this.#shownProps = '';
  }

  /** The server answers 403 to an edit both when the post is gone and when the permission is. */
  async #look(entry: LedgerEntry, options: AttemptOptions): Promise<Outcome> {
    const { api, gate } = this.#context;
    try {
      const post = await gate.pass(() => api.getPost(entry.postId ?? '', options), passFor(entry, options));
      return { kind: 'stopped', reason: post.deleteAt > 0 ? 'deleted' : 'forbidden' };
    } catch (error) {
      return { kind: 'stopped', reason: refusalIn(error).kind === 'gone' ? 'deleted' : 'forbidden' };
    }
  }

  /** What an edit would send, or undefined when the post shows it already (or can show nothing more). */
  #prepareChange(wanted: Wanted): Sent | undefined {
    if (this.#editExpired && !wanted.final) return undefined;
    if (wanted.content.key === this.#shownKey && !wanted.heartbeat) return undefined;
    const prepared = this.#prepare(wanted);
    if (this.#shown === undefined || !isSame(this.#shown, prepared.rendered)) return prepared;
    this.#shownKey = wanted.content.key;
    return undefined;
  }

  #prepare(wanted: Wanted): Sent {
    const { clock, limits } = this.#context;
    const nowMs = clock.now();
    return { wanted, rendered: wanted.content.render({ nowMs, maxChars: limits.maxChars }), renderedAt: nowMs };
  }

  #sent({ wanted, rendered }: Sent): Outcome {
    this.#shownKey = wanted.content.key;
    this.#shown = rendered;
    this.#shownProps = this.#propsOf(rendered);
    return { kind: 'sent', content: wanted.content };
  }

  /** All props of the post, as JSON: an edit that gives props replaces them all, those the server added as well. */
  #propsOf(rendered: Rendered | undefined): string {
    const { ledger } = this.#context;
    const entry = ledger.get(this.#boxId);
    const marker = entry === undefined ? {} : { [MARKER_PROP]: markerOf(entry, ledger.instanceId) };
    return JSON.stringify({ ...entry?.serverProps, ...rendered?.props, ...marker });
  }

  #update(changes: Partial<Omit<LedgerEntry, 'boxId'>>): void {
    this.#context.ledger.update(this.#boxId, changes);
  }
}

const isSame = (a: Rendered, b: Rendered): boolean =>
  a.message === b.message && JSON.stringify(a.props) === JSON.stringify(b.props);

/** Props the server put there by itself (`from_bot`, `silent_notification`). */
function addedProps(post: Post, rendered: Rendered | undefined): Readonly<Record<string, unknown>> {
  const ours = new Set([MARKER_PROP, 'attachments', ...Object.keys(rendered?.props ?? {})]);
  return Object.fromEntries(Object.entries(post.props).filter(([key]) => !ours.has(key)));
}
