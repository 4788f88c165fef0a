import { redactLine, redactText, redactValue } from '@live-status/redaction';
import type { ToolLine } from './box.ts';
import type { Commentary, Compacted, ToolEnded, ToolStarted } from './event.ts';
import type { Rules } from './rules.ts';
import type { LineRecord, Run } from './state.ts';

const ARGUMENT_BYTES = 1_024;
const TEXT_CHARS = 500;
const REASON_CHARS = 200;
const NAME_CHARS = 80;
/** What `redactValue` makes of arguments that are not known yet. */
const NO_ARGUMENTS = null;

type ToolRecord = Extract<LineRecord, { kind: 'tool' }>;

/** One line of untrusted text, redacted and bounded to what a reason or an answer may take. */
export function boundLine(text: string, maxChars: number = TEXT_CHARS): string {
  return redactLine(text, { maxChars });
}

/** A name from a transcript: of a tool, a session, a job. */
export function boundName(name: string): string {
  return redactLine(name, { maxChars: NAME_CHARS });
}

export function boundReason(reason: string): string {
  return redactLine(reason, { maxChars: REASON_CHARS });
}

/** A call was announced, or announced again with more arguments. Models that number badly give two calls of one entry the same id. */
export function startTool(run: Run, event: ToolStarted): void {
  const running = openCall(run, event.callId);
  const args = redactValue(event.args, { maxBytes: ARGUMENT_BYTES });
  const isOther = running?.entryId === event.entryId && running.args !== NO_ARGUMENTS;
  if (running !== undefined && !isOther) {
    replaceLine(run, running, { ...running, args });
    return;
  }
  run.lines = [
    ...run.lines,
    {
      kind: 'tool',
      id: event.callId,
      entryId: event.entryId,
      tool: boundName(event.tool),
      args,
      state: 'running',
      startedAt: event.at,
      count: 1,
    },
  ];
}

/** The first call of an id that has not ended: results come in the order of their calls. */
function openCall(run: Run, callId: string | undefined): ToolRecord | undefined {
  return run.lines.find((line): line is ToolRecord => isRunning(line) && line.id === callId);
}

/** A call ended; found by its id, or a line of its own when the call was never seen. */
export function endTool(run: Run, event: ToolEnded): void {
  const open = openCall(run, event.callId);
  const started: ToolRecord = open ?? {
    kind: 'tool',
    id: event.callId,
    entryId: event.entryId,
    tool: boundName(event.tool),
    args: undefined,
    state: 'running',
    startedAt: event.at,
    count: 1,
  };
  const ended: ToolRecord = { ...started, ...endOf(event, started) };
  if (open === undefined) run.lines = [...run.lines, ended];
  else replaceLine(run, open, ended);
  collapse(run, ended);
}

function endOf(event: ToolEnded, started: ToolLine): Partial<ToolLine> {
  return {
    state: event.outcome,
    endedAt: event.at,
    durationMs: event.durationMs ?? Math.max(0, event.at - started.startedAt),
    ...(event.exitCode === undefined ? {} : { exitCode: event.exitCode }),
    ...(event.error === undefined ? {} : { error: boundReason(event.error) }),
  };
}

/** A spawn was accepted: its line becomes the place of the child's lines. */
export function markChild(run: Run, childKey: string, spawn: { callId?: string; entryId: string; at: number }): void {
  const line = openCall(run, spawn.callId);
  const known = run.lines.some((other) => other.kind === 'child' && other.childKey === childKey);
  if (known) {
    if (line !== undefined) run.lines = run.lines.filter((other) => other !== line);
    return;
  }
  const label = line === undefined ? undefined : labelIn(line.args);
  const startedAt = line?.startedAt ?? spawn.at;
  const mark: LineRecord = { kind: 'child', id: childKey, entryId: spawn.entryId, childKey, label, startedAt };
  if (line === undefined) run.lines = [...run.lines, mark];
  else replaceLine(run, line, mark);
}

