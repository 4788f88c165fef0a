import { hash } from 'node:crypto';
import {
  formatTarget,
  type LedgerEntry,
  type LiveContent,
  type Poster,
  type StopReason,
  type Target,
} from '@live-status/mm-poster';
import { type Clock, DeadlineTimer } from '@live-status/resilience';
import type { Box, BoxEntry } from '@live-status/session-state';
import { type Board as BoardContent, type BoardRow, type PostWords, renderBoard } from '@live-status/status-render';
import type { Logger } from 'pino';
import type { Overview } from './overview.ts';

/** How much of a piece of work the readers of the board may see: all, nothing that was said or typed, or not even that it is there. */
export type BoardVisibility = 'full' | 'labels' | 'off';

/** What a {@link Board} needs. */
export interface BoardOptions {
  readonly poster: Pick<Poster, 'show' | 'finish' | 'drop' | 'open'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly overview: Overview;
  readonly words: PostWords;
  /** Longest post, code points. */
  readonly maxChars: number;
  /** Where it is; `undefined`: there is none. */
  readonly target: Target | undefined;
  /** The machine that it speaks for. */
  readonly host: string;
  /** Address of the post of a box on the server of the board; `undefined` while it has none. */
  readonly postUrlOf: (boxId: string) => string | undefined;
  readonly visibilityOf: (entry: BoxEntry) => BoardVisibility;
}

/** Changes that come together are shown together, and a new post has its address by then. Milliseconds. */
const COALESCE_MS = 1_000;
/** Least time between two edits of the board. Milliseconds. */
const MIN_EDIT_GAP_MS = 10_000;
/** The same where only what agents are at has changed, not who is at work, waits or failed. Milliseconds. */
const MIN_STEP_GAP_MS = 60_000;
/** How long work that failed stays on the board. Milliseconds. */
const FAILED_FOR_MS = 3_600_000;
/** Failures that are remembered. */
const MAX_FAILED = 50;
/** Least time between two boards that are made because people deleted the one before. Milliseconds. */
const MIN_REMAKE_GAP_MS = 3_600_000;

/** What the ledger keeps of a board: what failed is not read again after a restart. */
interface BoardMemory {
  readonly kind: 'board';
  readonly failed: readonly BoardRow[];
}

/** What the poster calls boards by: no box of a session begins like this. */
const ID_PREFIX = 'board/';

/** Whether this is what the poster calls a board by. */
export function isBoardId(boxId: string): boolean {
  return boxId.startsWith(ID_PREFIX);
}

/** Whether a ledger entry is the post of a board. */
export function isBoardEntry({ data }: Pick<LedgerEntry, 'data'>): boolean {
  return readMemory(data) !== undefined;
}

/**
 * One pinned post that lists all work of this daemon: who waits for a person, who is at work since when, what failed within
 * the last hour. It gives way to the posts of the work itself, and is edited only when it changes.
 */
