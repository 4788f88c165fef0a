import { Deadlines } from '@live-status/session-state';
import type { GatewayRun } from './sessions.ts';

/** OpenClaw reports that nobody answered within this time, or it is not reported at all. */
const LATE_MS = 60_000;

/** A call that nobody answered in time, as far as is known. */
export interface UnansweredCall {
  readonly run: GatewayRun;
  readonly callId: string;
  /** `undefined`: it was answered while nobody was connected, and goes on. */
  readonly outcome: 'not-approved' | 'no-answer' | undefined;
}

/** Runs whose calls wait for a person, and when that is over although nothing was heard of its end. */
export class Unanswered {
  readonly #deadlines = new Deadlines<GatewayRun>();

  /** To be called after calls of the run began to wait. */
  watch(run: GatewayRun): void {
    const dates = waitsOf(run).map(({ until }) => until + LATE_MS);
    this.#deadlines.set(run, dates.length === 0 ? undefined : Math.min(...dates));
  }

  /** When a wait is over, nothing else happening. */
  nextDeadline(): number | undefined {
    return this.#deadlines.first()?.at;
  }

  /** The calls whose wait is over, each once. */
  take(at: number): UnansweredCall[] {
    const taken: UnansweredCall[] = [];
    for (let next = this.#deadlines.first(); next !== undefined && next.at <= at; next = this.#deadlines.first()) {
      const { item: run } = next;
      const waits = waitsOf(run);
      const later = waits.map(({ until }) => until + LATE_MS).filter((due) => due > at);
      this.#deadlines.set(run, later.length === 0 ? undefined : Math.min(...later));
      for (const { callId, outcome, until } of waits) if (at >= until + LATE_MS) taken.push({ run, callId, outcome });
    }
    return taken;
  }
}

function waitsOf(run: GatewayRun): (Omit<UnansweredCall, 'run'> & { readonly until: number })[] {
  if (!run.isOpen) return [];
  const approvals = run.openApprovals.flatMap(({ callId, since, until }) => {
    // That it was not allowed in time would have been reported since.
    const outcome = since < run.own.seenSince ? undefined : ('not-approved' as const);
    return until === undefined ? [] : [{ callId, outcome, until }];
  });
  const questions = [...run.own.calls].flatMap(([callId, { asksUntil: until, ended }]) =>
    until === undefined || ended ? [] : [{ callId, outcome: 'no-answer' as const, until }],
  );
  return [...approvals, ...questions];
}
