import { createHash } from 'node:crypto';
import type { Clock } from '@live-status/resilience';
import type { Ledger } from './ledger.ts';
import { MARKER_PROP, markerOf } from './marker.ts';
import type { Post } from './post-api.ts';

/** What a render may use. */
export interface RenderBudget {
  /** Now, milliseconds since the epoch. */
  readonly nowMs: number;
  /** Longest message, Unicode code points. */
  readonly maxChars: number;
  /** The whole content was refused: show its state and as little else as possible, nothing that came from outside. */
  readonly headOnly?: true;
  /** This is the last edit of a post that may soon not be edited any more: say that another one continues it. */
  readonly continued?: true;
}

/** A post as it is to be shown. */
export interface Rendered {
  readonly message: string;
  /** Attachments and the like; the key `live_status` is the poster's own. */
  readonly props?: Readonly<Record<string, unknown>> | undefined;
}

/** Content that is rendered as late as possible, right before it is sent. */
export interface LiveContent {
  /**
   * Names what is shown, without the clock: content with the same key as before needs no edit, even if its elapsed
   * time reads differently by now.
   */
  readonly key: string;
  /**
   * The text shows a running clock (`running for 40s`). While nothing else changes, the post is then edited for the
   * clock alone: after `heartbeatMs`, and at doubled gaps from then on. Default false.
   */
  readonly ticking?: boolean | undefined;
  /**
   * The post notifies people when it is created; neither its edits do, nor another post that continues it. Default false:
   * created silently.
   */
  readonly notify?: boolean | undefined;
  /**
   * The post is pinned to its channel, once: a person who unpins it wins. Before it is made, it is searched among the
   * pinned posts, so that it is found again without a ledger. Default false.
   */
  readonly pinned?: boolean | undefined;
  /**
   * Requests for this post wait for those of all other posts, and leave one of the request rate over. After 30 s of
   * waiting they count as ordinary edits. Default false.
   */
  readonly yielding?: boolean | undefined;
  /** Somebody waits for this content: its edit goes before intermediate ones of other posts. Default false. */
  readonly awaited?: boolean | undefined;
  /** Pure. Called again when the server takes less than `maxChars`. */
  render(budget: RenderBudget): Rendered;
  /**
   * A text of this content without what its clock shows. A post that is found after a restart is left as it is when it
   * differs in nothing else. Default: the text itself.
   */
  withoutClock?(text: string): string;
}

/** A plain text as content: its own key, cut to what the server takes. */
export function textContent(text: string): LiveContent {
  return {
    key: text,
    render({ maxChars, headOnly }) {
      const shown = headOnly ? (text.split('\n', 1)[0] ?? '') : text;
      return { message: shown.length <= maxChars ? shown : [...shown].slice(0, maxChars).join('') };
    },
  };
}

/** What a box wants shown. */
export interface Wanted {
  readonly content: LiveContent;
  /** The last content: urgent, and worth one more post where an edit is not possible any more. */
  readonly final: boolean;
  /** Wanted for the clock alone. */
  readonly heartbeat: boolean;
  /** The post is to be deleted; the content is for one that has to stay. */
  readonly remove?: boolean | undefined;
}

/** A content to be sent. It is rendered when that is needed first: it may be replaced while it waits for its turn. */
export class Prepared {
  readonly wanted: Wanted;
  readonly form: Form;
  readonly #render: () => Timed;
  #timed: Timed | undefined;

  constructor(wanted: Wanted, form: Form, render: () => Timed) {
    this.wanted = wanted;
    this.form = form;
    this.#render = render;
  }

  get rendered(): Rendered {
    this.#timed ??= this.#render();
    return this.#timed.rendered;
  }

  /** Whether it is not yet older than readers should notice. */
  isFreshAt(nowMs: number): boolean {
    return this.#timed === undefined || nowMs - this.#timed.nowMs < RENDER_MAX_AGE_MS;
  }
}

/** What was rendered, and as of when, milliseconds since the epoch. */
interface Timed {
  readonly rendered: Rendered;
  readonly nowMs: number;
}

/** How much of a content is rendered. */
export type Form = Pick<RenderBudget, 'headOnly' | 'continued'>;

type Props = Readonly<Record<string, unknown>>;

/** What a {@link PostState} needs. */
export interface PostStateOptions {
  readonly boxId: string;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Longest message the server is known to take, code points. */
  readonly maxChars: () => number;
}

/** How old a render may get while it waits for its turn. */
const RENDER_MAX_AGE_MS = 1000;

/**
 * What the post of a box shows, as far as known (after a restart it is not), and what it would take to show something
 * else. Keeps digests instead of texts, because thousands of posts may be open.
 */
export class PostState {
  readonly #options: PostStateOptions;
  #key: string | undefined;
  /** Of what was rendered; undefined: not known. */
  #rendered: string | undefined;
  /** Of all props; undefined: not known. */
  #props: string | undefined;

