/** How many entries of a session are remembered one by one. Older ones are recognised by their recorded time. */
const REMEMBERED = 64;

interface Place {
  readonly path: string;
  offset: number;
}

/**
 * The entries of a session that were seen, by id: across rewrites, repairs and successor files an id that was seen is
 * no new entry. Bounded.
 */
export class KnownEntries {
  readonly #places = new Map<string, Place>();
  #newestAt = Number.NEGATIVE_INFINITY;

  /** Entries recorded before this time were seen or are not wanted. */
  ignoreBefore(recordedAt: number): void {
    this.#newestAt = Math.max(this.#newestAt, recordedAt);
  }

  has(id: string): boolean {
    return this.#places.has(id);
  }

  /** True for an entry older than the newest one that was seen. */
  isOld(recordedAt: number | undefined): boolean {
    return recordedAt !== undefined && recordedAt < this.#newestAt;
  }

  add(id: string, path: string, offset: number, recordedAt: number | undefined): void {
    this.#places.set(id, { path, offset });
    if (recordedAt !== undefined) this.ignoreBefore(recordedAt);
    if (this.#places.size <= REMEMBERED) return;
    const [oldest] = this.#places.keys();
    if (oldest !== undefined) this.#places.delete(oldest);
  }

  /** The entry was met again, maybe elsewhere in its file. */
  moved(id: string, path: string, offset: number): void {
    const place = this.#places.get(id);
    if (place !== undefined && place.path === path) place.offset = offset;
  }

  /** Entries that stand in this file at or after an offset. */
  from(path: string, offset: number): Set<string> {
    const found = [...this.#places].filter(([, place]) => place.path === path && place.offset >= offset);
    return new Set(found.map(([id]) => id));
  }

  forget(ids: Iterable<string>): void {
    for (const id of ids) this.#places.delete(id);
  }
}
