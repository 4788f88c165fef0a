import { type CheckResult, fail, ok } from './check.ts';

/**
 * Whether the daemon can keep what it must remember.
 *
 * @param problem error code of an attempt to write, `undefined` when it may
 */
export function checkStateDir(stateDir: string, problem: string | undefined): CheckResult {
  if (problem === undefined) return ok('state', `${stateDir} can be written`);
  const cure = 'let the user of the daemon write there, or set STATE_DIR to another folder';
  return fail('state', `${stateDir} cannot be written (${problem})`, cure);
}