  constructor(options: PostStateOptions) {
    this.#options = options;
    this.#props = digest(this.propsFor(undefined));
  }

  /** What is wanted, to be rendered as of when it is needed. */
  prepare(wanted: Wanted, form: Form = {}): Prepared {
    const { clock, maxChars } = this.#options;
    return new Prepared(wanted, form, () => {
      const nowMs = clock.now();
      return { rendered: wanted.content.render({ nowMs, maxChars: maxChars(), ...form }), nowMs };
    });
  }

  /** The same again, unless something newer is wanted or time has passed. */
  refresh(prepared: Prepared, wanted: Wanted): Prepared {
    const isCurrent = wanted === prepared.wanted && prepared.isFreshAt(this.#options.clock.now());
    return isCurrent ? prepared : this.prepare(wanted, prepared.form);
  }

  /**
   * What an edit would send, or undefined when the post is known to show it already. Where another key speaks for another
   * text, {@link shows} has the last word, once it is rendered.
   */
  prepareChange(wanted: Wanted, form: Form): Prepared | undefined {
    if (wanted.content.key === this.#key && !wanted.heartbeat) return undefined;
    const prepared = this.prepare(wanted, form);
    const isLikely = this.#key !== undefined && !wanted.heartbeat;
    return isLikely || !this.shows(prepared) ? prepared : undefined;
  }

  /** Whether the post shows this. */
  shows(prepared: Prepared): boolean {
    const { wanted } = prepared;
    if (wanted.content.key === this.#key && !wanted.heartbeat) return true;
    if (this.#rendered !== digestOf(prepared.rendered)) return false;
    this.#key = wanted.content.key;
    return true;
  }

  /** All props of the post: an edit that gives props replaces them all, those the server added as well. */
  propsFor(rendered: Rendered | undefined): Props {
    const { boxId, ledger } = this.#options;
    const entry = ledger.get(boxId);
    const marker = entry === undefined ? {} : { [MARKER_PROP]: markerOf(entry, ledger.instanceId) };
    return { ...entry?.serverProps, ...rendered?.props, ...marker };
  }

  /** The props an edit must give, or undefined when they stay as they are. */
  changedProps(rendered: Rendered): Props | undefined {
    const props = this.propsFor(rendered);
    return digest(props) === this.#props ? undefined : props;
  }

  /** The server has this content now, in this version of the post. */
  sent({ wanted, rendered, form }: Prepared, { updateAt }: Post): void {
    const { boxId, ledger } = this.#options;
    this.#key = wanted.content.key;
    this.#rendered = digestOf(rendered);
    this.#props = digest(this.propsFor(rendered));
    const isWhole = form.headOnly === undefined && form.continued === undefined;
    ledger.update(boxId, { shown: isWhole ? { key: digest(wanted.content.key), updateAt } : undefined });
  }

  /** A post was found that is ours; its text may be the wanted one already. */
  found({ message, props }: Post): void {
    // Attachments are compared by what they show: other ones, and none, are sent.
    const hasAttachments = props.attachments !== undefined;
    this.#rendered = hasAttachments ? undefined : digestOf({ message });
    this.#props = hasAttachments ? undefined : digest(this.propsFor(undefined));
  }

  /**
   * Whether a post that was found still shows this content, though a clock in it may read differently by now: the ledger
   * knows that it does, or it reads the same. A process that is killed may not have written its last edit down.
   */
  isStill(post: Post, wanted: Wanted): boolean {
    const { boxId, ledger } = this.#options;
    const { content } = wanted;
    const shown = ledger.get(boxId)?.shown;
    if (shown?.updateAt === post.updateAt && shown.key === digest(content.key)) return true;
    const { message, props = {} } = this.prepare(wanted).rendered;
    const read = (text: string): string => content.withoutClock?.(text) ?? text;
    const isSame = (a: unknown, b: unknown): boolean => read(JSON.stringify(a ?? [])) === read(JSON.stringify(b ?? []));
    return read(post.message) === read(message) && isSame(post.props.attachments, props.attachments);
  }

  /** Whether two renders show the same. */
  isSame(a: Prepared, b: Prepared): boolean {
    return digestOf(a.rendered) === digestOf(b.rendered);
  }

  /** The post shows this content. */
  confirmed({ content }: Wanted): void {
    this.#key = content.key;
  }

  /** After a failed edit the post may show either content: nothing may be skipped as already shown. */
  forget(): void {
    this.#key = undefined;
    this.#rendered = undefined;
    this.#props = undefined;
  }
}

/** Props that the server added to a post by itself (`from_bot`, `silent_notification`). */
export function addedProps(post: Post, rendered: Rendered | undefined): Props {
  const ours = new Set([MARKER_PROP, 'attachments', ...Object.keys(rendered?.props ?? {})]);
  return Object.fromEntries(Object.entries(post.props).filter(([key]) => !ours.has(key)));
}

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('base64');
const digestOf = ({ message, props }: Rendered): string => digest([message, props]);
