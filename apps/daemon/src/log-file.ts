import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import { errorCode } from '@live-status/basics';
import { pino } from 'pino';

/** Options of {@link openLogFile}. */
export interface LogFileOptions {
  readonly path: string;
  /** The file is rotated when it has reached this size, bytes. Default: 10 MB. */
  readonly maxBytes?: number | undefined;
}

/** Where pino writes. */
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
/** Lines that wait while the disk is full, bytes; further lines are dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;

/**
 * Opens a file (0600) to which lines are appended at once. A full file is renamed to `.1`, the previous `.1` to `.2`, and an
 * older one is removed. Renamed, not copied, so that a reader that has it open misses no line. Never throws later: a log
 * that cannot be written or rotated is not a reason to stop.
 *
 * @throws {LogFileError} when the file cannot be opened
 */
export function openLogFile({ path, maxBytes = MAX_BYTES }: LogFileOptions): LogDestination {
  const destination = open(path);
  let bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  destination.on('write', (written: number) => {
    bytes += written;
    if (bytes < maxBytes) return;
    bytes = 0;
    if (rotate(path)) destination.reopen();
  });
  return destination;
}

function open(path: string): LogDestination {
  try {
    return pino.destination({ dest: path, sync: true, mode: 0o600, maxLength: MAX_WAITING_BYTES });
  } catch (cause) {
    throw new LogFileError(path, cause);
  }
}

/** Whether there is a new, empty file at the path; if not, lines continue to go to the old one. */
function rotate(path: string): boolean {
  try {
    for (let age = KEPT_FILES; age > 1; age -= 1) rename(`${path}.${age - 1}`, `${path}.${age}`);
    renameSync(path, `${path}.1`);
  } catch {
    return false;
  }
  try {
    closeSync(openSync(path, 'a', 0o600));
    return true;
  } catch {
    rename(`${path}.1`, path);
    return false;
  }
}

function rename(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false })) renameSync(from, to);
}
