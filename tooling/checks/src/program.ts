import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/** No check takes this long unless it hangs, also not on a busy machine. */
const TIMEOUT_MS = 600_000;

/** A program's exit code (1 when a signal ended it) and everything it printed, without colours and other control sequences. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly output: string;
}

/** Where and how long a program runs. */
export interface ProgramOptions {
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Time after which the program is ended with SIGTERM, in milliseconds. Default 600 000. */
  readonly timeoutMs?: number;
  /** Environment variables. Default: those of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Runs a program to its end, which is forced after ten minutes.
 * @throws {Error} when it cannot be started, or with the signal's reason after an abort
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, signal, timeoutMs = TIMEOUT_MS, env = process.env }: ProgramOptions,
): Promise<ProgramResult> {
  const limit = AbortSignal.timeout(timeoutMs);
  const child = spawn(program, args, {
    cwd,
    signal,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, NO_COLOR: '1' },
  });
  limit.addEventListener('abort', () => child.kill());
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
  if (limit.aborted) output += `\nended: not done after ${timeoutMs / 1000} s`;
  return { exitCode, output: stripVTControlCharacters(output).trim() };
}
