import { findWriteProblem, readFreeBytes, writeFix } from '@live-status/instance-lock';
import type { Check } from './check.ts';
import { type About, type Finding, fail, ok, warn } from './finding.ts';

const WRITABLE: About = { id: 'state.writable', name: 'STATE_DIR' };
const SPACE: About = { id: 'state.space', name: 'free space' };
/** The log takes up to 30 MB, the ledger of many open posts a few. */
const ENOUGH_BYTES = 40_000_000;

/** The folder in which the daemon remembers its posts. */
export const STATE_CHECKS: readonly Check[] = [
  {
    ...WRITABLE,
    run: async ({ reading }) => {
      const { stateDir } = reading.sound;
      if (stateDir === undefined) return [fail(WRITABLE, 'is not known', 'correct STATE_DIR')];
      const writable = checkStateDir(stateDir, findWriteProblem(stateDir));
      return writable.state === 'ok' ? [writable, ...checkSpace(stateDir, readFreeBytes(stateDir))] : [writable];
    },
  },
];

/**
 * Whether the daemon can write its state directory.
 *
 * @param problem error code of an attempt to write, `undefined` if it succeeded
 */
export function checkStateDir(stateDir: string, problem: string | undefined): Finding {
  if (problem === undefined) return ok(WRITABLE, `a file was written to ${stateDir}`, stateDir);
  return fail(WRITABLE, `${stateDir} cannot be written (${problem})`, writeFix(problem));
}

/** With less, the daemon cannot write its lock and does not start. */
const TOO_FEW_BYTES = 1_000_000;

/** Whether there is room for the log and the ledger. */
export function checkSpace(stateDir: string, freeBytes: number | undefined): readonly Finding[] {
  if (freeBytes === undefined) return [];
  const free = `${Math.floor(freeBytes / 1_000_000)} MB are free`;
  if (freeBytes >= ENOUGH_BYTES) return [ok(SPACE, free)];
  if (freeBytes < TOO_FEW_BYTES) {
    return [fail(SPACE, `the disk of ${stateDir} is full`, `free some space on the disk of ${stateDir}`)];
  }
  return [warn(SPACE, `only ${free} on the disk of ${stateDir}`, 'free some space: the log alone takes up to 30 MB')];
}
