import {
  type BoxEntry,
  boxIds,
  createState,
  DEFAULT_RULES,
  foldAll,
  nextDeadline,
  type SessionEvent,
  viewBox,
} from '@live-status/session-state';
import type { RecordedFrame } from '@live-status/simulators/gateway';
import { createInterpreter, type Interpreter, type InterpreterOptions, type Observation } from '../index.ts';

/** Interpreter and fold together, under one clock that follows what is observed. */
export class Play {
  readonly events: SessionEvent[] = [];
  readonly settled = new Map<string, BoxEntry>();
  readonly #interpreter: Interpreter;
  #state = createState(DEFAULT_RULES);

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
    for (let due = nextDeadline(this.#state); due !== undefined && due <= at; due = nextDeadline(this.#state)) {
      this.fold([{ type: 'tick', at: due }]);
    }
    return this;
  }

  /** All boxes, those that have left included, in the order in which they were opened. */
  boxes(): BoxEntry[] {
    const open = boxIds(this.#state).flatMap((boxId) => viewBox(this.#state, boxId) ?? []);
    return [...this.settled.values(), ...open];
  }

  /** The one box there is. */
  box(): BoxEntry {
    const [box, ...others] = this.boxes();
    if (box === undefined || others.length > 0) throw new Error(`${this.boxes().length} boxes`);
    return box;
  }

  /** Folds events of another source. */
  fold(events: Parameters<typeof foldAll>[1]): this {
    const { state, settled } = foldAll(this.#state, events);
    this.#state = state;
    for (const entry of settled) this.settled.set(entry.boxId, entry);
    return this;
  }

  #take(seen: Observation): void {
    const events = this.#interpreter.observe(seen);
    this.events.push(...events);
    this.fold(events);
  }
}
