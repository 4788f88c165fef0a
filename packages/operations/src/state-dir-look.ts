import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from './error-code.ts';

/** Why a folder, which need not exist yet, could not be written; `undefined` when it can. Nothing is created. */
export function findWriteProblem(directory: string): string | undefined {
  const existing = nearestExisting(directory);
  try {
    if (!statSync(existing).isDirectory()) return 'ENOTDIR';
    accessSync(existing, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
