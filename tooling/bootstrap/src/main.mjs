// @ts-check
import { SetupFailure, toFailure } from './failure.mjs';
import { exitCodeOf, handOver } from './run.mjs';

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/** @param {string} line */
const print = (line) => process.stderr.write(`[setup] ${line}\n`);

/**
 * Prepares the checkout, then hands over to one of its programs. The process exits with that program's exit code, or with 1
 * if the preparation failed.
 * @param {{ build: boolean, args?: readonly string[], onFailure?: () => void }} options `args`: for the prepared Node, none to only prepare; `onFailure` runs after a failed preparation was reported
 * @returns {Promise<void>}
 */
export async function prepareAndRun({ build, args, onFailure = () => {} }) {
  const interruption = new AbortController();
  const interrupt = (/** @type {NodeJS.Signals} */ name) => interruption.abort(name);
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    requireNode();
    // Loaded after the check: an older Node cannot even link what this imports.
    const { prepare, root } = await import('./prepare.mjs');
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

/** The oldest Node that can run the preparation, which then fetches a newer one. */
const OLDEST_MAJOR = 18;

function requireNode() {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) >= OLDEST_MAJOR) return;
  throw new SetupFailure(
    `Node ${node} is running, but Live Status needs Node ${OLDEST_MAJOR} or newer to begin with.`,
    'Install Node 24 (from nodejs.org or your system) and run the command again.',
  );
}

/** @param {SetupFailure} failure */
function report({ details, message, fix }) {
  for (const line of details.trimEnd().split('\n').slice(-20)) if (line) print(`  ${line}`);
  print(message);
  print(fix);
}
