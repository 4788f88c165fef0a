// @ts-check
import { toFailure } from './failure.mjs';
import { prepare, root } from './prepare.mjs';
import { exitCodeOf, handOver } from './run.mjs';

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/** @param {string} line */
const print = (line) => process.stderr.write(`[setup] ${line}\n`);

/**
 * What `prepareAndRun` of main.mjs does on a Node that is new enough.
 * @param {import('./main.mjs').Options} options
 * @returns {Promise<void>}
 */
export async function prepareAndHandOver({ build, args, onFailure = () => {} }) {
  const interruption = new AbortController();
  const interrupt = (/** @type {NodeJS.Signals} */ name) => interruption.abort(name);
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    const { node, env } = await prepare({ build, signal: interruption.signal, print });
    for (const name of SIGNALS) process.off(name, interrupt);
    if (args) process.exitCode = await handOver(node, args, { cwd: root, env });
  } catch (error) {
    if (interruption.signal.aborted) {
      print('Interrupted; the next run goes on from here.');
      process.exitCode = exitCodeOf(interruption.signal.reason);
      return;
    }
    process.exitCode = 1;
    report(toFailure(error));
    onFailure();
  }
}

/** @param {import('./failure.mjs').SetupFailure} failure */
function report({ details, message, fix }) {
  for (const line of details.trimEnd().split('\n').slice(-20)) if (line) print(`  ${line}`);
  print(message);
  print(fix);
}
