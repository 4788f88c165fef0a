import { delay, LifecycleScope } from '@live-status/resilience';
import {
  FakeGateway,
  GatewayRecording,
  playedTimes,
  type RecordedFrame,
  readFrames,
  replayFrames,
} from '@live-status/simulators/gateway';
import {
  type Absence,
  type DaemonExit,
  dieAsPlanned,
  gatewayEnv,
  keepDaemon,
  makePlaces,
  type ObservedPost,
  observePosts,
  openStage,
  type PlannedDeath,
  rest,
  type Stage,
} from '@live-status/stage';

/** A death of a daemon that follows a gateway. */
export interface GatewayDeath extends PlannedDeath {
  /** The connection is lost so long before, milliseconds. Default: it is not. */
  readonly lostBeforeMs?: number;
}

/** What came of recorded frames that were played through a daemon process. */
export interface FramesRun {
  readonly posts: readonly ObservedPost[];
  readonly exits: readonly DaemonExit[];
  readonly absences: readonly Absence[];
  readonly output: string;
}

/** Longer pauses of a recording are shortened to this: nothing that happens without a frame takes longer. */
const LONGEST_GAP_MS = 2500;
/** What the daemon says of its posts is compared, so nothing is left out or folded, and no clock alone edits. */
const ENV = {
  POST_DELAY_MS: '300',
  MAX_STATUS_LINES: '200',
  HEARTBEAT_S: '600',
  NOTIFY: 'waiting,all',
  OWED_TIMEOUT_S: '20',
};

/** How long a recording is played, milliseconds. */
export function playedMs(name: string): number {
  return playedTimes(eventsOf(name), LONGEST_GAP_MS).at(-1) ?? 0;
}

/** When a recording waits for a person, milliseconds since its play began; undefined: it never does. */
export function waitIn(name: string): { readonly fromMs: number; readonly untilMs: number } | undefined {
  const recording = new GatewayRecording(eventsOf(name));
  const times = playedTimes(recording.frames, LONGEST_GAP_MS);
  const waits = times.filter((_time, index) => recording.waitsAt(index).isWaiting);
  const [fromMs, untilMs] = [waits[0], waits.at(-1)];
  return fromMs === undefined || untilMs === undefined ? undefined : { fromMs, untilMs };
}

/** Plays a recording of OpenClaw 2026.9.6 in real time through a daemon process, which dies as planned. */
export async function playFrames(
  name: string,
  {
    deaths = [],
    signal,
  }: { readonly deaths?: readonly GatewayDeath[]; readonly signal?: AbortSignal | undefined } = {},
): Promise<FramesRun> {
  const scope = new LifecycleScope();
  try {
    const gateway = await FakeGateway.listen();
    scope.defer(() => gateway.close());
    const stage = await openStage();
    scope.defer(() => stage.close());
    return await play({ frames: eventsOf(name), gateway, stage, deaths, signal });
  } finally {
    await scope.close({ deadlineMs: 10_000 });
  }
}

async function play({
  frames,
  gateway,
  stage,
  deaths,
  signal,
}: {
  readonly frames: readonly RecordedFrame[];
  readonly gateway: FakeGateway;
  readonly stage: Stage;
  readonly deaths: readonly GatewayDeath[];
  readonly signal: AbortSignal | undefined;
}): Promise<FramesRun> {
  const { simulator } = stage;
  const places = makePlaces(simulator, JSON.stringify(frames));
  const env = { ...stage.env, ...gatewayEnv(gateway), ...ENV, DEFAULT_CHANNEL: simulator.channel.id };
  const daemon = await keepDaemon({ env }, signal);
  try {
    const startedAt = Date.now();
    const { replacements } = places;
    const playing = replayFrames(frames, gateway, { longestGapMs: LONGEST_GAP_MS, replacements, signal });
    const dying = dieAsPlanned(daemon, { deaths, startedAt, playedAt: (tMs) => tMs, signal });
    const losing = Promise.all(
      deaths.map(async ({ tMs, lostBeforeMs }) => {
        if (lostBeforeMs === undefined) return;
        await delay(Math.max(0, tMs - lostBeforeMs), { signal });
        gateway.drop();
      }),
    );
    const [absences] = await Promise.race([Promise.all([dying, playing, losing]), daemon.failed]);
    await Promise.race([rest(simulator, { signal }), daemon.failed]);
    const posts = observePosts(simulator, places, { startedAt });
    await daemon.stop();
    return { posts, exits: daemon.exits, absences, output: daemon.output() };
  } finally {
    await daemon.close();
  }
}

function eventsOf(name: string): RecordedFrame[] {
  return readFrames(name).filter(({ type }) => type === 'event');
}
