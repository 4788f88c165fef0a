import { type JsonObject, objectOf, printableLine, textOf } from '@live-status/basics';

/** Levels of the daemon's log, the least important first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** How important a line is. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line of the daemon's log. */
export interface LogLine {
  /** Not set for a line that is no JSON, such as what Node prints when it crashes. */
  readonly level?: LogLevel;
  /** Milliseconds since the epoch. */
  readonly at?: number;
  /** The message with what explains it: warning, error and fix. */
  readonly message: string;
  /** Everything else, as `name=value`. */
  readonly fields: string;
}

/** Reads a line of JSON as pino writes it, with levels and times as words or numbers; any other line is its own message. */
export function readLogLine(text: string): LogLine {
  const json = parse(text);
  if (json === undefined) return { message: printableLine(text), fields: '' };
  const { level, time, msg, warning, err, fix, name: _, ...others } = json;
  const parts = [msg, warning, objectOf(err)?.message, fix].filter((part) => typeof part === 'string');
  const [known, at] = [levelOf(level), timeOf(time)];
  return {
    ...(known !== undefined && { level: known }),
    ...(at !== undefined && { at }),
    message: printableLine(parts.length > 0 ? parts.join(': ') : text),
    fields: parts.length > 0 ? describeFields(others) : '',
  };
}

function parse(text: string): JsonObject | undefined {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** pino's own numbers are 10 for `trace` up to 60 for `fatal`. */
function levelOf(level: unknown): LogLevel | undefined {
  return LOG_LEVELS.find((each, index) => each === level || (index + 1) * 10 === level);
}

function timeOf(time: unknown): number | undefined {
  const at = typeof time === 'number' ? time : Date.parse(textOf(time) ?? '');
  return Number.isFinite(at) ? at : undefined;
}

function describeFields(fields: JsonObject): string {
  const shown = Object.entries(fields).map(([name, value]) => {
    const text = typeof value === 'string' && !/[\s"]/.test(value) ? value : JSON.stringify(value);
    return `${name}=${text}`;
  });
  return printableLine(shown.join(' '));
}
