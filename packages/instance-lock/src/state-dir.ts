import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode } from '@live-status/basics';

const READ_FIX = 'run this as the user that runs the daemon, or set STATE_DIR';

/** How to fix a state directory that cannot be written, by the code of the error. */
export function writeFix(code: string): string {
  const fix = ['EEXIST', 'ENOTDIR'].includes(code)
    ? 'a file is in the place of a folder; remove it'
    : 'give the user of the daemon write access, or free space on the disk';
  return `${fix}, or set STATE_DIR to another folder`;
}

/** The state directory cannot be used. The message says how to fix that. */
export class StateDirError extends Error {
  override readonly name = 'StateDirError';
  readonly code = 'ERR_STATE_DIR';

  constructor(stateDir: string, action: 'read' | 'write', cause: unknown) {
    const code = errorCode(cause) ?? 'unknown error';
    const [done, fix] = action === 'read' ? ['read', READ_FIX] : ['written', writeFix(code)];
    super(`STATE_DIR ${stateDir} cannot be ${done} (${code}): ${fix}`, { cause });
  }
}

/**
 * Creates the state directory and any missing parents, accessible only to the user.
 *
 * @throws the error of the file system
 */
export function makeStateDir(stateDir: string): void {
  makeDirectory(stateDir);
  try {
    chmodSync(stateDir, 0o700);
  } catch {
    // The folder belongs to another user, such as a volume shared by group: its owner decides who has access.
  }
}

/** `mkdirSync` with `recursive` never returns where a parent exists but cannot contain new folders, as in /proc. */
function makeDirectory(path: string): void {
  if (isDirectory(path)) return;
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && !existsSync(dirname(path))) {
      makeDirectory(dirname(path));
      makeDirectory(path);
    } else if (!isDirectory(path)) {
      // Otherwise another process created it just now.
      throw error;
    }
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Bytes that an attempt to write writes: more than what is free on a full disk. */
const ATTEMPT_BYTES = 16 * 1024;

/**
 * Error code of an attempt to write to a folder, which need not exist yet; `undefined` if it can be written. The attempt leaves
 * nothing behind. Permissions alone are not enough: on a full disk, or in /proc, root may write and yet nothing gets there.
 */
export function findWriteProblem(directory: string): string | undefined {
  const existing = nearestExisting(directory);
  try {
    if (!statSync(existing).isDirectory()) return 'ENOTDIR';
    writeOnce(join(existing, `.live-status-${randomUUID()}`));
    return undefined;
  } catch (error) {
    return errorCode(error) ?? 'unknown error';
  }
}

/** Some file systems notice only at the end that they are full. */
function writeOnce(path: string): void {
  const fd = openSync(path, 'wx', 0o600);
  try {
    // Unlike writeSync, this fails if only a part can be written.
    writeFileSync(fd, Buffer.alloc(ATTEMPT_BYTES));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
    rmSync(path, { force: true });
  }
}

/** Bytes that this user may still write below a folder, which need not exist yet; `undefined` where that is not known. */
export function readFreeBytes(directory: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(nearestExisting(directory));
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