export class Board {
  readonly #options: BoardOptions;
  readonly #id: string;
  readonly #timer: DeadlineTimer;
  readonly #unsubscribe: () => void;
  /** Newest end last. */
  readonly #failed = new Map<string, BoardRow>();
  #isStarted = false;
  #wakesAt: number | undefined;
  #shown: { readonly essence: string; readonly whole: string; readonly at: number } | undefined;
  /** When the next board may be made after one that people deleted. */
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(options: BoardOptions) {
    const { clock, overview, target } = options;
    this.#options = options;
    this.#id = `${ID_PREFIX}${target === undefined ? '' : formatTarget(target)}`;
    this.#timer = new DeadlineTimer(clock, () => {
      this.#wakesAt = undefined;
      this.#update();
    });
    this.#unsubscribe = overview.subscribe(() => this.change());
  }

  /** All that was there at the start is known: shows it, and leaves boards that are elsewhere. */
  start(): void {
    const { clock, poster } = this.#options;
    for (const entry of poster.open().filter(isBoardEntry)) {
      if (entry.boxId !== this.#id) this.#retire(entry);
      else if (entry.stopped !== undefined) this.#forget();
      for (const row of readMemory(entry.data)?.failed ?? []) this.#failed.set(row.box.boxId, row);
    }
    this.#isStarted = true;
    this.#wake(clock.now());
  }

  /** Something may have changed that the board shows. */
  change(): void {
    if (!this.#isStarted) return;
    const gapEndsAt = (this.#shown?.at ?? Number.NEGATIVE_INFINITY) + MIN_EDIT_GAP_MS;
    this.#wake(Math.max(this.#options.clock.now() + COALESCE_MS, gapEndsAt, this.#notBefore));
  }

  /** Whether it is the board that the poster no longer updates. One that people deleted is made again with the next change. */
  giveUp(boxId: string, reason: StopReason): boolean {
    if (boxId !== this.#id) return false;
    this.#timer.set(undefined);
    this.#wakesAt = undefined;
    if (reason !== 'deleted') {
      this.#isStarted = false;
      return true;
    }
    this.#shown = undefined;
    this.#notBefore = Math.max(this.#options.clock.now(), this.#notBefore + MIN_REMAKE_GAP_MS);
    this.#forget();
    return true;
  }

  /** Says that updates stopped, on every board there is, and shows nothing more. */
  leave(): void {
    const { poster } = this.#options;
    this.#unsubscribe();
    this.#timer.close();
    this.#isStarted = false;
    const content = { ...this.#read(), end: 'stopped' } as const;
    for (const { boxId, data, postId, attemptedAt, stopped, target } of poster.open().filter(isBoardEntry)) {
      const hasPost = stopped === undefined && (postId !== undefined || attemptedAt !== undefined);
      if (hasPost) poster.show(boxId, target, this.#contentOf(content), data);
    }
  }

  #wake(at: number): void {
    if (this.#options.target === undefined || (this.#wakesAt !== undefined && this.#wakesAt <= at)) return;
    this.#wakesAt = at;
    this.#timer.set(at);
  }

  #update(): void {
    const { clock, poster, target } = this.#options;
    if (target === undefined) return;
    const board = this.#read();
    const essence = this.#bodyOf(board, false);
    const whole = this.#bodyOf(board, true);
    const now = clock.now();
    if (whole !== this.#shown?.whole) {
      const isStep = essence === this.#shown?.essence;
      const gapMs = isStep ? MIN_STEP_GAP_MS : MIN_EDIT_GAP_MS;
      const dueAt = this.#shown === undefined ? now : this.#shown.at + gapMs;
      if (dueAt > now) this.#wake(dueAt);
      else {
        this.#shown = { essence, whole, at: now };
        const memory: BoardMemory = { kind: 'board', failed: board.failed };
        poster.show(this.#id, target, this.#contentOf(board), memory);
      }
    }
    const [oldest] = this.#failed.values();
    if (oldest !== undefined) this.#wake(Math.max(now + MIN_EDIT_GAP_MS, endOf(oldest) + FAILED_FOR_MS));
  }

  /** What is true now. */
  #read(): BoardContent {
    const { clock, host, overview } = this.#options;
    const ongoing = overview.ongoing();
    const ended = overview.ended();
    for (const { boxId } of ongoing) this.#failed.delete(boxId);
    for (const entry of ended.toReversed()) {
      this.#failed.delete(entry.boxId);
      if (hasFailed(entry.box)) for (const row of this.#rowsOf(entry)) this.#failed.set(entry.boxId, withoutWork(row));
    }
    this.#forgetOldFailures();
    return {
      ongoing: ongoing.flatMap((entry) => this.#rowsOf(entry)),
      failed: [...this.#failed.values()].reverse(),
      host,
      changedAt: clock.now(),
    };
  }

  /** The row of a piece of work, unless it is not for the readers of the board. */
  #rowsOf(entry: BoxEntry): BoardRow[] {
    const { postUrlOf, visibilityOf } = this.#options;
    const visibility = visibilityOf(entry);
    if (visibility === 'off' || (entry.silent && entry.box.state !== 'waiting')) return [];
    const url = postUrlOf(entry.boxId);
    const place = placeOf(entry);
    return [
      {
        box: entry.box,
        showText: visibility === 'full',
        ...(url === undefined ? {} : { url }),
        ...(place === undefined ? {} : { place }),
      },
    ];
  }

  #forgetOldFailures(): void {
    const oldestAt = this.#options.clock.now() - FAILED_FOR_MS;
    const rows = [...this.#failed.values()].sort((a, b) => endOf(a) - endOf(b));
    this.#failed.clear();
    for (const row of rows.slice(-MAX_FAILED)) if (endOf(row) > oldestAt) this.#failed.set(row.box.boxId, row);
  }

  #render(
    board: BoardContent,
    options: { readonly maxChars?: number; readonly headOnly?: boolean; readonly showSteps?: boolean } = {},
  ): string {
    const { maxChars, words } = this.#options;
    return renderBoard(board, { ...words, ...options, maxChars: Math.min(maxChars, options.maxChars ?? maxChars) });
  }

  #bodyOf(board: BoardContent, showSteps: boolean): string {
    return withoutFoot(this.#render(board, { showSteps }));
  }

  #contentOf(board: BoardContent): LiveContent {
    const body = this.#bodyOf(board, true);
    return {
      key: hash('sha1', body, 'base64'),
      pinned: true,
      yielding: true,
      render: ({ maxChars, headOnly }) => ({ message: this.#render(board, { maxChars, headOnly: headOnly === true }) }),
      withoutClock: withoutFoot,
    };
  }

  /** A board of a setting of before. */
  #retire({ attemptedAt, boxId, postId, target }: LedgerEntry): void {
    const { log, poster } = this.#options;
    const content = this.#contentOf({ ...this.#read(), end: 'retired' });
    const done =
      postId === undefined && attemptedAt === undefined ? poster.drop(boxId) : poster.finish(boxId, target, content);
    done.catch((error: unknown) => log.error({ boxId, err: error }, 'could not finish a box'));
  }

  #forget(): void {
    const { log, poster } = this.#options;
    poster
      .drop(this.#id)
      .catch((error: unknown) => log.error({ boxId: this.#id, err: error }, 'could not drop a ledger entry'));
  }
}

/** What it is besides work in a channel of Mattermost. */
function placeOf({ route }: BoxEntry): string | undefined {
  if (route?.kind === 'mattermost-user') return 'direct';
  return route?.kind === 'background' || route?.kind === 'elsewhere' ? route.origin : undefined;
}

function hasFailed({ state }: Box): boolean {
  return state === 'error' || state === 'interrupted';
}

function endOf({ box }: BoardRow): number {
  return box.endedAt ?? box.startedAt;
}

/** What a row of failed work shows, to be kept in the ledger. */
function withoutWork(row: BoardRow): BoardRow {
  const { boxId, title, state, reason, startedAt, endedAt = startedAt } = row.box;
  const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  const box: Box = { boxId, title, state, startedAt, endedAt, tokens, earlierLines: 0, lines: [], thinking: false };
  const isPrivate = state === 'error' && !row.showText;
  return { ...row, box: reason === undefined || isPrivate ? box : { ...box, reason } };
}

function readMemory(data: unknown): BoardMemory | undefined {
  const memory = (data ?? {}) as Partial<BoardMemory>;
  if (memory.kind !== 'board' || !Array.isArray(memory.failed)) return undefined;
  return { kind: 'board', failed: memory.failed.filter(isRow) };
}

function isRow(row: Partial<BoardRow> | null): row is BoardRow {
  const { boxId, title, startedAt, endedAt, lines } = row?.box ?? {};
  const isWhole = [boxId, title].every((text) => typeof text === 'string') && Array.isArray(lines);
  return isWhole && Number.isFinite(startedAt) && Number.isFinite(endedAt) && typeof row?.showText === 'boolean';
}

/** The last line says when the board changed last. */
function withoutFoot(text: string): string {
  return text.replace(/\n[^\n]*$/, '');
}
