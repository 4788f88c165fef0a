import { setTimeout as delay } from 'node:timers/promises';
import {
  expectationOf,
  expectedPosts,
  parseScenarioId,
  type Recording,
  readRecording,
  type ShownPiece,
  toolCalls,
} from '@live-status/fixtures';
import type { PostVersion, Simulator } from '@live-status/simulators/mattermost';
import { createPlayedTime, createReplay } from '@live-status/simulators/openclaw-files';
import { makePlaces, type Places, rest } from '@live-status/stage';
import { type Benchmark, type Figure, OURS } from './benchmark.ts';
import { onStage, type Stage, withDaemon } from './daemon.ts';

/** Recorded work of conversations: with many calls, several at once, with sub-agents, and with several messages. */
const SCENARIOS = [
  ...['2026.7.1/tools', '2026.7.1/parallel', '2026.7.1/multi-turn', '2026.7.1/queued-messages'],
  ...['2026.7.1/subagent-announce-tools', '2026.7.1/subagent-yield-two', '2026.7.1/thread-subagent'],
  ...['2026.3.28/tools', '2026.3.28/parallel', '2026.3.28/subagent-yield-rewrite'],
] as const;
const INTERVALS_MS = [500, 1000, 2000] as const;
const APART_MS = 700;
const SETTLE_MS = 1000;

/** What one post took, and how long each call waited to be seen in it. */
interface EditedRun {
  readonly edits: number;
  /** From the append of a call to the edit that shows it, of calls that were made when the post was there. */
  readonly staleMs: readonly number[];
}

/** A piece of recorded work, as a post must show it: moments in milliseconds since the epoch. */
interface PlayedPiece {
  readonly calls: readonly { readonly at: number; readonly shows: string }[];
  /** When anything was appended while it went on. */
  readonly changes: readonly number[];
  readonly endedAt: number;
  readonly versions: readonly PostVersion[];
}

/** Who edits a post, and what that comes to. */
type Editor = readonly [subject: string, edit: (piece: PlayedPiece) => EditedRun];

/**
 * Edits per post and how stale it is, over recorded runs in real time, beside a bot that edits at fixed intervals while
 * its agent works. What such a bot does follows from the times of the recording, so it is computed.
 */
export const edits: Benchmark = {
  name: 'edits',
  description: 'edits of a post and how late it shows a call, over recorded runs, beside edits at fixed intervals',
  run: ({ quick, say }) =>
    onStage(async (stage) => {
      const scenarios = quick ? SCENARIOS.slice(0, 2) : SCENARIOS;
      say(`plays ${scenarios.length} recordings`);
      const pieces = await playAll(stage, scenarios);
      const editors: readonly Editor[] = [
        [OURS, byOurs],
        ...INTERVALS_MS.map((ms): Editor => [`an edit every ${ms} ms`, (piece) => byInterval(piece, ms)]),
        ['an edit every 1000 ms if anything changed', (piece) => byInterval(piece, 1000, piece.changes)],
      ];
      return editors.flatMap(([subject, editor]): Figure[] => {
        const runs = pieces.map(editor);
        return [
          {
            what: `${pieces.length} recorded runs: edits a post`,
            subject,
            unit: 'edits',
            samples: runs.map((run) => run.edits),
          },
          {
            what: 'call → shown, once there is a post',
            subject,
            unit: 'ms',
            samples: runs.flatMap((run) => run.staleMs),
          },
        ];
      });
    }),
};

/** Plays recordings at once, each as an agent of its own, before one daemon. */
async function playAll(stage: Stage, scenarios: readonly string[]): Promise<PlayedPiece[]> {
  const { simulator } = stage;
  // More than all of them need: the wait for a share of the default 4 edits a second is another benchmark's.
  const settings = { MAX_UPDATES_PER_S: '40', MAX_STATUS_LINES: '200' };
  return withDaemon(stage, { settings }, async () => {
    await delay(SETTLE_MS);
    const played = await Promise.all(
      scenarios.map(async (name, i) => {
        const id = parseScenarioId(name);
        const recording = readRecording(id.version, id.scenario);
        const places = makePlaces(simulator, recording);
        const replay = createReplay(recording, stage.transcriptDir, {
          agentId: `agent${i}`,
          shiftTimes: true,
          replacements: places.replacements,
        });
        await delay(i * APART_MS);
        const startedAt = Date.now();
        await replay.play();
        await replay.close();
        return { pieces: expectedPosts(expectationOf(id)), recording, places, startedAt };
      }),
    );
    await rest(simulator);
    return played.flatMap((scene) => observe(simulator, scene));
  });
}

interface Scene {
  readonly pieces: readonly ShownPiece[];
  readonly recording: Recording;
  readonly places: Places;
  readonly startedAt: number;
}

function observe(simulator: Simulator, { pieces, recording, places, startedAt }: Scene): PlayedPiece[] {
  const toNow = createPlayedTime(
    recording.events.map(({ tMs }) => tMs),
    Number.POSITIVE_INFINITY,
  );
  const at = (tMs: number): number => startedAt + toNow(tMs);
  const appends = recording.events.filter((event) => event.op === 'append');
  const posts = simulator
    .posts()
    .filter(({ user_id, channel_id }) => {
      return user_id === simulator.bot.user.id && [...places.replacements.values()].includes(channel_id);
    })
    .sort((a, b) => a.create_at - b.create_at);
  if (posts.length !== pieces.length) throw new Error(`${posts.length} posts instead of ${pieces.length}`);
  return pieces.map((piece, i) => {
    const within = appends.filter(({ tMs }) => tMs >= piece.startMs && tMs <= piece.endMs);
    const shown = toolCalls(piece.lines).flatMap(({ callId, shows }, _i, all) => {
      const made = within.find(({ bytes }) => bytes.includes(`"id":"${callId}"`));
      const isClear = shows !== undefined && all.filter((other) => other.shows?.includes(shows)).length === 1;
      return made !== undefined && isClear ? [{ at: at(made.tMs), shows }] : [];
    });
    return {
      calls: shown,
      changes: within.map(({ tMs }) => at(tMs)),
      endedAt: at(piece.endMs),
      versions: simulator.edits(posts[i]?.id ?? ''),
    };
  });
}

function byOurs({ calls, versions }: PlayedPiece): EditedRun {
  const createdAt = versions[0]?.at ?? Number.NaN;
  const shownAt = (shows: string): number =>
    versions.find(({ post }) => post.message.replace(/[\\`\u200b]/g, '').includes(shows))?.at ?? Number.NaN;
  const staleMs = calls.filter(({ at }) => at >= createdAt).map(({ at, shows }) => shownAt(shows) - at);
  if (staleMs.some(Number.isNaN)) throw new Error('a call was never shown');
  return { edits: versions.length - 1, staleMs };
}

/** A post at the first call, an edit at each interval, and one at the end. `changes`: intervals without any are left out. */
function byInterval({ calls, endedAt }: PlayedPiece, ms: number, changes?: readonly number[]): EditedRun {
  const createdAt = calls[0]?.at ?? endedAt;
  const intervals = Array.from(
    { length: Math.floor(Math.max(0, endedAt - createdAt) / ms) },
    (_, i) => createdAt + (i + 1) * ms,
  );
  const made = intervals.filter(
    (at) => changes === undefined || changes.some((change) => change > at - ms && change <= at),
  );
  const later = calls.filter(({ at }) => at > createdAt);
  const staleMs = later.map(({ at }) => ([...made, endedAt].find((edit) => edit >= at) ?? endedAt) - at);
  return { edits: made.length + 1, staleMs };
}
