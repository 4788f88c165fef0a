import { delay } from '@live-status/resilience';
import type { Post, Simulator } from '@live-status/simulators/mattermost';
import { createScriptedAgent, type ScriptedAgent } from '@live-status/simulators/openclaw-files';
import { type DaemonKeeper, keepDaemon, openStage, type Stage } from '@live-status/stage';
import { type Health, type HealthWatch, watchHealth } from './health-watch.ts';

/** A simulator, a daemon process that posts to it, and an agent whose work a test writes by hand. Real time. */
export interface DaemonStage {
  readonly simulator: Simulator;
  readonly agent: ScriptedAgent;
  readonly daemon: DaemonKeeper;
  readonly health: HealthWatch;
  /** `STATE_DIR`. */
  readonly stateDir: string;
  /** Posts of the daemon so far, oldest first. A deleted one too, when this was called while it was there. */
  posts(): readonly Post[];
  /** A new channel with the bot in it. */
  channel(): string;
  /** Waits until something is so. */
  until(holds: () => boolean): Promise<void>;
  /** Waits until the health server says something for which this holds. */
  untilHealth(holds: (health: Health) => boolean): Promise<void>;
  /** Waits until all work is over and everything about it is posted. */
  untilRest(): Promise<void>;
  wait(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Quick decisions, so that a test waits for what matters. */
const QUICK: Readonly<Record<string, string>> = {
  POST_DELAY_MS: '0',
  SETTLE_MS: '300',
  CIRCUIT_BREAKER_THRESHOLD: '3',
  CIRCUIT_BREAKER_COOLDOWN_S: '1',
};
const POLL_MS = 25;

/** How a daemon is put on a stage. */
export interface DaemonStageOptions {
  /** Added to its environment; may depend on what is in the simulator. */
  readonly env?: (stage: Stage) => Readonly<Record<string, string>>;
  /** What is there before the daemon starts. */
  readonly prepare?: (stage: Stage) => void | Promise<void>;
  /** Ends every wait. */
  readonly signal: AbortSignal;
}

/**
 * Sets up a stage and starts the daemon on it.
 * @throws {DaemonFailedError} when the daemon ends instead.
 */
export async function openDaemonStage({ env, prepare, signal }: DaemonStageOptions): Promise<DaemonStage> {
  const stage = await openStage();
  const agent = createScriptedAgent(stage.agentsDir);
  try {
    await prepare?.(stage);
    const daemon = await keepDaemon({ env: { ...stage.env, ...QUICK, ...env?.(stage) } }, signal);
    return dressed(stage, { agent, daemon, signal });
  } catch (error) {
    await stage.close();
    throw error;
  }
}

interface Parts extends Pick<DaemonStage, 'agent' | 'daemon'> {
  readonly signal: AbortSignal;
}

function dressed(stage: Stage, { agent, daemon, signal }: Parts): DaemonStage {
  const { simulator } = stage;
  const health = watchHealth(() => daemon.current.healthUrl, signal);
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await Promise.race([delay(POLL_MS, { signal }), daemon.failed]);
  };
  const untilHealth = (holds: (health: Health) => boolean): Promise<void> => {
    const askedAt = Date.now();
    return until(() => health.latest !== undefined && health.latest.at > askedAt && holds(health.latest));
  };
  return {
    simulator,
    agent,
    daemon,
    health,
    stateDir: stage.env.STATE_DIR ?? '',
    posts: postsOf(simulator),
    channel: () => addChannel(simulator),
    until,
    untilHealth,
    untilRest: () => untilHealth(({ boxes, poster }) => boxes.posted + boxes.waiting + poster.queue === 0),
    wait: (ms) => delay(ms, { signal }),
    async close() {
      await health.close();
      await daemon.close();
      await stage.close();
    },
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
