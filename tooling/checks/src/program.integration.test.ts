import { expect, it } from 'vitest';
import { runProgram } from './program.ts';

const { signal } = new AbortController();
const run = (script: string, timeoutMs?: number) =>
  runProgram(process.execPath, ['-e', script], { cwd: '/', signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) });

it('answers with the exit code and everything printed, without colours', async () => {
  const script = "console.log('\\u001b[31mred\\u001b[0m'); console.error('plain'); process.exitCode = 3";
  expect(await run(script)).toEqual({ exitCode: 3, output: 'red\nplain' });
});

it('takes a program that a signal ended for failed', async () => {
  expect(await run("process.kill(process.pid, 'SIGKILL')")).toEqual({ exitCode: 1, output: '' });
});

it('ends a program that hangs and says so', async () => {
  expect(await run('setInterval(() => {}, 1000)', 50)).toEqual({ exitCode: 1, output: 'ended: not done after 0.05 s' });
});
