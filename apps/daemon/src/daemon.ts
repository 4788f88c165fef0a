import type { EffectiveRule, RulesFile } from '@live-status/channel-rules';
import {
  createPosterWith,
  type Ledger,
  type LiveContent,
  type Poster,
  type PosterOptions,
  type PosterStatus,
  type StopReason,
} from '@live-status/mm-poster';
import { type Clock, LifecycleScope } from '@live-status/resilience';
import { type Box, BoxFold, type ResumeToken, type Route, type Rules } from '@live-status/session-state';
import type { Settings } from '@live-status/settings';
import type { SharedBudgets } from '@live-status/shared-budget';
import type { PostWords } from '@live-status/status-render';
import type { Logger } from 'pino';
import { Board, isBoardEntry, isBoardId } from './board.ts';
import type { Bots } from './bots.ts';
import { ChannelRules } from './channel-rules.ts';
import { ConfiguredChannels } from './configured-channels.ts';
import type { Shown } from './content.ts';
import type { DaemonSource } from './daemon-source.ts';
import { Deliveries } from './deliveries.ts';
import { chooseBoardVisibility, chooseDestination, type Destination } from './destination.ts';
import { FoldLoop } from './fold-loop.ts';
import { type HealthReport, sharingReasons, sourceReasons, worst } from './health.ts';
import { LiveFeed } from './live-feed.ts';
import { boxToHtml, healthToHtml } from './live-page.ts';
import type { Measures } from './metrics.ts';
import { Notices } from './notices.ts';
import { Overview } from './overview.ts';
import { PostedBoxes } from './posted-boxes.ts';
import { PublicChannels } from './public-channels.ts';
import { adoptedBoxes, readLedger, resumeTokens } from './restart.ts';

/** What a daemon is made of. Everything that does input or output is passed in. */
export interface DaemonOptions {
  readonly settings: Settings;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Asked for their names as long as the daemon runs. */
  readonly bots: Bots;
  /** Closed with the daemon. */
  readonly ledger: Ledger;
  /** What it shares with other daemons, closed with the daemon. Default: nothing. */
  readonly budgets?: SharedBudgets | undefined;
  readonly createSource: (resumeTokens: readonly ResumeToken[]) => DaemonSource;
  readonly contentOf: (box: Box, destination: Destination, shown: Shown) => LiveContent;
  /** The file of `CHANNEL_RULES`. Default: there is none. */
  readonly rulesFile?: RulesFile | undefined;
  /** Language and labels of notices and of the page. */
  readonly words: PostWords;
  /** Name of this machine, for the board. */
  readonly host: string;
  /** Finishes the posts of the ledger and creates no new ones. Default: false. */
  readonly onlyLedger?: boolean;
}

/** A running daemon. */
export interface Daemon {
  /** Resolves once everything that was there at the start has been read. Never rejects. */
  readonly caughtUp: Promise<void>;
  /** Resolves once Mattermost answered for the first time, or did not. Never rejects. */
  readonly mattermostAsked: Promise<void>;
  /** Resolves when the daemon has been stopped; rejects when sessions can no longer be followed. */
  readonly ended: Promise<void>;
  /** Whether the source of sessions is attached. */
  ready(): boolean;
  report(): HealthReport;
  /** All work, for pages and terminals. */
  readonly feed: LiveFeed;
  /** What is measured besides what the report counts. */
  readonly measures: Measures;
  /**
   * Stops following, says so in every open post, and delivers that within the shutdown timeout. Idempotent.
   *
   * @returns ids of the boxes whose last content was not delivered; the ledger keeps them
   */
  stop(): Promise<{ readonly undelivered: readonly string[] }>;
}

/** Connects the parts and starts to follow sessions. */
export function startDaemon(options: DaemonOptions): Daemon {
  return new RunningDaemon(options);
}

class RunningDaemon implements Daemon {
  readonly ended: Promise<void>;
  readonly feed: LiveFeed;
  readonly measures: Measures;
  #isCaughtUp = false;
  #modelFailures = 0;
  readonly #caughtUp = Promise.withResolvers<void>();
  readonly #options: DaemonOptions;
  readonly #startedAt: number;
  readonly #scope: LifecycleScope;
  readonly #poster: Poster;
  readonly #postedBoxes: PostedBoxes;
  readonly #channelRules: ChannelRules;
  readonly #configuredChannels: ConfiguredChannels;
  readonly #board: Board;
  readonly #source: DaemonSource;
  readonly #foldLoop: FoldLoop;
  #stopped: Promise<{ readonly undelivered: readonly string[] }> | undefined;

