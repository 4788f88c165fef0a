import type { Clock, TimerHandle } from '@live-status/resilience';
import type { SessionEvent } from '@live-status/session-state';
import { EventQueue } from './event-queue.ts';
import { createInterpreter, type InterpreterOptions } from './interpreter.ts';
import type { CaughtUp, EventFrame, Lost, Observation } from './observation.ts';

/** What was made of all observations so far. */
export interface FeedCounts {
  readonly runsSeen: number;
  readonly lastEventAt?: number;
}

/** Observations in, session events out: as they are told, and when time alone changes something. */
export class Feed {
  readonly #clock: Clock;
  readonly #interpreter: ReturnType<typeof createInterpreter>;
  readonly #queue = new EventQueue();
  #timer: TimerHandle | undefined;
  #closed = false;
  #counts: FeedCounts = { runsSeen: 0 };
  /** Frames that wait for what was before them. */
  #held: EventFrame[] | undefined;

  constructor(clock: Clock, options: InterpreterOptions) {
    this.#clock = clock;
    this.#interpreter = createInterpreter(options);
  }

  /** A connection begins: its frames wait until `catchUp`, or until it is lost. */
  holdFrames(): void {
    this.#held = [];
  }

  /** Who answers the connection: `bootId` names the life of the gateway. */
  meet(bootId: string | undefined): void {
    this.#take({ type: 'met', at: this.#clock.now(), ...(bootId === undefined ? {} : { bootId }) });
  }

  /** What was there before the connection was asked for: first that, then what was told meanwhile. */
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
    const events = this.#interpreter.observe(seen);
    if (events.length > 0) {
      const runsSeen = this.#counts.runsSeen + events.filter((event) => event.type === 'run-started').length;
      this.#counts = { runsSeen, lastEventAt: seen.at };
      this.#queue.push(events);
    }
    this.#schedule();
  }

  /** Keys of sessions whose history tells how their runs went on. */
  openSessions(): readonly string[] {
    return this.#interpreter.openSessions();
  }

  next(): Promise<IteratorResult<readonly SessionEvent[]>> {
    return this.#queue.next();
  }

  counts(): FeedCounts {
    return this.#counts;
  }

  /** Nothing comes any more; what waits is still handed out. */
  close(): void {
    this.#closed = true;
    this.#queue.close();
    this.#schedule();
  }

  /** Looks again when time alone will change something. */
  #schedule(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    const due = this.#interpreter.nextDeadline();
    if (due === undefined || this.#closed) return;
    const tick = (): void => this.#take({ type: 'tick', at: this.#clock.now() });
    this.#timer = this.#clock.setTimeout(tick, due - this.#clock.now());
  }
}
