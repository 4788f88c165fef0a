import type { Box } from '@live-status/session-state';
import { countChars } from './cut.ts';
import { briefOf, waitingSince } from './head.ts';
import type { Labels } from './labels.ts';
import type { Language } from './language.ts';
import { ENGLISH } from './language-file.ts';
import { isSafeUrl, markdown } from './markup.ts';
import { countItemLines } from './measure.ts';
import { nameOf, reasonOf, type Wording } from './words.ts';

/** One piece of work on a board. */
export interface BoardRow {
  readonly box: Box;
  /** Address of its post. Default: it links nowhere. */
  readonly url?: string;
  /** What it is besides work in a channel of Mattermost: `direct`, or the name of its origin such as `cron`. */
  readonly place?: string;
  /** Whether commands, questions, steps and reasons may be shown to whoever reads the board. */
  readonly showText: boolean;
}

/** What a board says. Times are milliseconds since the epoch. */
export interface Board {
  /** Work that goes on, what waits for a person first. */
  readonly ongoing: readonly BoardRow[];
  /** Work that failed within the last hour, the newest first. */
  readonly failed: readonly BoardRow[];
  /** The machine whose agents these are. */
  readonly host: string;
  readonly changedAt: number;
  /** `stopped`: nobody follows the agents now. `retired`: nobody will. Default: it is kept up to date. */
  readonly end?: 'stopped' | 'retired';
}

/** How {@link renderBoard} writes. */
export interface BoardOptions {
  readonly labels: Labels;
  /** Default: English. */
  readonly language?: Language;
  /** Longest text, code points. Default 15000. */
  readonly maxChars?: number;
  /** Where clocks show the times, such as `Europe/Berlin`. Default: the zone of this machine. */
  readonly timeZone?: string;
  /** Whether to say what the agents that wait for nobody are at. Default true. */
  readonly showSteps?: boolean;
  /** How many there are of each kind, and nothing that came from outside. Default false. */
  readonly headOnly?: boolean;
}

type Settings = Required<BoardOptions>;

/** Rows at most. */
const MAX_ONGOING = 30;
const MAX_FAILED = 5;
/** Lines on a phone of 390 px, before rows say less: Mattermost folds a post at 600 px. */
const MAX_LINES = 24;
/**
 * What rows show, from all to the least: how much of names, of what waits or failed, and of what else goes on. Without that,
 * what goes on is one list of names and times in one row.
 */
const SIZES = [
  { name: 32, detail: 32, step: 32 },
  { name: 32, detail: 32, step: 20 },
  { name: 24, detail: 32, step: 0 },
  { name: 16, detail: 16, step: 0 },
] as const;
type Size = (typeof SIZES)[number];

/** A date cannot be further from the epoch. Milliseconds. */
const MAX_DATE = 8.64e15;
/** From here on a time of the day needs its day, and then its date. Milliseconds. */
const SAME_DAY_MS = 20 * 3_600_000;
const SAME_WEEK_MS = 6 * 86_400_000;

/**
 * All work at a glance, as the text of one post: who waits for a person, who is at work since when, what failed. Times are
 * those of clocks, so that nothing in it changes by time alone. As safe as a post of `renderBox`: nothing in it can mention,
 * link, embed or format; only names link, to the addresses that are given. Pure and total.
 */
export function renderBoard(board: Board, options: BoardOptions): string {
  const settings: Settings = {
    language: ENGLISH,
    maxChars: 15_000,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    showSteps: true,
    headOnly: false,
    ...options,
  };
  const plain = new BoardWriter(board, { ...settings, headOnly: true });
  if (board.end !== undefined) return new BoardWriter(board, settings).write(0);
  if (settings.headOnly) return plain.write(0);
  const { maxChars } = settings;
  const writers = SIZES.map((size) => new BoardWriter(board, settings, size));
  const fitting = writers.find((each) => each.countLines() <= MAX_LINES) ?? writers.at(-1) ?? plain;
  for (let rows = MAX_ONGOING; rows >= 0; rows -= 1) {
    const text = fitting.write(rows);
    if (countChars(text) <= maxChars) return text;
  }
  return plain.write(0);
}

/** One board in one size. */
class BoardWriter {
  readonly #board: Board;
  readonly #settings: Settings;
  readonly #size: Size;

  constructor(board: Board, settings: Settings, size: Size = SIZES[0]) {
    this.#board = board;
    this.#settings = settings;
    this.#size = size;
  }

