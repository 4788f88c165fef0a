import { expectationOf, listScenarios, readRecording, type ShownPiece } from '@live-status/fixtures';
import { DEFAULT_RULES } from '@live-status/session-state';
import { describe, expect, it } from 'vitest';
import { differences } from './compare.ts';
import { playInProcess } from './play-in-process.ts';

const DELAYS = { 'default delays': 1_500, 'no delay': 0 } as const;

describe.for(Object.entries(DELAYS))('every recording, with %s', ([, postDelayMs]) => {
  it.for(listScenarios())('$version/$scenario shows what was written down by hand', async (id) => {
    const { entries } = await playInProcess(await readRecording(id.version, id.scenario), {
      ...DEFAULT_RULES,
      postDelayMs,
    });
    const posts = entries.filter((entry) => entry.worthPost);
    const pieces = expectationOf(id).pieces.filter(
      (piece): piece is ShownPiece =>
        piece.posts === 'always' || (piece.posts === 'without-delay' && postDelayMs === 0),
    );
    expect(posts.map((entry) => entry.sessionKey)).toEqual(pieces.map((piece) => piece.rootKey ?? expect.any(String)));
    expect(pieces.flatMap((piece, i) => (posts[i] === undefined ? ['no box'] : differences(posts[i], piece)))).toEqual(
      [],
    );
    expect(posts.every((entry) => entry.settled || entry.box.state === 'interrupted')).toBe(true);
  });
});
