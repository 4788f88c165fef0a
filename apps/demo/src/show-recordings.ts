import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  expectationOf,
  expectedPosts,
  parseScenarioId,
  type Recording,
  readRecording,
  recordingsDir,
} from '@live-status/fixtures';
import { delay } from '@live-status/resilience';
import { createReplay } from '@live-status/simulators/openclaw-files';
import {
  judgePost,
  keepDaemon,
  makePlaces,
  openStage,
  type Places,
  rest,
  runDaemonOn,
  type Stage,
} from '@live-status/stage';
import { complain, introduce, say } from './terminal.ts';

/** What is played when nothing else is asked for, in turn. */
export const DEMO = ['2026.7.1/subagent-yield-two', '2026.7.1/tools'] as const;

const PAUSE_MS = 5000;

/** Replays recordings in turn, for ever, under a daemon that posts to a simulated Mattermost, until `signal` aborts; 0. */
export async function showRecordings(names: readonly string[], signal: AbortSignal): Promise<number> {
  const stage = await openStage();
  try {
    return await showOn(stage, names, signal);
  } finally {
    await stage.close();
  }
}

async function showOn(stage: Stage, names: readonly string[], signal: AbortSignal): Promise<number> {
  const daemon = await keepDaemon({ env: stage.env }, signal);
  try {
    introduce('Live Status follows a recorded OpenClaw, played again and again, and posts to a simulated Mattermost.', [
      ['See the posts', stage.simulator.url],
      ['Health', `${daemon.current.healthUrl}/health`],
      ['Recordings', `${recordingsDir}openclaw-${names[0]}`],
      ['', 'Edit a transcript there: the next round shows it.'],
    ]);
    await Promise.race([playForEver(stage, names, signal), daemon.failed]);
    await daemon.stop();
    say('Stopped.');
    return 0;
  } finally {
    await daemon.close();
  }
}

/** Ends when `signal` aborts. */
async function playForEver(stage: Stage, names: readonly string[], signal: AbortSignal): Promise<void> {
  const places = new Map<string, Places>();
  try {
    for (let round = 0; ; round += 1) {
      for (const name of names) {
        await playRound(stage, { name, round, places, signal });
        await delay(PAUSE_MS, { signal });
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

interface Round {
  readonly name: string;
  /** Later rounds have other session and entry ids. */
  readonly round: number;
  /** Conversations already created, by recording. */
  readonly places: Map<string, Places>;
  readonly signal: AbortSignal;
}

async function playRound({ simulator, agentsDir }: Stage, { name, round, places, signal }: Round): Promise<void> {
  const recording = rereadRecording(name);
  if (recording === undefined) return;
  const here = places.get(name) ?? makePlaces(simulator, recording);
  places.set(name, here);
  // Finished sessions are removed, as when somebody deletes them in OpenClaw: each round is a new session.
  await rm(join(agentsDir, 'main', 'sessions'), { recursive: true, force: true });
  say(`Playing ${name} (${Math.round(recording.durationMs / 1000)} s)`);
  const before = simulator.posts().length;
  const replay = createReplay(recording, agentsDir, {
    shiftTimes: true,
    round,
    replacements: here.replacements,
    signal,
  });
  try {
    await replay.play();
    await rest(simulator, { signal });
  } finally {
    await replay.close();
  }
  for (const post of simulator.posts().slice(before)) say(`  ${post.message.split('\n', 1)[0]}`);
}

/** Reads the recording again, because somebody may be editing it. */
function rereadRecording(name: string): Recording | undefined {
  const { version, scenario } = parseScenarioId(name);
  try {
    return readRecording(version, scenario);
  } catch (error) {
    complain(
      `${name} cannot be read: ${error instanceof Error ? error.message : error}. Correct it; the next round tries again.`,
    );
    return undefined;
  }
}

/**
 * Plays one recording to its end under a real daemon process and prints the final posts.
 * @returns 0 when they are what the recording's expectation says, else 1.
 */
export async function showOnce(name: string, signal: AbortSignal): Promise<number> {
  const id = parseScenarioId(name);
  const recording = readRecording(id.version, id.scenario);
  const { playedAt, posts } = await runDaemonOn(recording, { signal });
  for (const { message } of posts) say(`${message}\n`);
  const pieces = expectedPosts(expectationOf(id));
  const problems = [
    ...(posts.length === pieces.length ? [] : [`${pieces.length} posts were wanted, there are ${posts.length}`]),
    ...posts.flatMap((post, index) => {
      const piece = pieces[index];
      return piece === undefined ? [] : judgePost(post, piece, { playedAt });
    }),
  ];
  for (const problem of problems) complain(`${name}: ${problem}`);
  return problems.length === 0 ? 0 : 1;
}
