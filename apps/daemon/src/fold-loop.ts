import { type Clock, DeadlineTimer } from '@live-status/resilience';
import type { BoxEntry, BoxFold, SessionSource, SourceEvent, Tick } from '@live-status/session-state';

/** What a {@link FoldLoop} needs. */
export interface FoldLoopOptions {
  readonly source: SessionSource;
  /** What the events are folded into. Knows the boxes of the previous process. */
  readonly boxes: BoxFold;
  readonly clock: Clock;
  /**
   * Called for each box that may have changed, in the order of the events. `observedAt`: when the first event of the batch was
   * observed, milliseconds since the epoch.
   */
  readonly onChange: (entry: BoxEntry, observedAt: number) => void;
  /** Called with each batch before it is folded. Default: nothing. */
  readonly onEvents?: (events: readonly SourceEvent[]) => void;
  /** Called once, when the source has reported everything that was there at the start. */
  readonly onCaughtUp: () => void;
}

/** Folds the events of a source, and ticks of the clock when one is due, into boxes and reports each box that changed. */
export class FoldLoop {
  readonly #options: FoldLoopOptions;
  readonly #ticks: DeadlineTimer;
  #stopped = false;

  constructor(options: FoldLoopOptions) {
    const { clock } = options;
    this.#options = options;
    this.#ticks = new DeadlineTimer(clock, () => this.#fold([{ type: 'tick', at: clock.now() }]));
  }

  /** Reads the source until it closes. Rejects when the source fails. */
  async run(): Promise<void> {
    const { source, onCaughtUp, onEvents } = this.#options;
    for await (const batch of source) {
      if (this.#stopped) continue;
      onEvents?.(batch);
      this.#fold(batch);
      if (batch.some(({ type }) => type === 'caught-up')) onCaughtUp();
    }
    this.stop();
  }

  /** Reports no further changes. Does not close the source. */
  stop(): void {
    this.#stopped = true;
    this.#ticks.close();
  }

  #fold(events: readonly (SourceEvent | Tick)[]): void {
    const { boxes, clock, onChange } = this.#options;
    const observedAt = Math.min(clock.now(), events[0]?.at ?? Number.POSITIVE_INFINITY);
    const { changed, settled } = boxes.fold(events);
    for (const boxId of changed) {
      const entry = boxes.view(boxId);
      if (entry !== undefined) onChange(entry, observedAt);
    }
    for (const entry of settled) onChange(entry, observedAt);
    this.#ticks.set(boxes.nextDeadline());
  }
}
