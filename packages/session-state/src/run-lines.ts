import { redactText, redactValue } from '@live-status/redaction';
import { boundName, boundReason, TEXT_CHARS } from './bounded-text.ts';
import {
  type CompactionLine,
  type ModelLine,
  type Question,
  type TextLine,
  type ToolLine,
  waitsForPerson,
  withoutApproval,
} from './box.ts';
import type {
  ApprovalRequested,
  BackgroundEnded,
  Commentary,
  Compacted,
  QuestionAsked,
  ToolEnded,
  ToolStarted,
} from './event.ts';

const ARGUMENT_BYTES = 1_024;
/** Bounds of what a person is asked. */
const MAX_QUESTIONS = 4;
const MAX_OPTIONS = 10;
/** What `redactValue` makes of arguments that are not known yet. */
const NO_ARGUMENTS = null;

/** Where the lines of a child session are shown; its runs are found by its key. */
export interface ChildPlace {
  readonly kind: 'child';
  readonly id: string;
  readonly childKey: string;
  /** What its spawn calls it. */
  readonly label: string | undefined;
  readonly startedAt: number;
}

/** A line and the entry it came from, so that a rewrite of the transcript can take it back. */
export interface LineRecord<L = ToolLine | TextLine | CompactionLine | ModelLine | ChildPlace> {
  readonly entryId: string;
  /** Never changed in place: boxes that were handed out show this very object. */
  readonly line: L;
  /** OpenClaw's name of a command that goes on in the background. */
  readonly backgroundId?: string;
}

type ToolRecord = LineRecord<ToolLine>;

/** The lines of one run, oldest first, redacted and bounded. */
export class RunLines {
  #records: LineRecord[] = [];
  #earlier = 0;
  #running = 0;

  /** All lines, oldest first. Valid until the next change. */
  get records(): readonly LineRecord[] {
    return this.#records;
  }

  /** How many lines were dropped to stay bounded. */
  get earlier(): number {
    return this.#earlier;
  }

  /** Whether a call runs. */
  get hasRunningTool(): boolean {
    return this.#running > 0;
  }

  /** Whether a call waits for a person. */
  get waitsForPerson(): boolean {
    return this.#running > 0 && this.#records.some((record) => isRunning(record) && waitsForPerson(record.line));
  }

  /** Until when a person was waited for, of what waits at `now`: not beyond its own end, and no longer than known. */
  waitedUntil(now: number): number | undefined {
    if (!this.waitsForPerson) return undefined;
    const waits = this.#records.flatMap((record) => (isRunning(record) ? waitsOf(record.line) : []));
    return Math.max(...waits.map(({ since, until }) => (until === undefined ? since : Math.min(now, until))));
  }

  /** How many commands still run in the background, of those whose end will be told. */
  get inBackground(): number {
    return this.#records.filter(isInBackground).length;
  }

  /** Whether the run shows a child. */
  hasChild(childKey: string): boolean {
    return this.#records.some(({ line }) => line.kind === 'child' && line.childKey === childKey);
  }

  /**
   * A call was announced, or announced again: with more arguments, or because it goes on after all. Two calls of one
   * entry may have the same id: some models number them badly.
   */
  startTool(event: ToolStarted): void {
    if (event.reopens && !this.reopen(event)) return;
    const index = this.#runningCall(event.callId);
    const known = this.#records[index] as ToolRecord | undefined;
    const args = redactValue(event.args, { maxBytes: ARGUMENT_BYTES });
    const isOther = known?.entryId === event.entryId && known.line.args !== NO_ARGUMENTS && !event.reopens;
    if (known !== undefined && !isOther) {
      this.#records[index] = { entryId: known.entryId, line: { ...known.line, args } };
      return;
    }
    this.#records.push({ entryId: event.entryId, line: startedCall(event, args) });
    this.#running += 1;
  }

