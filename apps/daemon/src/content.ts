import { hash } from 'node:crypto';
import type { LiveContent, RenderBudget } from '@live-status/mm-poster';
import { type Box, isOngoing } from '@live-status/session-state';
import { type RenderedPost, type RenderOptions, renderBox } from '@live-status/status-render';
import type { Destination } from './targets.ts';

/** How boxes look. */
export type ContentOptions = Required<Pick<RenderOptions, 'style' | 'maxLines' | 'maxChars' | 'labels'>> & {
  /** Name of the bot that takes answers in conversations; `undefined` while it is not known. */
  readonly botName: () => string | undefined;
};

/** A box as the poster takes it. */
export function contentOf(box: Box, show: Destination['show'], { botName, ...options }: ContentOptions): LiveContent {
  const shared = {
    ...options,
    showText: show !== 'labels',
    // In a conversation the answer is its own next message.
    showAnswer: show === 'background',
    canAnswerHere: show === 'conversation',
  };
  const render = (budget: RenderBudget): RenderedPost => {
    const name = botName();
    return renderBox(box, { ...shared, ...(name === undefined ? {} : { botName: name }), ...budget });
  };
  let key: string | undefined;
  return {
    // The clock alone is not a change: rendered for the same time, only different content differs. Rendered when it is
    // asked for, because most contents are replaced before their post may be edited; hashed, because it is kept.
    get key() {
      key ??= hash('sha1', JSON.stringify(render({ nowMs: 0, maxChars: options.maxChars })), 'base64');
      return key;
    },
    ticking: isOngoing(box.state),
    render,
  };
}
