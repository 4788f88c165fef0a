import { CopyOnWrite } from './pages.ts';
import type { BoxRecord, Run, Session, SessionState } from './state.ts';
import type { BoxEntry } from './view.ts';

/** One fold in progress: what is edited here becomes the next state. */
export class Draft {
  readonly rules: SessionState['rules'];
  readonly sessions: CopyOnWrite<Session>;
  readonly runs: CopyOnWrite<Run>;
  readonly boxes: CopyOnWrite<BoxRecord>;
  now: number;
  dueAt: number;
  adopted: SessionState['adopted'];
  /** Boxes an event changed something of; refreshed before the next event. */
  readonly touched: Set<string> = new Set();
  /** Boxes that may look different now. */
  readonly changed: Set<string> = new Set();
  /** Boxes that became final and left, as they looked then. */
  readonly settled: BoxEntry[] = [];

  constructor(state: SessionState) {
    this.rules = state.rules;
    this.sessions = new CopyOnWrite(state.sessions);
    this.runs = new CopyOnWrite(state.runs);
    this.boxes = new CopyOnWrite(state.boxes);
    this.now = state.now;
    this.dueAt = state.dueAt;
    this.adopted = state.adopted;
  }

  result(): SessionState {
    return {
      rules: this.rules,
      now: this.now,
      dueAt: this.dueAt,
      sessions: this.sessions.result(),
      runs: this.runs.result(),
      boxes: this.boxes.result(),
      adopted: this.adopted,
    };
  }

  /** Something may change by itself at `at`. */
  expect(at: number): void {
    this.dueAt = Math.min(this.dueAt, at);
  }

  /** The runs of a box, in the order they were placed. */
  runsOf(box: Readonly<BoxRecord>): Readonly<Run>[] {
    const runs: Readonly<Run>[] = [];
    for (const runId of box.runIds) {
      const run = this.runs.get(runId);
      if (run !== undefined) runs.push(run);
    }
    return runs;
  }

  /** The runs of a box that belong to its root session. */
  rootRunsOf(box: Readonly<BoxRecord>): Readonly<Run>[] {
    return this.runsOf(box).filter((run) => run.sessionKey === box.rootKey);
  }
}
