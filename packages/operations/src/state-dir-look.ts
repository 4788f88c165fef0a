import { existsSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf } from './error-code.ts';

/**
 * Why a folder, which need not exist yet, could not be written; `undefined` when it can. Nothing stays of the attempt:
 * permissions alone do not tell, as on a full disk or in /proc, where root may write and nothing can be made.
 */
export function findWriteProblem(directory: string): string | undefined {
  const existing = nearestExisting(directory);
  try {
    if (!statSync(existing).isDirectory()) return 'ENOTDIR';
    rmdirSync(mkdtempSync(join(existing, '.live-status-')));
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
