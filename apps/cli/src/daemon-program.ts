import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DaemonProgram } from '@live-status/daemon-control';

const NAME = 'live-status-daemon';
/** Both programs are side by side in a checkout, in an installation and under `node_modules/@live-status`. */
const BESIDE = fileURLToPath(new URL('../../daemon/dist/main.js', import.meta.url));

/** How to run the daemon: the one beside this program, else the first in `PATH`; `undefined` if there is none. */
export function findDaemonProgram(env: NodeJS.ProcessEnv, beside: string = BESIDE): DaemonProgram | undefined {
  if (existsSync(beside)) return { command: process.execPath, args: [beside, 'run'] };
  const inPath = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, NAME));
  const command = inPath.find(isExecutable);
  return command === undefined ? undefined : { command, args: ['run'] };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
