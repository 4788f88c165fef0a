import { type BoxEntry, BoxFold, type SourceEvent } from '@live-status/session-state';
import { ticksUntil } from './ticks.ts';

/** What a post showed from `at` on, milliseconds since the epoch. */
export interface Version {
  readonly at: number;
  readonly entry: BoxEntry;
  /** It differs from the version before; only the last one may not. */
  readonly isNew: boolean;
  /** Nothing will change any more. */
  readonly isLast: boolean;
}

/** Changes of a post that are closer together are shown as one, as the daemon does by default. Milliseconds. */
const THROTTLE_MS = 500;

/**
 * The posts that the daemon would have made of these events, version by version in the order of time. Edits that only
 * say that time passes are left out.
 *
 * @param keyOf what must differ for a version to be a new one
 */
export async function* versionsOf(
  events: AsyncIterable<SourceEvent>,
  keyOf: (entry: BoxEntry) => string,
): AsyncGenerator<Version> {
  const posts = new Posts(keyOf);
  for await (const { at, entry } of changesOf(events)) {
    yield* posts.due(at);
    yield* posts.take(at, entry);
  }
  yield* posts.due(Number.POSITIVE_INFINITY);
}

interface Change {
  readonly at: number;
  readonly entry: BoxEntry;
}

/** Every change of every box that is worth a post. */
async function* changesOf(events: AsyncIterable<SourceEvent>): AsyncGenerator<Change> {
  const boxes = new BoxFold();
  const fold = function* (
    event: Parameters<BoxFold['fold']>[0] extends Iterable<infer E> ? E : never,
  ): Generator<Change> {
    const { changed, settled } = boxes.fold([event]);
    const open = [...changed].flatMap((boxId) => boxes.view(boxId) ?? []);
    for (const entry of [...open, ...settled]) if (entry.worthPost) yield { at: event.at, entry };
  };
  const tick = (at: number): Generator<Change> => fold({ type: 'tick', at });
  for await (const event of events) {
    yield* ticksUntil(boxes, event.at, tick);
    yield* fold(event);
  }
  yield* ticksUntil(boxes, Number.MAX_SAFE_INTEGER, tick);
}

interface Post {
  key: string;
  shownAt: number;
  pending: BoxEntry | undefined;
}

class Posts {
  readonly #keyOf: (entry: BoxEntry) => string;
  readonly #posts = new Map<string, Post>();

  constructor(keyOf: (entry: BoxEntry) => string) {
    this.#keyOf = keyOf;
  }

  /** A change: shown at once, or when the post may be edited again. */
  *take(at: number, entry: BoxEntry): Generator<Version> {
    const post = this.#posts.get(entry.boxId) ?? { key: '', shownAt: Number.NEGATIVE_INFINITY, pending: undefined };
    this.#posts.set(entry.boxId, post);
    if (entry.settled || at >= post.shownAt + THROTTLE_MS) yield* this.#show(post, at, entry);
    else post.pending = entry;
    if (entry.settled) this.#posts.delete(entry.boxId);
  }

  /** What waited for its post until `at`, earliest first. */
  *due(at: number): Generator<Version> {
    const waiting = [...this.#posts.values()].filter((post) => post.pending !== undefined);
    for (const post of waiting.sort((a, b) => a.shownAt - b.shownAt)) {
      const dueAt = post.shownAt + THROTTLE_MS;
      if (dueAt <= at && post.pending !== undefined) yield* this.#show(post, dueAt, post.pending);
    }
  }

  *#show(post: Post, at: number, entry: BoxEntry): Generator<Version> {
    const key = this.#keyOf(entry);
    const isNew = key !== post.key;
    post.pending = undefined;
    if (!isNew && !entry.settled) return;
    Object.assign(post, { key, shownAt: at });
    yield { at, entry, isNew, isLast: entry.settled };
  }
}
