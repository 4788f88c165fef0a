import type { UserEntry } from './entry.ts';

/** What OpenClaw tells the model, in a line before the next message, of a command that ended in the background. */
export interface ExecNotice {
  /** The first characters, at most eight, of OpenClaw's name of the command. */
  readonly processPrefix: string;
  readonly exitCode?: number;
  /** Name of the signal that ended it, in place of an exit code. */
  readonly signal?: string;
}

/** OpenClaw turns `System:` into `System (untrusted):` in what people write. */
const SYSTEM_LINE = /^System: \[[^\]\n]{1,60}\] ([^\n]*)(?:\n+|$)/;
const NOTICE = /^Exec (?:completed|failed|killed) \(([\w-]+), (?:code (-?\d+)|signal (\w+))\)/;

/**
 * The commands whose end a user line tells. Only lines before the message count, and none of an entry that holds nothing
 * but a person's words: a person can write what looks like one.
 */
export function execNotices({ senderId, text }: UserEntry): ExecNotice[] {
  const notices: ExecNotice[] = [];
  if (senderId !== undefined) return notices;
  let rest = text;
  for (let line = SYSTEM_LINE.exec(rest); line !== null; line = SYSTEM_LINE.exec(rest)) {
    rest = rest.slice(line[0].length);
    const [, processPrefix, exitCode, signal] = NOTICE.exec(line[1] ?? '') ?? [];
    if (processPrefix === undefined) continue;
    notices.push({
      processPrefix,
      ...(exitCode === undefined ? {} : { exitCode: Number(exitCode) }),
      ...(signal === undefined ? {} : { signal }),
    });
  }
  return notices;
}
