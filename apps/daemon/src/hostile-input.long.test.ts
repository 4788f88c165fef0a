import { modelSize } from '@live-status/resilience/testing';
import { hostileRequest } from '@live-status/simulators/hostile';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { FRAMES_A_RUN, hostileGateway, playFrames } from './testing/hostile-frames.ts';
import { AskedServer } from './testing/hostile-requests.ts';
import {
  hostileLedger,
  hostileSettings,
  hostileWords,
  readHostileSettings,
  readHostileWords,
  startOnLedger,
} from './testing/hostile-settings.ts';
import { hostileFiles, LINES_A_RUN, playFiles } from './testing/hostile-transcripts.ts';
import { hostileOptions } from './testing/hostile-world.ts';

/** Inputs of each kind: lines, frames, requests. */
const INPUTS = 10_000;

describe('hostile input does no harm, and honest work is shown after it', () => {
  const files = modelSize(Math.ceil(INPUTS / LINES_A_RUN));
  it(`in transcripts, catalogs and locks (${files.name})`, { timeout: 600_000 }, async () => {
    await fc.assert(fc.asyncProperty(hostileFiles, hostileOptions, playFiles), files);
  });

  const frames = modelSize(Math.ceil(INPUTS / FRAMES_A_RUN));
  it(`in frames of a gateway (${frames.name})`, { timeout: 600_000 }, async () => {
    await fc.assert(fc.asyncProperty(hostileGateway, hostileOptions, playFrames), frames);
  });

  const inputs = modelSize(INPUTS);
  it(`in the environment, openclaw.json and .env (${inputs.name})`, { timeout: 600_000 }, async () => {
    await fc.assert(fc.asyncProperty(hostileSettings, readHostileSettings), inputs);
  });

  // Three files each.
  const words = modelSize(Math.ceil(INPUTS / 3));
  it(`in files of labels, languages and rules (${words.name})`, { timeout: 600_000 }, async () => {
    await fc.assert(fc.asyncProperty(hostileWords, readHostileWords), words);
  });

  const ledgers = modelSize(2_000);
  it(`in the ledger (${ledgers.name})`, { timeout: 600_000 }, async () => {
    await fc.assert(fc.asyncProperty(hostileLedger, hostileOptions, startOnLedger), ledgers);
  });

  const requests = modelSize(2_000);
  it(`in requests to the health server (${requests.name})`, { timeout: 600_000 }, async () => {
    await using server = await AskedServer.open();
    await fc.assert(
      fc.asyncProperty(hostileRequest, (request) => server.expectHarmless(request)),
      requests,
    );
  });
});