  constructor(options: DaemonOptions) {
    const { bots, budgets, clock, ledger, log, settings } = options;
    this.#options = options;
    this.#startedAt = clock.now();
    this.#scope = new LifecycleScope({ clock });
    const onBoxStopped = (boxId: string, reason: StopReason): void => {
      if (this.#board.giveUp(boxId, reason)) return;
      deliveries.forget(boxId);
      this.#postedBoxes.giveUp(boxId);
    };
    const deliveries = new Deliveries(clock, () => this.#source.choice()?.source ?? this.#source.name);
    this.#poster = createPosterWith({
      ...posterSettings(settings),
      ...bots.main,
      findAccount: (id) => bots.find(id),
      createBudget: budgets && ((wanted) => budgets.budget(wanted)),
      clock,
      log,
      ledger,
      onBoxStopped,
      onDelivered: (delivered) => {
        deliveries.delivered(delivered);
        // It may have its address only now.
        if (!isBoardId(delivered.boxId)) this.#board.change();
      },
      onAnswer: ({ method, durationMs }) => {
        if (method !== undefined && durationMs !== undefined) deliveries.requests.observe(method, durationMs);
      },
    });
    const adopted = readLedger(this.#poster, log);
    for (const { boxId, postId, target } of this.#poster.open()) {
      const server = bots.serverOf(target.account);
      if (postId !== undefined && server !== undefined) deliveries.locate(boxId, server, postId);
    }
    this.#configuredChannels = new ConfiguredChannels({
      channels: { DEFAULT_CHANNEL: settings.defaultChannel, BOARD_CHANNEL: settings.boardChannel },
      isThere: (name, signal) => bots.isThere(name, signal),
      clock,
    });
    this.#channelRules = new ChannelRules({
      file: options.rulesFile,
      defaults: { style: settings.statusStyle, notify: settings.notify },
      findPlace: (target) => this.#poster.findPlace(target),
      isThere: (name, signal) => bots.isThere(name, signal),
      clock,
      log,
      onChange: () => {
        this.#postedBoxes.rulesChanged();
        this.#board.change();
      },
    });
    const notices = new Notices({
      poster: this.#poster,
      log,
      ruleOf: (destination) => this.#channelRules.of(destination).rule,
      words: options.words,
      botName: (account) => bots.answeringName(account),
      userName: (account, userId) => bots.userName(account, userId),
      adopted: adopted.notices,
    });
    const poster: Pick<Poster, 'show' | 'finish'> = {
      show: (boxId, target, content, data) => {
        deliveries.given(boxId, content as LiveContent);
        this.#poster.show(boxId, target, content, data);
      },
      finish: async (boxId, target, content, finishing) => {
        if (finishing?.remove === true) deliveries.forget(boxId);
        else deliveries.given(boxId, content as LiveContent);
        return this.#poster.finish(boxId, target, content, finishing);
      },
    };
    this.#postedBoxes = new PostedBoxes({
      poster,
      clock,
      log,
      notices,
      adopted: adopted.boxes,
      maxActive: settings.maxActiveSessions,
      destinationOf: (route) => this.#destinationOf(route),
      contentOf: options.contentOf,
      ruleOf: (destination) => this.#channelRules.of(destination),
      onlyAdopted: options.onlyLedger ?? false,
    });
    const overview = new Overview(clock);
    this.#board = this.#createBoard(overview, deliveries);
    this.measures = {
      latency: deliveries.latency,
      requests: deliveries.requests,
      peopleAwaited: () => overview.ongoing().filter(({ box }) => box.state === 'waiting').length,
      modelFailures: () => this.#modelFailures,
    };
    this.feed = new LiveFeed({
      clock,
      overview,
      report: () => this.report(),
      postUrlOf: (boxId) => deliveries.urlOf(boxId),
      boxToHtml: boxToHtml(options.words, clock),
      healthToHtml,
    });
    this.#source = options.createSource(resumeTokens(adopted.boxes));
    this.#foldLoop = new FoldLoop({
      source: this.#source,
      boxes: new BoxFold({ rules: foldRules(settings), adopted: adoptedBoxes(adopted.boxes) }),
      clock,
      onEvents: (events) => {
        this.#modelFailures += events.filter(
          (event) => event.type === 'model-status' && event.status.kind === 'failed',
        ).length;
      },
      onChange: (entry, observedAt) => {
        // What is read at the start happened before.
        if (this.#isCaughtUp && entry.worthPost) deliveries.changed(entry.boxId, observedAt);
        this.#postedBoxes.update(entry);
        if (entry.settled) deliveries.settled(entry.boxId);
        overview.update(entry);
      },
      onCaughtUp: () => this.#takeOver(),
    });
    this.#scope.defer(() => this.#source.close());
    this.ended = this.#follow();
    this.#scope.track(bots.run(this.#scope.signal));
    this.#scope.track(this.#channelRules.run(this.#scope.signal));
    this.#scope.track(this.#configuredChannels.run(this.#scope.signal));
  }

  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  get mattermostAsked(): Promise<void> {
    return this.#options.bots.asked;
  }

  ready(): boolean {
    return this.#source.status().state !== 'starting';
  }

  report(): HealthReport {
    const { clock, version } = this.#options;
    const choice = this.#source.choice();
    const poster = this.#poster.status();
    const untried = this.#options.bots.problems((account) => knowsAccount(poster, account));
    const posting = [...untried, ...poster.reasons];
    // Whoever stops the daemon knows that it follows nothing any more.
    const following = this.#stopped === undefined ? sourceReasons(this.#source.status()) : [];
    const sharing = this.#options.budgets?.status();
    const limits = sharingReasons(sharing);
    const reasons = [
      ...following,
      ...posting,
      ...limits,
      ...this.#channelRules.reasons(),
      ...this.#configuredChannels.reasons(),
    ];
    return {
      status: worst(reasons),
      version,
      pid: process.pid,
      uptimeS: Math.round((clock.now() - this.#startedAt) / 1_000),
      ...(choice !== undefined && { choice }),
      sources: this.#source.parts(),
      boxes: this.#postedBoxes.counts(),
      poster,
      ...(sharing !== undefined && { sharing }),
      reasons,
    };
  }

  stop(): Promise<{ readonly undelivered: readonly string[] }> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Everything that was there at the start has been read, so the posts of the previous process are up to date again. */
  #takeOver(): void {
    this.#options.log.info({ ...this.#postedBoxes.counts(), source: this.#source.name }, 'following sessions');
    this.#postedBoxes.caughtUp();
    if (this.#options.onlyLedger !== true) this.#board.start();
    this.#isCaughtUp = true;
    this.#caughtUp.resolve();
  }

  async #stop(): Promise<{ readonly undelivered: readonly string[] }> {
    const { clock, settings } = this.#options;
    const deadlineAt = clock.now() + settings.shutdownTimeoutMs;
    this.#foldLoop.stop();
    // A source that hangs must not use up the time for the last edits.
    await this.#scope.close({ deadlineMs: settings.shutdownTimeoutMs / 2 });
    this.#postedBoxes.leave();
    this.#board.leave();
    const left = await this.#poster.close({ deadlineMs: Math.max(0, deadlineAt - clock.now()) });
    await this.#options.budgets?.close();
    return left;
  }

  async #follow(): Promise<void> {
    await this.#foldLoop.run();
    if (this.#stopped === undefined) throw new Error('The source of sessions ended by itself; restart the daemon');
  }

  #createBoard(overview: Overview, deliveries: Deliveries): Board {
    const { bots, clock, host, log, settings, words } = this.#options;
    const publicChannels = new PublicChannels(bots.main.api, clock, () => this.#board.change());
    const { server } = bots.main;
    const ownChannelId = (): string | undefined => this.#poster.open().find(isBoardEntry)?.channelId;
    return new Board({
      poster: this.#poster,
      clock,
      log,
      overview,
      words,
      maxChars: settings.maxMessageChars,
      target: settings.boardChannel,
      host,
      postUrlOf: (boxId) => (server === undefined ? undefined : deliveries.urlOf(boxId, server)),
      visibilityOf: ({ route }) =>
        chooseBoardVisibility(route, {
          canBeRead: (channelId) => channelId === ownChannelId() || publicChannels.has(channelId),
          rule: this.#boardRule(route),
        }),
    });
  }

  /** The rule for work on the board: that of its own place, or else of its kind. `off` where it is not known what it is. */
  #boardRule(route: Route | undefined): Pick<EffectiveRule, 'show' | 'arguments'> {
    const { rulesFile, settings } = this.#options;
    if (rulesFile === undefined) return { show: 'full', arguments: true };
    const elsewhere = { target: settings.defaultChannel ?? settings.boardChannel, kinds: [originOf(route)] };
    const destination = this.#destinationOf(route) ?? chooseDestination(route, elsewhere);
    return destination === undefined ? { show: 'off', arguments: false } : this.#channelRules.of(destination).rule;
  }

  #destinationOf(route: Route | undefined): Destination | undefined {
    const { defaultChannel, defaultChannelKinds } = this.#options.settings;
    return chooseDestination(route, { target: defaultChannel, kinds: defaultChannelKinds });
  }
}

function originOf(route: Route | undefined): string {
  return route !== undefined && 'origin' in route ? route.origin : '';
}

/** The delays and bounds of the fold. */
export function foldRules(settings: Settings): Rules {
  const { postDelayMs, quietDelayMs, settleMs, pendingTimeoutMs, maxSessionDurationMs, maxStatusLines } = settings;
  return { postDelayMs, quietDelayMs, settleMs, pendingTimeoutMs, maxSessionDurationMs, maxLines: maxStatusLines };
}

/** Whether the poster knows how an account stands: once a request has been sent, it knows better than any check before. */
function knowsAccount({ accounts, lastSuccessAt, reasons }: PosterStatus, account: string | undefined): boolean {
  if (account !== undefined) return accounts.some(({ name }) => name === account);
  return lastSuccessAt !== undefined || reasons.length > 0;
}

function posterSettings(settings: Settings): Partial<PosterOptions> {
  const { throttleMs, heartbeatMs, maxMessageChars, maxUpdatesPerS } = settings;
  return {
    throttleMs,
    heartbeatMs,
    maxMessageChars,
    maxUpdatesPerS,
    breakerThreshold: settings.circuitBreakerThreshold,
    breakerCooldownMs: settings.circuitBreakerCooldownMs,
  };
}
