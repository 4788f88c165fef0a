import {
  countedTokens,
  ELAPSED_TOLERANCE_MS,
  type LineExpectation,
  type ShownPiece,
  type ToolExpectation,
} from '@live-status/fixtures';
import { type ObservedPost, stateOf } from './observed-post.ts';

/** How the post came about. */
export interface JudgeOptions {
  /** Speed of the replay. Default 1. */
  readonly speed?: number;
  /**
   * When a moment of the recording was really played, on the time line of the post's versions. Default: as recorded, and
   * the post was not late either.
   */
  readonly playedAt?: (tMs: number) => number;
}

/**
 * Compares the final version of a post in style `list` with what its piece of work must show: place, state, reason, elapsed
 * time, tokens, every call in order with its end, children under their parent, and the answer where nothing else posts it.
 * One sentence for each difference. Children must not be folded, so the daemon needs a high `MAX_STATUS_LINES`.
 */
export function judgePost(post: ObservedPost, piece: ShownPiece, options: JudgeOptions = {}): string[] {
  const lines = post.message.split('\n').map(readable);
  const head = lines[0] ?? '';
  return [
    ...judgePlace(post, piece),
    ...differs('state', stateOf(post.message), piece.outcome.toUpperCase()),
    ...judgeReason(head, piece.reason),
    ...judgeElapsed(head, elapsedOf(post, piece, options), piece.toleranceMs),
    ...judgeTokens(head, countedTokens(piece.tokens)),
    ...judgeLines(lines.slice(1), piece.lines),
    ...judgeAnswer(lines.slice(1), piece),
    ...lines.filter((line) => /^ *- \[[A-Z]+\]/.test(line)).map((line) => `line: "${line}" repeats the head`),
  ];
}

/** In a conversation the answer is the next message, so its post must not end with it. */
function judgeAnswer(shown: readonly string[], { outcome, answer, target }: ShownPiece): string[] {
  const wanted = answer?.slice(0, 60);
  const last = shown.at(-1) ?? '';
  if (outcome !== 'done' || wanted === undefined) return [];
  if (target.kind === 'default') return missing('answer', last, wanted);
  return last.includes(wanted) ? [`answer: "${wanted}" is shown in a conversation`] : [];
}

