import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/** A program's exit code (1 when a signal ended it) and everything it printed, without colours and other control sequences. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly output: string;
}

/**
 * Runs a program to its end.
 * @throws {Error} when it cannot be started, or with the signal's reason after an abort
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, signal }: { readonly cwd: string; readonly signal: AbortSignal },
): Promise<ProgramResult> {
  const child = spawn(program, args, {
    cwd,
    signal,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
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
  return { exitCode, output: stripVTControlCharacters(output).trim() };
}
