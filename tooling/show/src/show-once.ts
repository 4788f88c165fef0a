import { expectationOf, expectedPosts, parseScenarioId, readRecording } from '@live-status/fixtures';
import { stateOf } from './observed-post.ts';
import { runDaemonOn } from './run-daemon-on.ts';
import { complain, say } from './terminal.ts';

/**
 * Plays one recording to its end under a real daemon process and prints the final posts.
 * @returns 0 when they are as many and ended as the recording's expectation says, else 1.
 */
export async function showOnce(name: string, signal: AbortSignal): Promise<number> {
  const id = parseScenarioId(name);
  const recording = readRecording(id.version, id.scenario);
  const { posts } = await runDaemonOn(recording, { signal });
  for (const { message } of posts) say(`${message}\n`);
  const seen = posts.map(({ message }) => stateOf(message) ?? 'another post').join(', ');
  const wanted = expectedPosts(expectationOf(id))
    .map(({ outcome }) => outcome.toUpperCase())
    .join(', ');
  if (seen === wanted) return 0;
  complain(`${name} should show ${wanted || 'no post'}; it showed ${seen || 'no post'}.`);
  return 1;
}
