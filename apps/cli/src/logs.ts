import { readFileSync, statSync } from 'node:fs';
import {
  errorFileOf,
  LOG_LEVELS,
  type LogLevel,
  type LogLine,
  logFileOf,
  type Machine,
  readLogLine,
} from '@live-status/daemon-control';
import { EXIT, type ExitCode } from '@live-status/daemon-control/exit-code';
import { findInstance } from '@live-status/instance-lock';
import { errorsOf, readSettings } from '@live-status/settings';
import type { Paint } from './doctor/report.ts';
import { findJournal } from './journal.ts';

/** What is shown of the log. */
export interface LogsOptions {
  /** Most lines of the past. Default: 50. */
  readonly lines?: number | undefined;
  /** Keeps showing what is written. Default: false. */
  readonly follow?: boolean | undefined;
  /** The least important level that is shown. Default: every line. */
  readonly level?: LogLevel | undefined;
  /** Lines as they are in the file. Default: false. */
  readonly json?: boolean | undefined;
}

/** Where the lines go. */
export interface LogsOutput {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  readonly paint: Paint;
}

const DEFAULT_LINES = 50;
const COLORS = { trace: 'dim', debug: 'dim', info: 'green', warn: 'yellow', error: 'red', fatal: 'red' } as const;
const LEVEL_WIDTH = 5;

/** `logs`: the log of the daemon of `STATE_DIR` as lines for people. With `follow`, it ends with the process only. */
export async function showLogs(machine: Machine, options: LogsOptions, output: LogsOutput): Promise<ExitCode> {
  const reading = await readSettings(machine.env, machine);
  const { stateDir } = reading.sound;
  if (stateDir === undefined) {
    for (const error of errorsOf(reading, ['STATE_DIR'])) output.err(error);
    return EXIT.usage;
  }
  const instance = findInstance(stateDir);
  const journal = instance && findJournal(instance.pid);
  if (journal) output.err(`The daemon with pid ${instance.pid} writes to the journal: ${journal}`);
  const view = new LogView(options, output);
  const path = logFileOf(stateDir);
  const endOffset = view.showPast(path);
  view.showErrors(errorFileOf(stateDir), path);
  if (options.follow) {
    if (endOffset === undefined) output.err(`Waiting for ${path} ...`);
    const { followLines } = await import('@live-status/jsonl-tail');
    for await (const { text } of followLines(path, { start: { offset: endOffset ?? 0 } })) view.show(text);
  }
  if (endOffset !== undefined || journal) return EXIT.done;
  output.err(`There is no log at ${path}: no daemon was started in the background with this STATE_DIR`);
  return EXIT.failed;
}

class LogView {
  readonly #options: LogsOptions;
  readonly #output: LogsOutput;

  constructor(options: LogsOptions, output: LogsOutput) {
    this.#options = options;
    this.#output = output;
  }

  /**
   * Shows the last lines of a log and of the files it was rotated to.
   *
   * @returns how far the log itself was read, bytes; `undefined` if there is none
   */
  showPast(path: string): number | undefined {
    const { lines = DEFAULT_LINES } = this.#options;
    const current = readComplete(path);
    let shown = current?.lines.filter((text) => this.#isShown(text)) ?? [];
    for (const rotated of [`${path}.1`, `${path}.2`]) {
      if (shown.length >= lines) break;
      shown = [...(readComplete(rotated)?.lines.filter((text) => this.#isShown(text)) ?? []), ...shown];
    }
    for (const text of lines === 0 ? [] : shown.slice(-lines)) this.#write(text);
    return current?.bytes;
  }

  /** Shows what the daemon wrote to standard error if that is newer than its log: wrong settings, or a crash. */
  showErrors(path: string, logPath: string): void {
    const { lines = DEFAULT_LINES } = this.#options;
    if (lines === 0 || changedAt(path) <= changedAt(logPath)) return;
    const errors = readComplete(path)?.lines ?? [];
    if (errors.length > 0) this.#output.err(`${path}:`);
    for (const text of errors.slice(-lines)) this.#output.out(readLogLine(text).message);
  }

  show(text: string): void {
    if (this.#isShown(text)) this.#write(text);
  }

  /** A line without a level is always shown: it may explain a crash. */
  #isShown(text: string): boolean {
    const { level } = this.#options;
    if (level === undefined) return true;
    const own = readLogLine(text).level;
    return own === undefined || LOG_LEVELS.indexOf(own) >= LOG_LEVELS.indexOf(level);
  }

  #write(text: string): void {
    const { out, paint } = this.#output;
    out(this.#options.json ? text : describe(readLogLine(text), paint));
  }
}

/** `2026-11-30 15:37:15.123 warn  message  port=9090`, in local time. */
function describe({ level, at, message, fields }: LogLine, paint: Paint): string {
  if (level === undefined) return message;
  const time = at === undefined ? '' : `${paint('dim', localTime(at))} `;
  const word = paint(COLORS[level], level.padEnd(LEVEL_WIDTH));
  return `${time}${word} ${message}${fields === '' ? '' : `  ${paint('dim', fields)}`}`;
}

function localTime(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${day} ${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** The complete lines of a file and how far they go; `undefined` if it cannot be read. */
function readComplete(path: string): { readonly lines: readonly string[]; readonly bytes: number } | undefined {
  try {
    const content = readFileSync(path);
    const bytes = content.lastIndexOf('\n') + 1;
    const lines = content.subarray(0, bytes).toString('utf8').split('\n');
    return { lines: lines.filter((line) => line.trim() !== ''), bytes };
  } catch {
    return undefined;
  }
}

function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
