/** Few enough to be copied for one change, enough to be few themselves. */
const PAGE_RECORDS = 32;

type Page<V> = ReadonlyMap<string, Readonly<V>>;

/**
 * Records by key, in the order they came. Kept in pages, so that a changed copy shares all pages but the changed one:
 * one session of a thousand changes without a copy of the thousand.
 */
export class Pages<V extends object> {
  readonly pages: readonly Page<V>[];

  constructor(pages: readonly Page<V>[] = []) {
    this.pages = pages;
  }

  get(key: string): Readonly<V> | undefined {
    return find(this.pages, key);
  }

  get size(): number {
    return this.pages.reduce((sum, page) => sum + page.size, 0);
  }

  *keys(): Generator<string> {
    for (const page of this.pages) yield* page.keys();
  }

  *values(): Generator<Readonly<V>> {
    for (const page of this.pages) yield* page.values();
  }
}

/** Records that are copied the first time they are edited: the pages they came from never change. */
export class CopyOnWrite<V extends object> {
  readonly #base: Pages<V>;
  #pages: readonly Page<V>[];
  /** Pages made here. */
  readonly #own = new Set<Page<V>>();
  readonly #edited = new Set<string>();

  constructor(base: Pages<V>) {
    this.#base = base;
    this.#pages = base.pages;
  }

  get(key: string): Readonly<V> | undefined {
    return find(this.#pages, key);
  }

  /** The record, ready to be changed; `undefined` when there is none. */
  edit(key: string): V | undefined {
    const record = this.get(key);
    if (record === undefined) return undefined;
    if (this.#edited.has(key)) return record as V;
    return this.put(key, { ...record });
  }

  put(key: string, record: V): V {
    const index = this.#pages.findIndex((page) => page.has(key));
    this.#edited.add(key);
    this.#writable(index === -1 ? this.#roomAt() : index).set(key, record);
    return record;
  }

  delete(key: string): void {
    const index = this.#pages.findIndex((page) => page.has(key));
    if (index === -1) return;
    const page = this.#writable(index);
    page.delete(key);
    if (page.size === 0) this.#pages = this.#pages.toSpliced(index, 1);
  }

  *values(): Generator<Readonly<V>> {
    for (const page of this.#pages) yield* page.values();
  }

  result(): Pages<V> {
    return this.#pages === this.#base.pages ? this.#base : new Pages(this.#pages);
  }

  /** Where the next new record goes. */
  #roomAt(): number {
    const last = this.#pages.at(-1);
    return last !== undefined && last.size < PAGE_RECORDS ? this.#pages.length - 1 : this.#pages.length;
  }

  #writable(index: number): Map<string, Readonly<V>> {
    const page = this.#pages[index];
    if (page !== undefined && this.#own.has(page)) return page as Map<string, Readonly<V>>;
    const copy = new Map(page);
    this.#own.add(copy);
    this.#pages = page === undefined ? [...this.#pages, copy] : this.#pages.with(index, copy);
    return copy;
  }
}

function find<V>(pages: readonly Page<V>[], key: string): Readonly<V> | undefined {
  for (const page of pages) {
    const record = page.get(key);
    if (record !== undefined) return record;
  }
  return undefined;
}