  /** A call ended. One whose start was never seen becomes a line of its own. */
  endTool(event: ToolEnded): void {
    if (event.reopens && !this.reopen(event)) return;
    const running = this.#runningCall(event.callId);
    const index = running === -1 ? this.#records.length : running;
    const started = this.#records[running] as ToolRecord | undefined;
    const { entryId, line: known } = started ?? { entryId: event.entryId, line: startedCall(event, undefined) };
    const { backgroundId, outcome } = event;
    const line = withFiles(known, event.filesChanged);
    const isBackground = outcome === 'background' && backgroundId !== undefined;
    this.#records[index] = { entryId, line: endedCall(line, event), ...(isBackground ? { backgroundId } : {}) };
    if (running !== -1) this.#running -= 1;
    if (!isBackground) this.#mergeWithEqual(index);
  }

  /** A call waits for a person's approval; `quiet`: nobody is notified. The call itself may never have been seen. */
  requestApproval({ approvalId, at, callId, until }: ApprovalRequested, quiet: boolean): void {
    const index = this.#runningCall(callId);
    const known = this.#records[index] as ToolRecord | undefined;
    if (known?.line.approval?.approvalId === approvalId) return;
    const { entryId, line } = known ?? { entryId: '', line: startedCall({ callId, tool: 'exec', at }, undefined) };
    const bound = until === undefined ? {} : { until };
    const approval = { approvalId, since: at, ...bound, ...(quiet ? { quiet } : {}) };
    if (known === undefined) this.#running += 1;
    this.#records[index === -1 ? this.#records.length : index] = { entryId, line: { ...line, approval } };
  }

  /** An approval is no longer open: the call goes on until its end is told. */
  closeApproval(approvalId: string): void {
    this.#changeTools((line) => (line.approval?.approvalId === approvalId ? withoutApproval(line) : line));
  }

  /** A running call asks a person. */
  askQuestion({ callId, question }: QuestionAsked): void {
    const index = this.#runningCall(callId);
    const known = this.#records[index] as ToolRecord | undefined;
    if (known === undefined) return;
    this.#records[index] = { entryId: known.entryId, line: { ...known.line, question: boundQuestion(question) } };
  }

