import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from './error-code.ts';

const CURES = {
  read: 'run this as the user that runs the daemon, or set STATE_DIR',
  write: 'let the user of this process write there, free space on its disk, or set STATE_DIR to another folder',
} as const;

/** The state directory cannot be used. The message says how to make it so. */
export class StateDirError extends Error {
  override readonly name = 'StateDirError';
  readonly code = 'ERR_STATE_DIR';

  constructor(stateDir: string, action: keyof typeof CURES, cause: unknown) {
    const done = action === 'read' ? 'read' : 'written';
    super(`STATE_DIR ${stateDir} cannot be ${done} (${codeOf(cause)}): ${CURES[action]}`, { cause });
  }
}

/**
 * Makes the state directory, with those above it that are missing, for its user alone.
 *
 * @throws the error of the file system
 */
export function makeStateDir(stateDir: string): void {
  makeDirectory(stateDir);
  try {
    chmodSync(stateDir, 0o700);
  } catch {
    // The folder of another user, lent to this one, such as a volume with a group: its owner decides who looks in.
  }
}

/** `mkdirSync` with `recursive` never returns where a parent is there and yet nothing can be made in it, as in /proc. */
function makeDirectory(path: string): void {
  if (isDirectory(path)) return;
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && !existsSync(dirname(path))) {
      makeDirectory(dirname(path));
      makeDirectory(path);
    } else if (!isDirectory(path)) {
      // Else another process made it in this moment.
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
