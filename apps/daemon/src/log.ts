import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import { errorCode } from '@live-status/basics';
import type { Secret } from '@live-status/openclaw-config';
import { type Level, type Logger, pino, stdTimeFunctions } from 'pino';
import type { PrettyStream } from 'pino-pretty';
import { maskSecrets } from './mask-secrets.ts';

/** How and where log lines are written. */
export interface LogOptions {
  readonly level: Level | 'silent';
  /** Formats lines for people instead of writing JSON. */
  readonly pretty: boolean;
  /** Values that are masked wherever they occur in a line, for example inside an error. */
  readonly secrets: readonly Secret[];
  /** File descriptor to write to. Default: 1, standard output. */
  readonly fd?: number;
  /** Writes to this file instead of to `fd`, always as JSON. */
  readonly file?: LogFileOptions | undefined;
}

/** Options of {@link openLogFile}. */
export interface LogFileOptions {
  readonly path: string;
  /** Size at which the file is rotated, bytes. Default: 10 MB. */
  readonly maxBytes?: number | undefined;
}

/** What pino writes to. */
export type LogDestination = ReturnType<typeof pino.destination>;

/** The log file cannot be opened. The message says what to do. */
class LogFileError extends Error {
  override readonly name = 'LogFileError';
  readonly code = 'ERR_LOG_FILE';

  constructor(path: string, cause: unknown) {
    const code = errorCode(cause) ?? 'unknown error';
    super(`The log file ${path} cannot be written (${code}): make its folder writable, or choose another --log-file`, {
      cause,
    });
  }
}

const MAX_BYTES = 10 * 1024 * 1024;
/** Rotated files: `.1` is the newer one. */
const KEPT_FILES = 2;
/** How much is buffered while the disk is full, bytes; further lines are dropped. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/**
 * Creates the log of the process. It writes synchronously, so that the last line before an exit is not lost.
 *
 * @throws {LogFileError} when `file` cannot be opened
 */
export async function createLog({ level, secrets, ...options }: LogOptions): Promise<Logger> {
  const streamWrite = (line: string): string => maskSecrets(line, secrets);
  const destination = await openDestination(options);
  // A closed pipe or a full disk is no reason to stop.
  destination.on('error', () => undefined);
  const formatters = { level: (label: string) => ({ level: label }) };
  const timestamp = stdTimeFunctions.isoTime;
  return pino({ level, formatters, timestamp, hooks: { streamWrite }, base: { name: 'live-status' } }, destination);
}

async function openDestination({
  pretty,
  fd = 1,
  file,
}: Pick<LogOptions, 'pretty' | 'fd' | 'file'>): Promise<LogDestination | PrettyStream> {
  if (file) return openLogFile(file);
  return pretty ? openPretty(fd) : pino.destination({ dest: fd, sync: true });
}

/** Loaded only for a terminal, which saves memory in a service. */
async function openPretty(fd: number): Promise<PrettyStream> {
  const { build } = await import('pino-pretty');
  return build({ destination: fd, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' });
}

/**
 * Opens a file (mode 0600) to which lines are appended synchronously. A full file is renamed to `.1`, the previous `.1`
 * to `.2`, and the previous `.2` is removed. Files are renamed rather than copied so that a reader that has one open
 * misses no line. Never throws later: a log that cannot be written or rotated is no reason to stop.
 *
 * @throws {LogFileError} when the file cannot be opened
 */
export function openLogFile({ path, maxBytes = MAX_BYTES }: LogFileOptions): LogDestination {
  const destination = openForAppending(path);
  let bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  destination.on('write', (written: number) => {
    bytes += written;
    if (bytes < maxBytes) return;
    bytes = 0;
    if (rotate(path)) destination.reopen();
  });
  return destination;
}

function openForAppending(path: string): LogDestination {
  try {
    return pino.destination({ dest: path, sync: true, mode: 0o600, maxLength: MAX_BUFFERED_BYTES });
  } catch (cause) {
    throw new LogFileError(path, cause);
  }
}

/** Returns whether there is a new, empty file at the path; if not, lines keep going to the old one. */
function rotate(path: string): boolean {
  try {
    for (let age = KEPT_FILES; age > 1; age -= 1) renameIfPresent(`${path}.${age - 1}`, `${path}.${age}`);
    renameSync(path, `${path}.1`);
  } catch {
    return false;
  }
  try {
    closeSync(openSync(path, 'a', 0o600));
    return true;
  } catch {
    renameIfPresent(`${path}.1`, path);
    return false;
  }
}

function renameIfPresent(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false })) renameSync(from, to);
}
