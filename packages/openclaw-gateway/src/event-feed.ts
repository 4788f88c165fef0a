import { type Clock, DeadlineTimer } from '@live-status/resilience';
import { EventBuffer } from '@live-status/run-tracker';
import { createInterpreter, type InterpreterOptions } from './interpreter.ts';
import type { Answered, CaughtUp, EventFrame, GatewayRequest, Lost, Met, Observation } from './observation.ts';

/** What a feed needs. */
export interface EventFeedOptions extends InterpreterOptions {
  /** Called with what is to be asked of the gateway; its answer is to come back by `answer`. */
  readonly onRequest: (request: GatewayRequest) => void;
}

/**
 * Observations in, session events out: as they come, and when time alone changes something. Never waits for the consumer.
 */
export class EventFeed {
  readonly buffer: EventBuffer;
  readonly #clock: Clock;
  readonly #interpreter: ReturnType<typeof createInterpreter>;
  readonly #ticks: DeadlineTimer;
  readonly #onRequest: (request: GatewayRequest) => void;
  /** Frames that wait for what was before them. */
  #held: EventFrame[] | undefined;

  constructor(clock: Clock, { onRequest, ...options }: EventFeedOptions) {
    this.#clock = clock;
    this.#onRequest = onRequest;
    this.buffer = new EventBuffer(clock);
    this.#interpreter = createInterpreter(options);
    this.#ticks = new DeadlineTimer(clock, () => this.#take({ type: 'tick', at: clock.now() }));
  }

  /** A connection begins: its frames wait until `catchUp`, or until it is lost. */
  holdFrames(): void {
    this.#held = [];
  }

  /** Who answers the connection. */
  meet(server: Pick<Met, 'bootId' | 'controlUiUrl'>): void {
    this.#take({ type: 'met', at: this.#clock.now(), ...server });
  }

  /** The answer to a request; one that comes while another connection begins is of no use. */
  answer(answered: Omit<Answered, 'type' | 'at'>): void {
    if (this.#held === undefined) this.#take({ type: 'answered', at: this.#clock.now(), ...answered });
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
    for (const request of this.#interpreter.takeRequests()) this.#onRequest(request);
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
