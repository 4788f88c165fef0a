import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { errorCode } from '@live-status/basics';

/**
 * Writes the pid to where people and service scripts look for it. Live Status itself never reads it to find a daemon.
 * An existing file is replaced instead of overwritten: in a shared directory it may be a link to another file.
 *
 * @returns a warning if it could not be written
 */
export function writePidFile(path: string, pid: number): string | undefined {
  try {
    rmSync(path, { force: true });
    writeFileSync(path, `${pid}\n`, { flag: 'wx', mode: 0o644 });
    return undefined;
  } catch (error) {
    const code = errorCode(error) ?? 'unknown error';
    return `PID_FILE ${path} could not be written (${code}): nothing depends on it; set PID_FILE to another path`;
  }
}

/** Removes the file if it still contains this pid. Never throws. */
export function removePidFile(path: string, pid: number): void {
  try {
    if (readFileSync(path, 'utf8') === `${pid}\n`) rmSync(path, { force: true });
  } catch {
    // It is gone, or belongs to another user.
  }
}
