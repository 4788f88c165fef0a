import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Checkpoint, encodeCheckpoint, toCheckpoint } from './checkpoint.ts';

const STORE_VERSION = 1;

/** What was found in a store when it was opened. */
export interface StoredCheckpoints {
  readonly checkpoints: readonly Checkpoint[];
  /** `damaged`: the file could not be understood and counts as empty; it is replaced by the next save. */
  readonly state: 'loaded' | 'new' | 'damaged';
}

/**
 * Keeps checkpoints in one JSON file (mode 0600). A save is a temporary file, fsync, rename and fsync of the directory:
 * after a crash at any moment either the old or the new state is there. Save only what was taken; a follower's
 * `checkpoint(path)` gives nothing else.
 */
export class CheckpointStore {
  readonly #file: string;
  readonly #temp: string;
  #written: string | undefined;
  #saving: Promise<void> = Promise.resolve();

  /** `file` is the path of the store; its directory is made when needed. */
  constructor(file: string) {
    this.#file = file;
    this.#temp = `${file}.tmp`;
  }

  /**
   * Reads the store. A complete temporary file left by a crash is newer than the store and is preferred; a torn one is
   * removed. Rejects only when a present file cannot be read (its `code` says why).
   */
  async load(): Promise<StoredCheckpoints> {
    const leftover = await readIfPresent(this.#temp);
    if (leftover !== undefined) {
      if (parseStore(leftover) === undefined) await rm(this.#temp, { force: true });
      else await this.#publish();
    }
    const text = await readIfPresent(this.#file);
    if (text === undefined) return { checkpoints: [], state: 'new' };
    const checkpoints = parseStore(text);
    if (checkpoints === undefined) return { checkpoints: [], state: 'damaged' };
    this.#written = text;
    return { checkpoints, state: 'loaded' };
  }

  /** Replaces what the store holds; saves run one after another. Nothing is written when nothing changed. */
  save(checkpoints: readonly Checkpoint[]): Promise<void> {
    const text = `{"version":${STORE_VERSION},"checkpoints":[\n${checkpoints.map(encodeCheckpoint).join(',\n')}\n]}\n`;
    const saving = this.#saving.catch(() => undefined).then(() => this.#write(text));
    this.#saving = saving;
    return saving;
  }

  async #write(text: string): Promise<void> {
    if (text === this.#written) return;
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    const temp = await open(this.#temp, 'w', 0o600);
    try {
      await temp.writeFile(text);
      await temp.sync();
    } finally {
      await temp.close();
    }
    await this.#publish();
    this.#written = text;
  }

  async #publish(): Promise<void> {
    await rename(this.#temp, this.#file);
    const directory = await open(dirname(this.#file), 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseStore(text: string): Checkpoint[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('version' in value) || !('checkpoints' in value))
      return undefined;
    if (value.version !== STORE_VERSION || !Array.isArray(value.checkpoints)) return undefined;
    const results = value.checkpoints.map(toCheckpoint);
    return results.every((result) => result.ok) ? results.map((result) => result.checkpoint) : undefined;
  } catch {
    return undefined;
  }
}
