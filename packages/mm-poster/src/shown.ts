import type { LiveContent, Rendered } from './content.ts';
import type { DeliveryContext, Wanted } from './context.ts';
import { MARKER_PROP, markerOf } from './marker.ts';
import type { Post } from './post-api.ts';

/** A content rendered to be sent. */
export interface Prepared {
  readonly wanted: Wanted;
  readonly rendered: Rendered;
  /** Milliseconds since the epoch. */
  readonly renderedAt: number;
}

/** Props of a post. */
export type Props = Readonly<Record<string, unknown>>;

/** How old a render may get while it waits for its turn. */
const RENDER_MAX_AGE_MS = 1000;

/** What a box's post shows, as far as known (after a restart it is not), and what it would take to show something else. */
export class Shown {
  readonly #context: DeliveryContext;
  readonly #boxId: string;
  #key: string | undefined;
  #rendered: Rendered | undefined;
  /** JSON of all props; undefined: not known. */
  #props: string | undefined;

  constructor(context: DeliveryContext, boxId: string) {
    this.#context = context;
    this.#boxId = boxId;
    this.#props = JSON.stringify(this.propsFor(undefined));
  }

  prepare(wanted: Wanted): Prepared {
    const { clock, limits } = this.#context;
    const nowMs = clock.now();
    return { wanted, rendered: wanted.content.render({ nowMs, maxChars: limits.maxChars }), renderedAt: nowMs };
  }

  /** The same again unless there is something newer, or time has passed. */
  refresh(prepared: Prepared, wanted: Wanted): Prepared {
    const isFresh = wanted === prepared.wanted && this.#context.clock.now() - prepared.renderedAt < RENDER_MAX_AGE_MS;
    return isFresh ? prepared : this.prepare(wanted);
  }

  /** What an edit would send, or undefined when the post shows it already. */
  prepareChange(wanted: Wanted): Prepared | undefined {
    if (wanted.content.key === this.#key && !wanted.heartbeat) return undefined;
    const prepared = this.prepare(wanted);
    if (this.#rendered === undefined || !isSame(this.#rendered, prepared.rendered)) return prepared;
    this.#key = wanted.content.key;
    return undefined;
  }

  /** All props of the post: an edit that gives props replaces them all, those the server added as well. */
  propsFor(rendered: Rendered | undefined): Props {
    const { ledger } = this.#context;
    const entry = ledger.get(this.#boxId);
    const marker = entry === undefined ? {} : { [MARKER_PROP]: markerOf(entry, ledger.instanceId) };
    return { ...entry?.serverProps, ...rendered?.props, ...marker };
  }

  /** The props an edit must give, or undefined when they stay as they are. */
  changedProps(rendered: Rendered): Props | undefined {
    const props = this.propsFor(rendered);
    return JSON.stringify(props) === this.#props ? undefined : props;
  }

  /** The server has this content now. */
  sent({ wanted, rendered }: Prepared): void {
    this.#key = wanted.content.key;
    this.#rendered = rendered;
    this.#props = JSON.stringify(this.propsFor(rendered));
  }

  /** A post was found that is ours; its text may be the wanted one already. */
  found({ message }: Post): void {
    this.#rendered = { message };
    this.#props = JSON.stringify(this.propsFor(undefined));
  }

  /** After a failed edit the post may show either content: nothing may be skipped as already shown. */
  forget(): void {
    this.#key = undefined;
    this.#rendered = undefined;
    this.#props = undefined;
  }

  /** The server will never take this content: as good as shown. */
  refused(content: LiveContent): void {
    this.#key = content.key;
  }
}

/** Props the server put there by itself (`from_bot`, `silent_notification`). */
export function addedProps(post: Post, rendered: Rendered | undefined): Props {
  const ours = new Set([MARKER_PROP, 'attachments', ...Object.keys(rendered?.props ?? {})]);
  return Object.fromEntries(Object.entries(post.props).filter(([key]) => !ours.has(key)));
}

const isSame = (a: Rendered, b: Rendered): boolean =>
  a.message === b.message && JSON.stringify(a.props) === JSON.stringify(b.props);
