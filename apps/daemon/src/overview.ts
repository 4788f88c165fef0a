import type { Clock } from '@live-status/resilience';
import { type BoxEntry, isOngoing } from '@live-status/session-state';

/** How long work that ended is remembered. Milliseconds. */
const REMEMBERED_MS = 3_600_000;
/** How much of it. */
const MAX_ENDED = 50;

/** All work that is worth showing: what goes on, and what ended within the last hour, whether or not it has a post. */
export class Overview {
  readonly #clock: Clock;
  readonly #ongoing = new Map<string, BoxEntry>();
  /** Oldest end first. */
  readonly #ended = new Map<string, BoxEntry>();
  readonly #listeners = new Set<(boxId: string) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes the newest view of a box. */
  update(entry: BoxEntry): void {
    if (!entry.worthPost || entry.old) return;
    const { boxId } = entry;
    this.#ongoing.delete(boxId);
    this.#ended.delete(boxId);
    (isOngoing(entry.box.state) ? this.#ongoing : this.#ended).set(boxId, entry);
    this.#forgetOld();
    for (const listener of this.#listeners) listener(boxId);
  }

  /** What goes on: first what waits for a person, then the rest, each the oldest first. */
  ongoing(): BoxEntry[] {
    const waits = ({ box }: BoxEntry): number => Number(box.state === 'waiting');
    return [...this.#ongoing.values()].sort((a, b) => waits(b) - waits(a) || a.box.startedAt - b.box.startedAt);
  }

  /** What ended within the last hour, the newest first; of very much, the newest. */
  ended(): BoxEntry[] {
    this.#forgetOld();
    return [...this.#ended.values()].reverse();
  }

  /** Calls `listener` with the id of each box that changed, until the returned function is called. */
  subscribe(listener: (boxId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #forgetOld(): void {
    const oldestAt = this.#clock.now() - REMEMBERED_MS;
    for (const [boxId, { box }] of this.#ended) {
      if (this.#ended.size <= MAX_ENDED && (box.endedAt ?? box.startedAt) >= oldestAt) return;
      this.#ended.delete(boxId);
    }
  }
}
