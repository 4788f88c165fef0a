import { findWriteProblem, writeFix } from '@live-status/instance-lock';
import type { Check } from './check.ts';
import { type About, type Finding, fail, ok } from './finding.ts';

const WRITABLE: About = { id: 'state.writable', name: 'STATE_DIR' };

/** The folder in which the daemon remembers its posts. */
export const STATE_CHECKS: readonly Check[] = [
  {
    ...WRITABLE,
    run: async ({ reading }) => {
      const { stateDir } = reading.sound;
      if (stateDir === undefined) return [fail(WRITABLE, 'is not known', 'correct STATE_DIR')];
      return [checkStateDir(stateDir, findWriteProblem(stateDir))];
    },
  },
];

/**
 * Whether the daemon can write its state directory.
 *
 * @param problem error code of an attempt to write, `undefined` if it succeeded
 */
export function checkStateDir(stateDir: string, problem: string | undefined): Finding {
  if (problem === undefined) return ok(WRITABLE, `${stateDir} is writable`, stateDir);
  return fail(WRITABLE, `${stateDir} cannot be written (${problem})`, writeFix(problem));
}
