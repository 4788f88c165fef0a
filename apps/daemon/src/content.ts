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
export function contentOf(
  box: Box,
  { show, target }: Destination,
  { rule, isLeft = false }: Shown,
  { botName, words, ...options }: ContentOptions,
): LiveContent {
  const isCompact = rule.finished !== 'keep' && !isOngoing(box.state) && !isLeft;
  const shared = {
    ...options,
    ...words,
    style: rule.style,
    showArguments: rule.arguments,
    // The post of work that began before it was turned off is finished, with as little as possible in it.
    headOnly: rule.show !== 'full' || isCompact,
    showText: show !== 'labels',
    // In a conversation the answer follows as a message of its own.
    showAnswer: show === 'background',
    canAnswerHere: show === 'conversation',
  };
  const render = ({ headOnly, continued, ...budget }: RenderBudget): RenderedPost => {
    const name = botName(target.account);
    const form = { ...shared, ...(name === undefined ? {} : { botName: name }), ...budget };
    if (headOnly) return { message: renderBox(withoutTexts(box), { ...form, headOnly: true }).message };
    const post = renderBox(box, form);
    return continued ? { ...post, message: post.message.replace(STATE, '[CONTINUED]') } : post;
  };
  let key: string | undefined;
  return {
    // Time alone is not a change, so the key is always rendered for the same time. It is rendered on demand, because
    // most contents are replaced before their post may be edited, and hashed, because it is kept.
    get key() {
      key ??= hash('sha1', JSON.stringify(render({ nowMs: 0, maxChars: options.maxChars })), 'base64');
      return key;
    },
    ticking: isOngoing(box.state),
    // A person decides what happens next.
    awaited: box.state === 'waiting',
    render,
    withoutClock: (text) => withoutTimes(text, words.language),
  };
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
