import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
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

/**
 * Error code of an attempt to write to a folder, which need not exist yet; `undefined` if it can be written. The attempt leaves
 * nothing behind. Permissions alone are not enough: on a full disk, or in /proc, root may write and yet nothing can be created.
 */
export function findWriteProblem(directory: string): string | undefined {
  const existing = nearestExisting(directory);
  try {
    if (!statSync(existing).isDirectory()) return 'ENOTDIR';
    rmdirSync(mkdtempSync(join(existing, '.live-status-')));
    return undefined;
  } catch (error) {
    return errorCode(error) ?? 'unknown error';
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
