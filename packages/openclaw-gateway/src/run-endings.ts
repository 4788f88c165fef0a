import type { RunOutcome } from '@live-status/session-state';
import { isSilentReply } from '@live-status/transcript-parser';
import { emit } from './sessions.ts';
import type { Run, World } from './state.ts';

/** How long more may be heard of a run that something says is over, before it is taken for ended. */
const LATE_EVENT_MS = 2_000;

/** What the run's last answer says about its end, when it says something new. `null`: the run goes on after all. */
export function noteEnding(world: World, run: Run, outcome: RunOutcome | null, at: number, text = ''): void {
  if (run.ended || (outcome === null && run.ending === undefined)) return;
  run.ending = outcome ?? undefined;
  emit(world, {
    type: 'run-ending',
    sessionKey: run.session.key,
    at,
    runId: run.runId,
    entryId: '',
    outcome,
    ...(text === '' || outcome === null ? {} : { text }),
    ...(outcome === 'done' && isSilentReply(text) ? { silent: true } : {}),
  });
}

/** The run is taken for ended a little later, unless more is heard of it. */
export function expectEnd(
  run: Run,
  at: number,
  outcome: RunOutcome,
  reason?: string,
  afterMs: number = LATE_EVENT_MS,
): void {
  if (!run.ended) run.endDue ??= { at: at + afterMs, outcome, reason };
}

/** Ends the run. The first end wins: a cancelled run is reported a second time, as failed. `endedAt`: when it ended. */
export function endRun(
  world: World,
  run: Run,
  outcome: RunOutcome,
  at: number,
  reason?: string,
  endedAt: number = at,
): void {
  if (run.ended) return;
  run.ended = true;
  run.endDue = undefined;
  run.preamble = undefined;
  run.session.lastEndedAt = at;
  // A child whose time ran out is announced, one that was stopped is not.
  const announces = outcome === 'aborted' && (run.timedOut || run.session.status === 'timeout');
  emit(world, {
    type: 'run-ended',
    sessionKey: run.session.key,
    at,
    runId: run.runId,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    endedAt,
    ...(announces && run.session.parentKey !== undefined ? { announces } : {}),
  });
}

/** A run is seen again that could not be seen; it goes on also when it was given up meanwhile. */
export function seeAgain(world: World, run: Run, at: number): void {
  emit(world, { type: 'run-sight', sessionKey: run.session.key, at, runId: run.runId, lost: null });
  if (run.givenUp) run.ended = false;
  run.givenUp = false;
}

/** How a run ended, by the status of its session's row; `undefined` while the row does not say. */
export function outcomeOf(status: string | undefined): RunOutcome | undefined {
  const outcomes: Readonly<Record<string, RunOutcome>> = {
    done: 'done',
    failed: 'error',
    // Of the whole run. That of one request to the model is an error of the model.
    timeout: 'aborted',
    killed: 'aborted',
  };
  return outcomes[status ?? ''];
}

/** True when the gateway was started again since the run was seen to run. */
export function isOfOtherBoot(run: Run, bootId: string | undefined): boolean {
  return run.bootId !== undefined && run.bootId !== bootId;
}
