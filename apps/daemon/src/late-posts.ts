/** Nobody reads a log line with more ids. */
const MAX_IDS = 10;

/** For the log: how many boxes were not up to date in time, and the first ten of them. */
export function latePosts(undelivered: readonly string[]): {
  readonly count: number;
  readonly undelivered: readonly string[];
} {
  return { count: undelivered.length, undelivered: undelivered.slice(0, MAX_IDS) };
}
