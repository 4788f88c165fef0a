import { delay } from '@live-status/resilience';
import type { RequestRecord } from '@live-status/simulators/mattermost';
import { channelSession, createScriptedAgent, type FileSession } from '@live-status/simulators/openclaw-files';
import { type DaemonKeeper, keepDaemon, openStage, type Stage } from '@live-status/stage';

/** What is asked of `/health` here. */
export interface FleetHealth {
  readonly status: 'ok' | 'degraded' | 'failing';
  readonly reasons: readonly { readonly what: string; readonly fix?: string }[];
  readonly poster: { readonly rateLimited: number; readonly lastError?: { readonly message: string } };
  readonly sharing?: {
    readonly state: string;
    readonly members: number;
    readonly calls: number;
    readonly failures: number;
  };
}

/** How often each session does something, milliseconds. */
const STEP_MS = 150;

/** Hosts with a daemon process and agents each, on one Mattermost simulator. Real processes, real time. */
export class Fleet implements AsyncDisposable {
  readonly #stage: Stage;
  readonly #signal: AbortSignal;
  readonly hosts: FleetHost[] = [];

  private constructor(stage: Stage, signal: AbortSignal) {
    this.#stage = stage;
    this.#signal = signal;
  }

  /** Starts a simulator with the limiter of a server; hosts are added later. */
  static async open(limiter: { readonly perSec: number; readonly burst: number }, signal: AbortSignal): Promise<Fleet> {
    return new Fleet(await openStage({ limiter: { enable: true, ...limiter } }), signal);
  }

  /** Starts a daemon, and as many sessions that are always at work. */
  async add(name: string, sessions: number, env: Readonly<Record<string, string>>): Promise<FleetHost> {
    const { simulator, env: given } = this.#stage;
    const home = `${given.HOME}/${name}`;
    const agentsDir = `${home}/agents`;
    const agent = createScriptedAgent(agentsDir);
    const channels = Array.from({ length: sessions + 1 }, (_, index) => {
      const { id } = simulator.addChannel({ teamId: simulator.team.id, name: `${name}-${index}` });
      simulator.join(simulator.bot.user.id, [id]);
      return id;
    });
    const own = { HOME: home, TRANSCRIPT_DIR: agentsDir, STATE_DIR: `${home}/state`, PID_FILE: `${home}/daemon.pid` };
    const settings = { ...given, ...own, POST_DELAY_MS: '0', SETTLE_MS: '200', LOG_LEVEL: 'info', ...env };
    const daemon = await keepDaemon({ env: settings }, this.#signal);
    const host = new FleetHost({ name, daemon, channels, sessionIn: (id) => channelSession(agent, id) }, this.#signal);
    this.hosts.push(host);
    return host;
  }

  /** Requests that arrived between two times, milliseconds since the epoch. */
  requests(from: number, to = Date.now()): readonly RequestRecord[] {
    return this.#stage.simulator.requests().filter(({ at }) => at >= from && at < to);
  }

  /** Times of the posts and edits of a host since a time. */
  writesOf(host: FleetHost, from: number, to = Date.now()): readonly number[] {
    const { simulator } = this.#stage;
    return this.requests(from, to).flatMap(({ at, body, method, path, status }) => {
      if (status !== 200 && status !== 201) return [];
      const edited = /^\/posts\/([a-z0-9]{26})\/patch$/.exec(path)?.[1];
      const isCreate = method === 'POST' && path === '/posts';
      const channel =
        edited === undefined
          ? (body as { channel_id?: string } | undefined)?.channel_id
          : simulator.post(edited)?.channel_id;
      return (isCreate || edited !== undefined) && host.channels.includes(channel ?? '') ? [at] : [];
    });
  }

  /** The newest text in a channel; empty where there is none. */
  messageIn(channelId: string): string {
    return this.#stage.simulator.posts().findLast(({ channel_id: channel }) => channel === channelId)?.message ?? '';
  }

  /** Waits until something is so. */
  async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await holds())) {
      await Promise.race([delay(25, { signal: this.#signal }), ...this.hosts.map(({ daemon }) => daemon.failed)]);
    }
  }

  wait(ms: number): Promise<void> {
    return delay(ms, { signal: this.#signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.close()));
    await this.#stage.close();
  }
}

interface HostParts {
  readonly name: string;
  readonly daemon: DaemonKeeper;
  readonly channels: readonly string[];
  readonly sessionIn: (channelId: string) => FileSession;
}

/** A host of a {@link Fleet}. The last of its channels is kept free for work that begins and ends. */
export class FleetHost {
  readonly name: string;
  readonly daemon: DaemonKeeper;
  readonly channels: readonly string[];
  readonly #sessionIn: HostParts['sessionIn'];
  readonly #signal: AbortSignal;
  readonly #resting = new AbortController();
  readonly #working: Promise<unknown>;

  constructor({ name, daemon, channels, sessionIn }: HostParts, signal: AbortSignal) {
    this.name = name;
    this.daemon = daemon;
    this.channels = channels;
    this.#sessionIn = sessionIn;
    this.#signal = AbortSignal.any([signal, this.#resting.signal]);
    this.#working = Promise.allSettled(channels.slice(0, -1).map((id, index) => this.#work(sessionIn(id), index)));
  }

  /** The channel that is kept free. */
  get freeChannel(): string {
    return this.channels.at(-1) ?? '';
  }

  /** Begins something in the free channel. */
  begin(): FileSession {
    return this.#sessionIn(this.freeChannel).begin('one more thing').call('only');
  }

  async health(): Promise<FleetHealth> {
    return (await (await fetch(`${this.daemon.current.healthUrl}/health`)).json()) as FleetHealth;
  }

  async close(): Promise<void> {
    this.#resting.abort();
    await this.#working;
    await this.daemon.close();
  }

  async #work(session: FileSession, index: number): Promise<void> {
    await delay(index * 37, { signal: this.#signal });
    session.begin('work until it is done');
    for (let step = 0; ; step += 1) {
      session.call(`c${step}`, `make part-${step}`);
      await delay(STEP_MS, { signal: this.#signal });
      session.result(`c${step}`);
      await delay(STEP_MS, { signal: this.#signal });
    }
  }
}
