import { type Box, type BoxEntry, isOngoing, type Line, type ResumeToken } from '@live-status/session-state';
import type { Destination } from './targets.ts';

/** What the ledger keeps of a box beside its post: enough to find its run again, or to end it without. */
export interface Remembered {
  readonly sessionKey: string;
  readonly sessionId?: string;
  readonly evidence: readonly string[];
  readonly resumeTokens: readonly ResumeToken[];
  readonly show: Destination['show'];
  /** What was shown last. */
  readonly snapshot: Box;
  /** When that was, milliseconds since the epoch. */
  readonly shownAt: number;
}

/** What earlier versions called where a box is shown. */
const SHOWN_BEFORE: Readonly<Record<string, Destination['show']>> = { all: 'conversation', 'no-answer': 'background' };
const STOPPED_REASON = 'the agent stopped';
const LEAVING_REASON = 'status updates stopped, the agent may still be working';

/** What to write into the ledger for a box. */
export function remember(entry: BoxEntry, show: Destination['show'], shownAt: number): Remembered {
  return {
    sessionKey: entry.sessionKey,
    ...(entry.sessionId !== undefined && { sessionId: entry.sessionId }),
    evidence: entry.evidence,
    resumeTokens: entry.resumeTokens,
    show,
    snapshot: entry.box,
    shownAt,
  };
}

/** Reads back what {@link remember} wrote, also before there were resume tokens; `undefined` for anything else. */
export function readRemembered(data: unknown): Remembered | undefined {
  const raw = (data ?? {}) as Partial<Remembered> & { readonly resumeFrom?: unknown };
  const { sessionKey, sessionId, evidence, show, snapshot, shownAt } = raw;
  const resumeTokens = raw.resumeTokens ?? tokensFromPlaces(raw);
  if (
    typeof sessionKey !== 'string' ||
    !Array.isArray(evidence) ||
    !Array.isArray(resumeTokens) ||
    typeof show !== 'string' ||
    snapshot === undefined ||
    !Array.isArray(snapshot.lines) ||
    typeof shownAt !== 'number'
  ) {
    return undefined;
  }
  const id = sessionId === undefined ? {} : { sessionId };
  return { sessionKey, ...id, evidence, resumeTokens, show: SHOWN_BEFORE[show] ?? show, snapshot, shownAt };
}

/**
 * Before there were tokens, entries had places in transcripts, and the gateway's runs by their evidence. Each source
 * reads what it wrote then as a token, too.
 */
function tokensFromPlaces(raw: Partial<Remembered> & { readonly resumeFrom?: unknown }): ResumeToken[] | undefined {
  if (!Array.isArray(raw.resumeFrom)) return undefined;
  const { sessionKey, evidence, snapshot } = raw;
  const box = { sessionKey, evidence, startedAt: snapshot?.startedAt };
  return [...raw.resumeFrom, box].map((token) => JSON.stringify(token));
}

/** The end of a box whose run was not met again: its own when it had one, else that the agent stopped. */
export function endOfLost({ snapshot, shownAt }: Remembered): Box {
  return isOngoing(snapshot.state) ? interrupt(snapshot, STOPPED_REASON, shownAt) : snapshot;
}

/** A box as it is left when the daemon stops before its run. */
export function leaving(box: Box, at: number): Box {
  return isOngoing(box.state) ? { ...box, state: 'interrupted', reason: LEAVING_REASON, endedAt: at } : box;
}

/**
 * The box, with the lines of an earlier view when it has fewer of them: a transcript that lost its beginning takes
 * nothing back from readers.
 */
export function notLessThan(earlier: Box, box: Box): Box {
  if (countLines(box) >= countLines(earlier)) return box;
  const lines = isOngoing(box.state) ? earlier.lines : earlier.lines.map((line) => close(line, box.endedAt));
  return { ...box, lines, earlierLines: earlier.earlierLines, startedAt: Math.min(box.startedAt, earlier.startedAt) };
}

function interrupt(box: Box, reason: string, endedAt: number): Box {
  const lines = box.lines.map((line) => close(line, endedAt));
  return { ...box, state: 'interrupted', reason, endedAt, thinking: false, lines };
}

/** What ran when its run ended ran no longer. */
function close(line: Line, endedAt: number | undefined): Line {
  const end = endedAt === undefined ? {} : { endedAt };
  if (line.kind === 'tool' && line.state === 'running') return { ...line, state: 'aborted', ...end };
  if (line.kind !== 'child') return line;
  const lines = line.lines.map((inner) => close(inner, endedAt));
  const open = line.state === 'starting' || isOngoing(line.state);
  return open ? { ...line, lines, state: 'interrupted', thinking: false, ...end } : { ...line, lines };
}

function countLines({ lines, earlierLines }: Pick<Box, 'lines' | 'earlierLines'>): number {
  const count = (line: Line): number => {
    if (line.kind === 'tool') return line.count;
    return line.kind === 'child' ? 1 + countLines(line) : 1;
  };
  return lines.reduce((sum, line) => sum + count(line), earlierLines);
}