/** What a spawn calls its child, the most telling name first. */
function labelIn(args: unknown): string | undefined {
  if (typeof args !== 'object' || args === null) return undefined;
  const { label, taskName, agentId } = args as Partial<Record<'label' | 'taskName' | 'agentId', unknown>>;
  const name = [label, taskName, agentId].find((known) => typeof known === 'string' && known !== '');
  return typeof name === 'string' ? boundName(name) : undefined;
}

export function addCommentary(run: Run, event: Commentary): void {
  const text = redactText(event.text, { maxChars: TEXT_CHARS }).trim();
  if (text === '') return;
  const id = `${event.entryId}:${run.lines.length}`;
  run.lines = [...run.lines, { kind: 'text', id, entryId: event.entryId, text }];
}

export function addCompaction(run: Run, event: Compacted): void {
  run.lines = [...run.lines, { kind: 'compaction', id: event.entryId, entryId: event.entryId }];
}

/** The run is over: what still looked running was cut. */
export function closeOpenTools(run: Run, at: number): void {
  if (!run.lines.some(isRunning)) return;
  run.lines = run.lines.map((line) => (isRunning(line) ? { ...line, state: 'aborted', endedAt: at } : line));
}

/** The run goes on after all: what its end at `closedAt` cut runs again. */
export function reopenTools(run: Run, closedAt: number): void {
  run.lines = run.lines.map((line) => {
    if (line.kind !== 'tool' || line.state !== 'aborted' || line.endedAt !== closedAt) return line;
    const { endedAt: _, ...open } = line;
    return { ...open, state: 'running' };
  });
}

export function isRunning(line: LineRecord): line is ToolRecord {
  return line.kind === 'tool' && line.state === 'running';
}

/** Takes back what removed entries added. */
export function retract(run: Run, entryIds: ReadonlySet<string>): void {
  run.lines = run.lines.filter((line) => !entryIds.has(line.entryId));
  run.usage = run.usage.filter((usage) => !entryIds.has(usage.entryId));
}

/** Keeps a run to twice the lines a post shows. What runs and where children are goes last. */
export function boundLines(run: Run, rules: Rules): void {
  dropLines(run, run.lines.length - 2 * rules.maxLines);
}

/** Drops up to `count` of the oldest lines; the counter remembers them. */
export function dropLines(run: Run, count: number): number {
  if (count <= 0) return 0;
  const dropped = new Set<LineRecord>();
  for (const rank of KEEP_RANKS) {
    for (const line of run.lines) if (dropped.size < count && keepRank(line) === rank) dropped.add(line);
  }
  run.lines = run.lines.filter((line) => !dropped.has(line));
  for (const line of dropped) run.earlierLines += line.kind === 'tool' ? line.count : 1;
  return dropped.size;
}

/** From what goes first to what goes last. */
const KEEP_RANKS = [0, 1, 2] as const;

function keepRank(line: LineRecord): (typeof KEEP_RANKS)[number] {
  if (isRunning(line)) return 2;
  return line.kind === 'child' ? 1 : 0;
}

/** Folds a finished call into the equal finished call right before it. */
function collapse(run: Run, ended: ToolRecord): void {
  const index = run.lines.indexOf(ended);
  const before = run.lines[index - 1];
  if (before?.kind !== 'tool' || !looksEqual(before, ended)) return;
  const merged: ToolRecord = { ...ended, startedAt: before.startedAt, count: before.count + ended.count };
  run.lines = [...run.lines.slice(0, index - 1), merged, ...run.lines.slice(index + 1)];
}

function looksEqual(a: ToolRecord, b: ToolRecord): boolean {
  return (
    a.state === b.state &&
    a.state !== 'running' &&
    a.tool === b.tool &&
    a.exitCode === b.exitCode &&
    a.error === b.error &&
    JSON.stringify(a.args) === JSON.stringify(b.args)
  );
}

function replaceLine(run: Run, before: LineRecord, after: LineRecord): void {
  run.lines = run.lines.map((line) => (line === before ? after : line));
}
