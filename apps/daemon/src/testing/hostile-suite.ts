import { hostileRequest } from '@live-status/simulators/hostile';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { hostileGateway, playFrames } from './hostile-frames.ts';
import { AskedServer } from './hostile-requests.ts';
import {
  hostileLedger,
  hostileSettings,
  hostileWords,
  readHostileSettings,
  readHostileWords,
  startOnLedger,
} from './hostile-settings.ts';
import { hostileFiles, playFiles } from './hostile-transcripts.ts';
import { hostileOptions } from './hostile-world.ts';

/** How often an input is played, as fast-check takes it; a name says so in the name of the test. */
export interface PlaySize {
  readonly numRuns: number;
  readonly seed?: number;
  readonly name?: string;
}

type Size = Omit<PlaySize, 'name'>;

/** How often each kind of input is played. */
export type HostileSizes = Readonly<
  Record<'files' | 'frames' | 'settings' | 'words' | 'ledgers' | 'requests', PlaySize>
>;

/** Declares the tests of hostile input, which differ in size only: in `npm test` and in the long tests. */
export function testHostileInput(sizes: HostileSizes, timeout?: number): void {
  const test = (what: string, { name, ...size }: PlaySize, play: (size: Size) => Promise<void>): void =>
    it(name === undefined ? what : `${what} (${name})`, { ...(timeout !== undefined && { timeout }) }, () =>
      play(size),
    );

  describe('hostile input does no harm, and honest work is shown after it', () => {
    test('in transcripts, catalogs and locks', sizes.files, (size) =>
      fc.assert(fc.asyncProperty(hostileFiles, hostileOptions, playFiles), size),
    );
    test('in frames of a gateway', sizes.frames, (size) =>
      fc.assert(fc.asyncProperty(hostileGateway, hostileOptions, playFrames), size),
    );
    test('in the environment, openclaw.json and .env', sizes.settings, (size) =>
      fc.assert(fc.asyncProperty(hostileSettings, readHostileSettings), size),
    );
    test('in files of labels, languages and rules', sizes.words, (size) =>
      fc.assert(fc.asyncProperty(hostileWords, readHostileWords), size),
    );
    test('in the ledger', sizes.ledgers, (size) =>
      fc.assert(fc.asyncProperty(hostileLedger, hostileOptions, startOnLedger), size),
    );
    test('in requests to the health server', sizes.requests, async (size) => {
      await using server = await AskedServer.open();
      await fc.assert(
        fc.asyncProperty(hostileRequest, (request) => server.expectHarmless(request)),
        size,
      );
    });
  });
}