  /** A command in the background ended. Returns whether it was one of this run. */
  endBackground(event: BackgroundEnded): boolean {
    const index = this.#records.findIndex(
      (record) => record.backgroundId === event.backgroundId && isInBackground(record),
    );
    const known = this.#records[index] as ToolRecord | undefined;
    if (known === undefined) return false;
    const { endedAt, error, exitCode, outcome } = event;
    const durationMs = Math.max(0, endedAt - known.line.startedAt);
    const ended = { at: endedAt, outcome, durationMs, ...(exitCode === undefined ? {} : { exitCode }) };
    this.#records[index] = {
      entryId: known.entryId,
      line: endedCall(known.line, error === undefined ? ended : { ...ended, error }),
    };
    return true;
  }

  /** The model answers again after calls that failed. */
  addModelLine(line: ModelLine): void {
    this.#records.push({ entryId: '', line });
  }

  /** A spawn was accepted: the child's lines take the place of its call. */
  placeChild(childKey: string, spawn: { callId?: string; entryId: string; at: number }): void {
    const index = this.#runningCall(spawn.callId);
    if (index !== -1) this.#running -= 1;
    const shown = this.#records.findIndex(({ line }) => line.kind === 'child' && line.childKey === childKey);
    if (shown !== -1) {
      const place = this.#records[shown];
      // It was seen to run before its spawn was.
      if (index !== -1 && place?.entryId === '') this.#records[index] = { ...place, entryId: spawn.entryId };
      if (index !== -1) this.#records.splice(place?.entryId === '' ? shown : index, 1);
      return;
    }
    const call = (this.#records[index] as ToolRecord | undefined)?.line;
    const label = call === undefined ? undefined : labelIn(call.args);
    const startedAt = call?.startedAt ?? spawn.at;
    this.#records[index === -1 ? this.#records.length : index] = {
      entryId: spawn.entryId,
      line: { kind: 'child', id: childKey, childKey, label, startedAt },
    };
  }

  /** Text between calls. */
  addCommentary(event: Commentary): void {
    const text = redactText(event.text, { maxChars: TEXT_CHARS }).trim();
    if (text === '') return;
    const id = `${event.entryId}:${this.#records.length}`;
    this.#records.push({ entryId: event.entryId, line: { kind: 'text', id, text } });
  }

  /** The session was compacted. */
  addCompaction({ entryId }: Compacted): void {
    this.#records.push({ entryId, line: { kind: 'compaction', id: entryId } });
  }

  /** The run ended: calls that still ran were cut off. */
  abortRunning(at: number): void {
    if (this.#running === 0) return;
    this.#changeTools((line) =>
      line.state === 'running' ? { ...withoutApproval(line), state: 'aborted', endedAt: at } : line,
    );
  }

  /** The run goes on after all: calls that its end at `abortedAt` cut off run again. */
  resumeAborted(abortedAt: number): void {
    this.#changeTools((line) => {
      if (line.state !== 'aborted' || line.endedAt !== abortedAt) return line;
      const { endedAt: _, ...open } = line;
      return { ...open, state: 'running' };
    });
  }

  /** Takes back the lines of removed entries. */
  retract(entryIds: ReadonlySet<string>): void {
    this.#records = this.#records.filter((record) => !entryIds.has(record.entryId));
    this.#countRunning();
  }

  /** Drops the oldest lines beyond `max`: running calls and places of children last. */
  bound(max: number): void {
    this.drop(this.#records.length - max);
  }

  /** Drops up to `count` of the oldest lines and counts them. Returns how many were dropped. */
  drop(count: number): number {
    let left = Math.min(count, this.#records.length);
    if (left <= 0) return 0;
    const dropped = left;
    for (const rank of DROP_RANKS) {
      for (let i = 0; left > 0 && i < this.#records.length; ) {
        const record = this.#records[i];
        if (record === undefined || dropRank(record) !== rank) {
          i += 1;
          continue;
        }
        this.#records.splice(i, 1);
        if (rank === RUNNING_RANK) this.#running -= 1;
        this.#earlier += record.line.kind === 'tool' ? record.line.count : 1;
        left -= 1;
      }
    }
    return dropped;
  }

  /** Index of the first running call of an id (results come in the order of their calls), or -1. */
  #runningCall(callId: string | undefined): number {
    if (this.#running === 0) return -1;
    return this.#records.findIndex((record) => isRunning(record) && record.line.id === callId);
  }

  /** A call runs again that was reported to have ended. Not one whose line stands for several: returns whether it does. */
  reopen({ callId, entryId }: Pick<ToolStarted, 'callId' | 'entryId'>): boolean {
    const index = this.#records.findLastIndex(
      ({ entryId: id, line }) =>
        line.kind === 'tool' && line.id === callId && line.count === 1 && (id === entryId || id === ''),
    );
    const record = this.#records[index] as ToolRecord | undefined;
    if (record === undefined) return false;
    const { endedAt, durationMs, exitCode, error, ...open } = record.line;
    this.#records[index] = { entryId: record.entryId, line: { ...open, state: 'running' } };
    this.#countRunning();
    return true;
  }

  #countRunning(): void {
    this.#running = this.#records.filter(isRunning).length;
  }

  #changeTools(change: (line: ToolLine) => ToolLine): void {
    for (const [index, record] of this.#records.entries()) {
      const { line } = record;
      const changed = line.kind === 'tool' ? change(line) : line;
      if (changed !== line) this.#records[index] = { ...record, line: changed };
    }
    this.#countRunning();
  }

  /** Merges a finished call into an equal finished call right before it. */
  #mergeWithEqual(index: number): void {
    const ended = this.#records[index];
    const before = this.#records[index - 1]?.line;
    if (ended?.line.kind !== 'tool' || before?.kind !== 'tool' || !looksEqual(before, ended.line)) return;
    const { entryId, line } = ended;
    const merged = { ...line, startedAt: before.startedAt, count: before.count + line.count };
    this.#records.splice(index - 1, 2, { entryId, line: merged });
  }
}

