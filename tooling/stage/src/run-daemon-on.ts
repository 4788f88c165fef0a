import type { Recording } from '@live-status/fixtures';
import { delay } from '@live-status/resilience';
import type { RequestRecord, Simulator } from '@live-status/simulators/mattermost';
import { createPlayedTime, createReplay, type Replay } from '@live-status/simulators/openclaw-files';
import { type DaemonExit, type DaemonKeeper, keepDaemon } from './daemon-process.ts';
import { type ObservedPost, observePosts, stateOf } from './observed-post.ts';
import { makePlaces, type Places } from './places.ts';
import { openStage, type Stage } from './stage.ts';

/** A planned death of the daemon. */
export interface PlannedDeath {
  /** When, milliseconds on the recording's time line. */
  readonly tMs: number;
  readonly signal: 'SIGKILL' | 'SIGTERM';
  /** A daemon that has not ended so long after SIGTERM is killed, milliseconds. Default 15 000. */
  readonly patienceMs?: number;
  /** How long no daemon runs, milliseconds. Default 0: the next one starts at once. */
  readonly downMs?: number;
  /** The next daemon is killed so long after its start, milliseconds, and only then the one after it starts. */
  readonly startingMs?: number;
}

/** When no daemon was at work, milliseconds since the replay began. */
export interface Absence {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** How to run a daemon on a recording. */
export interface RunOptions {
  /** Added to the environment of a daemon on default settings. */
  readonly env?: Readonly<Record<string, string>>;
  /** Sets `DEFAULT_CHANNEL` to the simulator's `town-square`. Default false. */
  readonly defaultChannel?: boolean;
  /** Times real speed. Default 1. */
  readonly speed?: number;
  /** Longer pauses of the recording are shortened to this, milliseconds. Default 20 000: no rule of the fold waits longer. */
  readonly longestGapMs?: number;
  /** Deaths of the daemon, each followed by a new one. In order of time. */
  readonly deaths?: readonly PlannedDeath[];
  /** Called before the replay begins: to set faults, or to do things later by its own timers. */
  readonly onStart?: (running: RunningDaemon) => void | Promise<void>;
  /** How long to wait at most, after the replay, until posts are at rest, milliseconds. Default 30 000. */
  readonly restTimeoutMs?: number;
  /** Program of the daemon. Default: the built one of this checkout. */
  readonly entry?: string;
  readonly signal?: AbortSignal;
}

/** A daemon at work on a recording. */
export interface RunningDaemon {
  readonly simulator: Simulator;
  readonly places: Places;
  readonly daemon: DaemonKeeper;
}

/** What came of it. */
export interface DaemonRun {
  /** The daemon's posts when everything was at rest, before the daemon was told to stop. */
  readonly posts: readonly ObservedPost[];
  /** How each daemon ended: the planned deaths, then the SIGTERM at the end. */
  readonly exits: readonly DaemonExit[];
  /** What all daemons printed. */
  readonly output: string;
  /** Every request the simulator had. */
  readonly requests: readonly RequestRecord[];
  /** When a moment of the recording was really played, milliseconds since the replay began. */
  readonly playedAt: (tMs: number) => number;
  /** When no daemon was at work because of its deaths. */
  readonly absences: readonly Absence[];
}

/** Nothing may change for this long: more than `SETTLE_MS`, `POST_DELAY_MS` and a second of waiting for evidence. */
const REST_MS = 3000;
const REST_POLL_MS = 100;

/**
 * Starts a simulator and a daemon process and plays a recording under it, its times shifted to now. Real time, real
 * processes, real HTTP.
 * @throws {DaemonFailedError} when the daemon ends by itself; the signal's reason when aborted.
 */
export async function runDaemonOn(recording: Recording, options: RunOptions = {}): Promise<DaemonRun> {
  const stage = await openStage();
  try {
    return await runOn(stage, recording, options);
  } finally {
    await stage.close();
  }
}

async function runOn(stage: Stage, recording: Recording, options: RunOptions): Promise<DaemonRun> {
  const { signal } = options;
  const { simulator } = stage;
  const places = makePlaces(simulator, recording);
  const defaultChannel = options.defaultChannel ? { DEFAULT_CHANNEL: simulator.channel.id } : {};
  const env = { ...stage.env, ...defaultChannel, ...options.env };
  const entry = options.entry === undefined ? {} : { entry: options.entry };
  const daemon = await keepDaemon({ env, ...entry }, signal);
  try {
    await options.onStart?.({ simulator, places, daemon });
    const startedAt = Date.now();
    const played = await Promise.race([play(recording, { stage, places, daemon, startedAt }, options), daemon.failed]);
    await Promise.race([rest(simulator, options), daemon.failed]);
    const posts = observePosts(simulator, places, { startedAt });
    await daemon.stop();
    const { exits } = daemon;
    const playedAt = (tMs: number): number => played.replay.playedAt(tMs) - startedAt;
    const { absences } = played;
    return { posts, exits, output: daemon.output(), requests: simulator.requests(), playedAt, absences };
  } finally {
    await daemon.close();
  }
}

interface Scene {
  readonly stage: Stage;
  readonly places: Places;
  readonly daemon: DaemonKeeper;
  /** Epoch milliseconds at which the recording begins. */
  readonly startedAt: number;
}

/** Plays the whole recording while daemons die as planned. */
async function play(
  recording: Recording,
  scene: Scene,
  options: RunOptions,
): Promise<{ readonly replay: Replay; readonly absences: readonly Absence[] }> {
  const { signal, speed = 1, longestGapMs = 20_000 } = options;
  const replay = createReplay(recording, scene.stage.agentsDir, {
    speed,
    longestGapMs,
    shiftTimes: true,
    replacements: scene.places.replacements,
    ...(signal !== undefined && { signal }),
  });
  const times = recording.events.map(({ tMs }) => tMs);
  const playedTime = createPlayedTime(times, longestGapMs);
  const { daemon, startedAt } = scene;
  const dying = dieAsPlanned(daemon, { ...options, startedAt, playedAt: (tMs) => playedTime(tMs) / speed });
  try {
    const [, absences] = await Promise.all([replay.play(), dying]);
    return { replay, absences };
  } finally {
    await replay.close();
  }
}

/** What {@link dieAsPlanned} needs to know of the replay. */
export interface DeathTimes extends Pick<RunOptions, 'deaths'> {
  readonly signal?: AbortSignal | undefined;
  /** When the replay began, milliseconds since the epoch. */
  readonly startedAt: number;
  /** When a moment of the recording is played, milliseconds since the replay began. */
  readonly playedAt: (tMs: number) => number;
}

/** Lets daemons die when it is time, each followed by another. Resolves, after the last, with when none was at work. */
export async function dieAsPlanned(
  daemon: DaemonKeeper,
  { deaths = [], signal: abort, startedAt, playedAt }: DeathTimes,
): Promise<readonly Absence[]> {
  const absences: Absence[] = [];
  for (const { tMs, signal, patienceMs, downMs = 0, startingMs } of deaths) {
    await delay(Math.max(0, startedAt + playedAt(tMs) - Date.now()), { signal: abort });
    const fromMs = Date.now() - startedAt;
    await daemon.stop(signal, patienceMs);
    await delay(downMs, { signal: abort });
    if (startingMs !== undefined) await daemon.startAndKill(startingMs);
    await daemon.start();
    absences.push({ fromMs, untilMs: Date.now() - startedAt });
  }
  return absences;
}

/** Waits until no post is active and nothing has changed for a while, at most the timeout. */
export async function rest(
  simulator: Simulator,
  { restTimeoutMs = 30_000, signal }: Pick<RunOptions, 'restTimeoutMs'> & Pick<DeathTimes, 'signal'> = {},
): Promise<void> {
  const calledAt = Date.now();
  for (;;) {
    const posts = simulator.posts().filter((post) => post.user_id === simulator.bot.user.id);
    const changedAt = Math.max(calledAt, ...posts.map((post) => post.update_at));
    const isActive = posts.some((post) => ['ACTIVE', 'WAITING'].includes(stateOf(post.message) ?? ''));
    if (Date.now() - calledAt > restTimeoutMs) return;
    if (!isActive && Date.now() - changedAt > REST_MS) return;
    await delay(REST_POLL_MS, { signal });
  }
}
