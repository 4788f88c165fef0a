import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { readLogLine } from './log-line.ts';

const SHOWN_LINES = 10;

/** A daemon writes little to standard error; a file of this size is set aside at a start, bytes. */
export const MAX_ERROR_BYTES: number = 1024 * 1024;

/**
 * Opens a file (0600) for the standard error of a process. A file that has reached `MAX_ERROR_BYTES` is renamed to `.1`
 * first.
 *
 * @throws the error of the file system if the file cannot be opened; a failed rename is ignored
 */
export function openErrorFile(path: string): number {
  try {
    if (sizeOf(path) >= MAX_ERROR_BYTES) renameSync(path, `${path}.1`);
  } catch {
    // The file may still be writable: better one long file than no daemon.
  }
  return openSync(path, 'a', 0o600);
}

/** The size of a file, bytes; 0 if there is none. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * The text of a file from an offset on, at most its last `maxBytes` (default: 64 KB). A file that is shorter than the
 * offset was replaced meanwhile and is read from its start. Empty if it cannot be read.
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

/** The last ten lines of a log for people: lines of JSON as their message, error and fix, other lines as they are. */
export function readableLines(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-SHOWN_LINES).map((line) => readLogLine(line).message);
}