function startedCall(event: Pick<ToolStarted, 'callId' | 'tool' | 'at'>, args: unknown): ToolLine {
  const { callId, tool, at } = event;
  return { kind: 'tool', id: callId, tool: boundName(tool), args, state: 'running', startedAt: at, count: 1 };
}

type CallEnd = Pick<ToolEnded, 'at' | 'durationMs' | 'error' | 'exitCode'> & {
  readonly outcome: ToolEnded['outcome'] | BackgroundEnded['outcome'];
};

function endedCall(started: ToolLine, { at, durationMs, error, exitCode, outcome }: CallEnd): ToolLine {
  return {
    ...withoutApproval(started),
    state: outcome,
    endedAt: at,
    durationMs: durationMs ?? Math.max(0, at - started.startedAt),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(error === undefined ? {} : { error: boundReason(error) }),
  };
}

/** Of a call whose arguments were never told, the files it changed say what it was about. */
function withFiles(line: ToolLine, files: readonly string[] = []): ToolLine {
  if (files.length === 0 || (line.args ?? NO_ARGUMENTS) !== NO_ARGUMENTS) return line;
  return { ...line, args: redactValue({ paths: files }, { maxBytes: ARGUMENT_BYTES }) };
}

/** What a call waits for a person with, by its times. */
function waitsOf({ approval, question, startedAt }: ToolLine): { readonly since: number; readonly until?: number }[] {
  const asked = question === undefined ? undefined : { ...question, since: startedAt };
  return [approval, asked].filter((wait) => wait !== undefined);
}

function isInBackground({ backgroundId, line }: LineRecord): boolean {
  return backgroundId !== undefined && line.kind === 'tool' && line.state === 'background';
}

/** A question without secrets and of a bounded size; one for a secret is not kept at all. */
function boundQuestion({ asks, secret, until }: Question): Question {
  const bounded = asks.slice(0, MAX_QUESTIONS).map(({ options, text }) => ({
    text: redactText(text, { maxChars: TEXT_CHARS }),
    options: options.slice(0, MAX_OPTIONS).map((option) => boundName(option)),
  }));
  return { asks: secret ? [] : bounded, secret, ...(until === undefined ? {} : { until }) };
}

/** What a spawn calls its child, the most specific name first. */
function labelIn(args: unknown): string | undefined {
  if (!isObject(args)) return undefined;
  const name = [args.label, args.taskName, args.agentId].find((known) => typeof known === 'string' && known !== '');
  return typeof name === 'string' ? boundName(name) : undefined;
}

function isRunning(record: LineRecord): record is ToolRecord {
  return record.line.kind === 'tool' && record.line.state === 'running';
}

const RUNNING_RANK = 2;
/** From what is dropped first to what is dropped last. */
const DROP_RANKS = [0, 1, RUNNING_RANK] as const;

function dropRank(record: LineRecord): (typeof DROP_RANKS)[number] {
  if (isRunning(record)) return RUNNING_RANK;
  return record.line.kind === 'child' || isInBackground(record) ? 1 : 0;
}

/** Calls are equal only if it is known what they were given. */
function looksEqual(a: ToolLine, b: ToolLine): boolean {
  return (
    a.args !== NO_ARGUMENTS &&
    a.state === b.state &&
    a.state !== 'running' &&
    a.question === undefined &&
    a.tool === b.tool &&
    a.exitCode === b.exitCode &&
    a.error === b.error &&
    isSameJson(a.args, b.args)
  );
}

/** Whether two values would be the same text as JSON. */
function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  const others = Object.keys(b);
  return names.length === others.length && names.every((name, i) => name === others[i] && isSameJson(a[name], b[name]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
