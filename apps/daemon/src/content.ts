import { hash } from 'node:crypto';
import type { LiveContent } from '@live-status/mm-poster';
import { type Box, isOngoing } from '@live-status/session-state';
import { type RenderOptions, renderBox } from '@live-status/status-render';
import type { Destination } from './targets.ts';

/** How boxes look. */
export type ContentOptions = Required<Pick<RenderOptions, 'style' | 'maxLines' | 'maxChars' | 'labels'>>;

/** A box as the poster takes it. */
export function contentOf(box: Box, show: Destination['show'], options: ContentOptions): LiveContent {
  const shared = { ...options, showText: show !== 'labels', showAnswer: show === 'all' };
  let key: string | undefined;
  return {
    // The clock alone is not a change: rendered for the same time, only different content differs. Rendered when it is
    // asked for, because most contents are replaced before their post may be edited; hashed, because it is kept.
    get key() {
      key ??= hash('sha1', JSON.stringify(renderBox(box, { ...shared, nowMs: 0 })), 'base64');
      return key;
    },
    ticking: isOngoing(box.state),
    render: (budget) => renderBox(box, { ...shared, ...budget }),
  };
}