  /** The text with at most this many rows of work that goes on; with none it has no row of any kind. */
  write(maxRows: number): string {
    const { end, failed, ongoing } = this.#board;
    const { language } = this.#settings;
    if (end === 'retired') return markdown.strong(language.say('board.retired'));
    if (end === 'stopped') {
      const before = ongoing.length === 0 ? [] : [language.say('board.wereAtWork', { count: ongoing.length })];
      return [[markdown.strong(language.say('board.stopped')), ...before].join(' | '), this.#foot()].join('\n\n');
    }
    const waiting = ongoing.filter(isWaiting);
    const working = ongoing.filter((row) => !isWaiting(row));
    const waitingRows = waiting.slice(0, maxRows);
    const workingRows = working.slice(0, maxRows - waitingRows.length);
    const sections = [
      this.#section('board.waiting', waiting, waitingRows),
      this.#section('board.working', working, workingRows),
      ongoing.length === 0 ? markdown.strong(language.say('board.idle')) : '',
      this.#section('board.failed', failed, maxRows === 0 ? [] : failed.slice(0, MAX_FAILED)),
    ];
    return [...sections, this.#foot()].filter((section) => section !== '').join('\n\n');
  }

  /** Lines on a phone. */
  countLines(): number {
    const lines = this.write(MAX_ONGOING).split('\n');
    return lines.reduce((sum, line) => sum + countItemLines(line, 0, this.#settings.language), 0);
  }

  #section(
    heading: 'board.waiting' | 'board.working' | 'board.failed',
    all: readonly BoardRow[],
    shown: readonly BoardRow[],
  ): string {
    if (all.length === 0) return '';
    const { headOnly, language } = this.#settings;
    const isOneRow = heading === 'board.working' && this.#size.step === 0 && shown.length > 0;
    const names = isOneRow ? [`- ${markdown.line(shown.map((row) => this.#nameAndTime(row)).join(', '))}`] : [];
    const rows = isOneRow
      ? names
      : shown.map((row) => `- ${markdown.line(this.#row(row, heading === 'board.failed'))}`);
    const more = all.length - shown.length;
    const rest = more === 0 || headOnly ? [] : [`- ${language.say('board.more', { count: more })}`];
    return [markdown.strong(language.say(heading, { count: all.length })), ...rows, ...rest].join('\n');
  }

  #nameAndTime(row: BoardRow): string {
    return `${this.#name(row)}\u00a0${this.#time(row.box.startedAt)}`;
  }

  #name({ box, url }: BoardRow): string {
    const name = nameOf(box.title, markdown, this.#size.name) || this.#settings.language.say('notice.agent');
    return url !== undefined && isSafeUrl(url) ? markdown.link(name, url) : name;
  }

  #row(row: BoardRow, hasFailed: boolean): string {
    const { box, place, showText } = row;
    const { labels, language, showSteps } = this.#settings;
    const size = this.#size;
    const name = this.#name(row);
    const wording: Wording = {
      nowMs: this.#board.changedAt,
      labels,
      language,
      showText,
      showArguments: showText,
      canAnswerHere: false,
    };
    if (hasFailed) {
      const time = this.#time(box.endedAt ?? box.startedAt);
      const reason = reasonOf(box, wording, markdown, 2 * size.detail);
      return joined([language.say('board.failedAt', { name, time }), this.#place(place), reason]);
    }
    const waitsSince = isWaiting({ box }) ? (waitingSince(box) ?? box.startedAt) : undefined;
    const since = language.say('board.since', { name, time: this.#time(waitsSince ?? box.startedAt) });
    const chars = waitsSince === undefined ? (showSteps ? size.step : 0) : size.detail;
    return joined([since, this.#place(place), chars === 0 ? '' : briefOf(box, wording, markdown, chars)]);
  }

  #place(place: string | undefined): string {
    const { language } = this.#settings;
    if (place === 'direct') return language.say('board.direct');
    return place === undefined ? '' : nameOf(place, markdown, this.#size.name);
  }

  #foot(): string {
    const { changedAt, host } = this.#board;
    const { headOnly, language } = this.#settings;
    const time = this.#clock(changedAt, { timeZoneName: 'short' });
    if (headOnly) return time;
    return markdown.line(language.say('board.changed', { host: nameOf(host, markdown), time }));
  }

  /** `14:05`, `Mon 14:05`, `Nov 23, 14:05`. */
  #time(at: number): string {
    const age = this.#board.changedAt - at;
    if (age < SAME_DAY_MS) return this.#clock(at);
    const day: Intl.DateTimeFormatOptions =
      age < SAME_WEEK_MS ? { weekday: 'short' } : { month: 'short', day: 'numeric' };
    return this.#clock(at, day);
  }

  #clock(at: number, more: Intl.DateTimeFormatOptions = {}): string {
    const { language, timeZone } = this.#settings;
    const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone };
    return new Intl.DateTimeFormat(language.locale, { ...time, ...more }).format(Math.abs(at) <= MAX_DATE ? at : 0);
  }
}

function isWaiting({ box }: Pick<BoardRow, 'box'>): boolean {
  return box.state === 'waiting';
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' | ');
}
