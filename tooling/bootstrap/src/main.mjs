// @ts-check
// This file is what a Node of any age has to read: it uses no syntax newer than 2018 and imports nothing at its start.

/** The oldest Node that can run the preparation, which then fetches a newer one. */
const OLDEST_MAJOR = 18;

/**
 * @typedef {object} Options
 * @property {boolean} build whether the programs are built
 * @property {readonly string[]} [args] for the prepared Node; none to only prepare
 * @property {() => void} [onFailure] runs after a failed preparation was reported
 */

/**
 * Prepares the checkout, then hands over to one of its programs. The process exits with that program's exit code, or with 1
 * if the preparation failed.
 * @param {Options} options
 * @returns {Promise<void>}
 */
export async function prepareAndRun(options) {
  const version = process.versions.node;
  if (Number.parseInt(version, 10) >= OLDEST_MAJOR) {
    const { prepareAndHandOver } = await import('./hand-over.mjs');
    return prepareAndHandOver(options);
  }
  process.stderr.write(
    `[setup] Node ${version} is running, but Live Status needs Node ${OLDEST_MAJOR} or newer to begin with.\n` +
      '[setup] Install Node 24 (from nodejs.org or your system) and run the command again.\n',
  );
  process.exitCode = 1;
  if (options.onFailure) options.onFailure();
}
