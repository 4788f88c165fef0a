import { expectationOf, listScenarios, readRecording, type ScenarioId, type ShownPiece } from '@live-status/fixtures';
import { DEFAULT_RULES } from '@live-status/session-state';
import { describe, expect, it } from 'vitest';
import { judgeBox } from './testing/judge-box.ts';
import { type Played, playRecording } from './testing/play-recording.ts';
import { mayChange } from './testing/situation.ts';

const DELAYS = { 'default delays': 1_500, 'no delay': 0 } as const;
const RULES = Object.values(DELAYS).map((postDelayMs) => ({ ...DEFAULT_RULES, postDelayMs }));

/** Each recording is played once, for all delays. */
const played = new Map<string, Promise<Played[]>>();
function play({ version, scenario }: ScenarioId): Promise<Played[]> {
  const name = `${version}/${scenario}`;
  const playing = played.get(name) ?? playRecording(readRecording(version, scenario), RULES);
  played.set(name, playing);
  return playing;
}

describe.for(Object.entries(DELAYS))('every recording, with %s', ([, postDelayMs]) => {
  it.for(listScenarios())('$version/$scenario shows what was written down by hand', async (id) => {
    const entries = (await play(id))[Object.values(DELAYS).indexOf(postDelayMs)]?.entries ?? [];
    const posts = entries.filter((entry) => entry.worthPost);
    const pieces = expectationOf(id).pieces.filter(
      (piece): piece is ShownPiece =>
        piece.posts === 'always' || (piece.posts === 'without-delay' && postDelayMs === 0),
    );
    expect(posts.map((entry) => entry.sessionKey)).toEqual(pieces.map((piece) => piece.rootKey ?? expect.any(String)));
    expect(pieces.flatMap((piece, i) => (posts[i] === undefined ? ['no box'] : judgeBox(posts[i], piece)))).toEqual([]);
    expect(posts.every((entry) => entry.settled || mayChange(entry))).toBe(true);
  });
});
