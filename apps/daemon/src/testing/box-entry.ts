import type { Box, BoxEntry } from '@live-status/session-state';

/** A box that is worth a post; `box` and `entry` say what is different. */
export function boxEntry(boxId: string, box: Partial<Box> = {}, entry: Partial<BoxEntry> = {}): BoxEntry {
  return {
    boxId,
    sessionKey: `agent:main:${boxId}`,
    route: { kind: 'background', origin: 'cli' },
    worthPost: true,
    ended: false,
    settled: false,
    silent: false,
    old: false,
    evidence: [],
    resumeTokens: [],
    ...entry,
    box: {
      boxId,
      title: boxId,
      state: 'active',
      startedAt: 0,
      tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
      earlierLines: 0,
      lines: [],
      thinking: true,
      ...box,
    },
  };
}
