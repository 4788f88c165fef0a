import type { Language } from './language.ts';
import { countItemLines } from './measure.ts';
import { MAX_DEPTH, type Row } from './rows.ts';

/** A line as it will be shown. */
export interface ShownLine {
  /** 0 for the box's own lines, one more for each child around. */
  readonly depth: number;
  readonly text: string;
}

/** What of the rows is shown in less room. */
interface Cutting {
  readonly folded: ReadonlySet<Row>;
  readonly dropped: ReadonlySet<Row>;
}

/** What has to fit into a height. */
export interface HeightOptions {
  readonly rows: readonly Row[];
  /** The plan, whole and short. */
  readonly plan: readonly Row[];
  readonly shortPlan: readonly Row[];
  /** Lines that the box no longer holds. */
  readonly earlierLines: number;
  /** Lines as a phone wraps them. */
  readonly maxLines: number;
  /** Whether lines are as wide as they like. */
  readonly wide: boolean;
  readonly language: Language;
}

/**
 * The lines of a box in ever less room, the first of which fits `maxLines`: finished children fold to one line, oldest
 * first; then the plan shortens; then the oldest lines go, last of all the newest of each active child. What runs, what
 * waits, names of active children and the current step of the plan stay longest: they go only for a caller that asks on.
 */
export function* inLessAndLessRoom(options: HeightOptions): Generator<readonly ShownLine[]> {
  const { rows, plan, shortPlan, earlierLines, maxLines, wide, language } = options;
  const heightOf = (lines: readonly ShownLine[]): number =>
    wide ? lines.length : lines.reduce((sum, { depth, text }) => sum + countItemLines(text, depth, language), 0);
  const visible = visibleWhenFolded(rows);
  let fits = false;
  for (const { cutting, planRows } of cuttings(rows, plan, shortPlan)) {
    fits ||= isAtTheKept(visible, cutting);
    // Every row takes a line at least, so what has too many rows is not laid out.
    if (!fits && countShown(planRows, 0, cutting) + countShown(rows, earlierLines, cutting) > maxLines) continue;
    const top = { cutting, language, depth: 0 };
    const lines = [...layOut(planRows, 0, top), ...layOut(rows, earlierLines, top)];
    fits ||= heightOf(lines) <= maxLines;
    if (fits) yield lines;
  }
}

function* cuttings(
  rows: readonly Row[],
  plan: readonly Row[],
  shortPlan: readonly Row[],
): Generator<{ readonly cutting: Cutting; readonly planRows: readonly Row[] }> {
  const folded = new Set<Row>();
  const dropped = new Set<Row>();
  const cutting = { folded, dropped };
  yield { cutting, planRows: plan };
  for (const row of oldestFirst(rowsWithin(rows).filter((each) => each.child?.folded !== undefined))) {
    folded.add(row);
    yield { cutting, planRows: plan };
  }
  if (plan.length > shortPlan.length) yield { cutting, planRows: shortPlan };
  const newest = newestOfEach(rows);
  const open = visibleWhenFolded(rows).filter((row) => !row.kept);
  const kept = oldestFirst(visibleWhenFolded(rows).filter((row) => row.kept)).sort(childrenLast);
  const order = [
    ...oldestFirst(open.filter((row) => !newest.has(row))),
    ...oldestFirst(open.filter((row) => newest.has(row))),
    ...kept,
  ];
  for (const row of order) {
    dropped.add(row);
    yield { cutting, planRows: shortPlan };
  }
  yield { cutting, planRows: [] };
}

/** Nothing is left but what stays longest. */
function isAtTheKept(visible: readonly Row[], { dropped }: Cutting): boolean {
  return visible.every((row) => row.kept || dropped.has(row));
}

/** The rows that are left when all finished children are folded. */
function visibleWhenFolded(rows: readonly Row[]): Row[] {
  return rows.flatMap((row) =>
    row.child === undefined || row.child.folded !== undefined ? [row] : [row, ...visibleWhenFolded(row.child.rows)],
  );
}

function rowsWithin(rows: readonly Row[]): Row[] {
  return rows.flatMap((row) => [row, ...rowsWithin(row.child?.rows ?? [])]);
}

function oldestFirst(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => a.at - b.at);
}

/** What is in a child goes before its name. */
function childrenLast(a: Row, b: Row): number {
  return Number(a.child !== undefined) - Number(b.child !== undefined);
}

/** The newest line of the box, and of each child that works. */
function newestOfEach(rows: readonly Row[]): Set<Row> {
  const last = rows.at(-1);
  const inChildren = rows.flatMap(({ child }) =>
    child === undefined || child.folded !== undefined ? [] : [...newestOfEach(child.rows)],
  );
  return new Set(last === undefined ? inChildren : [last, ...inChildren]);
}

/** How and where rows are laid out. */
interface Place {
  readonly cutting: Cutting;
  readonly language: Language;
  readonly depth: number;
}

/** In the place of what is missing stands `... 12 earlier lines`: at the top, and inside each child that is shown open. */
function layOut(rows: readonly Row[], earlierLines: number, place: Place): ShownLine[] {
  const { cutting, depth, language } = place;
  const missing = earlierLines + countDropped(rows, cutting);
  const lines: ShownLine[] =
    missing === 0 ? [] : [{ depth, text: language.say('list.earlierLines', { count: missing }) }];
  for (const row of rows) {
    if (cutting.dropped.has(row)) continue;
    const { child } = row;
    const folded = cutting.folded.has(row) ? child?.folded : undefined;
    lines.push({ depth, text: folded ?? row.text });
    if (child === undefined || folded !== undefined) continue;
    lines.push(...layOut(child.rows, child.earlierLines, { ...place, depth: Math.min(depth + 1, MAX_DEPTH) }));
  }
  return lines;
}

/** How many lines {@link layOut} makes. */
function countShown(rows: readonly Row[], earlierLines: number, cutting: Cutting): number {
  let count = earlierLines + countDropped(rows, cutting) === 0 ? 0 : 1;
  for (const row of rows) {
    if (cutting.dropped.has(row)) continue;
    const { child } = row;
    const isOpen = child !== undefined && (child.folded === undefined || !cutting.folded.has(row));
    count += isOpen ? 1 + countShown(child.rows, child.earlierLines, cutting) : 1;
  }
  return count;
}

/** How many lines the rows had that are left out. */
function countDropped(rows: readonly Row[], { dropped }: Cutting): number {
  if (dropped.size === 0) return 0;
  let count = 0;
  for (const row of rows) if (dropped.has(row)) count += countLines(row);
  return count;
}

function countLines({ child }: Row): number {
  return 1 + (child?.earlierLines ?? 0) + (child?.rows ?? []).reduce((sum, row) => sum + countLines(row), 0);
}
