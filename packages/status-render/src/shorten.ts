import { isChildHeader, type Row } from './rows.ts';

/** A line as it will be shown. */
export interface ShownLine {
  /** 0 for the box's own lines, one more for each child that contains it. */
  readonly depth: number;
  readonly text: string;
}

/** The order in which rows are dropped: lowest rank first, then oldest first; a child's header after everything in it. */
export function toDropOrder(rows: readonly Row[]): number[] {
  return rows
    .map((row, index) => ({ row, index }))
    .sort((a, b) => {
      const byRank = a.row.rank - b.row.rank;
      const byDepth = isChildHeader(a.row) && isChildHeader(b.row) ? b.row.depth - a.row.depth : 0;
      return byRank || byDepth || a.row.at - b.row.at || a.index - b.index;
    })
    .map(({ index }) => index);
}

/**
 * The rows without the dropped ones, with `... 12 earlier lines` where some are missing: at the top, and inside each child
 * that is still shown. `earlierLines` had been dropped before.
 */
export function withoutDropped(rows: readonly Row[], dropped: ReadonlySet<number>, earlierLines: number): ShownLine[] {
  const missing = new Map<number, number>([[-1, earlierLines]]);
  const missingIn = (owner: number): number => missing.get(owner) ?? rows[owner]?.earlierLines ?? 0;
  // From the end, so that the rows of a child are counted before the child itself.
  for (const [index, row] of [...rows.entries()].reverse()) {
    if (!dropped.has(index)) continue;
    missing.set(row.owner, missingIn(row.owner) + 1 + (isChildHeader(row) ? missingIn(index) : 0));
  }
  const shown: ShownLine[] = [...toNotice(0, missingIn(-1))];
  for (const [index, row] of rows.entries()) {
    if (dropped.has(index)) continue;
    shown.push({ depth: row.depth, text: row.text });
    if (isChildHeader(row)) shown.push(...toNotice(row.depth + 1, missingIn(index)));
  }
  return shown;
}

function toNotice(depth: number, count: number): ShownLine[] {
  return count > 0 ? [{ depth, text: `... ${count} earlier ${count === 1 ? 'line' : 'lines'}` }] : [];
}
