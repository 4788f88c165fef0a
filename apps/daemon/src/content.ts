import { hash } from 'node:crypto';
import type { EffectiveRule } from '@live-status/channel-rules';
import type { LiveContent, RenderBudget } from '@live-status/mm-poster';
import { type Box, isOngoing } from '@live-status/session-state';
import type { Settings } from '@live-status/settings';
import {
  type PostWords,
  type RenderedPost,
  type RenderOptions,
  renderBox,
  withoutTimes,
} from '@live-status/status-render';
import type { Destination } from './destination.ts';

/** How boxes are rendered. */
export type ContentOptions = Required<Pick<RenderOptions, 'maxLines' | 'maxChars'>> & {
  readonly words: PostWords;
  /** Name of the bot that takes answers in conversations of an account; `undefined` while it is not known. */
  readonly botName: (account: string | undefined) => string | undefined;
};

/** The settings of the renderer. */
export function contentSettings(settings: Settings): Omit<ContentOptions, 'words' | 'botName'> {
  return { maxLines: settings.maxStatusLines, maxChars: settings.maxMessageChars };
}

/** How much of a box is shown. */
export interface Shown {
  readonly rule: EffectiveRule;
  /** Whether the post is left as it is though its work may go on: what it shows of finished work does not count then. */
  readonly isLeft?: boolean;
}

/** A box in the form that the poster takes. */
export function contentOf(box: Box, destination: Destination, shown: Shown, options: ContentOptions): LiveContent {
  return new BoxContent(box, destination, shown, options);
}

/** There is one for each post, so it keeps little. */
class BoxContent implements LiveContent {
  readonly ticking: boolean;
  /** A person decides what happens next. */
  readonly awaited: boolean;
  readonly #box: Box;
  readonly #destination: Destination;
  readonly #shown: Shown;
  readonly #options: ContentOptions;
  #key: string | undefined;

  constructor(box: Box, destination: Destination, shown: Shown, options: ContentOptions) {
    this.#box = box;
    this.#destination = destination;
    this.#shown = shown;
    this.#options = options;
    this.ticking = isOngoing(box.state);
    this.awaited = box.state === 'waiting';
  }

  /**
   * Time alone is not a change, so the key is always rendered for the same time. It is rendered on demand, because most
   * contents are replaced before their post may be edited, and hashed, because it is kept.
   */
  get key(): string {
    const { maxChars } = this.#options;
    this.#key ??= hash('sha1', JSON.stringify(this.render({ nowMs: 0, maxChars })), 'base64');
    return this.#key;
  }

  render({ headOnly, continued, ...budget }: RenderBudget): RenderedPost {
    const form = { ...this.#form(), ...budget };
    if (headOnly) return { message: renderBox(withoutTexts(this.#box), { ...form, headOnly: true }).message };
    const post = renderBox(this.#box, form);
    return continued ? { ...post, message: post.message.replace(STATE, '[CONTINUED]') } : post;
  }

  withoutClock(text: string): string {
    return withoutTimes(text, this.#options.words.language);
  }

  #form(): Omit<RenderOptions, 'nowMs'> {
    const { rule, isLeft = false } = this.#shown;
    const { show, target } = this.#destination;
    const { botName, words, maxLines, maxChars } = this.#options;
    const isCompact = rule.finished !== 'keep' && !this.ticking && !isLeft;
    const name = botName(target.account);
    return {
      ...words,
      maxLines,
      maxChars,
      style: rule.style,
      showArguments: rule.arguments,
      // The post of work that began before it was turned off is finished, with as little as possible in it.
      headOnly: rule.show !== 'full' || isCompact,
      showText: show !== 'labels',
      // In a conversation the answer follows as a message of its own.
      showAnswer: show === 'background',
      canAnswerHere: show === 'conversation',
      ...(name === undefined ? {} : { botName: name }),
    };
  }
}

/**
 * What is left of a box without any text that came from outside: how the work stands, for how long, and what it used. A
 * firewall that refused a post disliked something else in it.
 */
function withoutTexts({ boxId, state, startedAt, endedAt, tokens, inBackground }: Box): Box {
  const times = endedAt === undefined ? { startedAt } : { startedAt, endedAt };
  const counts = inBackground === undefined ? { tokens } : { tokens, inBackground };
  return { boxId, title: '', state, ...times, ...counts, earlierLines: 0, lines: [], thinking: false };
}

/** What the head of a post begins with. */
const STATE = /\[[A-Z]+\]/;
