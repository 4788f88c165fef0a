import { writeCure } from '../state-dir.ts';
import { type CheckResult, fail, ok } from './check.ts';

/**
 * Whether the daemon can keep what it must remember.
 *
 * @param problem error code of an attempt to write, `undefined` when it may
 */
export function checkStateDir(stateDir: string, problem: string | undefined): CheckResult {
  if (problem === undefined) return ok('state', `${stateDir} can be written`);
  return fail('state', `${stateDir} cannot be written (${problem})`, writeCure(problem));
}
