import type { Clock, TimerHandle } from '@live-status/resilience';
import type { BoxEntry, BoxFold, SessionEvent, SessionSource, Tick } from '@live-status/session-state';

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

/** How often a source that is still starting is asked whether it is done, milliseconds. */
const CATCH_UP_POLL_MS = 50;

/** Folds what a source reports, and what time alone brings about, and hands on every box that changed. */
export class Pipeline {
  readonly #options: PipelineOptions;
  #deadline: TimerHandle | undefined;
  #poll: TimerHandle | undefined;
  #asking = false;
  #stopped = false;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Follows the source until it closes or `stop` is called. Rejects when the source does. */
  async run(): Promise<void> {
    const { source } = this.#options;
    const batches = source[Symbol.asyncIterator]();
    this.#pollCaughtUp();
    for (;;) {
      this.#asking = true;
      const step = await batches.next();
      this.#asking = false;
      if (step.done === true || this.#stopped) break;
      this.#fold(step.value);
    }
    this.stop();
  }

  /** Nothing is handed on any more. Does not close the source. */
  stop(): void {
    const { clock } = this.#options;
    this.#stopped = true;
    if (this.#deadline !== undefined) clock.clearTimeout(this.#deadline);
    if (this.#poll !== undefined) clock.clearTimeout(this.#poll);
  }

  #fold(events: readonly (SessionEvent | Tick)[]): void {
    const { boxes, onChange } = this.#options;
    const { changed, settled } = boxes.fold(events);
    for (const boxId of changed) {
      const entry = boxes.view(boxId);
      if (entry !== undefined) onChange(entry);
    }
    for (const entry of settled) onChange(entry);
    this.#scheduleTick();
  }

  #scheduleTick(): void {
    const { boxes, clock } = this.#options;
    if (this.#deadline !== undefined) clock.clearTimeout(this.#deadline);
    const at = boxes.nextDeadline();
    this.#deadline =
      at === undefined
        ? undefined
        : clock.setTimeout(() => this.#fold([{ type: 'tick', at: clock.now() }]), Math.max(0, at - clock.now()));
  }

  /** Caught up: the source is attached, and we wait for it and not it for us. */
  #pollCaughtUp(): void {
    const { clock, source, onCaughtUp } = this.#options;
    this.#poll = clock.setTimeout(() => {
      this.#poll = undefined;
      if (this.#asking && source.status().state !== 'starting') onCaughtUp();
      else this.#pollCaughtUp();
    }, CATCH_UP_POLL_MS);
  }
}
