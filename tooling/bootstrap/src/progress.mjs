// @ts-check
/** A step that is over sooner says nothing, so that a run with nothing to do stays quiet. */
const QUIET_MS = 1000;
const REPEAT_MS = 10_000;

/** @typedef {(line: string) => void} Print */
/** @typedef {<T>(name: string, work: (note: Print) => Promise<T>) => Promise<T>} Step */

/**
 * Reports steps as plain lines: the name when a step takes longer than a second, what it is at every ten seconds, and its time at the end.
 * @param {Print} print gets whole lines without control characters
 * @returns {Step} runs `work`, which may note what it is at
 */
export function createProgress(print) {
  return async (name, work) => {
    const startedMs = performance.now();
    const elapsed = () => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
    let at = '';
    let shown = false;
    const announce = setTimeout(() => {
      shown = true;
      print(`${name} ...`);
    }, QUIET_MS);
    const repeat = setInterval(() => print(`${name} ... ${elapsed()}${at && ` (${at})`}`), REPEAT_MS);
    try {
      const result = await work((note) => {
        at = note.trim().slice(0, 100);
      });
      if (shown) print(`${name}: ${elapsed()}`);
      return result;
    } finally {
      clearTimeout(announce);
      clearInterval(repeat);
    }
  };
}
