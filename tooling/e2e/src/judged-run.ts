import {
  expectationOf,
  expectedPosts,
  type PostSettings,
  readRecording,
  type ScenarioId,
  type ShownPiece,
} from '@live-status/fixtures';
import { type DaemonRun, judgePost, type ObservedPost, type RunOptions, runDaemonOn } from '@live-status/stage';

/** A recording played in real time through a daemon process into the simulator, held against what was written down. */
export interface JudgedRun {
  readonly id: ScenarioId;
  readonly run: DaemonRun;
  readonly pieces: readonly ShownPiece[];
  /** Everything that is not as it must be, one sentence each. */
  readonly problems: readonly string[];
}

/** Plays and judges one recording. `settings` become the daemon's environment. */
export async function judgeRun(
  id: ScenarioId,
  settings: PostSettings = {},
  options: RunOptions = {},
): Promise<JudgedRun> {
  const { postDelayMs = 1_500, defaultChannel = false } = settings;
  // Room for every line: what is left out or folded cannot be judged.
  const env = { POST_DELAY_MS: String(postDelayMs), MAX_STATUS_LINES: '200', ...options.env };
  const run = await runDaemonOn(readRecording(id.version, id.scenario), { ...options, defaultChannel, env });
  const pieces = expectedPosts(expectationOf(id), settings);
  return { id, run, pieces, problems: judge(run, pieces) };
}

function judge({ posts, exits, playedAt }: DaemonRun, pieces: readonly ShownPiece[]): string[] {
  const count = posts.length === pieces.length ? [] : [`${posts.length} posts instead of ${pieces.length}`];
  const last = exits.at(-1);
  return [
    ...count,
    ...pieces.flatMap((piece, i) => (posts[i] === undefined ? [] : judgePost(posts[i], piece, { playedAt }))),
    ...posts.flatMap(shrinkage),
    ...(last?.code === 0 ? [] : [`the daemon ended with ${last?.code ?? last?.signal} instead of 0`]),
  ];
}

/** Calls that an earlier version of a post named and a later one does not: readers must never see less than before. */
function shrinkage({ versions }: ObservedPost): string[] {
  return versions.flatMap(({ message }, i) => {
    const before = versions[i - 1];
    if (before === undefined || message.includes('earlier line')) return [];
    const lost = calls(before.message).filter((call) => !calls(message).includes(call));
    return lost.map((call) => `"${call}" was shown and is gone in version ${i + 1}`);
  });
}

/** The lines of calls, by what they call. A spawn becomes its child's line and so does not count. */
function calls(message: string): string[] {
  return message
    .split('\n')
    .slice(1)
    .flatMap((line) => /^ *- (\w[\w ]*: `[^`]*`|(?:Reading|Writing|Editing) `[^`]*`)/.exec(line)?.[1] ?? [])
    .filter((call) => !call.startsWith('Spawning'));
}
