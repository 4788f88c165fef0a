import { type Clock, DeadlineTimer } from '@live-status/resilience';
import type { BoxEntry, BoxFold, SessionSource, SourceEvent, Tick } from '@live-status/session-state';

/** What a pipeline needs. */
export interface PipelineOptions {
  readonly source: SessionSource;
  /** What the events are folded into; knows the boxes of the previous process. */
  readonly boxes: BoxFold;
  readonly clock: Clock;
  /** Called for each box that may look different, in the order of the folds. */
  readonly onChange: (entry: BoxEntry) => void;
  /** Called once, when the source has reported everything that was there at the start. */
  readonly onCaughtUp: () => void;
}

/** Folds what a source reports, and what time alone brings about, and hands on every box that changed. */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #ticks: DeadlineTimer;
  #stopped = false;

  constructor(options: PipelineOptions) {
    const { clock } = options;
    this.#options = options;
    this.#ticks = new DeadlineTimer(clock, () => this.#fold([{ type: 'tick', at: clock.now() }]));
  }

  /** Follows the source until it closes or `stop` is called. Rejects when the source does. */
  async run(): Promise<void> {
    const { source, onCaughtUp } = this.#options;
    for await (const batch of source) {
      if (this.#stopped) continue;
      this.#fold(batch);
      if (batch.some(({ type }) => type === 'caught-up')) onCaughtUp();
    }
    this.stop();
  }

  /** Nothing is handed on any more. Does not close the source. */
  stop(): void {
    this.#stopped = true;
    this.#ticks.close();
  }

  #fold(events: readonly (SourceEvent | Tick)[]): void {
    const { boxes, onChange } = this.#options;
    const { changed, settled } = boxes.fold(events);
    for (const boxId of changed) {
      const entry = boxes.view(boxId);
      if (entry !== undefined) onChange(entry);
    }
    for (const entry of settled) onChange(entry);
    this.#ticks.set(boxes.nextDeadline());
  }
}
