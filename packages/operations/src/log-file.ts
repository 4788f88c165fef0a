import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';

/** What a daemon and Node itself say on standard error is little; a file of this size is set aside at a start, bytes. */
export const MAX_ERROR_BYTES: number = 1024 * 1024;

/**
 * Opens a file (0600) for what a process says on standard error. One that has reached `MAX_ERROR_BYTES` becomes `.1`
 * first.
 *
 * @throws the error of the file system when the file cannot be opened; a failed renaming alone is none
 */
export function openErrorFile(path: string): number {
  try {
    if (sizeOf(path) >= MAX_ERROR_BYTES) renameSync(path, `${path}.1`);
  } catch {
    // Whoever cannot rename may still write: better one long file than no daemon.
  }
  return openSync(path, 'a', 0o600);
}

/** The size of a file, bytes; 0 when there is none. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * The text of a file from an offset on, at most its last `maxBytes`; a file that is shorter than the offset was set
 * aside meanwhile and is read from its start. Empty when it cannot be read.
 */
export function readLogFrom(path: string, startBytes: number, maxBytes: number = 64 * 1024): string {
  try {
    const size = sizeOf(path);
    return readEnd(path, Math.min(maxBytes, size < startBytes ? size : size - startBytes)).toString('utf8');
  } catch {
    return '';
  }
}

function readEnd(path: string, bytes: number): Buffer {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    const read = readSync(fd, buffer, 0, buffer.length, Math.max(0, fstatSync(fd).size - buffer.length));
    return buffer.subarray(0, read);
  } finally {
    closeSync(fd);
  }
}
