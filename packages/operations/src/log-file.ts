import { closeSync, fstatSync, openSync, readSync, renameSync, statSync, writeFileSync } from 'node:fs';

/** A log file grows to this before it is set aside, bytes. */
export const MAX_LOG_BYTES: number = 10 * 1024 * 1024;
/** Files kept: the one that is written, `.1` and `.2`. */
const KEPT_FILES = 3;

/**
 * Opens a log file (0600) for appending. One that has reached `maxBytes` is set aside first: it becomes `.1`, the
 * `.1` of before `.2`, and an older one is gone. What is set aside keeps its newest `maxBytes`.
 *
 * @returns the file descriptor and the size it starts from, bytes
 * @throws the error of the file system when the file cannot be opened; a failed rotation alone is no reason not to log
 */
export function openLogFile(
  path: string,
  { maxBytes = MAX_LOG_BYTES }: { readonly maxBytes?: number } = {},
): { readonly fd: number; readonly startBytes: number } {
  if (sizeOf(path) >= maxBytes) setAside(path, maxBytes);
  const fd = openSync(path, 'a', 0o600);
  return { fd, startBytes: fstatSync(fd).size };
}

/** The text of a file from an offset on, at most its last `maxBytes`. Empty when it cannot be read. */
export function readLogFrom(path: string, startBytes: number, maxBytes: number = 64 * 1024): string {
  try {
    return readEnd(path, Math.min(maxBytes, sizeOf(path) - startBytes)).toString('utf8');
  } catch {
    return '';
  }
}

function setAside(path: string, maxBytes: number): void {
  try {
    for (let age = KEPT_FILES - 1; age > 1; age -= 1) {
      if (sizeOf(`${path}.${age - 1}`) > 0) renameSync(`${path}.${age - 1}`, `${path}.${age}`);
    }
    renameSync(path, `${path}.1`);
    if (sizeOf(`${path}.1`) > maxBytes) writeFileSync(`${path}.1`, readEnd(`${path}.1`, maxBytes));
  } catch {
    // Whoever cannot rename may still write: better one long file than no daemon.
  }
}

function readEnd(path: string, bytes: number): Buffer {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(Math.max(0, bytes));
    const read = readSync(fd, buffer, 0, buffer.length, Math.max(0, fstatSync(fd).size - buffer.length));
    return buffer.subarray(0, read);
  } finally {
    closeSync(fd);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
