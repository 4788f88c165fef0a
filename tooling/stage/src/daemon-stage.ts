import { delay } from '@live-status/resilience';
import { FakeGateway, FrameSession } from '@live-status/simulators/gateway';
import type { Post, Simulator } from '@live-status/simulators/mattermost';
import {
  channelSession,
  createScriptedAgent,
  type FileSession,
  type ScriptedAgent,
} from '@live-status/simulators/openclaw-files';
import { type DaemonKeeper, keepDaemon } from './daemon-process.ts';
import { type Health, type HealthWatch, watchHealth } from './health-watch.ts';
import { openStage, type Stage } from './stage.ts';

type Env = Readonly<Record<string, string>>;

/** How a daemon is put on a stage. */
export interface DaemonStageOptions {
  /** Added to its environment; may depend on what is in the simulator. */
  readonly env?: Env | ((stage: Stage) => Env);
  /** What is there before the daemon starts. */
  readonly prepare?: (stage: Stage, gateway: FakeGateway) => void | Promise<void>;
  /** Lets the daemon follow the stage's gateway instead of transcripts. Default false. */
  readonly followsGateway?: boolean;
  /** Ends every wait. */
  readonly signal: AbortSignal;
}

/** Quick decisions, so that a test waits for what matters. */
const QUICK: Env = {
  POST_DELAY_MS: '0',
  SETTLE_MS: '300',
  CIRCUIT_BREAKER_THRESHOLD: '3',
  CIRCUIT_BREAKER_COOLDOWN_S: '1',
};
const POLL_MS = 25;

/** The shared token of every gateway on a stage. */
export const GATEWAY_TOKEN = 'shared-token-of-a-test';

/** What a daemon needs to follow a gateway. */
export function gatewayEnv({ url }: FakeGateway): Env {
  return { SOURCE: 'gateway', OPENCLAW_GATEWAY_URL: url, OPENCLAW_GATEWAY_TOKEN: GATEWAY_TOKEN };
}

/**
 * A daemon process that posts to a simulator, and the work of agents that a test writes as it goes: as files, or as
 * frames of a gateway. Real time, real processes.
 */
export class DaemonStage implements AsyncDisposable {
  readonly simulator: Simulator;
  readonly gateway: FakeGateway;
  readonly agent: ScriptedAgent;
  readonly daemon: DaemonKeeper;
  readonly health: HealthWatch;
  /** `TRANSCRIPT_DIR`. */
  readonly agentsDir: string;
  /** `STATE_DIR`. */
  readonly stateDir: string;
  readonly #stage: Stage;
  readonly #signal: AbortSignal;
  readonly #postIds = new Set<string>();

  /**
   * Sets up a stage and starts the daemon on it.
   * @throws {DaemonFailedError} when the daemon ends instead.
   */
  static async open({ env = {}, prepare, followsGateway, signal }: DaemonStageOptions): Promise<DaemonStage> {
    const gateway = await FakeGateway.listen();
    const stage = await openStage();
    const agent = createScriptedAgent(stage.agentsDir);
    try {
      await prepare?.(stage, gateway);
      const source = followsGateway === true ? gatewayEnv(gateway) : {};
      const more = typeof env === 'function' ? env(stage) : env;
      const daemon = await keepDaemon({ env: { ...stage.env, ...QUICK, ...source, ...more } }, signal);
      return new DaemonStage(stage, { gateway, agent, daemon, signal });
    } catch (error) {
      await stage.close();
      await gateway.close();
      throw error;
    }
  }

  private constructor(
    stage: Stage,
    {
      gateway,
      agent,
      daemon,
      signal,
    }: Pick<DaemonStage, 'gateway' | 'agent' | 'daemon'> & { readonly signal: AbortSignal },
  ) {
    this.#stage = stage;
    this.#signal = signal;
    this.simulator = stage.simulator;
    this.agentsDir = stage.agentsDir;
    this.stateDir = stage.env.STATE_DIR ?? '';
    this.agent = agent;
    this.gateway = gateway;
    this.daemon = daemon;
    this.health = watchHealth(() => daemon.current.healthUrl, signal);
  }

  /** A new channel with the bot in it. */
  channel(): string {
    const { simulator } = this;
    const { id } = simulator.addChannel({ teamId: simulator.team.id, name: `room-${simulator.channels().length}` });
    simulator.join(simulator.bot.user.id, [id]);
    return id;
  }

  /** A session of a channel, written as files. Default: a new channel. */
  fileSession(channelId: string = this.channel()): FileSession {
    return channelSession(this.agent, channelId);
  }

  /** A session of a channel, sent by the gateway, with its first run. Default: a new channel. */
  frameSession(channelId: string = this.channel(), runId = 'r1'): FrameSession {
    return new FrameSession(this.gateway, `agent:main:mattermost:channel:${channelId}`, runId);
  }

  /** Posts of the daemon so far, oldest first. A deleted one too, when this was called while it was there. */
  posts(): readonly Post[] {
    const { simulator } = this;
    for (const post of simulator.posts()) if (post.user_id === simulator.bot.user.id) this.#postIds.add(post.id);
    return [...this.#postIds].flatMap((id) => simulator.post(id) ?? []);
  }

  /** Every version of the first post's text, oldest first; none while there is no post. */
  versions(): readonly string[] {
    const [post] = this.posts();
    return post === undefined ? [] : this.simulator.edits(post.id).map((edit) => edit.post.message);
  }

  /** The last version of the first post; empty while there is none. */
  message(): string {
    return this.versions().at(-1) ?? '';
  }

  /** States the first post went through, each once in a row. */
  states(): readonly string[] {
    const states = this.versions().map((text) => /\[(\w+)\]/.exec(text)?.[1] ?? '');
    return states.filter((state, i) => state !== states[i - 1]);
  }

  /** Waits until something is so. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await Promise.race([delay(POLL_MS, { signal: this.#signal }), this.daemon.failed]);
  }

  /** Waits until the first post matches. */
  untilShown(pattern: RegExp): Promise<void> {
    return this.until(() => pattern.test(this.message()));
  }

  /** Waits until the health server, asked from now on, says something for which this holds. */
  untilHealth(holds: (health: Health) => boolean): Promise<void> {
    const { health } = this;
    const askedAt = Date.now();
    return this.until(() => health.latest !== undefined && health.latest.at > askedAt && holds(health.latest));
  }

  /** Waits until all work is over and everything about it is posted. */
  untilRest(): Promise<void> {
    return this.untilHealth(({ boxes, poster }) => boxes.posted + boxes.waiting + poster.queue === 0);
  }

  wait(ms: number): Promise<void> {
    return delay(ms, { signal: this.#signal });
  }

  async close(): Promise<void> {
    await this.health.close();
    await this.daemon.close();
    await this.#stage.close();
    await this.gateway.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Runs a test on a stage of its own. */
export async function onStage(options: DaemonStageOptions, play: (stage: DaemonStage) => Promise<void>): Promise<void> {
  const stage = await DaemonStage.open(options);
  try {
    await play(stage);
  } finally {
    await stage.close();
  }
}
