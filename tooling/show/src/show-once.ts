import { expectationOf, expectedPosts, parseScenarioId, readRecording } from '@live-status/fixtures';
import { judgePost } from './judge-post.ts';
import { runDaemonOn } from './run-daemon-on.ts';
import { complain, say } from './terminal.ts';

/**
 * Plays one recording to its end under a real daemon process and prints the final posts.
 * @returns 0 when they are what the recording's expectation says, else 1.
 */
export async function showOnce(name: string, signal: AbortSignal): Promise<number> {
  const id = parseScenarioId(name);
  const recording = readRecording(id.version, id.scenario);
  const { posts } = await runDaemonOn(recording, { signal });
  for (const { message } of posts) say(`${message}\n`);
  const pieces = expectedPosts(expectationOf(id));
  const problems = [
    ...(posts.length === pieces.length ? [] : [`${pieces.length} posts were wanted, there are ${posts.length}`]),
    ...posts.flatMap((post, index) => {
      const piece = pieces[index];
      return piece === undefined ? [] : judgePost(post, piece);
    }),
  ];
  for (const problem of problems) complain(`${name}: ${problem}`);
  return problems.length === 0 ? 0 : 1;
}
