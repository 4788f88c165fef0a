// @ts-check
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const BEAT_MS = 1000;
/** An owner that has not shown a sign of life for this long is dead (killed, or the machine went down). */
const DEAD_AFTER_MS = 10_000;
const RETRY_MS = 200;

/**
 * Does work while no other process that asks for the same lock does.
 *
 * The lock is a folder that holds one file, named after its owner and touched every second. A folder with its file inside is moved into place,
 * which fails while the place holds a file: so taking it is one atomic step, also when two processes take over from the same dead owner.
 *
 * @template T
 * @param {string} path the folder that is the lock; its parent exists
 * @param {{ signal: AbortSignal, onWait?: () => void }} options `onWait` is called once if another process has the lock
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, { signal, onWait = () => {} }, work) {
  const owner = `${process.pid}-${randomUUID()}`;
  await take(path, owner, { signal, onWait });
  const beat = setInterval(() => touch(join(path, owner)), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(join(path, owner), { force: true });
    removeIfEmpty(path);
  }
}

/**
 * @param {string} path
 * @param {string} owner
 * @param {{ signal: AbortSignal, onWait: () => void }} options
 */
async function take(path, owner, { signal, onWait }) {
  const candidate = `${path}.${owner}`;
  mkdirSync(candidate);
  try {
    writeFileSync(join(candidate, owner), '');
    for (let attempt = 1; !moveIntoPlace(candidate, path, owner); attempt += 1) {
      if (attempt === 2) onWait();
      removeDeadOwner(path);
      await delay(RETRY_MS, undefined, { signal });
    }
  } finally {
    rmSync(candidate, { recursive: true, force: true });
  }
}

/**
 * @param {string} candidate
 * @param {string} path
 * @param {string} owner
 * @returns {boolean} false when another process has the lock
 */
function moveIntoPlace(candidate, path, owner) {
  touch(join(candidate, owner));
  try {
    renameSync(candidate, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} path */
function removeDeadOwner(path) {
  for (const owner of namesIn(path)) {
    const file = join(path, owner);
    const beatAtMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    // Removed by its unique name: whoever took over in the meantime has another one.
    if (beatAtMs !== undefined && Date.now() - beatAtMs > DEAD_AFTER_MS) rmSync(file, { force: true });
  }
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function namesIn(path) {
  try {
    return readdirSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** @param {string} path */
function removeIfEmpty(path) {
  try {
    rmdirSync(path);
  } catch {
    // The next owner has it already; an empty folder left behind would not stop anybody either.
  }
}

/** @param {string} file */
function touch(file) {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/**
 * @param {unknown} error
 * @returns {unknown}
 */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
