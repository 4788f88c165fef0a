import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from './error-code.ts';

const READ_CURE = 'run this as the user that runs the daemon, or set STATE_DIR';

/** What helps when the state directory cannot be written, by the code of the error. */
export function writeCure(code: string): string {
  const cure = ['EEXIST', 'ENOTDIR'].includes(code)
    ? 'a file is where a folder must be; remove it'
    : 'let the user of the daemon write there, free space on its disk';
  return `${cure}, or set STATE_DIR to another folder`;
}

/** The state directory cannot be used. The message says how to make it so. */
export class StateDirError extends Error {
  override readonly name = 'StateDirError';
  readonly code = 'ERR_STATE_DIR';

  constructor(stateDir: string, action: 'read' | 'write', cause: unknown) {
    const code = codeOf(cause);
    const [done, cure] = action === 'read' ? ['read', READ_CURE] : ['written', writeCure(code)];
    super(`STATE_DIR ${stateDir} cannot be ${done} (${code}): ${cure}`, { cause });
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
