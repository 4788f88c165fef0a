import type { LiveContent } from '@live-status/mm-poster';
import type { Box } from '@live-status/session-state';
import { type RenderOptions, renderBox } from '@live-status/status-render';
import type { Destination } from './targets.ts';

/** How boxes look. */
export type ContentOptions = Required<Pick<RenderOptions, 'style' | 'maxLines' | 'maxChars' | 'labels'>>;

/** A box as the poster takes it. */
export function contentOf(box: Box, show: Destination['show'], options: ContentOptions): LiveContent {
  const shared = { ...options, showText: show !== 'labels', showAnswer: show === 'all' };
  let key: string | undefined;
  return {
    // The clock alone is no change: rendered at one and the same time, only other content differs. Not before it is
    // asked for: most contents are followed by the next before their post may be edited.
    get key() {
      key ??= JSON.stringify(renderBox(box, { ...shared, nowMs: 0 }));
      return key;
    },
    ticking: box.state === 'active',
    render: (budget) => renderBox(box, { ...shared, ...budget }),
  };
}
