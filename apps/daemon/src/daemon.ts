import { createPosterWith, type Ledger, type LiveContent, type PostApi, type Poster } from '@live-status/mm-poster';
import { type Clock, LifecycleScope } from '@live-status/resilience';
import { type Box, BoxFold, type ResumeToken, type Route } from '@live-status/session-state';
import type { Settings } from '@live-status/settings';
import type { Logger } from 'pino';
import { adoptedBoxes, readLedger, resumeTokens } from './adopt.ts';
import type { AnsweringBot } from './answering-bot.ts';
import { Board } from './board.ts';
import { posterSettings, rules } from './component-options.ts';
import { ConnectionCheck } from './connection-check.ts';
import type { DaemonSource } from './daemon-source.ts';
import { type HealthReport, sourceReasons, worst } from './health.ts';
import type { ShownBox } from './live-page.ts';
import { Pipeline } from './pipeline.ts';
import { chooseDestination, type Destination } from './targets.ts';

/** What a daemon is made of; everything that touches the world is given. */
export interface DaemonOptions {
  readonly settings: Settings;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly api: PostApi;
  /** Closed with the daemon. */
  readonly ledger: Ledger;
  readonly createSource: (resumeTokens: readonly ResumeToken[]) => DaemonSource;
  readonly contentOf: (box: Box, show: Destination['show']) => LiveContent;
  /** Asked for its name as long as the daemon runs. */
  readonly answeringBot: Pick<AnsweringBot, 'run'>;
  /** Reads the bot token again where it is kept; asked while the server refuses the present one. */
  readonly readToken: () => Promise<string | undefined>;
  /** Ends the posts of the ledger and opens no new ones. Default: false. */
  readonly onlyLedger?: boolean;
}

/** A daemon at work. */
export interface Daemon {
  /** Resolves when everything that was there at the start has been taken in. Never rejects. */
  readonly caughtUp: Promise<void>;
  /** Resolves when the daemon was stopped; rejects when sessions cannot be followed any more. */
  readonly ended: Promise<void>;
  /** Whether the source of sessions is attached. */
  ready(): boolean;
  report(): HealthReport;
  /** The posts that may still change, as they look now. */
  boxes(): readonly ShownBox[];
  /**
   * Stops following, says so in every open post, and brings that to the server within the shutdown timeout. Idempotent.
   *
   * @returns boxes whose last content did not get there; the ledger keeps them
   */
  stop(): Promise<{ readonly undelivered: readonly string[] }>;
}

/** Puts the parts together and starts following. */
export function startDaemon(options: DaemonOptions): Daemon {
  return new RunningDaemon(options);
}

class RunningDaemon implements Daemon {
  readonly ended: Promise<void>;
  readonly #caughtUp = Promise.withResolvers<void>();
  readonly #options: DaemonOptions;
  readonly #startedAt: number;
  readonly #scope: LifecycleScope;
  readonly #poster: Poster;
  readonly #connection: ConnectionCheck;
  readonly #board: Board;
  readonly #source: DaemonSource;
  readonly #pipeline: Pipeline;
  #stopped: Promise<{ readonly undelivered: readonly string[] }> | undefined;

  constructor(options: DaemonOptions) {
    const { clock, log, settings } = options;
    this.#options = options;
    this.#startedAt = clock.now();
    this.#scope = new LifecycleScope({ clock });
    const onBoxStopped = (boxId: string): void => this.#board.giveUp(boxId);
    this.#poster = createPosterWith({ ...posterSettings(settings), ...options, onBoxStopped });
    this.#connection = new ConnectionCheck({ ...options, url: settings.mmUrl });
    const adopted = readLedger(this.#poster, log);
    this.#board = new Board({
      poster: this.#poster,
      clock,
      log,
      adopted,
      maxActive: settings.maxActiveSessions,
      destinationOf: (route) => this.#destinationOf(route),
      contentOf: options.contentOf,
      onlyAdopted: options.onlyLedger ?? false,
    });
    this.#source = options.createSource(resumeTokens(adopted));
    this.#pipeline = new Pipeline({
      source: this.#source,
      boxes: new BoxFold({ rules: rules(settings), adopted: adoptedBoxes(adopted) }),
      clock,
      onChange: (entry) => this.#board.update(entry),
      onCaughtUp: () => this.#takeOver(),
    });
    this.#scope.defer(() => this.#source.close());
    this.ended = this.#follow();
    this.#scope.track(this.#connection.run(this.#scope.signal));
    this.#scope.track(options.answeringBot.run(this.#scope.signal));
  }

  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  ready(): boolean {
    return this.#source.status().state !== 'starting';
  }

  report(): HealthReport {
    const { clock, version } = this.#options;
    const choice = this.#source.choice();
    const poster = this.#poster.status();
    // Once something was asked of the server, the poster knows better.
    const isUntried = poster.lastSuccessAt === undefined && poster.reasons.length === 0;
    const problem = isUntried ? this.#connection.problem() : undefined;
    const posting = problem === undefined ? poster.reasons : [problem];
    const reasons = [...sourceReasons(this.#source.status()), ...posting];
    return {
      status: worst(reasons),
      version,
      pid: process.pid,
      uptimeS: Math.round((clock.now() - this.#startedAt) / 1_000),
      ...(choice !== undefined && { choice }),
      sources: this.#source.parts(),
      boxes: this.#board.counts(),
      poster,
      reasons,
    };
  }

  boxes(): readonly ShownBox[] {
    const budget = { nowMs: this.#options.clock.now(), maxChars: this.#options.settings.maxMessageChars };
    return this.#board.shown().map(({ boxId, content }) => ({ boxId, text: content.render(budget).message }));
  }

  stop(): Promise<{ readonly undelivered: readonly string[] }> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Everything that was there at the start has been read: the posts of an earlier life are true again. */
  #takeOver(): void {
    this.#options.log.info({ ...this.#board.counts(), source: this.#source.name }, 'following sessions');
    this.#board.caughtUp();
    this.#caughtUp.resolve();
  }

  async #stop(): Promise<{ readonly undelivered: readonly string[] }> {
    const { clock, settings } = this.#options;
    const deadlineAt = clock.now() + settings.shutdownTimeoutMs;
    this.#pipeline.stop();
    // A source that hangs must not keep the last words from being sent.
    await this.#scope.close({ deadlineMs: settings.shutdownTimeoutMs / 2 });
    this.#board.leave();
    return this.#poster.close({ deadlineMs: Math.max(0, deadlineAt - clock.now()) });
  }

  async #follow(): Promise<void> {
    await this.#pipeline.run();
    if (this.#stopped === undefined) throw new Error('The source of sessions ended by itself; restart the daemon');
  }

  #destinationOf(route: Route | undefined): Destination | undefined {
    const { defaultChannel, defaultChannelKinds } = this.#options.settings;
    return chooseDestination(route, { target: defaultChannel, kinds: defaultChannelKinds });
  }
}
