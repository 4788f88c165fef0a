/** Something that can have a deadline. */
export interface Dated {
  /** Decides which of two items with the same deadline comes first: the lower. */
  readonly order: number;
}

interface Entry<T> {
  readonly item: T;
  at: number;
  index: number;
}

/** The deadlines of many items, one for each, with the earliest at hand: a binary heap whose entries can be moved. */
export class Deadlines<T extends Dated> {
  readonly #heap: Entry<T>[] = [];
  readonly #entries = new Map<T, Entry<T>>();

  /** The item that is due first. */
  first(): { readonly item: T; readonly at: number } | undefined {
    return this.#heap[0];
  }

  /** How many items have a deadline. */
  get size(): number {
    return this.#heap.length;
  }

  /** When an item is due; `undefined` when it has no deadline. */
  of(item: T): number | undefined {
    return this.#entries.get(item)?.at;
  }

  /** Sets or replaces the deadline of an item; `undefined` removes it. */
  set(item: T, at: number | undefined): void {
    const entry = this.#entries.get(item);
    if (at === undefined) {
      if (entry !== undefined) this.#remove(entry);
    } else if (entry === undefined) {
      const added = { item, at, index: this.#heap.length };
      this.#entries.set(item, added);
      this.#heap.push(added);
      this.#rise(added);
    } else if (entry.at !== at) {
      entry.at = at;
      this.#rise(entry);
      this.#sink(entry);
    }
  }

  #remove(entry: Entry<T>): void {
    this.#entries.delete(entry.item);
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#put(last, entry.index);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(entry: Entry<T>): void {
    while (entry.index > 0) {
      const parent = this.#heap[(entry.index - 1) >> 1];
      if (parent === undefined || !isBefore(entry, parent)) return;
      this.#swap(entry, parent);
    }
  }

  #sink(entry: Entry<T>): void {
    for (;;) {
      const left = this.#heap[2 * entry.index + 1];
      const right = this.#heap[2 * entry.index + 2];
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, entry)) return;
      this.#swap(entry, child);
    }
  }

  #swap(a: Entry<T>, b: Entry<T>): void {
    const { index } = a;
    this.#put(a, b.index);
    this.#put(b, index);
  }

  #put(entry: Entry<T>, index: number): void {
    entry.index = index;
    this.#heap[index] = entry;
  }
}

function isBefore<T extends Dated>(a: Entry<T>, b: Entry<T>): boolean {
  return a.at < b.at || (a.at === b.at && a.item.order < b.item.order);
}
