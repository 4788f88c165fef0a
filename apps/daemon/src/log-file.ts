import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import { pino } from 'pino';

/** Options of {@link openLogFile}. */
export interface LogFileOptions {
  readonly path: string;
  /** The file is set aside when it has reached this, bytes. Default: 10 MB. */
  readonly maxBytes?: number | undefined;
}

/** Where pino writes. */
export type LogDestination = ReturnType<typeof pino.destination>;

/** The log file cannot be opened. The message says what to do. */
export class LogFileError extends Error {
  override readonly name = 'LogFileError';
  readonly code = 'ERR_LOG_FILE';

  constructor(path: string, cause: unknown) {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    super(`The log file ${path} cannot be written (${code}): make its folder writable, or give --log-file another`, {
      cause,
    });
  }
}

const MAX_BYTES = 10 * 1024 * 1024;
/** Files set aside: `.1` is the younger one. */
const KEPT_ASIDE = 2;
/** Lines that wait while the disk is full, bytes; what comes beyond is dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;

/**
 * Opens a file (0600) to which lines are appended at once. A full one becomes `.1`, the `.1` of before `.2`, an older
 * one is gone: renamed, not copied, so that a reader which has it open misses no line. Never throws later: a log
 * that cannot be written or set aside is no reason to end.
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
    if (setAside(path)) destination.reopen();
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

/** Whether there is a new, empty file at the path; if not, everything that is written goes on where it went. */
function setAside(path: string): boolean {
  try {
    for (let age = KEPT_ASIDE; age > 1; age -= 1) rename(`${path}.${age - 1}`, `${path}.${age}`);
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
