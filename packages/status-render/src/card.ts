import type { Box, BoxState } from '@live-status/session-state';
import { countTokens, formatCost, formatCount } from './amounts.ts';
import { elapsedOf, toShortHead } from './head.ts';

/** The part of a Mattermost message attachment that a card uses. */
export interface Attachment {
  /** Colour of the bar at the left, `#rrggbb`. */
  readonly color: string;
  /** Plain text for notifications and clients without attachments. */
  readonly fallback: string;
  /** Markdown. */
  readonly text: string;
  readonly fields: readonly AttachmentField[];
}

export interface AttachmentField {
  readonly title: string;
  readonly value: string;
  /** Whether it may be shown next to another one. */
  readonly short: boolean;
}

/** Mattermost's own colours for online, away and offline, and for links. */
const COLORS: Record<BoxState, string> = {
  active: '#1c58d9',
  done: '#3db887',
  error: '#d24b4e',
  aborted: '#8d93a5',
  interrupted: '#f5ab00',
  timeout: '#f5ab00',
};

/** A box as an attachment: the list as text, the amounts as fields, the state as colour. */
export function toCard(box: Box, items: readonly string[], nowMs: number): Attachment {
  return {
    color: COLORS[box.state],
    fallback: toShortHead(box, 80),
    text: items.join('\n'),
    fields: [
      { title: 'Elapsed', value: elapsedOf(box, nowMs), short: true },
      ...toField('Tokens', toAmount(countTokens(box.tokens))),
      ...toField('Read from cache', toAmount(box.tokens.cacheRead)),
      ...toField('Cost', formatCost(box.tokens.costUsd)),
    ],
  };
}

function toAmount(count: number): string | undefined {
  return count >= 1 ? formatCount(count) : undefined;
}

function toField(title: string, value: string | undefined): AttachmentField[] {
  return value === undefined ? [] : [{ title, value, short: true }];
}
