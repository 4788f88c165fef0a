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
/** How a result whose details are not told names the command. */
const STILL_RUNNING = /^Command still running \(session ([\w-]+)/;

/** OpenClaw's name of the command that a call left running. */
export function backgroundIdOf(result: ToolResult, details: JsonObject | undefined): string | undefined {
  return idOf(details?.sessionId) ?? STILL_RUNNING.exec(result.text ?? '')?.[1];
}

/** How a command ended, by its task; `undefined` while it runs, and for other tasks. */
export function backgroundEndIn(task: JsonObject, at: number): BackgroundEnd | undefined {
  const outcome = memberOf(OUTCOMES, textOf(task.status) ?? '');
  const backgroundId = idOf(task.sourceId) ?? idOf(task.runId)?.replace(/^exec:/, '');
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

function exitCodeOf(code: string | undefined, outcome: BackgroundEnd['outcome']): number | undefined {
  if (code !== undefined) return Number(code);
  return outcome === 'ok' ? 0 : undefined;
}

/** The tasks in an answer of `tasks.list`. */
export function tasksIn(answer: JsonObject): JsonObject[] {
  const tasks = Array.isArray(answer.tasks) ? answer.tasks : [];
  return tasks.map(objectOf).filter((task) => task !== undefined);
}
