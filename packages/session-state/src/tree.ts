import type { BoxRecord, Run } from './state.ts';

/** Whether anything in the tree of a box runs or is owed. `runs`: all of the box. */
export function isBusy(box: Readonly<BoxRecord>, runs: readonly Readonly<Run>[]): boolean {
  return box.debts.some((debt) => !debt.settled) || runs.some((run) => run.ended === undefined);
}

/** First evidence of any of the runs. */
export function firstStart(runs: readonly Readonly<Run>[]): number {
  return Math.min(...runs.map((run) => run.startedAt));
}

/** Whether a run's last ending-relevant entry is an ending that is no error. */
export function isAnswered(run: Readonly<Run>): boolean {
  return run.ending !== undefined && run.ending !== 'error';
}
