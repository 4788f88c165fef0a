import { modelSize } from '@live-status/resilience/testing';
import { readFrames } from '@live-status/simulators/gateway';
import fc from 'fast-check';
import {
  type Cut,
  checkCuts,
  checkDisorder,
  cutsOf,
  type Disorder,
  disordersOf,
  expectAsWritten,
  repeatsOf,
} from './disturbed-play.ts';
import { RecordedGateway } from './recorded-gateway.ts';
import { type WrittenRun, writeFrames, writtenRuns } from './written-gateway.ts';

/** All recordings of whole runs that were made to see what agents wait for. */
export const WAITING_RECORDINGS: readonly string[] = [
  ...['wait-approval-allow', 'wait-approval-allow-web', 'wait-approval-deny', 'wait-approval-timeout'],
  ...['wait-approval-forwarded', 'wait-approval-draft-post', 'wait-approval-noroute-web'],
  ...['wait-question', 'wait-question-web', 'plan', 'plan-web', 'slow-model', 'files', 'files-web'],
  ...['retry-429', 'retry-429-web', 'fallback', 'fallback-web', 'fallback-after-429', 'compact-in-run'],
  ...['compact-in-run-web', 'background-exit0', 'background-exit3', 'background-exit3-web', 'background-yield'],
  ...['background-outlives-run', 'queue-steer', 'queue-followup', 'queue-followup-web', 'spawn-thread'],
  ...['reconnect-waiting-approval', 'reconnect-retrying'],
];
/** All recordings of frames. */
export const RECORDINGS: readonly string[] = [
  ...WAITING_RECORDINGS,
  ...['tools', 'mattermost-channel-tools', 'spawn-main', 'cron-tools', 'abort-t3', 'plain', 'llm-error-t4'],
  'sigterm-restart-t7',
];
/** Its last answer was recorded seconds after the run, on a machine that was busy: whether it is still counted is chance. */
const UNCOUNTED = 'queue-followup-web';

/** A check of many plays, and how many from which seed. */
interface FramesCheck {
  readonly name: string;
  readonly check: () => void;
}

/** Checks connections that are lost and taken up again in a recording. */
export function checkCutsOf(
  recording: string,
  { numRuns, seed }: { readonly numRuns: number; readonly seed: number },
): void {
  const gateway = new RecordedGateway(readFrames(recording));
  const property = fc.property(cutsOf(gateway), (cuts) => checkCuts(gateway, cuts, recording !== UNCOUNTED));
  fc.assert(property, { numRuns, seed });
}

/** Checks frames of a recording that come twice or out of order. */
export function checkDisorderOf(
  recording: string,
  { numRuns, seed }: { readonly numRuns: number; readonly seed: number },
): void {
  const gateway = new RecordedGateway(readFrames(recording));
  fc.assert(
    fc.property(disordersOf(gateway), (disorder) => checkDisorder(gateway, disorder)),
    { numRuns, seed },
  );
}

interface WrittenPlay {
  readonly runs: readonly WrittenRun[];
  readonly cuts: readonly Cut[];
  readonly disorder: Disorder;
}

const writtenPlay: fc.Arbitrary<WrittenPlay> = writtenRuns.chain((runs) => {
  const gateway = new RecordedGateway(writeFrames(runs));
  return fc.record({ runs: fc.constant(runs), cuts: cutsOf(gateway), disorder: repeatsOf(gateway) });
});

/** Checks runs that are written by a grammar, cut and in disorder; as many, from the seed, as `modelSize` says. */
export function checkWrittenRuns(defaultRuns: number, defaultSeed?: number): FramesCheck {
  const { numRuns, seed, name } = modelSize(defaultRuns, defaultSeed);
  const property = fc.property(writtenPlay, ({ runs, cuts, disorder }) => {
    const gateway = new RecordedGateway(writeFrames(runs));
    expectAsWritten(gateway, runs);
    checkCuts(gateway, cuts, true);
    checkDisorder(gateway, disorder);
  });
  return { name, check: () => fc.assert(property, { numRuns, seed }) };
}

/** Checks all recordings, cut and in disorder; together as many plays, from the seed, as `modelSize` says. */
export function checkAllRecordings(defaultRuns: number): FramesCheck {
  const { numRuns, seed, name } = modelSize(defaultRuns);
  const each = { numRuns: Math.ceil(numRuns / (WAITING_RECORDINGS.length + RECORDINGS.length)), seed };
  return {
    name,
    check: () => {
      for (const recording of WAITING_RECORDINGS) checkCutsOf(recording, each);
      for (const recording of RECORDINGS) checkDisorderOf(recording, each);
    },
  };
}
