import { type BoxEntry, BoxFold, type Rules, type SourceEvent } from '@live-status/session-state';

/** Folds what a source reports, and keeps every box, also those that have settled. */
export class BoxKeeper {
  /** When each box, by id, became worth its post. */
  readonly postedAt = new Map<string, number>();
  readonly #boxes: BoxFold;
  readonly #settled: BoxEntry[] = [];

  constructor(rules: Rules) {
    this.#boxes = new BoxFold({ rules });
  }

  fold(events: readonly SourceEvent[], now: number): void {
    const folded = this.#boxes.fold([...events, { type: 'tick', at: now }]);
    this.#settled.push(...folded.settled);
    for (const boxId of folded.changed) {
      if (!this.postedAt.has(boxId) && this.#boxes.view(boxId)?.worthPost) this.postedAt.set(boxId, now);
    }
  }

  /** All boxes, in the order of their first evidence. */
  get entries(): readonly BoxEntry[] {
    const open = this.#boxes.boxIds().flatMap((boxId) => this.#boxes.view(boxId) ?? []);
    return [...this.#settled, ...open].sort((a, b) => a.box.startedAt - b.box.startedAt);
  }
}
