import { isDeepStrictEqual } from 'node:util';
import { compact } from '@live-status/basics';
import { type Box, callsIn, isOngoing, type Line, type ToolLine, withoutApproval } from '@live-status/session-state';

type View = Pick<Box, 'lines' | 'earlierLines'>;

/** How what is taken over from an earlier view goes on. */
interface Now {
  readonly isOngoing: boolean;
  readonly endedAt: number | undefined;
  /** Approvals that are open. */
  readonly open: ReadonlySet<string>;
}

/**
 * The box, but with what an earlier view of it knew and it does not: a transcript may lose its beginning, and a gateway's
 * history does not tell everything again. Lines are recognised by what they are about. Where not one is, the earlier lines
 * stay as long as there are more of them. Approvals that are not open any more are taken out of them.
 */
export function mergeEarlierView(earlier: Box, box: Box): Box {
  const open = new Set(callsIn(box.lines).flatMap(({ approval }) => approval?.approvalId ?? []));
  const now: Now = { isOngoing: isOngoing(box.state), endedAt: box.endedAt, open };
  return {
    ...box,
    ...mergeViews(earlier, box, now),
    // What was observed is better than what was written down, and elapsed time does not jump.
    startedAt: earlier.startedAt,
    ...compact({
      plan: box.plan ?? earlier.plan,
      filesChanged: maxOf(box.filesChanged, earlier.filesChanged),
      url: box.url ?? earlier.url,
    }),
  };
}

function maxOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

function mergeViews(earlier: View, view: View, now: Now): View {
  const pairs = pairUp(earlier.lines, view.lines);
  if (pairs.size === 0 && countLines(view) >= countLines(earlier)) return view;
  if (pairs.size === 0) {
    return { earlierLines: earlier.earlierLines, lines: earlier.lines.map((line) => goOn(line, now)) };
  }
  const missing = missingLines(earlier, view, pairs);
  const first = missing.get(-1) ?? [];
  const lines = view.lines.flatMap((line, index) => {
    const before = earlier.lines[pairs.get(index) ?? -1];
    const own = before === undefined ? line : mergeLines(before, line, now);
    return [own, ...(missing.get(index) ?? []).map((lost) => goOn(lost, now))];
  });
  return { earlierLines: view.earlierLines, lines: [...first.map((lost) => goOn(lost, now)), ...lines] };
}

/** Which earlier line each line is, by their indexes: the same one by its id, or one that shows the same. */
function pairUp(earlier: readonly Line[], lines: readonly Line[]): Map<number, number> {
  const pairs = new Map<number, number>();
  let from = 0;
  for (const [index, line] of lines.entries()) {
    const found = earlier.findIndex((other, at) => at >= from && isSameLine(other, line));
    if (found === -1) continue;
    pairs.set(index, found);
    from = found + 1;
  }
  return pairs;
}

/** Ids of texts, compactions and troubles depend on how they were heard of. */
function isSameLine(a: Line, b: Line): boolean {
  if (a.kind === 'text' && b.kind === 'text') return a.text === b.text;
  if (a.kind === 'model' && b.kind === 'model') return a.reason === b.reason && a.fallback === b.fallback;
  return a.kind === b.kind && (a.kind === 'compaction' || a.id === b.id);
}

/** Earlier lines that the view lacks, by the index of the line below which they belong; -1: above all. */
function missingLines(earlier: View, view: View, pairs: ReadonlyMap<number, number>): Map<number, Line[]> {
  const byEarlier = new Map([...pairs].map(([index, before]) => [before, index]));
  // The oldest lines are dropped when there are too many.
  const isBounded = view.earlierLines > earlier.earlierLines;
  const firstKnown = Math.min(...byEarlier.keys());
  const hasNewChild = view.lines.some(({ kind }, index) => kind === 'child' && !pairs.has(index));
  const missing = new Map<number, Line[]>();
  let below = -1;
  for (const [index, line] of earlier.lines.entries()) {
    const known = byEarlier.get(index);
    if (known !== undefined) below = known;
    const isDropped = isBounded && index < firstKnown;
    // The line of an accepted spawn becomes that of its child.
    const isSpawn = hasNewChild && line.kind === 'tool' && line.state === 'running';
    if (known !== undefined || isDropped || isSpawn || isAbsorbed(index, { earlier, view, byEarlier })) continue;
    missing.set(below, [...(missing.get(below) ?? []), line]);
  }
  return missing;
}

