import { printableLine } from '@live-status/basics';
import { type PostWords, renderLines } from '@live-status/status-render';
import cliTruncate from 'cli-truncate';
import { paintBox, paintStatus } from '../terminal/paint.ts';
import type { LiveBox } from './feed.ts';
import { currentBox, isOpen, visibleBoxes, type WatchState } from './watch-state.ts';

export interface ScreenOptions {
  readonly columns: number;
  readonly rows: number;
  /** Now, milliseconds since the epoch. */
  readonly nowMs: number;
  readonly colors: boolean;
  readonly words: PostWords;
}

const KEYS = 'q quit  / filter  ↑↓ move  enter open/close  e all  o open post';
/** How many lines of a box are shown. */
const MAX_BOX_LINES = 20;

/** The screen as lines, no more than fit: counts and health, boxes around the cursor, keys or the filter. */
export function screenOf(state: WatchState, options: ScreenOptions): string[] {
  const { columns, rows } = options;
  const footer = state.isTyping || state.filter !== '' ? `filter: ${state.filter}${state.isTyping ? '_' : ''}` : KEYS;
  const lines = [headerOf(state, options), ...problemsOf(state)];
  const room = Math.max(0, rows - lines.length - 1);
  const shown = [...lines, ...bodyOf(state, room, options)].slice(0, Math.max(0, rows - 1));
  return [...shown, ...Array<string>(Math.max(0, rows - 1 - shown.length)).fill(''), footer].map((line) =>
    cliTruncate(line, columns),
  );
}

function headerOf({ boxes, health }: WatchState, { colors }: ScreenOptions): string {
  const states = [...boxes.values()].map(({ box }) => box.state);
  const count = (wanted: string): number => states.filter((state) => state === wanted).length;
  return `Live Status ${paintStatus(health?.status ?? 'starting', colors)}  ${count('waiting')} waiting, ${count('active')} active`;
}

function problemsOf({ health, lost }: WatchState): string[] {
  if (lost !== undefined) return [`! not connected (${printableLine(lost)}), connecting again ...`];
  return (health?.reasons ?? [])
    .slice(0, 3)
    .map(({ fix, what }) => printableLine(`! ${what}${fix === undefined ? '' : ` -> ${fix}`}`));
}

/** The boxes around the cursor: its own is on the screen, with as much as fits below it. Only what may be seen is rendered. */
function bodyOf(state: WatchState, room: number, options: ScreenOptions): string[] {
  const visible = visibleBoxes(state);
  const current = currentBox(state);
  if (current === undefined) {
    return ['', state.filter === '' ? 'No agent is at work.' : 'Nothing passes the filter.'];
  }
  const at = visible.indexOf(current);
  const toLines = (live: LiveBox): string[] => boxLines(live, isOpen(state, live), live === current, options);
  const own = toLines(current);
  const after: string[] = [];
  for (const live of visible.slice(at + 1)) {
    if (after.length >= room) break;
    after.push(...toLines(live));
  }
  const before: string[] = [];
  for (const live of visible.slice(0, at).reverse()) {
    if (before.length >= room) break;
    before.unshift(...toLines(live));
  }
  const first = Math.max(0, before.length - Math.max(0, room - own.length - after.length));
  return [...before.slice(first), ...own, ...after].slice(0, room);
}

function boxLines(
  { box }: LiveBox,
  open: boolean,
  isCurrent: boolean,
  { nowMs, colors, words }: ScreenOptions,
): string[] {
  const rendered = renderLines(box, { nowMs, ...words, maxLines: MAX_BOX_LINES });
  const lines = open ? rendered.lines : [];
  const [head = '', ...rest] = paintBox({ head: rendered.head, lines }, box.state, colors);
  return [`${isCurrent ? '>' : ' '} ${head}`, ...rest.map((line) => `  ${line}`)];
}
