import type { DaemonProgram } from '../daemon-start.ts';
import { type CheckResult, fail, ok } from './check.ts';

/** Whether there is a daemon to start. */
export function checkBuild(program: DaemonProgram | undefined): CheckResult {
  if (program) return ok('build', [program.command, ...program.args].find((part) => part.includes('daemon')) ?? '');
  const cure = 'build it (npm run build), or install @live-status/daemon beside this program';
  return fail('build', 'there is no daemon beside this program nor in PATH', cure);
}
