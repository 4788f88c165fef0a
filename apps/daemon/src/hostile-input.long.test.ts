import { modelSize } from '@live-status/resilience/testing';
import { FRAMES_A_RUN } from './testing/hostile-frames.ts';
import { testHostileInput } from './testing/hostile-suite.ts';
import { LINES_A_RUN } from './testing/hostile-transcripts.ts';

/** Inputs of each kind: lines, frames, requests. */
const INPUTS = 10_000;

testHostileInput(
  {
    files: modelSize(Math.ceil(INPUTS / LINES_A_RUN)),
    frames: modelSize(Math.ceil(INPUTS / FRAMES_A_RUN)),
    settings: modelSize(INPUTS),
    // Three files each.
    words: modelSize(Math.ceil(INPUTS / 3)),
    ledgers: modelSize(2_000),
    requests: modelSize(2_000),
  },
  600_000,
);
