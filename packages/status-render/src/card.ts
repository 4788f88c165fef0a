import type { Box, BoxState } from '@live-status/session-state';
import { toShortHead } from './head.ts';

/** The part of a Mattermost message attachment that a card uses. */
export interface Attachment {
  /** Of the bar at the left, `#rrggbb`. */
  readonly color: string;
  /** Plain text for notifications and clients without attachments. */
  readonly fallback: string;
  /** Markdown. */
  readonly text: string;
}

/** Mattermost's own colours for online, away and offline, for mentions and for links. */
const COLORS: Record<BoxState, string> = {
  active: '#1c58d9',
  waiting: '#ffbc1f',
  done: '#3db887',
  error: '#d24b4e',
  aborted: '#8d93a5',
  interrupted: '#f5ab00',
  timeout: '#f5ab00',
};

/** The newest lines of a box as an attachment, with its state as the colour; the facts are in the message above it. */
export function toCard(box: Box, items: readonly string[]): Attachment {
  return { color: COLORS[box.state], fallback: toShortHead(box, 80), text: items.join('\n') };
}
