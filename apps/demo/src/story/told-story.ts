import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FakeGateway } from '@live-status/simulators/gateway';
import { type DaemonKeeper, gatewayEnv, keepDaemon, openStage, type Stage } from '@live-status/stage';
import { COMPANY_SIMULATOR, Company } from './company.ts';
import { FOLLOWED_S } from './one-of-those-days.ts';
import { Pace } from './pace.ts';
import { SCENES } from './scenes.ts';

/** How a story is told. */
export interface ToldStoryOptions {
  /** Times real speed, the daemon's delays included. Default 1. */
  readonly speed?: number;
  /** Added to the daemon's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Everything a story needs: a simulated Mattermost, the company in it, its gateway, and a daemon that follows that. */
export class ToldStory implements AsyncDisposable {
  readonly company: Company;
  readonly daemon: DaemonKeeper;
  readonly stage: Stage;
  readonly #gateway: FakeGateway;

  private constructor(stage: Stage, gateway: FakeGateway, { company, daemon }: Pick<ToldStory, 'company' | 'daemon'>) {
    this.stage = stage;
    this.#gateway = gateway;
    this.company = company;
    this.daemon = daemon;
  }

  /**
   * Sets it up and waits until the daemon is ready.
   * @throws {DaemonFailedError} when the daemon ends instead; the signal's reason when aborted.
   */
  static async open({ speed = 1, env: more = {}, signal }: ToldStoryOptions): Promise<ToldStory> {
    const stage = await openStage(COMPANY_SIMULATOR);
    const gateway = await FakeGateway.listen();
    const pace = new Pace({ speed, signal });
    const company = new Company({ simulator: stage.simulator, gateway, pace });
    try {
      await configureOpenClaw(stage);
      const env = {
        ...stage.env,
        ...gatewayEnv(gateway),
        DEFAULT_CHANNEL: company.nightlyJobs.id,
        MAX_SESSION_DURATION_S: String(Math.round(pace.milliseconds(FOLLOWED_S) / 1000)),
        ...(speed === 1 ? {} : quicker(pace)),
        ...more,
      };
      const daemon = await keepDaemon({ env }, signal);
      return new ToldStory(stage, gateway, { company, daemon });
    } catch (error) {
      await gateway.close();
      await stage.close();
      throw error;
    }
  }

  /** Plays a scene to its end, by its place in {@link SCENES}. */
  async play(scene: number): Promise<void> {
    await Promise.race([SCENES[scene]?.play(this.company), this.daemon.failed]);
  }

  async close(): Promise<void> {
    await this.daemon.close();
    await this.#gateway.close();
    await this.stage.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The daemon finds OpenClaw's bot there, as on a gateway's host: it tells people to mention it in their answers. */
async function configureOpenClaw({ env, simulator }: Stage): Promise<void> {
  const directory = join(env.HOME ?? '', '.openclaw');
  const mattermost = { enabled: true, baseUrl: simulator.url, botToken: simulator.bot.token };
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'openclaw.json'), JSON.stringify({ channels: { mattermost } }));
}

/** The daemon's own delays at the speed of the story. */
function quicker(pace: Pace): Readonly<Record<string, string>> {
  return {
    POST_DELAY_MS: String(Math.round(pace.milliseconds(1.5))),
    SETTLE_MS: String(Math.round(pace.milliseconds(1.5))),
    THROTTLE_MS: '100',
    MAX_UPDATES_PER_S: '20',
  };
}
