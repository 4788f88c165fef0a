import {
  ELAPSED_TOLERANCE_MS,
  type LineExpectation,
  type ShownPiece,
  type TargetExpectation,
} from '@live-status/fixtures';
import type { BoxEntry, ChildLine, Line, Route, ToolLine } from '@live-status/session-state';

/** Everything in which a box differs from what was written down for it, one sentence each. */
export function judgeBox(entry: BoxEntry, piece: ShownPiece): string[] {
  const { box } = entry;
  const elapsedMs = (box.endedAt ?? Number.NaN) - box.startedAt;
  const expectedMs = piece.endMs - piece.startMs;
  return [
    ...differ('root', entry.sessionKey, piece.rootKey ?? entry.sessionKey),
    ...differ('outcome', box.state, piece.outcome),
    ...differ('target', targetOf(entry.route), piece.target),
    ...differ('answer', box.answer, piece.answer),
    ...differ('tokens', withoutCost(box.tokens), piece.tokens),
    ...(piece.reason !== undefined && box.reason?.includes(piece.reason) !== true
      ? [`reason: ${box.reason} instead of ${piece.reason}`]
      : []),
    ...(Math.abs(elapsedMs - expectedMs) <= ELAPSED_TOLERANCE_MS
      ? []
      : [
          `elapsed: ${elapsedMs} ms (${box.startedAt}–${box.endedAt}) instead of ${expectedMs} ms (${piece.startMs}–${piece.endMs})`,
        ]),
    ...lineDifferences('', box.lines, piece.lines),
  ];
}

function differ(what: string, shown: unknown, expected: unknown): string[] {
  const [a, b] = [stable(shown), stable(expected)];
  return a === b ? [] : [`${what}: ${a} instead of ${b}`];
}

function stable(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => a.localeCompare(b)));
}

function withoutCost({ input, output, cacheRead, cacheWrite }: BoxEntry['box']['tokens']): object {
  return { input, output, cacheRead, cacheWrite };
}

function targetOf(route: Route | undefined): TargetExpectation | undefined {
  switch (route?.kind) {
    case 'mattermost':
      return {
        kind: 'channel',
        channelId: route.channelId,
        ...(route.rootId === undefined ? {} : { rootId: route.rootId }),
      };
    case 'mattermost-user':
      return { kind: 'user', userId: route.userId };
    case 'background':
      return { kind: 'default', origin: route.origin };
    case 'elsewhere':
      return { kind: 'elsewhere', origin: route.origin };
    case undefined:
      return undefined;
  }
}

function lineDifferences(at: string, lines: readonly Line[], expected: readonly LineExpectation[]): string[] {
  const shown = lines.flatMap(repeat);
  if (shown.length !== expected.length) {
    return [
      `${at}lines: ${shown.map(describe).join(', ')} instead of ${expected.map((line) => JSON.stringify(line)).join(', ')}`,
    ];
  }
  return expected.flatMap((line, i) => oneLine(`${at}line ${i + 1} `, shown[i], line));
}

/** A line that stands for several equal calls, once for each. */
function repeat(line: Line): Line[] {
  return line.kind === 'tool' ? Array.from({ length: line.count }, () => line) : [line];
}

function describe(line: Line): string {
  return line.kind === 'tool' ? `${line.tool} [${line.state}]` : `${line.kind} ${'text' in line ? line.text : ''}`;
}

function oneLine(at: string, shown: Line | undefined, expected: LineExpectation): string[] {
  if (expected.kind === 'text')
    return differ(`${at}text`, shown?.kind === 'text' ? shown.text : shown?.kind, expected.text);
  if (expected.kind === 'compaction') return differ(`${at}kind`, shown?.kind, 'compaction');
  if (expected.kind === 'model') {
    if (shown?.kind !== 'model') return [`${at}is ${shown?.kind} instead of what the model recovered from`];
    const { reason, failures, fallback } = shown;
    return differ(
      `${at}model`,
      `${reason} x${failures} ${fallback}`,
      `${expected.reason} x${expected.failures} ${expected.fallback}`,
    );
  }
  if (expected.child !== undefined) {
    if (shown?.kind !== 'child') return [`${at}is ${shown?.kind} instead of a child`];
    return childDifferences(at, shown, expected.child);
  }
  if (shown?.kind !== 'tool') return [`${at}is ${shown?.kind} instead of a call of ${expected.tool}`];
  return toolDifferences(at, shown, expected);
}

function childDifferences(
  at: string,
  shown: ChildLine,
  child: Extract<LineExpectation, { kind: 'tool' }>['child'],
): string[] {
  if (child === undefined) return [];
  const elapsedMs = (shown.endedAt ?? Number.NaN) - shown.startedAt;
  const expectedMs = child.endMs - child.startMs;
  return [
    ...differ(`${at}label`, shown.label, child.label),
    ...differ(`${at}outcome`, shown.state, child.outcome),
    // Neither has an end when nothing of the child was ever seen.
    ...(Object.is(elapsedMs, expectedMs) || Math.abs(elapsedMs - expectedMs) <= ELAPSED_TOLERANCE_MS
      ? []
      : [`${at}elapsed: ${elapsedMs} instead of ${expectedMs} ms`]),
    ...lineDifferences(`${at}> `, shown.lines, child.lines),
  ];
}

function toolDifferences(at: string, shown: ToolLine, expected: Extract<LineExpectation, { kind: 'tool' }>): string[] {
  const args = JSON.stringify(shown.args ?? '');
  return [
    ...differ(`${at}tool`, shown.tool, expected.tool),
    ...differ(`${at}state`, shown.state, expected.state),
    ...(expected.exitCode === undefined ? [] : differ(`${at}exit code`, shown.exitCode, expected.exitCode)),
    ...(expected.shows === undefined || args.includes(expected.shows)
      ? []
      : [`${at}shows ${args} without ${expected.shows}`]),
  ];
}
