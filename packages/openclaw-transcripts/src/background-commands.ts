import type { BackgroundEnd } from '@live-status/run-tracker';
import { execNotices, type ToolResult, toolNameOf, type UserEntry } from '@live-status/transcript-parser';
import type { TranscriptSession } from './sessions.ts';

/** Commands in the background that a session remembers. */
const REMEMBERED_COMMANDS = 64;

/** What `process` says when it ends a command on request. */
const ENDED = /^(?:Termination requested for|Killed) session ([\w-]+)/;
/** The same of one that it forgets, too; one that had ended before has the status `completed`. */
const REMOVED = /^Removed session ([\w-]+)/;
const SIGNAL = /^Process exited with (signal \w+)/m;

/** A command goes on without its run: from now on a message may tell of its end. */
export function rememberCommand({ own }: TranscriptSession, backgroundId: string): void {
  own.commands = [...own.commands.filter((id) => id !== backgroundId).slice(1 - REMEMBERED_COMMANDS), backgroundId];
}

/** How a command ended, as a result of `process` says; `undefined`: nothing is said of that. */
export function endIn(
  { exitCode, processId, status, text = '', tool }: ToolResult,
  at: number,
): BackgroundEnd | undefined {
  if (toolNameOf(tool) !== 'process') return undefined;
  const killed = ENDED.exec(text)?.[1] ?? (status === 'completed' ? undefined : REMOVED.exec(text)?.[1]);
  if (killed !== undefined) return { backgroundId: killed, outcome: 'aborted', at, endedAt: at };
  if (processId === undefined) return undefined;
  const end = { backgroundId: processId, at, endedAt: at };
  if (status === 'killed') return { ...end, outcome: 'aborted' };
  if (status !== 'completed' && status !== 'failed') return undefined;
  // The log of a command that ended a moment ago says `completed`, however it ended.
  if (exitCode !== undefined)
    return { ...end, outcome: exitCode === 0 && status === 'completed' ? 'ok' : 'error', exitCode };
  if (status === 'completed') return undefined;
  const signal = SIGNAL.exec(text)?.[1];
  return { ...end, outcome: 'error', ...(signal === undefined ? {} : { error: signal }) };
}

/** Reports the commands whose end OpenClaw tells the model before a message. */
export function reportNotices(session: TranscriptSession, entry: UserEntry, at: number): void {
  const { commands } = session.own;
  if (commands.length === 0) return;
  for (const { exitCode, processPrefix, signal } of execNotices(entry)) {
    const backgroundId = commands.findLast((id) => id.startsWith(processPrefix));
    if (backgroundId === undefined) continue;
    session.endBackground({
      ...{ backgroundId, at, endedAt: at, outcome: exitCode === 0 ? 'ok' : 'error' },
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(signal === undefined ? {} : { error: `signal ${signal}` }),
    });
  }
}
