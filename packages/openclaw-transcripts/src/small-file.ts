import { type BigIntStats, closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

/** A file read whole, and what shows whether it changed since. */
export interface SmallFile {
  readonly text: string;
  readonly version: string;
  /** Its time is a whole second: another one that replaces it within that second may have the same version. */
  readonly isCoarse: boolean;
}

export type SmallFileResult =
  | { readonly ok: true; readonly file: SmallFile }
  | {
      readonly ok: false;
      readonly reason: 'missing' | 'unchanged' | 'too-big' | 'unreadable';
      readonly message: string;
    };

/** Reads a file of limited size, never through a symbolic link. `known`: the version that need not be read again. */
export function readSmallFile(path: string, maxBytes: number, known?: string): SmallFileResult {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return failure(error);
  }
  try {
    const stats = fstatSync(fd, { bigint: true });
    const version = versionOf(stats);
    if (version === known) return { ok: false, reason: 'unchanged', message: 'unchanged' };
    if (!stats.isFile()) return { ok: false, reason: 'unreadable', message: 'not a file' };
    if (stats.size > BigInt(maxBytes))
      return { ok: false, reason: 'too-big', message: `larger than ${maxBytes} bytes` };
    return {
      ok: true,
      file: { text: readFileSync(fd, 'utf8'), version, isCoarse: stats.mtimeNs % 1_000_000_000n === 0n },
    };
  } catch (error) {
    return failure(error);
  } finally {
    closeSync(fd);
  }
}

/** Bytes of a file as text; `undefined` when it cannot be read. A negative offset counts from the end. */
export function readPart(
  path: string,
  { offset, bytes }: { readonly offset: number; readonly bytes: number },
): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(fd);
    if (!stats.isFile()) return undefined;
    const start = offset < 0 ? Math.max(0, stats.size + offset) : offset;
    const buffer = Buffer.alloc(bytes);
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, bytes, start));
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function versionOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}`;
}

function failure(error: unknown): SmallFileResult {
  const message = error instanceof Error ? error.message : String(error);
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  return { ok: false, reason: missing ? 'missing' : 'unreadable', message };
}
