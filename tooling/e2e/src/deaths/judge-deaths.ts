import { parseScenarioId } from '@live-status/fixtures';
import { type Absence, type DaemonExit, type ObservedPost, stateOf } from '@live-status/stage';
import { judgeRun } from '../judged-run.ts';
import { differencesOf, problemsIn } from './history.ts';
import type { PlannedRun } from './plan.ts';
import { type FramesRun, playFrames } from './play-frames.ts';

/** What came of a run in which daemons died. */
export interface JudgedDeaths {
  readonly posts: readonly ObservedPost[];
  readonly exits: readonly DaemonExit[];
  /** Everything that is not as it must be, one sentence each. */
  readonly problems: readonly string[];
  readonly output: string;
}

/** Plays a run and judges it: transcripts by what was written down, frames by a run in which nobody died. */
export function judgeDeaths(run: PlannedRun, signal?: AbortSignal): Promise<JudgedDeaths> {
  return run.source === 'gateway' ? judgeFrames(run, signal) : judgeTranscripts(run, signal);
}

async function judgeTranscripts({ name, deaths }: PlannedRun, signal?: AbortSignal): Promise<JudgedDeaths> {
  const options = { deaths, env: { HEARTBEAT_S: '600' }, ...(signal !== undefined && { signal }) };
  const { run, pieces, problems } = await judgeRun(parseScenarioId(name), {}, options);
  const { posts, exits, output, absences, playedAt } = run;
  // Nothing is posted about work that began and ended while no daemon ran.
  const isUnseen = (endMs: number): boolean => absences.some((absence) => isIn(absence, playedAt(endMs)));
  const unseen = pieces.filter(({ endMs }) => isUnseen(endMs)).length;
  // Of work whose beginning no daemon saw it is written down when the message was sent, not when the work began.
  const hasUnseenStart = posts.some(({ versions }) =>
    absences.some(
      ({ fromMs, untilMs }) => fromMs < atOf(versions) && pieces.some(({ startMs }) => playedAt(startMs) < untilMs),
    ),
  );
  const isAllowed = (problem: string): boolean =>
    (problem.startsWith('elapsed:') && hasUnseenStart) ||
    (problem === `${posts.length} posts instead of ${pieces.length}` && pieces.length - posts.length <= unseen);
  const history = posts.flatMap((post) => problemsIn(post));
  return { posts, exits, output, problems: [...problems.filter((problem) => !isAllowed(problem)), ...history] };
}

/** When a post was made. */
const atOf = ([first]: ObservedPost['versions']): number => first?.atMs ?? 0;

/**
 * Whether nothing of a recording deserves a post but that the model fails twice: a daemon that saw less of it posts
 * nothing.
 */
const isQuiet = (name: string): boolean => name === 'retry-429';

const undisturbed = new Map<string, Promise<FramesRun>>();

/** How the recording is shown when nobody dies; played once. */
function undisturbedRun(name: string, signal?: AbortSignal): Promise<FramesRun> {
  const known = undisturbed.get(name) ?? playFrames(name, { signal });
  undisturbed.set(name, known);
  return known;
}

async function judgeFrames({ name, deaths }: PlannedRun, signal?: AbortSignal): Promise<JudgedDeaths> {
  const wanted = await undisturbedRun(name, signal);
  const { posts, exits, output, absences } = await playFrames(name, { deaths, signal });
  const [status, wantedStatus] = [posts, wanted.posts].map((all) => all.filter(isStatus));
  const count = (status ?? []).length - (wantedStatus ?? []).length;
  const isUnseen = (wantedStatus ?? []).some((post) =>
    absences.some((absence) => isIn(absence, endOf(post)) || (isQuiet(name) && absence.fromMs < atOf(post.versions))),
  );
  const problems = [
    ...(count > 0 || (count < 0 && !isUnseen) ? [`${count > 0 ? '+' : ''}${count} posts`] : []),
    ...(count < 0 ? [] : (status ?? []).flatMap((post, index) => judgeStatus(post, wantedStatus?.[index]))),
    ...judgeNotices(posts, wanted.posts),
    ...(exits.at(-1)?.code === 0 ? [] : ['the last daemon did not end with 0']),
  ];
  return { posts, exits, output, problems };
}

function judgeStatus(post: ObservedPost, wanted: ObservedPost | undefined): string[] {
  if (wanted === undefined) return [];
  return [...problemsIn(post, wanted), ...differencesOf(post, wanted)];
}

/** Replies that notify people: each once, and none that an undisturbed daemon would not write. */
function judgeNotices(posts: readonly ObservedPost[], wanted: readonly ObservedPost[]): string[] {
  const [is, allowed] = [posts, wanted].map((all) => all.filter((post) => !isStatus(post)));
  const problems = (is ?? []).length > (allowed ?? []).length ? ['more notices than without deaths'] : [];
  const open = (is ?? []).filter(({ message }) => message.startsWith('Waiting for'));
  return [...problems, ...open.map(({ message }) => `notice left open: ${message}`)];
}

const isStatus = ({ versions, message }: ObservedPost): boolean =>
  stateOf(versions[0]?.message ?? message) !== undefined;

/** When the end was shown, milliseconds since the replay began. */
function endOf({ versions, message }: ObservedPost): number {
  const state = stateOf(message);
  return versions.find((version) => stateOf(version.message) === state)?.atMs ?? 0;
}

/** How late the end of work is seen at most, milliseconds: it is shown so long after. */
const LATE_MS = 1500;

function isIn({ fromMs, untilMs }: Absence, atMs: number): boolean {
  return atMs >= fromMs - LATE_MS && atMs <= untilMs + LATE_MS;
}
