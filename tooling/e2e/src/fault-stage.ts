import type { Post, RequestRecord, Simulator } from '@live-status/mattermost-sim';
import { createScriptedAgent, type ScriptedAgent } from '@live-status/replay';
import { delay } from '@live-status/resilience';
import { type DaemonExit, type DaemonKeeper, keepDaemon, openStage, stateOf } from '@live-status/show';
import { type Health, type HealthWatch, watchHealth } from './health-watch.ts';

/** Something that goes wrong while agents work. */
export interface FaultScenario {
  readonly name: string;
  /** Added to the environment of the daemon. */
  readonly env?: Readonly<Record<string, string>>;
  /** Lets agents work and things go wrong, and ends when the work is over and nothing is wrong any more. */
  play(stage: FaultStage): Promise<void>;
}

/** What a scenario has at hand. */
export interface FaultStage {
  readonly simulator: Simulator;
  readonly agent: ScriptedAgent;
  readonly daemon: DaemonKeeper;
  /** Posts of the daemon so far, deleted ones too, oldest first. */
  posts(): readonly Post[];
  /** A new channel with the bot in it. */
  channel(): string;
  /** Waits until something is so. */
  until(holds: () => boolean): Promise<void>;
  /** Waits until the health server says something for which this holds. */
  untilHealth(holds: (health: Health) => boolean): Promise<void>;
  wait(ms: number): Promise<void>;
}

/** What readers and operators saw. */
export interface Seen {
  /** Every post of the daemon, oldest first. */
  readonly posts: readonly SeenPost[];
  /** What `/health` said, each once in a row. */
  readonly health: readonly Health[];
  /** Log lines from `warn` on. */
  readonly warnings: readonly LogLine[];
  readonly requests: readonly RequestRecord[];
  /** How each daemon ended; the last one by SIGTERM, after the work. */
  readonly exits: readonly DaemonExit[];
}

export interface SeenPost {
  readonly id: string;
  readonly channelId: string;
  readonly rootId: string;
  /** States in the order in which they were shown, each once in a row. */
  readonly states: readonly string[];
  /** How often it changed after it was made. */
  readonly edits: number;
  /** Longest time in which a reader saw no change, milliseconds. */
  readonly longestGapMs: number;
  /** The last text. */
  readonly message: string;
  readonly deleted: boolean;
}

/** A line of the daemon's log. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly reason?: string;
}

/** Quick decisions, so that a test waits for what matters. */
const QUICK: Readonly<Record<string, string>> = {
  POST_DELAY_MS: '0',
  SETTLE_MS: '300',
  CIRCUIT_BREAKER_THRESHOLD: '3',
  CIRCUIT_BREAKER_COOLDOWN_S: '1',
};
const POLL_MS = 25;
const WARN = 40;

/** Plays a scenario with a daemon process, in real time, until all posts are at rest. */
export async function playFault(scenario: FaultScenario, signal: AbortSignal): Promise<Seen> {
  const opened = await openStage();
  try {
    const agent = createScriptedAgent(opened.agentsDir);
    const daemon = await keepDaemon({ env: { ...opened.env, ...QUICK, ...scenario.env } }, signal);
    const watch = watchHealth(() => daemon.current.healthUrl, signal);
    try {
      return await playOn({ simulator: opened.simulator, agent, daemon, watch }, scenario, signal);
    } finally {
      await watch.close();
      await daemon.close();
    }
  } finally {
    await opened.close();
  }
}

interface Parts extends Pick<FaultStage, 'simulator' | 'agent' | 'daemon'> {
  readonly watch: HealthWatch;
}

async function playOn({ watch, ...parts }: Parts, scenario: FaultScenario, signal: AbortSignal): Promise<Seen> {
  const { simulator, daemon } = parts;
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await delay(POLL_MS, { signal });
  };
  const untilHealth = (holds: (health: Health) => boolean): Promise<void> => {
    const askedAt = Date.now();
    return until(() => watch.latest !== undefined && watch.latest.at > askedAt && holds(watch.latest));
  };
  const posts = postsOf(simulator);
  const wait = (ms: number): Promise<void> => delay(ms, { signal });
  const played = scenario.play({ ...parts, posts, channel: () => addChannel(simulator), until, untilHealth, wait });
  const atRest = (): Promise<void> =>
    untilHealth(({ boxes, poster }) => boxes.posted + boxes.waiting + poster.queue === 0);
  await Promise.race([played.then(atRest), daemon.failed]);
  await daemon.stop();
  return {
    posts: posts().map((post) => seenPost(simulator, post)),
    health: watch.seen,
    warnings: logLines(daemon.output()).filter(({ level }) => level >= WARN),
    requests: simulator.requests(),
    exits: daemon.exits,
  };
}

/** The daemon's posts. One that was deleted is known from an earlier call: whoever deletes it has asked for it. */
function postsOf(simulator: Simulator): () => Post[] {
  const ids = new Set<string>();
  return () => {
    for (const post of simulator.posts()) if (post.user_id === simulator.bot.user.id) ids.add(post.id);
    return [...ids].flatMap((id) => simulator.post(id) ?? []);
  };
}

function addChannel(simulator: Simulator): string {
  const name = `room-${simulator.channels().length}`;
  const { id } = simulator.addChannel({ teamId: simulator.team.id, name });
  simulator.join(simulator.bot.user.id, [id]);
  return id;
}

function seenPost(simulator: Simulator, post: Post): SeenPost {
  const versions = simulator.edits(post.id).filter((version) => version.post.delete_at === 0);
  const states = versions.map((version) => stateOf(version.post.message) ?? 'TEXT');
  const gaps = versions.slice(1).map(({ at }, i) => at - (versions[i]?.at ?? at));
  return {
    id: post.id,
    channelId: post.channel_id,
    rootId: post.root_id,
    states: states.filter((state, i) => state !== states[i - 1]),
    edits: versions.length - 1,
    longestGapMs: Math.max(0, ...gaps),
    message: versions.at(-1)?.post.message ?? '',
    deleted: post.delete_at !== 0,
  };
}

function logLines(output: string): LogLine[] {
  return output.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    try {
      return [JSON.parse(line) as LogLine];
    } catch {
      return [];
    }
  });
}
