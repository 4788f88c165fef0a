import { type Clock, DeadlineTimer } from '@live-status/resilience';
import { EventBuffer } from '@live-status/run-tracker';
import { createInterpreter, type InterpreterOptions } from './interpreter.ts';
import type { CaughtUp, EventFrame, Lost, Observation } from './observation.ts';

/**
 * Observations in, session events out: as they come, and when time alone changes something. Never waits for the consumer.
 */
export class EventFeed {
  readonly buffer: EventBuffer;
  readonly #clock: Clock;
  readonly #interpreter: ReturnType<typeof createInterpreter>;
  readonly #ticks: DeadlineTimer;
  /** Frames that wait for what was before them. */
  #held: EventFrame[] | undefined;

  constructor(clock: Clock, options: InterpreterOptions) {
    this.#clock = clock;
    this.buffer = new EventBuffer(clock);
    this.#interpreter = createInterpreter(options);
    this.#ticks = new DeadlineTimer(clock, () => this.#take({ type: 'tick', at: clock.now() }));
  }

  /** A connection begins: its frames wait until `catchUp`, or until it is lost. */
  holdFrames(): void {
    this.#held = [];
  }

  /** Who answers the connection: `bootId` names the start of the gateway. */
  meet(bootId: string | undefined): void {
    this.#take({ type: 'met', at: this.#clock.now(), ...(bootId === undefined ? {} : { bootId }) });
  }

  /** What was there before the connection was asked for: first that, then what came meanwhile. */
  catchUp(before: Omit<CaughtUp, 'type' | 'frames'>): void {
    this.#take({ type: 'caught-up', ...before, frames: this.#release() });
  }

  observe(seen: EventFrame | Lost): void {
    if (seen.type === 'frame' && this.#held !== undefined) {
      this.#held.push(seen);
      return;
    }
    for (const frame of this.#release()) this.#take(frame);
    this.#take(seen);
  }

  #release(): readonly EventFrame[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    return held;
  }

  #take(seen: Observation): void {
    this.buffer.add(this.#interpreter.observe(seen));
    this.buffer.flush();
    this.#ticks.set(this.#interpreter.nextDeadline());
  }

  /** Keys of sessions whose history says how their runs went on. */
  openSessions(): readonly string[] {
    return this.#interpreter.openSessions();
  }

  /** Nothing comes any more; what waits is still handed out. */
  close(): void {
    this.#ticks.close();
    this.buffer.close();
  }
}
