import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { exitWithReader, type OutputProcess } from './index.ts';

const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** A process with these streams, and the exit codes it was ended with. */
function program(exitCode?: number): { process: OutputProcess; ends: unknown[] } {
  const ends: unknown[] = [];
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const exit = (code: unknown): void => void ends.push(code);
  return { process: { ...streams, exitCode, exit } as unknown as OutputProcess, ends };
}

it('ends with the exit code it has when nobody reads the output, and survives a lost standard error', () => {
  const { process, ends } = program(3);
  exitWithReader(process);
  process.stderr.emit('error', failure('EPIPE'));
  expect(ends).toEqual([]);
  process.stdout.emit('error', failure('EPIPE'));
  expect(ends).toEqual([3]);
});

it('hides no other failure', () => {
  const { process, ends } = program();
  exitWithReader(process);
  expect(() => process.stdout.emit('error', failure('ENOSPC'))).toThrow('ENOSPC');
  expect(() => process.stderr.emit('error', failure('EIO'))).toThrow('EIO');
  expect(ends).toEqual([]);
});
