import { compact, memberOf } from '@live-status/basics';
import type { Poster, Target } from '@live-status/mm-poster';
import { type AdoptedBox, type Box, type BoxEntry, isOngoing, type ResumeToken } from '@live-status/session-state';
import type { Logger } from 'pino';
import { isBoardEntry } from './board.ts';
import type { Destination } from './destination.ts';
import { isBox, isNumber } from './kept-box.ts';
import { closeLine } from './merge-earlier-view.ts';
import { type AdoptedNotice, readOpenNotice } from './notices.ts';
import { type MachineTime, machineTime, readMachineTime } from './observation-clock.ts';

/** What the ledger keeps of a box besides its post: enough to find its run again, or to finish the box without it. */
export interface Remembered {
  readonly sessionKey: string;
  readonly sessionId?: string;
  readonly evidence: readonly string[];
  readonly resumeTokens: readonly ResumeToken[];
  readonly show: Destination['show'];
  readonly workKind?: string;
  /** Nothing of it is meant for people. */
  readonly silent?: true;
  /** The box as it was last shown. */
  readonly snapshot: Box;
  /** When it was last shown, milliseconds since the epoch. */
  readonly shownAt: number;
  /** The same moment on the machine's clock. */
  readonly machine?: MachineTime;
}

/** A box that the previous process left open. */
export interface Adopted {
  readonly destination: Destination;
  readonly remembered: Remembered;
}

/** What earlier versions called the values of `show`. */
const SHOWN_BEFORE: Readonly<Record<string, Destination['show']>> = { all: 'conversation', 'no-answer': 'background' };
const STOPPED_REASON = 'the agent stopped';
const LEAVING_REASON = 'status updates stopped, the agent may still be working';

/** What to write into the ledger for a box. */
export function remember(entry: BoxEntry, { show, workKind }: Destination, shownAt: number): Remembered {
  return {
    sessionKey: entry.sessionKey,
    ...(entry.sessionId !== undefined && { sessionId: entry.sessionId }),
    evidence: entry.evidence,
    resumeTokens: entry.resumeTokens,
    show,
    ...(workKind !== undefined && { workKind }),
    ...(entry.silent && { silent: true }),
    snapshot: entry.box,
    shownAt,
    ...compact({ machine: machineTime() }),
  };
}

/** Reads what {@link remember} wrote, including entries from before resume tokens; `undefined` for anything else. */
export function readRemembered(data: unknown): Remembered | undefined {
  const raw = (data ?? {}) as Partial<Remembered> & { readonly resumeFrom?: unknown };
  const { sessionKey, sessionId, evidence, show, snapshot, shownAt } = raw;
  const resumeTokens = raw.resumeTokens ?? tokensFromPlaces(raw);
  if (
    typeof sessionKey !== 'string' ||
    !isTexts(evidence) ||
    !isTexts(resumeTokens) ||
    typeof show !== 'string' ||
    !isBox(snapshot) ||
    !isNumber(shownAt)
  ) {
    return undefined;
  }
  const known = {
    ...(typeof sessionId === 'string' && { sessionId }),
    ...(typeof raw.workKind === 'string' && { workKind: raw.workKind }),
    ...(raw.silent === true && { silent: raw.silent }),
    ...compact({ machine: readMachineTime(raw.machine) }),
  };
  return {
    sessionKey,
    ...known,
    evidence,
    resumeTokens,
    show: memberOf(SHOWN_BEFORE, show) ?? show,
    snapshot,
    shownAt,
  };
}

/**
 * Before there were resume tokens, entries kept places in transcripts, and the gateway found runs by their evidence.
 * Each source also reads what it wrote then as a token.
 */
function tokensFromPlaces(raw: Partial<Remembered> & { readonly resumeFrom?: unknown }): ResumeToken[] | undefined {
  if (!Array.isArray(raw.resumeFrom)) return undefined;
  const { sessionKey, evidence, snapshot } = raw;
  const box = { sessionKey, evidence, startedAt: snapshot?.startedAt };
  return [...raw.resumeFrom, box].map((token) => JSON.stringify(token));
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** What the previous process left open, by id. */
export interface LedgerReading {
  readonly boxes: ReadonlyMap<string, Adopted>;
  readonly notices: ReadonlyMap<string, AdoptedNotice>;
}

/** The boxes and notices that the previous process left open. An unusable entry is dropped, and its post left as it is. */
export function readLedger(poster: Pick<Poster, 'open' | 'drop'>, log: Logger): LedgerReading {
  const boxes = new Map<string, Adopted>();
  const notices = new Map<string, AdoptedNotice>();
  for (const { boxId, target, data, postId } of poster.open().filter((entry) => !isBoardEntry(entry))) {
    const remembered = readRemembered(data);
    const notice = readOpenNotice(data);
    if (remembered !== undefined) boxes.set(boxId, { destination: destinationOf(target, remembered), remembered });
    if (notice !== undefined) {
      const isUnposted = postId === undefined;
      notices.set(boxId, { destination: destinationOf(target, notice), notice, isUnposted });
    }
    if (remembered !== undefined || notice !== undefined) continue;
    log.warn({ boxId }, 'dropped ledger entry without a box');
    poster.drop(boxId).catch((error: unknown) => log.error({ boxId, err: error }, 'could not drop a ledger entry'));
  }
  return { boxes, notices };
}

function destinationOf(target: Target, { show, workKind }: Pick<Destination, 'show' | 'workKind'>): Destination {
  return { target, show, ...(workKind !== undefined && { workKind }) };
}

/** What the fold needs to continue these boxes. */
export function adoptedBoxes(adopted: ReadonlyMap<string, Adopted>): readonly AdoptedBox[] {
  return [...adopted].map(([boxId, { remembered }]) => {
    const { sessionKey, evidence } = remembered;
    return { boxId, sessionKey, evidence };
  });
}

/** What sources need to find the runs of these boxes again. */
export function resumeTokens(adopted: ReadonlyMap<string, Adopted>): readonly ResumeToken[] {
  return [...adopted.values()].flatMap(({ remembered }) => remembered.resumeTokens);
}

/** How a box ends whose run was not found again: as it had ended already, or as interrupted because the agent stopped. */
export function endOfLost({ snapshot, shownAt }: Remembered): Box {
  return isOngoing(snapshot.state) ? interrupt(snapshot, STOPPED_REASON, shownAt) : snapshot;
}

/** How a box is left when the daemon stops before its run ends. */
export function leaving(box: Box, at: number): Box {
  return isOngoing(box.state) ? { ...box, state: 'interrupted', reason: LEAVING_REASON, endedAt: at } : box;
}

function interrupt(box: Box, reason: string, endedAt: number): Box {
  const lines = box.lines.map((line) => closeLine(line, endedAt));
  return { ...box, state: 'interrupted', reason, endedAt, thinking: false, lines };
}
