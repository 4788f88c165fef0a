import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Places } from './places.ts';

/** Lies with the hook, which is the last to go: a removal that is cut finds it again. */
const RECORD_FILE = 'made-folders.json';

/** Remembers which folders the installation has to make, before it makes any: only those go with it again. */
export function recordFolders({ hookDir, prefix }: Places): void {
  const before = readFolders({ hookDir }).filter((folder) => existsSync(folder));
  const folders = [...new Set([...before, ...missingAbove(hookDir), ...missingAbove(prefix)])];
  mkdirSync(hookDir, { recursive: true });
  writeFileSync(join(hookDir, RECORD_FILE), `${JSON.stringify(folders, undefined, 2)}\n`);
}

/** What {@link recordFolders} remembers; nothing when that is lost. */
export function readFolders({ hookDir }: Pick<Places, 'hookDir'>): readonly string[] {
  try {
    const folders: unknown = JSON.parse(readFileSync(join(hookDir, RECORD_FILE), 'utf8'));
    return Array.isArray(folders) ? folders.filter((folder) => typeof folder === 'string') : [];
  } catch {
    return [];
  }
}

/** Folders above a path that are not there, the innermost first. */
export function missingAbove(path: string): readonly string[] {
  const parent = dirname(path);
  return existsSync(parent) ? [] : [parent, ...missingAbove(parent)];
}

/** Removes those of the folders in which nothing is, the innermost first. */
export function removeEmpty(folders: readonly string[]): void {
  for (const folder of folders.toSorted((a, b) => b.length - a.length)) {
    try {
      rmdirSync(folder);
    } catch {
      // Not empty, or not there.
    }
  }
}
