import { AppError } from './errors.ts';

const WINDOW_MS = 30_000;

/** What the server knows about a `pending_post_id`. */
export type Seen = { readonly state: 'new' } | { readonly state: 'created'; readonly postId: string };

/**
 * The server's protection against creating a post twice: a cache keyed by the client's `pending_post_id` alone, in
 * memory, 30 s from the last write. The size limit of the real cache (25 000 entries) is left out.
 */
export class Deduplication {
  readonly #entries = new Map<string, { readonly postId: string; readonly writtenAt: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Reserves `key`, or returns which post it made. An empty key reserves nothing.
   * @throws AppError 500 `api.post.deduplicate_create_post.pending` while the first request with this key still saves.
   */
  reserve(key: string): Seen {
    const entry = this.#entries.get(key);
    if (key === '') return { state: 'new' };
    if (!entry || this.#now() - entry.writtenAt >= WINDOW_MS) {
      this.#write(key, '');
      return { state: 'new' };
    }
    if (entry.postId !== '') return { state: 'created', postId: entry.postId };
    throw new AppError(
      500,
      'api.post.deduplicate_create_post.pending',
      'Rejected post since another client is making the same request.',
    );
  }

  commit(key: string, postId: string): void {
    if (key !== '') this.#write(key, postId);
  }

  release(key: string): void {
    this.#entries.delete(key);
  }

  /** Forgets everything, as a restart of the server or 30 s do. */
  expire(): void {
    this.#entries.clear();
  }

  /** Removes what the window is over for. It counts no more, but takes memory. */
  prune(): void {
    for (const [key, { writtenAt }] of this.#entries) {
      if (this.#now() - writtenAt >= WINDOW_MS) this.#entries.delete(key);
    }
  }

  #write(key: string, postId: string): void {
    this.#entries.set(key, { postId, writtenAt: this.#now() });
  }
}
