import { spawnSync } from 'node:child_process';
import type { Environment } from '@live-status/openclaw-config';

/** Ends the installation; its message says what to do. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
  readonly code = 'ERR_INSTALL';
}

/** One run of the installer: its environment, whether it only says what it would do, and how it prints. */
export interface Task {
  readonly env: Environment;
  readonly dryRun: boolean;
  say(line: string): void;
}

/** Does one thing and says so; a dry run only says what it would do. */
export function step({ dryRun, say }: Task, what: string, act: () => void): void {
  if (dryRun) {
    say(`would ${what}`);
    return;
  }
  act();
  say(`done: ${what}`);
}

/** How a program ended, with everything it printed. */
export interface ProgramResult {
  readonly exitCode: number | null;
  readonly output: string;
}

/** Runs a program to its end. Its output is kept, not shown. */
export function runProgram(
  command: string,
  args: readonly string[],
  { env, cwd }: { readonly env: Environment; readonly cwd?: string },
): ProgramResult {
  const result = spawnSync(command, args, { env, ...(cwd && { cwd }), encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? `${result.error.message}\n` : ''}`;
  return { exitCode: result.status, output: output.trim() };
}
