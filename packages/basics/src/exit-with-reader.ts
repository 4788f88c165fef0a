import { errorCode } from './error-code.ts';

/** The part of a process that {@link exitWithReader} needs. */
export type OutputProcess = Pick<NodeJS.Process, 'stdout' | 'stderr' | 'exit' | 'exitCode'>;

/**
 * Ends the process quietly when the reader of its standard output has gone, as in `status | head -1`. Nobody misses what is
 * lost on standard error.
 *
 * @throws any other error of the streams, such as a full disk under a redirected output
 */
export function exitWithReader(program: OutputProcess): void {
  program.stdout.on('error', (error) => {
    if (errorCode(error) !== 'EPIPE') throw error;
    program.exit(program.exitCode);
  });
  program.stderr.on('error', (error) => {
    if (errorCode(error) !== 'EPIPE') throw error;
  });
}
