import type { BackgroundEnd } from '@live-status/run-tracker';
import {
  compact,
  idOf,
  type JsonObject,
  memberOf,
  numberOf,
  objectOf,
  type ToolResult,
  textOf,
} from '@live-status/transcript-parser';

/** What the gateway says of commands that go on without their run. */

const OUTCOMES: Readonly<Record<string, BackgroundEnd['outcome']>> = {
  completed: 'ok',
  failed: 'error',
  timed_out: 'error',
  cancelled: 'aborted',
  lost: 'aborted',
};
const EXIT_CODE = /\(exit code (\d+)\)\s*$/;
/** So much of a command is compared. */
const COMMAND_CHARS = 300;
/** How a result whose details are not told names the command. */
const STILL_RUNNING = /^Command still running \(session ([\w-]+)/;

/** A command that a call left running, as its task says. */
export interface LeftCommand {
  readonly backgroundId: string;
  /** In one line, and perhaps cut short. */
  readonly command: string;
  /** By the gateway's clock, as are the times of calls; milliseconds since the epoch. */
  readonly startedAt: number;
}

/** When a call ran, by the gateway's clock; milliseconds since the epoch. */
export interface CallSpan {
  readonly startedAt: number;
  readonly endedAt: number;
}

/** The command that a task is about; `undefined` for other tasks. */
export function leftCommandIn(task: JsonObject): LeftCommand | undefined {
  const backgroundId = backgroundIdIn(task);
  const command = textOf(task.title);
  const startedAt = numberOf(task.startedAt);
  if (task.kind !== 'exec' || backgroundId === undefined || command === undefined) return undefined;
  return startedAt === undefined ? undefined : { backgroundId, command: oneLine(command), startedAt };
}

/** Whether a call that ran this command (`args`) left it running. */
export function hasLeft(args: unknown, span: CallSpan | undefined, { command, startedAt }: LeftCommand): boolean {
  const { cmd, command: given = cmd } = objectOf(args) ?? {};
  if (span === undefined || startedAt < span.startedAt || startedAt > span.endedAt) return false;
  const named = oneLine(textOf(given) ?? '');
  const cut = /^(.+?) ?(?:…|\.{3})$/.exec(command)?.[1];
  return (named !== '' && named === command) || (cut !== undefined && named.startsWith(cut));
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, COMMAND_CHARS);
}

/** OpenClaw's name of the command that a call left running. */
export function backgroundIdOf(result: ToolResult, details: JsonObject | undefined): string | undefined {
  return idOf(details?.sessionId) ?? STILL_RUNNING.exec(result.text ?? '')?.[1];
}

/** How a command ended, by its task; `undefined` while it runs, and for other tasks. */
export function backgroundEndIn(task: JsonObject, at: number): BackgroundEnd | undefined {
  const outcome = memberOf(OUTCOMES, textOf(task.status) ?? '');
  const backgroundId = backgroundIdIn(task);
  if (task.kind !== 'exec' || outcome === undefined || backgroundId === undefined) return undefined;
  const error = textOf(task.error);
  const code = EXIT_CODE.exec(error ?? '')?.[1];
  return {
    at,
    backgroundId,
    outcome,
    endedAt: Math.min(numberOf(task.endedAt) ?? at, at),
    // That it failed with its exit code needs no words.
    ...compact({ exitCode: exitCodeOf(code, outcome), error: code === undefined ? error : undefined }),
  };
}

function backgroundIdIn(task: JsonObject): string | undefined {
  return idOf(task.sourceId) ?? idOf(task.runId)?.replace(/^exec:/, '');
}

function exitCodeOf(code: string | undefined, outcome: BackgroundEnd['outcome']): number | undefined {
  if (code !== undefined) return Number(code);
  return outcome === 'ok' ? 0 : undefined;
}

/** The tasks in an answer of `tasks.list`. */
export function tasksIn(answer: JsonObject): JsonObject[] {
  const tasks = Array.isArray(answer.tasks) ? answer.tasks : [];
  return tasks.map(objectOf).filter((task) => task !== undefined);
}
