import { type BoxEntry, BoxFold, type SessionEvent } from '@live-status/session-state';
import type { RecordedFrame } from '@live-status/simulators/gateway';
import {
  createInterpreter,
  type GatewayRequest,
  type Interpreter,
  type InterpreterOptions,
  type Observation,
} from '../index.ts';

/** Interpreter and fold together, under one clock that follows what is observed. */
export class Play {
  readonly events: SessionEvent[] = [];
  /** What was to be asked of the gateway. */
  readonly requests: GatewayRequest[] = [];
  readonly settled = new Map<string, BoxEntry>();
  readonly #interpreter: Interpreter;
  readonly #boxes = new BoxFold();

  constructor(options: InterpreterOptions = {}) {
    this.#interpreter = createInterpreter(options);
  }

  observe(...seen: Observation[]): this {
    for (const one of seen) {
      this.passUntil(one.at);
      this.#take(one);
    }
    return this;
  }

  /** Observes what was recorded: events, and the end of the connection. */
  frames(recorded: readonly RecordedFrame[]): this {
    for (const { t: at, type, event, payload } of recorded) {
      if (type === 'event' && event !== undefined) this.observe({ type: 'frame', event, payload: payload ?? {}, at });
      else if (type === '_close') this.observe({ type: 'lost', at });
    }
    return this;
  }

  /** Lets time pass, deadline by deadline. */
  passUntil(at: number): this {
    for (let due = this.#interpreter.nextDeadline(); due !== undefined && due <= at; ) {
      this.#take({ type: 'tick', at: due });
      const next = this.#interpreter.nextDeadline();
      if (next !== undefined && next <= due) throw new Error(`stuck at ${due}`);
      due = next;
    }
    for (let due = this.#boxes.nextDeadline(); due !== undefined && due <= at; due = this.#boxes.nextDeadline()) {
      this.fold([{ type: 'tick', at: due }]);
    }
    return this;
  }

  /** All boxes, those that have left included, in the order in which they were opened. */
  boxes(): BoxEntry[] {
    const open = this.#boxes.boxIds().flatMap((boxId) => this.#boxes.view(boxId) ?? []);
    return [...this.settled.values(), ...open];
  }

  /** The one box there is. */
  box(): BoxEntry {
    const [box, ...others] = this.boxes();
    if (box === undefined || others.length > 0) throw new Error(`${this.boxes().length} boxes`);
    return box;
  }

  /** Keys of sessions whose history a new connection asks for. */
  openSessions(): readonly string[] {
    return this.#interpreter.openSessions();
  }

  /** Folds events of another source. */
  fold(events: Parameters<BoxFold['fold']>[0]): this {
    for (const entry of this.#boxes.fold(events).settled) this.settled.set(entry.boxId, entry);
    return this;
  }

  #take(seen: Observation): void {
    const events = this.#interpreter.observe(seen);
    this.events.push(...events);
    this.requests.push(...this.#interpreter.takeRequests());
    this.fold(events);
  }
}