/** Whether a call is counted by a later one: equal calls in a row become one line. */
function isAbsorbed(
  index: number,
  {
    earlier,
    view,
    byEarlier,
  }: { readonly earlier: View; readonly view: View; readonly byEarlier: ReadonlyMap<number, number> },
): boolean {
  const line = earlier.lines[index];
  const next = earlier.lines.findIndex((_line, at) => at > index && byEarlier.has(at));
  const counted = view.lines[byEarlier.get(next) ?? -1];
  if (line?.kind !== 'tool' || counted?.kind !== 'tool' || counted.count <= line.count) return false;
  return counted.tool === line.tool && isDeepStrictEqual(counted.args, line.args);
}

function mergeLines(before: Line, line: Line, now: Now): Line {
  if (line.kind === 'tool' && before.kind === 'tool') return mergeCalls(before, line);
  if (line.kind !== 'child' || before.kind !== 'child') return line;
  const isOver = line.state !== 'starting' && !isOngoing(line.state);
  const ofChild: Now = isOver ? { ...now, isOngoing: false, endedAt: line.endedAt } : now;
  return {
    ...line,
    ...mergeViews(before, line, ofChild),
    label: before.label,
    startedAt: before.startedAt,
  };
}

/** The call with what was known of it before: an end that is told again may be told with less. */
function mergeCalls(before: ToolLine, line: ToolLine): ToolLine {
  if (before.tool !== line.tool) return line;
  const args = line.args ?? before.args;
  const question = line.question && (before.question ?? line.question);
  const known = { ...line, args, ...compact({ question }) };
  if (isTold(before) && (line.state === 'running' || line.state === 'ended')) return { ...before, args };
  if (line.count !== before.count) return known;
  const { startedAt } = before;
  if (line.state !== before.state) return { ...known, startedAt };
  const { endedAt, durationMs, exitCode, error } = before;
  return { ...known, ...compact({ endedAt, durationMs, exitCode, error }), startedAt };
}

/** Whether it is known how a call ended. */
function isTold({ state }: ToolLine): boolean {
  return state !== 'running' && state !== 'ended' && state !== 'aborted' && state !== 'background';
}

/** A line that only the earlier view has. */
function goOn(line: Line, now: Now): Line {
  return now.isOngoing ? withApprovals(line, now.open) : closeLine(line, now.endedAt);
}

/** The line with those of its approvals that are open. */
function withApprovals(line: Line, open: ReadonlySet<string>): Line {
  if (line.kind === 'child') return { ...line, lines: line.lines.map((inner) => withApprovals(inner, open)) };
  return line.kind === 'tool' && !open.has(line.approval?.approvalId ?? '') ? withoutApproval(line) : line;
}

/** A line whose run has ended: what was still open in it was aborted or interrupted. */
export function closeLine(line: Line, endedAt: number | undefined): Line {
  const end = compact({ endedAt });
  if (line.kind === 'tool' && line.state === 'running') return { ...withoutApproval(line), state: 'aborted', ...end };
  if (line.kind !== 'child') return line;
  const lines = line.lines.map((inner) => closeLine(inner, endedAt));
  const open = line.state === 'starting' || isOngoing(line.state);
  return open ? { ...line, lines, state: 'interrupted', thinking: false, ...end } : { ...line, lines };
}

function countLines({ lines, earlierLines }: View): number {
  const count = (line: Line): number => {
    if (line.kind === 'tool') return line.count;
    return line.kind === 'child' ? 1 + countLines(line) : 1;
  };
  return lines.reduce((sum, line) => sum + count(line), earlierLines);
}
