import { fileURLToPath } from 'node:url';
import { programVersion } from '@live-status/daemon-control/program-version';

/** The version of this program, with the commit where that is known: `0.1.0 (abc1234)`. */
export function version(): string {
  return programVersion(fileURLToPath(new URL('..', import.meta.url)));
}
