import type { Delivered, LiveContent } from '@live-status/mm-poster';
import type { Clock } from '@live-status/resilience';
import { Histogram } from './histogram.ts';

/** Posts whose address is remembered. */
const MAX_POSTS = 1_000;

/** Changes of a box that have not reached Mattermost. */
interface Pending {
  /** When the first of them was observed, milliseconds since the epoch. */
  since: number;
  content: LiveContent | undefined;
  /** When the newest of them was observed. */
  newestAt: number;
}

/** What is on its way to Mattermost since when, how long that took, and where each box has its post. */
export class Deliveries {
  /** From the observation of a change until Mattermost had it, throttling included, by source. */
  readonly latency: Histogram = new Histogram();
  /** From a request to Mattermost until the head of its answer, by method. */
  readonly requests: Histogram = new Histogram();
  readonly #clock: Clock;
  readonly #sourceName: () => string;
  readonly #pending = new Map<string, Pending>();
  readonly #urls = new Map<string, string>();

  /** @param sourceName the source in use */
  constructor(clock: Clock, sourceName: () => string) {
    this.#clock = clock;
    this.#sourceName = sourceName;
  }

  /** A box changed because of what was observed at `at`, milliseconds since the epoch. */
  changed(boxId: string, at: number): void {
    const pending = this.#pending.get(boxId);
    if (pending === undefined) this.#pending.set(boxId, { since: at, newestAt: at, content: undefined });
    else pending.newestAt = at;
  }

  /** The newest content of a box was given to the poster. */
  given(boxId: string, content: LiveContent): void {
    const pending = this.#pending.get(boxId);
    if (pending !== undefined) pending.content = content;
  }

  /** A content reached Mattermost, or was there already. */
  delivered({ boxId, content, isUnchanged, postId, server }: Delivered): void {
    if (server !== undefined) this.locate(boxId, server, postId);
    const pending = this.#pending.get(boxId);
    if (pending === undefined) return;
    if (isUnchanged !== true) this.latency.observe(this.#sourceName(), this.#clock.now() - pending.since);
    if (pending.content === content) this.#pending.delete(boxId);
    else pending.since = pending.newestAt;
  }

  /** Nothing will change any more: a box that was given to nobody never gets a post. */
  settled(boxId: string): void {
    if (this.#pending.get(boxId)?.content === undefined) this.#pending.delete(boxId);
  }

  /** A box will not be shown (any more), and whatever post it had is gone. */
  forget(boxId: string): void {
    this.#pending.delete(boxId);
    this.#urls.delete(boxId);
  }

  /** A box has this post. */
  locate(boxId: string, server: string, postId: string): void {
    this.#urls.delete(boxId);
    this.#urls.set(boxId, postUrl(server, postId));
    const [oldest] = this.#urls.keys();
    if (this.#urls.size > MAX_POSTS && oldest !== undefined) this.#urls.delete(oldest);
  }

  /**
   * The address of a box's post: Mattermost finds the team by itself.
   *
   * @param server only if the post is on this server. Default: wherever it is
   */
  urlOf(boxId: string, server?: string): string | undefined {
    const url = this.#urls.get(boxId);
    return server === undefined || url?.startsWith(postUrl(server, '')) ? url : undefined;
  }
}

function postUrl(server: string, postId: string): string {
  return `${server.replace(/\/+$/, '')}/_redirect/pl/${postId}`;
}
