import { delay } from '@live-status/resilience';
import type { Bot, Post, PostVersion } from '@live-status/simulators/mattermost';
import { stateOf } from '@live-status/stage';
import type { Exchange } from './mock-model.ts';
import type { SceneName } from './scenes.ts';
import { openChannel, type RealStage, type WatchedStage } from './stage.ts';

/** Where Live Status marks its posts; all others of the bot are OpenClaw's own. */
const MARKER_PROP = 'live_status';
const PATIENCE_MS = 90_000;
/** Nothing may change for this long: more than `POST_DELAY_MS`, `SETTLE_MS` and a second of waiting for evidence. */
const REST_MS = 5_000;
const REST_POLL_MS = 100;

/** Where a conversation takes place. */
export interface ConversationOptions {
  /** Names the new channel. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** Default: a new channel called `name`. */
  readonly channelId?: string | undefined;
  /** The bot that answers. Default: the simulator's own. */
  readonly bot?: Bot | undefined;
}

/** A channel of one situation, in which a person talks with the agent and Live Status shows what it does. */
export class Conversation<Stage extends RealStage = WatchedStage> {
  readonly #stage: Stage;
  readonly #channelId: string;
  readonly #bot: Bot;
  readonly #signal: AbortSignal;
  /** Posts of earlier conversations in this channel, by id. */
  readonly #earlier: ReadonlySet<string>;

  constructor(stage: Stage, options: ConversationOptions) {
    const { name, signal, bot = stage.simulator.bot, channelId = openChannel(stage, name, bot) } = options;
    this.#stage = stage;
    this.#signal = signal;
    this.#bot = bot;
    this.#channelId = channelId;
    this.#earlier = new Set(this.#ofBots(new Set()).map(({ id }) => id));
  }

  /** The bot that answers here, and whose status posts these must be. */
  get bot(): Bot {
    return this.#bot;
  }

  get channelId(): string {
    return this.#channelId;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** The person writes; returns when, milliseconds since the epoch. */
  say(message: string): number {
    const { simulator, person } = this.#stage;
    return simulator.writePost({ userId: person.id, channelId: this.#channelId, message }).create_at;
  }

  /** Waits until the agent has said something that contains `text`. */
  async hears(text: string): Promise<void> {
    await this.#until(`the agent to say "${text}"`, () =>
      this.#ofBots().some((post) => !isOurs(post) && post.user_id === this.#bot.user.id && post.message.includes(text)),
    );
  }

  /** Waits until the newest status post contains `text`. */
  async shows(text: string): Promise<void> {
    await this.#until(`a status post with "${text}"`, () => this.statusPosts().at(-1)?.message.includes(text) === true);
  }

  /** Waits until the model was asked for step `index` of a scene, whether it answered or not. */
  async asked(scene: SceneName, index: number): Promise<void> {
    const { model } = this.#stage;
    const isAsked = (): boolean => model.questions().some((cue) => cue.scene === scene && cue.index === index);
    await this.#poll(`the model to be asked for ${scene} ${index}`, isAsked);
  }

  /** When the model gave its last answer of a scene; waits for one that is still under way. */
  async lastAnswerAt(scene: SceneName): Promise<number> {
    const { model } = this.#stage;
    const lastOf = (list: readonly Exchange[]): number => list.findLast((one) => one.scene === scene)?.at ?? 0;
    await this.#poll(`the model to answer ${scene}`, () => lastOf(model.answers()) >= lastOf(model.questions()));
    return lastOf(model.answers());
  }

  /** The status posts here, oldest first. */
  statusPosts(): Post[] {
    return this.#ofBots().filter((post) => isOurs(post) && stateOf(post.message) !== undefined);
  }

  /** The notices here, which notify people where status posts do not; oldest first. */
  notices(): Post[] {
    return this.#ofBots().filter((post) => isOurs(post) && stateOf(post.message) === undefined);
  }

  versionsOf(post: Post): readonly PostVersion[] {
    return this.#stage.simulator.edits(post.id);
  }

  /** Waits until no status post is active and nothing that Live Status posted has changed for a while. */
  async rest(): Promise<void> {
    const calledAt = Date.now();
    await this.#poll('the status posts to come to rest', () => {
      const posts = this.statusPosts();
      const changedAt = Math.max(calledAt, ...[...posts, ...this.notices()].map((post) => post.update_at));
      return (
        !posts.some((post) => ['ACTIVE', 'WAITING'].includes(stateOf(post.message) ?? '')) &&
        Date.now() - changedAt > REST_MS
      );
    });
  }

  #ofBots(earlier: ReadonlySet<string> = this.#earlier): Post[] {
    const { simulator, person } = this.#stage;
    return simulator
      .posts()
      .filter((post) => post.channel_id === this.#channelId && post.user_id !== person.id && !earlier.has(post.id));
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    const timeout = AbortSignal.timeout(PATIENCE_MS);
    const signal = AbortSignal.any([this.#signal, timeout]);
    await this.#stage.simulator.until(condition, { signal }).catch((error: unknown) => {
      throw timeout.aborted ? new Error(`Waited ${PATIENCE_MS / 1000} s for ${what}.`) : error;
    });
  }

  async #poll(what: string, condition: () => boolean): Promise<void> {
    const calledAt = Date.now();
    while (!condition()) {
      if (Date.now() - calledAt > PATIENCE_MS) throw new Error(`Waited ${PATIENCE_MS / 1000} s for ${what}.`);
      await delay(REST_POLL_MS, { signal: this.#signal });
    }
  }
}

/** Whether Live Status made a post. */
export function isOurs(post: Post): boolean {
  return MARKER_PROP in post.props;
}
