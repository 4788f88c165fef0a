// @ts-check
import { spawn } from 'node:child_process';

const KEPT_OUTPUT_CHARS = 64 * 1024;

/**
 * Runs a program to its end and keeps the end of what it printed (stdout and stderr together).
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, signal: AbortSignal, onLine?: (line: string) => void }} options `signal`: ends the program with SIGTERM; the promise then rejects with its reason
 * @returns {Promise<{ code: number, output: string }>} `code` is 1 when a signal ended the program
 */
export async function run(program, args, { cwd, env, signal, onLine }) {
  signal.throwIfAborted();
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output = (output + chunk).slice(-KEPT_OUTPUT_CHARS);
      onLine?.(output.trimEnd().split('\n').at(-1) ?? '');
    });
  }
  try {
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => resolve(status ?? 1));
    });
    signal.throwIfAborted();
    return { code, output };
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/**
 * Hands the terminal to a program and answers with its exit code (128 + n when signal n ended it).
 * SIGTERM and SIGHUP are passed on; SIGINT only without a terminal, which itself sends it to every process in front.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>}
 */
export async function handOver(program, args, { cwd, env }) {
  const child = spawn(program, args, { cwd, env, stdio: 'inherit' });
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(name, () => {
      if (name !== 'SIGINT' || !process.stdin.isTTY) child.kill(name);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, name) => resolve(code ?? exitCodeOf(name)));
  });
}

/**
 * @param {NodeJS.Signals | null} name
 * @returns {number} the exit code a shell reports for an end by this signal
 */
export function exitCodeOf(name) {
  return 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[/** @type {string} */ (name)] ?? 0);
}
