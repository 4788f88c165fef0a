import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { type Places, programAt } from './places.ts';

const FILES = ['HOOK.md', 'handler.js', 'package.json'];
/** Where the hook finds the daemon. */
const PATH_FILE = 'daemon-path';

/** Copies the hook to where the gateway looks for hooks. */
export function installHook({ checkout, hookDir, prefix }: Places): void {
  mkdirSync(hookDir, { recursive: true });
  for (const file of FILES) copyFileSync(join(checkout, 'apps', 'gateway-hook', file), join(hookDir, file));
  const pathFile = join(hookDir, PATH_FILE);
  writeFileSync(`${pathFile}.next`, `${programAt(prefix, 'live-status-daemon')}\n`);
  renameSync(`${pathFile}.next`, pathFile);
}

/** Removes the hook. */
export function removeHook({ hookDir }: Places): void {
  rmSync(hookDir, { recursive: true, force: true });
}

/** The prefix the hook starts the daemon of; `undefined` when what it knows cannot be the path of a program of ours. */
export function installedPrefix({ hookDir }: Places): string | undefined {
  const file = join(hookDir, PATH_FILE);
  const program = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  const prefix = dirname(dirname(program));
  return isAbsolute(program) && program === programAt(prefix, 'live-status-daemon') ? prefix : undefined;
}