/** Without the marks that keep text from being Markdown. */
function readable(line: string): string {
  return line.replace(/[\\`\u200b]/g, '');
}

function judgePlace({ place }: ObservedPost, { target }: ShownPiece): string[] {
  if (target.kind === 'default' || target.kind === 'elsewhere') return differs('place', place.kind, 'default');
  return differs('place', JSON.stringify(place), JSON.stringify(target));
}

/** The head has room for two lines on a phone: of a long reason it shows the beginning, never less than this. */
const LEAST_REASON_CHARS = 20;

function judgeReason(head: string, wanted: string | undefined): string[] {
  const shown = head.split(' | ').find((part) => part.endsWith('…') && part.length > LEAST_REASON_CHARS);
  const isCut = shown !== undefined && wanted?.startsWith(shown.slice(0, -1));
  return isCut ? [] : missing('reason', head, wanted);
}

/** How long after its end the post of a piece of work shows that at most, on a machine that keeps up, milliseconds. */
const REACTION_MS = 2000;

/** How long a piece took, milliseconds: as recorded and as it was played, and how much the machine may have added. */
interface Elapsed {
  readonly leastMs: number;
  readonly mostMs: number;
}

function elapsedOf(post: ObservedPost, piece: ShownPiece, { speed = 1, playedAt }: JudgeOptions): Elapsed {
  const { startMs, endMs } = piece;
  const recordedMs = (endMs - startMs) / speed;
  if (playedAt === undefined) return { leastMs: recordedMs, mostMs: recordedMs };
  const playedMs = playedAt(endMs) - playedAt(startMs);
  // A daemon that saw the end late says so late, too.
  const state = stateOf(post.message);
  const saidAt = post.versions.find(({ message }) => stateOf(message) === state)?.atMs ?? 0;
  const lateMs = Math.max(0, saidAt - playedAt(endMs) - REACTION_MS);
  // An end that no daemon saw has the time that was written down, a beginning that one saw the time at which it was played.
  const startedLateMs = Math.max(0, playedAt(startMs) - startMs / speed);
  const leastMs = Math.min(recordedMs - startedLateMs, playedMs);
  return { leastMs, mostMs: Math.max(recordedMs, playedMs) + lateMs };
}

function judgeElapsed(
  head: string,
  { leastMs, mostMs }: Elapsed,
  toleranceMs: number = ELAPSED_TOLERANCE_MS,
): string[] {
  const [, hours = 0, minutes = 0, seconds = 0] = head.match(/\| (?:(\d+)h )?(?:(\d+)m ?)?(?:(\d+)s)?(?: \||$)/) ?? [];
  const shownMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  // Shown seconds are cut, not rounded.
  const isRight = shownMs > leastMs - 1000 - toleranceMs && shownMs < mostMs + toleranceMs;
  const wanted = [...new Set([leastMs, mostMs].map(Math.round))].join(' to ');
  return isRight ? [] : [`elapsed: about ${wanted} ms were wanted in "${head}"`];
}

function judgeTokens(head: string, wanted: number): string[] {
  const [, digits = '0', unit] = head.match(/\| ([\d.]+)([kM]?) tokens/) ?? [];
  const scale = unit === 'M' ? 1e6 : unit === 'k' ? 1e3 : 1;
  const isRight = Math.abs(Number(digits) * scale - wanted) <= scale / 20;
  return isRight ? [] : [`tokens: ${wanted} were wanted in "${head}"`];
}

/** Finds each expected line below the one before; as many may be missing as the post says it left out. */
function judgeLines(shown: readonly string[], wanted: readonly LineExpectation[]): string[] {
  const rest = [...shown];
  const problems = flatten(wanted).flatMap(({ text, marks, forbidden, depth }) => {
    const index = rest.findIndex((line) => line.includes(text) && depthOf(line) === depth);
    const [line = ''] = index === -1 ? [] : rest.splice(0, index + 1).slice(-1);
    if (index === -1) return [`line: "${text}" is missing or out of order`];
    const isRight = marks.every((mark) => line.includes(mark)) && !forbidden.some((mark) => line.includes(mark));
    return isRight ? [] : [`line: "${line.trim()}" should have ${marks.join(' ') || 'no failure'}`];
  });
  const left = shown
    .map((line) => Number(line.match(/\.\.\. (\d+) earlier line/)?.[1] ?? 0))
    .reduce((a, b) => a + b, 0);
  return problems.slice(Math.min(left, problems.length));
}

interface WantedLine {
  readonly text: string;
  readonly marks: readonly string[];
  readonly forbidden: readonly string[];
  readonly depth: number;
}

const FAILURES = ['[error]', '[exit ', '[aborted]', '[background]'];

function flatten(lines: readonly LineExpectation[], depth = 0): WantedLine[] {
  return lines.flatMap((line, index): WantedLine[] => {
    if (line.kind === 'text') return [{ text: line.text.slice(0, 60), marks: [], forbidden: [], depth }];
    if (line.kind === 'compaction') return [{ text: '[session compacted', marks: [], forbidden: [], depth }];
    if (line.kind === 'model') return [{ text: `Model: ${line.reason}`, marks: [], forbidden: [], depth }];
    if (line.child !== undefined) return flattenChild(line.child, depth);
    // Equal neighbours are one line.
    if (isSame(line, lines[index - 1])) return [];
    return [{ ...wantedCall(line), depth }];
  });
}

function flattenChild(child: NonNullable<ToolExpectation['child']>, depth: number): WantedLine[] {
  const header = `Sub-agent: ${child.label}`;
  return [
    { text: header, marks: [`${header} [${child.outcome.toUpperCase()}]`], forbidden: [], depth },
    ...flatten(child.lines, depth + 1),
  ];
}

function isSame(line: ToolExpectation, before: LineExpectation | undefined): boolean {
  return (
    before?.kind === 'tool' && before.tool === line.tool && before.state === line.state && before.shows === line.shows
  );
}

function wantedCall({ tool, state, shows, exitCode }: ToolExpectation): Omit<WantedLine, 'depth'> {
  // A label without an argument is the renderer's own words; a tool without a label is named in words.
  const text = shows ?? (tool === 'sessions_yield' ? 'Waiting' : tool.replaceAll('_', ' '));
  if (state === 'ok') return { text, marks: [], forbidden: FAILURES };
  if (state !== 'error') return { text, marks: [`[${state}]`], forbidden: [] };
  return { text, marks: [exitCode === undefined ? '[error]' : `[exit ${exitCode}]`], forbidden: [] };
}

function depthOf(line: string): number {
  return (line.match(/^ */)?.[0].length ?? 0) / 4;
}

function differs(what: string, seen: string | undefined, wanted: string): string[] {
  return seen === wanted ? [] : [`${what}: ${seen} instead of ${wanted}`];
}

function missing(what: string, line: string, wanted: string | undefined): string[] {
  return wanted === undefined || line.includes(wanted) ? [] : [`${what}: "${wanted}" is missing in "${line}"`];
}
