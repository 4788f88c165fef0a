import { copyFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { replaceFileSync } from '@live-status/resilience';
import { type InstallPaths, programAt } from './paths.ts';

const FILES = ['HOOK.md', 'handler.js', 'package.json'];
/** Tells the hook where the daemon is. */
const DAEMON_PATH_FILE = 'daemon-path';
/** Kept with the hook, which is removed last, so that an interrupted removal finds it again. */
const CREATED_FOLDERS_FILE = 'made-folders.json';

/** Copies the hook to where the gateway looks for hooks. */
export function installHook({ checkout, hookDir, prefix }: InstallPaths): void {
  mkdirSync(hookDir, { recursive: true });
  for (const file of FILES) copyFileSync(join(checkout, 'apps', 'gateway-hook', file), join(hookDir, file));
  replaceFileSync(join(hookDir, DAEMON_PATH_FILE), `${programAt(prefix, 'live-status-daemon')}\n`, { mode: 0o644 });
}

/** Removes the hook. */
export function removeHook({ hookDir }: InstallPaths): void {
  rmSync(hookDir, { recursive: true, force: true });
}

/** The prefix whose daemon the hook starts; `undefined` when the recorded path cannot be one of our programs. */
export function installedPrefix({ hookDir }: InstallPaths): string | undefined {
  const file = join(hookDir, DAEMON_PATH_FILE);
  const program = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  const prefix = dirname(dirname(program));
  return isAbsolute(program) && program === programAt(prefix, 'live-status-daemon') ? prefix : undefined;
}

/** Records which folders the installation will create, before it creates any: only those are removed with it again. */
export function recordCreatedFolders({ hookDir, prefix }: InstallPaths): void {
  const before = readCreatedFolders({ hookDir }).filter((folder) => existsSync(folder));
  const folders = [...new Set([...before, ...missingParents(hookDir), ...missingParents(prefix)])];
  mkdirSync(hookDir, { recursive: true });
  writeFileSync(join(hookDir, CREATED_FOLDERS_FILE), `${JSON.stringify(folders, undefined, 2)}\n`);
}

/** What {@link recordCreatedFolders} recorded; empty when the record is lost. */
export function readCreatedFolders({ hookDir }: Pick<InstallPaths, 'hookDir'>): readonly string[] {
  try {
    const folders: unknown = JSON.parse(readFileSync(join(hookDir, CREATED_FOLDERS_FILE), 'utf8'));
    return Array.isArray(folders) ? folders.filter((folder) => typeof folder === 'string') : [];
  } catch {
    return [];
  }
}

/** Parent folders of a path that do not exist, innermost first. */
export function missingParents(path: string): readonly string[] {
  const parent = dirname(path);
  return existsSync(parent) ? [] : [parent, ...missingParents(parent)];
}

/** Removes the folders that are empty, innermost first. */
export function removeEmptyFolders(folders: readonly string[]): void {
  for (const folder of folders.toSorted((a, b) => b.length - a.length)) {
    try {
      rmdirSync(folder);
    } catch {
      // Not empty, or not there.
    }
  }
}
