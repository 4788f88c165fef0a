import type { Box, ChildLine, Line } from '@live-status/session-state';
import { formatDuration } from './amounts.ts';
import type { Markup } from './markup.ts';
import { callOf, endingOf, nameOf, reasonOf, sentenceOf, type Wording } from './words.ts';

/** The lowest rank is dropped first when there is too much, and of it the oldest row. */
const RANK = { finished: 0, running: 1, childEnd: 2, childHeader: 3 } as const;

/** One line of the list. */
export interface Row {
  /** 0 for the box's own lines, one more for each child that contains it. */
  readonly depth: number;
  readonly text: string;
  readonly rank: (typeof RANK)[keyof typeof RANK];
  /** When it began, milliseconds since the epoch. */
  readonly at: number;
  /** Index of the row of the child it belongs to; -1 for the box itself. */
  readonly owner: number;
  /** For a child's row: how many of its lines the box no longer contains. */
  readonly earlierLines: number;
}

/** Whether a row names a child; the rows owned by it follow. */
export function isChildHeader(row: Row): boolean {
  return row.rank === RANK.childHeader;
}

/** Deeper children are shown at this depth: a phone has no room for more. */
const MAX_DEPTH = 4;

/** The lines of a box and of the children in it, in the order they are shown. */
export function toRows(box: Box, wording: Wording, markup: Markup): Row[] {
  const rows: Row[] = [];
  addLines(box.lines, { depth: 0, owner: -1, at: box.startedAt });
  return rows;

  function addLines(lines: readonly Line[], place: { depth: number; owner: number; at: number }): void {
    let { at } = place;
    for (const line of lines) {
      // Text has no time of its own: it is as old as the line before it.
      if (line.kind === 'tool' || line.kind === 'child') at = line.startedAt;
      if (line.kind === 'child') addChild(line, place);
      else
        add(
          lineText(line, wording, markup),
          line.kind === 'tool' && line.state === 'running' ? 'running' : 'finished',
          { ...place, at },
        );
    }
  }

  function addChild(child: ChildLine, place: { depth: number; owner: number }): void {
    const owner = rows.length;
    const at = child.startedAt;
    add(childText(child, wording, markup), 'childHeader', { ...place, at }, child.earlierLines);
    const inside = { depth: Math.min(place.depth + 1, MAX_DEPTH), owner, at };
    addLines(child.lines, inside);
    if (child.state === 'active' || child.state === 'starting') return;
    const elapsed = formatDuration((child.endedAt ?? child.startedAt) - child.startedAt);
    const ended = { state: child.state, ...(child.reason ? { reason: child.reason } : {}) };
    const reason = reasonOf(ended, wording, markup);
    add(endingOf(child.state, [reason, elapsed]), 'childEnd', inside);
  }

  function add(
    text: string,
    rank: keyof typeof RANK,
    { depth, owner, at }: { depth: number; owner: number; at: number },
    earlierLines = 0,
  ): void {
    if (text !== '') rows.push({ depth, text: markup.line(text), rank: RANK[rank], at, owner, earlierLines });
  }
}

function lineText(line: Exclude<Line, ChildLine>, wording: Wording, markup: Markup): string {
  if (line.kind === 'tool') return callOf(line, wording, markup);
  if (line.kind === 'compaction') return '[session compacted - continuing]';
  return wording.showText ? sentenceOf(line.text, markup) : '';
}

function childText(child: ChildLine, { showText }: Wording, markup: Markup): string {
  const name = showText ? nameOf(child.label, markup) : '';
  if (child.state === 'starting') return `${name || 'Sub-agent'}: waiting to start`;
  return name === '' ? 'Sub-agent' : `Sub-agent: ${name}`;
}
